//! Tests of `pellucid play`.

use crate::driver::{command, done, refused, text};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const TABLE: &str = "length,kind\n1.5,reed\n2,fern\n3,reed\n";

/// What a link carries, by its definition in docs/page.md.
fn carried(link: &str) -> Value {
    let parts: Vec<&str> = link.split('.').collect();
    let [version, length, data] = parts[..] else {
        panic!("{link}")
    };
    assert_eq!(version, "#p1");
    assert_eq!(length, data.len().to_string());
    let packed = URL_SAFE_NO_PAD.decode(data).unwrap();
    let mut json = String::new();
    flate2::read::DeflateDecoder::new(&*packed)
        .read_to_string(&mut json)
        .unwrap();
    serde_json::from_str(&json).unwrap()
}

fn link(arguments: &[&str]) -> Value {
    let ended = done(&[&["play", "--link"], arguments].concat());
    assert!(ended.stderr.contains("behind the address"), "{ended:?}");
    carried(ended.stdout.trim_end())
}

#[test]
fn a_link_carries_a_recipe_a_table_or_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = link(&["xor-by-hand"]);
    assert_eq!(
        recipe["recipe"],
        include_str!("../../../pellucid/recipes/xor-by-hand.toml")
    );
    assert_eq!(
        (&recipe["data"], &recipe["step"], &recipe["sample"]),
        (&json!({"kind": "recipe"}), &json!(0), &json!(0))
    );

    let table = folder.path().join("plants.csv");
    fs::write(&table, TABLE).unwrap();
    let shared = link(&[text(&table), "--target", "length"]);
    let data =
        json!({"kind": "table", "file": "plants.csv", "text": TABLE, "settings": {"target": "length"}});
    assert_eq!((&shared["data"], &shared["recipe"]), (&data, &json!("")));

    let model = folder.path().join("plants.safetensors");
    done(&[
        "train",
        "iris",
        "--epochs",
        "1",
        "--hidden",
        "2",
        "--out",
        text(&model),
    ]);
    let shared = link(&[text(&model), "--data", text(&table)])["data"].clone();
    assert_eq!(shared["kind"], "model");
    assert_eq!(shared["file"], "plants.safetensors");
    let held = STANDARD.decode(shared["base64"].as_str().unwrap()).unwrap();
    assert_eq!(held, fs::read(&model).unwrap());
    assert_eq!(shared["table"], json!({"file": "plants.csv", "text": TABLE}));
    refused(
        &["play", text(&model), "--link"],
        2,
        &["predicts species from the columns of a table", "--data"],
    );
    refused(
        &["play", text(&model), "--target", "species", "--link"],
        2,
        &["knows what it predicts"],
    );
}

#[test]
fn a_table_that_is_no_text_and_a_built_in_set_are_carried_as_text() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("plants.csv.gz");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(TABLE.as_bytes()).unwrap();
    fs::write(&table, packed.finish().unwrap()).unwrap();
    let data = link(&[text(&table)])["data"].clone();
    assert_eq!(data["file"], "plants.csv.gz.csv");
    assert_eq!(data["text"], TABLE);
    assert_eq!(data["settings"], json!({}));
    let iris = link(&["iris"])["data"].clone();
    let lines: Vec<&str> = iris["text"].as_str().unwrap().lines().collect();
    assert_eq!(
        (lines.len(), lines[0]),
        (151, "sepal_length,sepal_width,petal_length,petal_width,species")
    );
    let digits = link(&["digits"])["data"].clone();
    assert_eq!(digits, json!({"kind": "made", "request": {"name": "digits"}}));
}

#[test]
fn a_link_begins_with_the_address_of_the_page() {
    let page = "https://example.org/pellucid.html";
    let ended = done(&["play", "xor-sgd", "--page", &format!("{page}#p1.0.")]);
    let fragment = ended.stdout.trim_end().strip_prefix(page).unwrap();
    assert_eq!(carried(fragment)["data"]["kind"], "recipe");
    assert_eq!(ended.stderr, "");
}

#[test]
#[cfg(not(feature = "page"))]
fn without_a_page_it_prints_the_link_and_says_so() {
    let ended = done(&["play", "xor-sgd"]);
    assert_eq!(carried(ended.stdout.trim_end())["data"]["kind"], "recipe");
    assert!(ended.stderr.contains("no page to serve"), "{ended:?}");
    refused(&["play"], 2, &["no page to serve", "--page FILE"]);
}

#[test]
fn what_it_cannot_open_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.csv");
    refused(
        &["play", text(&missing), "--link"],
        1,
        &["cannot read", "missing.csv"],
    );
    refused(
        &["play", "xor-by-hand", "--target", "y"],
        2,
        &["--target is for a table"],
    );
    refused(
        &["play", "xor-by-hand", "--data", "iris"],
        2,
        &["--data is for a model"],
    );
    refused(&["play", "iris", "--data", "iris"], 2, &["--data is for a model"]);
    refused(&["play", "--target", "y"], 2, &["RECIPE-or-TABLE-or-MODEL"]);
    refused(&["play", "-", "--link"], 2, &["standard input"]);
    let page = folder.path().join("page.html");
    refused(&["play", "--page", text(&page)], 1, &["cannot read the page"]);
    refused(
        &["play", "xor-sgd", "--link", "--page", text(&page)],
        2,
        &["needs the address of a page"],
    );
    let recipe = folder.path().join("wrong.toml");
    fs::write(&recipe, "[network]\nlayers = [2, 1]\nactivaton = \"tanh\"\n").unwrap();
    refused(
        &["play", text(&recipe), "--link"],
        2,
        &["wrong.toml", "activaton"],
    );
    let model = folder.path().join("wrong.safetensors");
    fs::write(&model, "no model").unwrap();
    refused(&["play", text(&model), "--link"], 1, &["wrong.safetensors"]);
}

#[test]
fn a_table_too_large_for_a_link_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("large.csv");
    let mut state = 1_u64;
    let rows = (0..20_000).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        format!("{}\n", state >> 20)
    });
    fs::write(&table, "x\n".to_owned() + &rows.collect::<String>()).unwrap();
    refused(
        &["play", text(&table), "--link"],
        1,
        &[
            "large.csv is too large for a link",
            "browsers take 64000",
            "--page FILE",
        ],
    );
}

/// `pellucid play` as it serves; it is killed where a test fails.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_pellucid"))
            .arg("play")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        Self {
            child,
            address: address.trim_end().to_owned(),
        }
    }

    /// The port, as in the address.
    fn host(&self) -> &str {
        let rest = self.address.strip_prefix("http://").unwrap();
        &rest[..rest.find('/').unwrap()]
    }

    /// The answer to a request, head and body.
    fn answer(&self, request: &str) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(self.host()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        let body = answer.split_off(end);
        (String::from_utf8(answer).unwrap(), body)
    }

    fn get(&self, path: &str) -> (String, Vec<u8>) {
        self.answer(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host()))
    }

    /// Ends it by a signal; the status, and what it said.
    #[cfg(unix)]
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        };
        let mut said = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        (status.code(), said)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[cfg(unix)]
fn it_serves_the_page_and_the_file_until_ctrl_c() {
    let folder = tempfile::tempdir().unwrap();
    let (page, table) = (folder.path().join("page.html"), folder.path().join("plants.csv"));
    fs::write(&page, "<!doctype html><title>page</title>").unwrap();
    fs::write(&table, TABLE).unwrap();
    let serving = Serving::start(&[text(&table), "--target", "kind", "--page", text(&page)]);
    assert!(serving.address.ends_with("/#served"), "{}", serving.address);
    let (head, body) = serving.get("/?query");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(
        head.contains("Content-Type: text/html; charset=utf-8\r\n"),
        "{head}"
    );
    assert!(
        head.contains(&format!("Content-Length: {}\r\n", body.len())),
        "{head}"
    );
    assert_eq!(body, fs::read(&page).unwrap());
    let (_, about) = serving.get("/served/about");
    let about: Value = serde_json::from_slice(&about).unwrap();
    assert_eq!(
        about,
        json!({"name": "plants.csv", "target": "kind", "table": null})
    );
    assert_eq!(serving.get("/served/file").1, TABLE.as_bytes());
    let (status, said) = serving.end("-INT");
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("until Ctrl-C"), "{said}");
}

#[test]
#[cfg(unix)]
fn other_requests_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    fs::write(&page, "page").unwrap();
    let serving = Serving::start(&["--page", text(&page)]);
    assert!(serving.address.ends_with('/'), "{}", serving.address);
    let host = serving.host();
    let long = format!("GET /{} HTTP/1.1\r\nHost: {host}\r\n\r\n", "x".repeat(20_000));
    for (request, status) in [
        (
            format!("GET /../page.html HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            "404",
        ),
        (
            format!("GET /served/file HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            "404",
        ),
        (
            format!("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n"),
            "405",
        ),
        ("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n".to_owned(), "421"),
        (
            format!("GET / HTTP/1.1\r\nHost: {host}\r\nHost: example.org\r\n\r\n"),
            "400",
        ),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), "400"),
        ("nonsense\r\n\r\n".to_owned(), "400"),
        (long, "400"),
    ] {
        let (head, _) = serving.answer(&request);
        assert!(
            head.starts_with(&format!("HTTP/1.1 {status} ")),
            "{request}: {head}"
        );
    }
    let (head, body) = serving.answer(&format!("HEAD / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    assert!(head.contains("Content-Length: 4\r\n"), "{head}");
    assert_eq!(body, b"");
    // A client that sends no request does not delay others.
    let _silent = TcpStream::connect(host).unwrap();
    let localhost = format!(
        "GET / HTTP/1.1\r\nHost: {}\r\n\r\n",
        host.replace("127.0.0.1", "localhost")
    );
    assert_eq!(serving.answer(&localhost).1, b"page");
    assert_eq!(serving.end("-TERM").0, Some(0));
}

#[test]
fn a_port_that_is_taken_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    fs::write(&page, "page").unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ended: crate::driver::Ended = command()
        .args(["play", "--page", text(&page), "--port", &port])
        .output()
        .unwrap()
        .into();
    assert_eq!(ended.status, 1);
    assert!(ended.stderr.contains(&format!("at port {port}")), "{ended:?}");
}
