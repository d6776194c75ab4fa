//! Models that are replaced while they answer, and a server that stops while it answers.

use crate::client::Connection;
use crate::server::{Server, done, iris_model, scratch};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

const ROW: &str =
    "{\"sepal_length\": 6.1, \"sepal_width\": 2.8, \"petal_length\": 5.2, \"petal_width\": 1.9}";

fn other_iris_model() -> String {
    let model = scratch("other-iris.safetensors");
    done(&[
        "train", "iris", "--target", "species", "--out", &model, "--quiet", "--epochs", "2", "--seed", "9",
    ]);
    model
}

fn count(server: &Server, metric: &str) -> u64 {
    let metrics = server.get("/metrics");
    let line = metrics
        .text()
        .lines()
        .find_map(|line| line.strip_prefix(metric))
        .unwrap();
    line.trim().parse().unwrap()
}

/// Ends the load, also where an assertion fails.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

#[test]
fn a_model_is_replaced_without_a_lost_request() {
    let (first, second) = (iris_model(), other_iris_model());
    let served = scratch("served.safetensors");
    std::fs::copy(&first, &served).unwrap();
    let server = Server::start(&[&format!("iris={served}"), "--quiet"]);
    let probability = || server.posted("/predict", ROW).json()["probability_virginica"].clone();
    let of_first = probability();
    let (is_done, answers) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut connection = Connection::open(server.address);
                while !is_done.load(Relaxed) {
                    let answer = connection.ask("POST", "/predict", "", ROW.as_bytes());
                    assert_eq!(answer.expect("no answer is lost").status, 200);
                    answers.fetch_add(1, Relaxed);
                }
            });
        }
        let _done = Done(&is_done);
        // Whole, as `pellucid train` puts its file in place.
        let beside = format!("{served}.new");
        std::fs::copy(&second, &beside).unwrap();
        std::fs::rename(&beside, &served).unwrap();
        server.wait_for("the new model", || count(&server, "pellucid_reloads_total ") >= 1);
        let of_second = probability();
        assert_ne!(of_first, of_second);
        // A broken file leaves the model that is served.
        std::fs::write(&served, b"no model").unwrap();
        server.wait_for("the broken file", || {
            count(&server, "pellucid_failed_reloads_total ") >= 1
        });
        assert_eq!(probability(), of_second);
        // SIGHUP loads it again, changed or not.
        std::fs::copy(&first, &served).unwrap();
        let before = count(&server, "pellucid_reloads_total ");
        server.signal("HUP");
        server.wait_for("the reload", || {
            count(&server, "pellucid_reloads_total ") > before
        });
        server.wait_for("the first model", || probability() == of_first);
    });
    assert!(answers.load(Relaxed) > 10);
    let (status, log) = server.stop();
    assert_eq!(status, Some(0), "{log}");
    let failed = log
        .lines()
        .find(|line| line.contains("\"reload failed\""))
        .unwrap_or_else(|| panic!("{log}"));
    let event: serde_json::Value = serde_json::from_str(failed).unwrap();
    assert_eq!(
        (&event["level"], &event["model"]),
        (&"warning".into(), &"iris".into())
    );
    assert!(
        event["error"].as_str().unwrap().contains("served.safetensors"),
        "{event}"
    );
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn a_request_under_way_is_answered_before_the_server_stops() {
    let server = Server::start(&[&iris_model()]);
    let mut connection = Connection::open(server.address);
    connection.send(
        format!(
            "POST /predict HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n",
            ROW.len()
        )
        .as_bytes(),
    );
    server.wait_for("the request", || {
        server
            .get("/metrics")
            .text()
            .contains("pellucid_requests_under_way 2")
    });
    let address = server.address;
    let stopped = std::thread::spawn(|| server.stop());
    // New connections are refused as soon as it stops.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while std::net::TcpStream::connect(address).is_ok() {
        assert!(std::time::Instant::now() < end);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    connection.send(ROW.as_bytes());
    assert_eq!(connection.answer().unwrap().status, 200);
    let (status, log) = stopped.join().unwrap();
    assert_eq!(status, Some(0), "{log}");
    let events: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let request = events
        .iter()
        .find(|event| event["event"] == "request" && event["path"] == "/predict")
        .unwrap();
    assert_eq!(
        (&request["status"], &request["method"]),
        (&200.into(), &"POST".into())
    );
    assert_eq!(events.last().unwrap()["event"], "stopped");
}
