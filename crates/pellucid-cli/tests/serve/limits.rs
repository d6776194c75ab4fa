//! The limits: bodies, rows, requests at a time, slow clients; and that memory stays flat.

use crate::client::Connection;
use crate::server::{Server, iris_model};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

const ROW: &str =
    "{\"sepal_length\": 6.1, \"sepal_width\": 2.8, \"petal_length\": 5.2, \"petal_width\": 1.9}\n";

#[test]
fn large_requests_are_refused() {
    let server = Server::start(&[&iris_model(), "--max-body", "1", "--max-rows", "100"]);
    let answer = server.post("/predict", ROW.repeat(101));
    assert_eq!(
        (answer.status, answer.error().contains("more than 100 rows")),
        (413, true)
    );
    assert_eq!(server.post("/predict", ROW.repeat(100)).status, 200);
    // Refused before the body is sent.
    let mut connection = Connection::open(server.address);
    connection.send(b"POST /predict HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999999\r\n\r\n");
    assert_eq!(connection.answer().unwrap().status, 413);
    // Refused when it turns out.
    let mut connection = Connection::open(server.address);
    connection.send(b"POST /predict HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n");
    let chunk = [b"80000\r\n".as_slice(), &vec![b' '; 0x80000], b"\r\n"].concat();
    (0..3).for_each(|_| connection.send(&chunk));
    assert!(connection.answer().is_none_or(|answer| answer.status == 413));
    // Nor may a body unpack to more.
    let bomb = {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut packer, ROW.repeat(1 << 16).as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    assert!(bomb.len() < 100_000);
    let answer = server.post("/predict", &bomb);
    assert_eq!(answer.status, 400, "{}", answer.text());
}

#[test]
fn slow_clients_are_given_up() {
    let server = Server::start(&[&iris_model(), "--timeout", "1"]);
    let started = Instant::now();
    let mut silent = Connection::open(server.address);
    let mut half = Connection::open(server.address);
    half.send(b"POST /predict HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{");
    assert_eq!(half.answer().unwrap().status, 408);
    assert!(silent.answer().is_none_or(|answer| answer.status == 408));
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_client_that_goes_leaves_nothing_behind() {
    let server = Server::start(&[&iris_model(), "--max-requests", "1"]);
    let mut gone = Connection::open(server.address);
    gone.send(b"POST /predict HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{");
    let has = |line: &str| {
        let metrics = server.get("/metrics");
        metrics.text().lines().any(|found| found == line)
    };
    server.wait_for("the request", || has("pellucid_requests_under_way 2"));
    drop(gone);
    server.wait_for("its end", || has("pellucid_requests_under_way 1"));
    assert_eq!(server.post("/predict", ROW).status, 200);
}

#[test]
fn more_requests_than_the_limit_get_503() {
    let server = Server::start(&[&iris_model(), "--max-requests", "1", "--timeout", "5"]);
    let mut first = Connection::open(server.address);
    first.send(
        format!(
            "POST /predict HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n",
            ROW.len()
        )
        .as_bytes(),
    );
    server.wait_for("the first request", || {
        server
            .get("/metrics")
            .text()
            .contains("pellucid_requests_under_way 2")
    });
    let refused = server.post("/predict", ROW);
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    // Health does not wait.
    assert_eq!(server.get("/v2/health/ready").status, 200);
    first.send(ROW.as_bytes());
    assert_eq!(first.answer().unwrap().status, 200);
    assert_eq!(server.post("/predict", ROW).status, 200);
}

#[test]
fn memory_stays_flat_and_no_answer_is_lost() {
    let server = Server::start(&[&iris_model(), "--quiet"]);
    let answered = AtomicUsize::new(0);
    let load = |seconds: u64| {
        std::thread::scope(|scope| {
            for client in 0..4 {
                let (server, answered) = (&server, &answered);
                scope.spawn(move || {
                    let end = Instant::now() + Duration::from_secs(seconds);
                    let mut connection = Connection::open(server.address);
                    let body = if client == 0 {
                        ROW.repeat(2000)
                    } else {
                        ROW.to_owned()
                    };
                    while Instant::now() < end {
                        let answer = connection.ask("POST", "/predict", "", body.as_bytes());
                        assert_eq!(answer.expect("no answer is lost").status, 200);
                        answered.fetch_add(1, Relaxed);
                    }
                });
            }
        });
    };
    load(3);
    let before = server.memory();
    load(8);
    let after = server.memory();
    assert!(answered.load(Relaxed) > 100);
    assert!(after < before + (16 << 20), "{before} bytes became {after}");
}
