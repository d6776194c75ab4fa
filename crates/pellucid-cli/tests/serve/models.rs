//! Servers that cannot start, and servers of several models.

use crate::server::{Server, command, iris_model, people_model, scratch};
use serde_json::json;
use std::net::TcpListener;

/// Runs `pellucid serve`, which is to fail; its exit status and its message.
fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let output = command()
        .args(["serve", "--listen", "0"])
        .args(arguments)
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!error.contains("panicked"), "{error}");
    (output.status.code(), error)
}

#[test]
fn a_server_that_cannot_start_says_why() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let iris = iris_model();
    let cut = scratch("cut.safetensors");
    std::fs::write(&cut, &std::fs::read(&iris).unwrap()[..1000]).unwrap();
    let changed = scratch("changed.safetensors");
    let mut bytes = std::fs::read(&iris).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&changed, bytes).unwrap();
    let words = scratch("two-words.txt");
    std::fs::write(&words, "two words").unwrap();
    let twice = format!("iris={iris}");
    let cases: &[(&[&str], i32, &str)] = &[
        (&[&iris, "--listen", &address], 2, "cannot be used multiple times"),
        (
            &["missing.safetensors"],
            1,
            "missing.safetensors: there is no such file",
        ),
        (&[&cut], 1, "cut.safetensors"),
        (&[&changed], 1, "changed.safetensors"),
        (&[&iris, &twice], 2, "two models are called iris, version 1"),
        (&["a b=x.safetensors"], 2, "the name of the model is \"a b\""),
        (&[&iris, "--background", "wine"], 1, "there is no column"),
        (
            &[&iris, "--background", "other=wine"],
            2,
            "no model is called other",
        ),
        (&[&iris, "--token-file", &words], 2, "a token is one line"),
        (
            &[&iris, "--token-file", "missing.txt"],
            1,
            "cannot read missing.txt",
        ),
        (
            &[&iris, "--workers", "0"],
            2,
            "expected a whole number from 1 to 1024",
        ),
        (&[], 2, "MODEL"),
    ];
    for (arguments, status, part) in cases {
        let (found, error) = refused(arguments);
        assert_eq!(found, Some(*status), "{arguments:?}: {error}");
        assert!(error.contains(part), "{arguments:?}: {error}");
    }
    let output = command()
        .args(["serve", &iris, "--listen", &address])
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        error.contains(&format!(
            "cannot listen on {address}: another program listens there"
        )),
        "{error}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn several_models_and_versions_are_told_apart() {
    let (iris, people) = (iris_model(), people_model());
    let server = Server::start(&[
        &format!("flowers@1={iris}"),
        &format!("flowers@10={iris}"),
        &people,
    ]);
    let model = server.get("/v2/models/flowers").json();
    assert_eq!(model["versions"], json!(["1", "10"]));
    assert_eq!(model["parameters"]["version"], "10");
    let old = server.get("/v2/models/flowers/versions/1").json();
    assert_eq!(old["parameters"]["version"], "1");
    let row = r#"{"sepal_length": 6, "sepal_width": 3, "petal_length": 5, "petal_width": 2}"#;
    let unnamed = server.post("/predict", row);
    assert_eq!(unnamed.status, 400);
    assert!(
        unnamed.error().contains("?model=NAME; there are flowers, people"),
        "{}",
        unnamed.error()
    );
    assert_eq!(server.post("/predict?model=flowers&version=1", row).status, 200);
    assert_eq!(server.post("/predict?model=flowers&version=2", row).status, 404);
}
