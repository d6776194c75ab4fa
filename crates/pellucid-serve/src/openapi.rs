//! The description of the interface, OpenAPI 3.1.

use crate::model::ServedModel;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The description of a server with these models.
pub(crate) fn description(models: &[Arc<ServedModel>], needs_token: bool) -> Value {
    let distinct = |of: fn(&ServedModel) -> &str| {
        let words: BTreeSet<&str> = models.iter().map(|model| of(model)).collect();
        words.into_iter().collect::<Vec<_>>()
    };
    let (names, versions) = (distinct(|model| &model.name), distinct(|model| &model.version));
    let mut schemas = Map::new();
    for model in models {
        schemas.insert(row_schema_name(model), row_schema(model));
    }
    schemas.insert("Tensor".into(), tensor());
    schemas.insert("InferRequest".into(), infer_request());
    schemas.insert("InferResponse".into(), infer_response());
    schemas.insert(
        "Error".into(),
        json!({
            "type": "object",
            "required": ["error"],
            "properties": { "error": { "type": "string", "description": "what was found, and what was expected" } },
        }),
    );
    // Before any model is loaded, a row is any object.
    let any = models.is_empty().then(|| json!({ "type": "object" }));
    let rows: Vec<Value> = models
        .iter()
        .map(|model| json!({ "$ref": format!("#/components/schemas/{}", row_schema_name(model)) }))
        .chain(any)
        .collect();
    let mut description = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "pellucid serve",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Predictions of trained models: the Open Inference Protocol under /v2, and rows of JSON or CSV \
                            at /predict.",
        },
        "paths": paths(&names, &versions, &rows),
        "components": { "schemas": schemas },
    });
    if needs_token {
        description["components"]["securitySchemes"] =
            json!({ "token": { "type": "http", "scheme": "bearer" } });
        description["security"] = json!([{ "token": [] }]);
    }
    description
}

fn row_schema_name(model: &ServedModel) -> String {
    let usable = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '_'
        }
    };
    let name: String = model
        .name
        .chars()
        .chain("-".chars())
        .chain(model.version.chars())
        .map(usable)
        .collect();
    format!("Row-{name}")
}

/// A row of a model as an object.
fn row_schema(model: &ServedModel) -> Value {
    let mut properties = Map::new();
    for input in model.inputs.as_array().into_iter().flatten() {
        let parameters = &input["parameters"];
        let schema = match parameters["kind"].as_str() {
            Some("number") => json!({
                "type": ["number", "null"],
                "description": format!(
                    "in training from {} to {}, median {}",
                    parameters["minimum"], parameters["maximum"], parameters["median"]
                ),
            }),
            Some("date") => json!({ "type": ["string", "null"], "description": "a date as in training" }),
            Some("boolean") => json!({
                "type": ["string", "boolean", "null"],
                "description": format!("one of {}", parameters["words"]),
            }),
            Some("category") => json!({
                "type": ["string", "number", "boolean", "null"],
                "examples": parameters["words"],
            }),
            _ => json!({ "type": ["integer", "string", "null"] }),
        };
        properties.insert(input["name"].as_str().unwrap_or_default().to_owned(), schema);
    }
    json!({
        "type": "object",
        "description": format!("a row of the model {}, version {}", model.name, model.version),
        "required": properties.keys().collect::<Vec<_>>(),
        "properties": properties,
        // Those that the training table had besides are taken, and ignored.
        "additionalProperties": false,
    })
}

/// One of some words; any text where there are none yet.
fn one_of(words: &[&str]) -> Value {
    match words {
        [] => json!({ "type": "string" }),
        words => json!({ "type": "string", "enum": words }),
    }
}

fn tensor() -> Value {
    json!({
        "type": "object",
        "required": ["name", "shape", "datatype", "data"],
        "properties": {
            "name": { "type": "string", "description": "a column of the training table" },
            "shape": { "type": "array", "items": { "type": "integer", "minimum": 1 }, "minItems": 1 },
            "datatype": {
                "enum": [
                    "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32",
                    "FP64", "BYTES",
                ],
            },
            "data": { "type": "array", "description": "elements, or lists of them; null is a missing value" },
            "parameters": { "type": "object" },
        },
    })
}

fn infer_request() -> Value {
    json!({
        "type": "object",
        "required": ["inputs"],
        "properties": {
            "id": { "type": "string" },
            "parameters": {
                "type": "object",
                "properties": { "level": { "type": "number", "description": "the probability of intervals" } },
            },
            "inputs": {
                "type": "array",
                "minItems": 1,
                "items": { "$ref": "#/components/schemas/Tensor" },
                "description": "a tensor of shape [rows] for each column, or one of shape [rows, columns]",
            },
            "outputs": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {
                        "name": { "type": "string", "examples": ["prediction", "probabilities", "interval", "contributions"] },
                    },
                },
            },
        },
    })
}

fn infer_response() -> Value {
    json!({
        "type": "object",
        "required": ["model_name", "model_version", "outputs"],
        "properties": {
            "model_name": { "type": "string" },
            "model_version": { "type": "string" },
            "id": { "type": "string" },
            "parameters": {
                "type": "object",
                "properties": { "warnings": { "type": "array", "items": { "type": "string" } } },
            },
            "outputs": { "type": "array", "items": { "$ref": "#/components/schemas/Tensor" } },
        },
    })
}

fn paths(names: &[&str], versions: &[&str], rows: &[Value]) -> Value {
    let name = json!({ "name": "name", "in": "path", "required": true, "schema": one_of(names) });
    let version = json!({ "name": "version", "in": "path", "required": true, "schema": one_of(versions) });
    let of_model = json!([name]);
    let of_version = json!([name, version]);
    let infer = |parameters: &Value| {
        json!({
            "post": operation("Predict rows, given as tensors", parameters, &["200", "400", "404", "408", "413", "415", "500", "503"],
                "#/components/schemas/InferResponse",
                Some(json!({
                    "required": true,
                    "content": { "application/json": { "schema": { "$ref": "#/components/schemas/InferRequest" } } },
                }))),
        })
    };
    let get = |summary: &str, parameters: &Value, statuses: &[&str]| json!({ "get": operation(summary, parameters, statuses, "", None) });
    let none = json!([]);
    let query = |name: &str, description: &str, schema: Value| json!({ "name": name, "in": "query", "schema": schema, "description": description });
    let outputs = "prediction, probabilities, interval and contributions, with commas between them";
    let number = json!({ "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1 });
    let predict = json!([
        query(
            "model",
            "the name of the model, where several are served",
            one_of(names)
        ),
        query(
            "version",
            "the version of the model; the latest otherwise",
            one_of(versions)
        ),
        query("outputs", outputs, json!({ "type": "string" })),
        query("level", "the probability of intervals, 0.9 otherwise", number),
    ]);
    let body = json!({
        "required": true,
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [
                        { "anyOf": rows },
                        { "type": "array", "minItems": 1, "items": { "anyOf": rows } },
                    ],
                },
            },
            "application/x-ndjson": { "schema": { "type": "string" } },
            "text/csv": { "schema": { "type": "string" } },
        },
    });
    json!({
        "/predict": {
            "post": operation(
                "Predict rows, given as JSON objects, JSON lines or CSV; the answer is written as the request is, or as \
                 the header accept says",
                &predict, &["200", "400", "404", "408", "413", "500", "503"], "", Some(body)),
        },
        "/metrics": get("Counters, for Prometheus", &none, &["200"]),
        "/v2": get("The server", &none, &["200"]),
        "/v2/health/live": get("Whether the server runs", &none, &["200"]),
        "/v2/health/ready": get("Whether all models are loaded", &none, &["200", "503"]),
        "/v2/repository/index": { "post": operation("The models", &none, &["200"], "", None) },
        "/v2/models/{name}": get("The columns and outputs of a model", &of_model, &["200", "400", "404", "503"]),
        "/v2/models/{name}/ready": get("Whether a model is ready", &of_model, &["200", "400", "404", "503"]),
        "/v2/models/{name}/infer": infer(&of_model),
        "/v2/models/{name}/versions/{version}": get("The same of a version", &of_version, &["200", "400", "404", "503"]),
        "/v2/models/{name}/versions/{version}/ready": get("The same of a version", &of_version, &["200", "400", "404", "503"]),
        "/v2/models/{name}/versions/{version}/infer": infer(&of_version),
    })
}

fn operation(
    summary: &str,
    parameters: &Value,
    statuses: &[&str],
    answer: &str,
    body: Option<Value>,
) -> Value {
    let mut responses = Map::new();
    for status in statuses.iter().chain(&["401", "405"]) {
        let (description, schema) = match *status {
            "200" if answer.is_empty() => ("done", None),
            "200" => ("done", Some(answer)),
            "400" => ("the request makes no sense", Some("#/components/schemas/Error")),
            "401" => (
                "the token is missing or wrong",
                Some("#/components/schemas/Error"),
            ),
            "404" => ("there is no such model", Some("#/components/schemas/Error")),
            "405" => ("the path has another method", Some("#/components/schemas/Error")),
            "408" => (
                "the body did not arrive in time",
                Some("#/components/schemas/Error"),
            ),
            "413" => (
                "the request is larger than a limit",
                Some("#/components/schemas/Error"),
            ),
            "415" => ("the body is packed", Some("#/components/schemas/Error")),
            "503" => (
                "the server has too much to do, or loads its models",
                Some("#/components/schemas/Error"),
            ),
            _ => ("a defect of the server", Some("#/components/schemas/Error")),
        };
        let mut response = json!({ "description": description });
        if let Some(schema) = schema {
            response["content"] = json!({ "application/json": { "schema": { "$ref": schema } } });
        }
        responses.insert((*status).to_owned(), response);
    }
    let mut operation = json!({ "summary": summary, "parameters": parameters, "responses": responses });
    if let Some(body) = body {
        operation["requestBody"] = body;
    }
    operation
}
