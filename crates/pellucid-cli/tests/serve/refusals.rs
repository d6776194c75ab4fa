//! Requests that make no sense: each gets a status of 4xx, and a message that says what was expected.

use crate::client::Connection;
use crate::server::{Server, iris_model, people_model};

const ROW: &str = r#""city": "Rome", "member": "no", "income": 1200"#;

#[test]
fn wrong_rows_are_refused_with_their_column() {
    let server = Server::start(&[&people_model()]);
    let deep = format!(
        "{{\"age\": {}1{}, {ROW}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let cases: &[(&str, &[&str])] = &[
        ("", &["the body is empty"]),
        ("   ", &["the body is empty"]),
        ("{", &["the request"]),
        ("{]", &["the request"]),
        ("[1, 2]", &["the request"]),
        ("[]", &["the request", "no rows"]),
        ("{}", &["the request", "no columns"]),
        ("\u{0}\u{1}\u{2}", &["the request"]),
        (&format!("{{{ROW}}}"), &["there is no column \"age\""]),
        (
            &format!("{{\"agee\": 1, {ROW}}}"),
            &["there is no column \"age\"", "did you mean \"agee\"?"],
        ),
        (
            &format!("{{\"age\": 1, \"colour\": 2, {ROW}}}"),
            &["there is no column \"colour\" in the training data"],
        ),
        (
            &format!("{{\"age\": 1, \"age\": 2, {ROW}}}"),
            &["\"age\" is in one object twice"],
        ),
        (
            &format!("{{\"age\": \"old\", {ROW}}}"),
            &["\"age\"", "\"old\" is not a number"],
        ),
        (&format!("{{\"age\": NaN, {ROW}}}"), &["the request", "line 1"]),
        (
            &format!("{{\"age\": Infinity, {ROW}}}"),
            &["the request", "line 1"],
        ),
        (
            &format!("{{\"age\": 1e999, {ROW}}}"),
            &["the request", "too large"],
        ),
        (&format!("{{\"age\": \"inf\", {ROW}}}"), &["\"age\"", "finite"]),
        (&deep, &["the request"]),
        ("age,city,member\n1,Rome,no\n", &["there is no column \"income\""]),
        (
            "age,city,member,income,age\n1,Rome,no,1,1\n",
            &["both called \"age\""],
        ),
        (
            "age,city,member,income\nold,Rome,no,1200\n",
            &["line 2", "\"age\"", "\"old\""],
        ),
        ("age,city,member,income\n1,Rome\n", &["the request", "line 2"]),
        ("age,city,member,income\n", &["no rows"]),
    ];
    for (body, parts) in cases {
        let answer = server.post("/predict", body);
        let shown = &body[..body.len().min(200)];
        assert_eq!(answer.status, 400, "{shown}: {}", answer.text());
        for part in *parts {
            assert!(
                answer.error().contains(part),
                "{shown}: {part:?} is not in {}",
                answer.error()
            );
        }
    }
    // The server goes on.
    assert_eq!(
        server.post("/predict", format!("{{\"age\": 30, {ROW}}}")).status,
        200
    );
}

#[test]
fn wrong_tensors_are_refused_with_their_name() {
    let server = Server::start(&[&iris_model()]);
    let inputs = |inputs: &str| format!("{{\"inputs\": [{inputs}]}}");
    let one = |name: &str, shape: &str, datatype: &str, data: &str| {
        format!(
            "{{\"name\": \"{name}\", \"shape\": {shape}, \"datatype\": \"{datatype}\", \"data\": {data}}}"
        )
    };
    let all = |tensor: String| {
        let rest = ["sepal_width", "petal_length", "petal_width"].map(|name| one(name, "[1]", "FP64", "[1]"));
        inputs(&[vec![tensor], rest.to_vec()].concat().join(","))
    };
    let of_length = |shape: &str, datatype: &str, data: &str| all(one("sepal_length", shape, datatype, data));
    let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
    let cases: Vec<(String, &[&str])> = vec![
        ("".into(), &["not an inference request"]),
        ("[]".into(), &["not an inference request"]),
        ("{}".into(), &["missing field `inputs`"]),
        (inputs(""), &["no inputs"]),
        (inputs("1"), &["not an inference request"]),
        (
            "{\"inputs\": [], \"inputs\": []}".into(),
            &["duplicate field `inputs`"],
        ),
        (
            of_length("[1]", "FP64", "[\"a\"]"),
            &[
                "\"sepal_length\"",
                "element 1",
                "found \"a\"; expected numbers, or null",
            ],
        ),
        (
            of_length("[1]", "INT8", "[300]"),
            &["found 300; expected whole numbers from -128 to 127"],
        ),
        (
            of_length("[1]", "BOOL", "[1]"),
            &["found 1; expected true or false"],
        ),
        (of_length("[1]", "BYTES", "[1]"), &["found 1; expected text"]),
        (
            of_length("[1]", "BYTES", "[\"wide\"]"),
            &["\"sepal_length\"", "\"wide\" is not a number"],
        ),
        (
            of_length("[1]", "FP99", "[1]"),
            &["the datatype \"FP99\" is not one of BOOL"],
        ),
        (of_length("[1]", "FP64", "[NaN]"), &["not an inference request"]),
        (of_length("[1]", "FP64", "[1e999]"), &["number out of range"]),
        (
            of_length("[2]", "FP64", "[1]"),
            &["found 1 elements of data, which is not the shape [2]"],
        ),
        (
            of_length("[2]", "FP64", "[1, 2]"),
            &["found 1 rows, but input \"sepal_length\" has 2"],
        ),
        (of_length("[0]", "FP64", "[]"), &["has no rows"]),
        (
            of_length("[1, 2, 3]", "FP64", "[1]"),
            &["found the shape [1, 2, 3]; expected [rows]"],
        ),
        (of_length("[1]", "FP64", "null"), &["it has no data"]),
        (of_length("[1]", "FP64", "7"), &["invalid type"]),
        (of_length("[-1]", "FP64", "[1]"), &["not an inference request"]),
        (
            of_length("[18446744073709551615]", "FP64", "[1]"),
            &["found 1 elements"],
        ),
        (of_length("[1]", "FP64", &deep), &["nested deeper than the shape"]),
        (
            of_length("[1]", "FP64", "[{}]"),
            &["\"sepal_length\"", "invalid type: map"],
        ),
        (
            all(one("sepal_width", "[1]", "FP64", "[1]")),
            &["two inputs \"sepal_width\""],
        ),
        (
            all(one("colour", "[1]", "FP64", "[1]")),
            &["there is no column \"colour\""],
        ),
        (
            inputs(&one("sepal_width", "[1]", "FP64", "[1]")),
            &["there is no column \"sepal_length\""],
        ),
        (
            inputs(&one("x", "[1, 5]", "FP64", "[1, 2, 3, 4, 5]")),
            &["expected [rows, 4]"],
        ),
        (
            inputs(&one("x", "[1, 4]", "FP64", "[1, 2, 3]")),
            &["found 3 elements"],
        ),
        (
            inputs(&one("x", "[1, 4]", "FP32", "[1, 2, 3, true]")),
            &["element 4", "found true"],
        ),
    ];
    for (body, parts) in cases {
        let answer = server.post("/v2/models/iris/infer", &body);
        let shown = &body[..body.len().min(200)];
        assert_eq!(answer.status, 400, "{shown}: {}", answer.text());
        for part in parts {
            assert!(
                answer.error().contains(part),
                "{shown}: {part:?} is not in {}",
                answer.error()
            );
        }
    }
    let binary = r#"{"inputs": [{"name": "x", "shape": [1, 4], "datatype": "FP32", "parameters": {"binary_data_size": 16}}]}"#;
    assert!(
        server
            .post("/v2/models/iris/infer", binary)
            .error()
            .contains("binary tensors")
    );
    let unknown = r#"{"inputs": [{"name": "x", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}], "outputs": [{"name": "probability"}]}"#;
    let error = server.post("/v2/models/iris/infer", unknown).error();
    assert!(
        error.contains("there is no output \"probability\"; did you mean \"probabilities\"?"),
        "{error}"
    );
    let packed = server.ask(
        "POST",
        "/v2/models/iris/infer",
        "content-encoding: gzip\r\n",
        b"x",
    );
    assert_eq!(packed.status, 415);
}

#[test]
fn paths_and_methods_that_are_not_there_are_refused() {
    let server = Server::start(&[&iris_model()]);
    for (method, path, status, part) in [
        ("GET", "/nothing", 404, "nothing at this path"),
        ("GET", "/v2/models/irsi", 404, "did you mean \"iris\"?"),
        (
            "GET",
            "/v2/models/iris/versions/9",
            404,
            "no version \"9\"; there are 1",
        ),
        (
            "POST",
            "/v2/models/other/infer",
            404,
            "there is no model \"other\"",
        ),
        ("GET", "/v2/models/%FF", 400, "the path"),
        ("GET", "/predict", 405, "POST"),
        ("DELETE", "/v2", 405, "GET"),
        ("POST", "/predict?model=other", 404, "there is no model \"other\""),
        ("POST", "/predict?modle=iris", 400, "unknown field `modle`"),
        ("POST", "/predict?level=2", 400, "a probability between 0 and 1"),
        (
            "POST",
            "/predict?outputs=interval",
            400,
            "there is no output \"interval\"",
        ),
    ] {
        let answer = server.ask(method, path, "", b"");
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
        assert!(
            answer.error().contains(part),
            "{method} {path}: {}",
            answer.error()
        );
    }
    let given = server.ask("GET", "/v2", "x-request-id: mine-7\r\n", b"");
    assert_eq!(given.header("x-request-id"), Some("mine-7"));
    let made = server.get("/v2").header("x-request-id").unwrap().to_owned();
    assert_ne!(made, server.get("/v2").header("x-request-id").unwrap());
}

#[test]
fn the_token_is_needed_for_all_but_health_and_pages() {
    let file = crate::server::scratch("token.txt");
    std::fs::write(&file, "correct-horse\n").unwrap();
    let server = Server::start(&[&iris_model(), "--token-file", &file]);
    for (path, status) in [
        ("/", 200),
        ("/docs", 200),
        ("/v2/health/live", 200),
        ("/v2", 401),
        ("/metrics", 401),
        ("/openapi.json", 401),
    ] {
        assert_eq!(server.get(path).status, status, "{path}");
    }
    let with = |token: &str| {
        let header = format!("authorization: Bearer {token}\r\n");
        server.ask("GET", "/v2/models/iris", &header, b"").status
    };
    assert_eq!(
        (with("correct-horse"), with("correct-hors"), with("")),
        (200, 401, 401)
    );
    assert_eq!(server.get("/v2").header("www-authenticate"), Some("Bearer"));
}

#[test]
fn what_is_no_http_is_refused() {
    let server = Server::start(&[&iris_model()]);
    for bytes in [
        &b"hello\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
    ] {
        let mut connection = Connection::open(server.address);
        connection.send(bytes);
        assert!(connection.answer().is_none_or(|answer| answer.status == 400));
    }
    let mut connection = Connection::open(server.address);
    let long = format!("x-long: {}\r\n", "a".repeat(20_000));
    let answer = connection.ask("GET", "/v2", &long, b"");
    assert!(answer.is_none_or(|answer| answer.status == 431));
    assert_eq!(server.get("/v2").status, 200);
}
