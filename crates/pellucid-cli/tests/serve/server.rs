//! Servers for tests, and models for them.

use crate::client::{Answer, Connection};
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

pub(crate) fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_pellucid"))
}

/// Runs `pellucid`, which is to succeed; its standard output.
#[track_caller]
pub(crate) fn done(arguments: &[&str]) -> String {
    let output = command().args(arguments).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// A server that is killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    log: std::thread::JoinHandle<String>,
}

impl Server {
    /// Starts a server on a free port, and waits until it is ready.
    #[track_caller]
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = command()
            .args(["serve", "--listen", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        let mut error = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut log = Vec::new();
            let _ = error.read_to_end(&mut log);
            String::from_utf8_lossy(&log).into_owned()
        });
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        let address = first.trim().trim_start_matches("http://").trim_end_matches('/');
        let address = address
            .parse()
            .unwrap_or_else(|_| panic!("no address: {first:?}"));
        let server = Self { child, address, log };
        server.wait_for("the server to be ready", || {
            server.get("/v2/health/ready").status == 200
        });
        server
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, what: &str, is_there: impl Fn() -> bool) {
        let end = Instant::now() + Duration::from_secs(60);
        while !is_there() {
            assert!(Instant::now() < end, "waited too long for {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    pub(crate) fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let answer = Connection::open(self.address).ask(method, path, headers, body);
        answer.unwrap_or_else(|| panic!("no answer to {method} {path}"))
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", b"")
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: impl AsRef<[u8]>) -> Answer {
        self.ask("POST", path, "", body.as_ref())
    }

    /// A request that is to succeed.
    #[track_caller]
    pub(crate) fn posted(&self, path: &str, body: impl AsRef<[u8]>) -> Answer {
        let answer = self.post(path, body);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    /// The resident memory in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let metrics = self.get("/metrics");
        let name = "process_resident_memory_bytes ";
        let line = metrics.text().lines().find_map(|line| line.strip_prefix(name));
        line.map_or(0, |bytes| bytes.parse().unwrap())
    }

    /// Asks the server to stop; its exit status and its log.
    pub(crate) fn stop(mut self) -> (Option<i32>, String) {
        self.signal("TERM");
        let status = self.child.wait().unwrap();
        let log = std::mem::replace(&mut self.log, std::thread::spawn(String::new));
        (status.code(), log.join().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("serve");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A path for a file of a test.
pub(crate) fn scratch(name: &str) -> String {
    folder().join(name).to_str().unwrap().to_owned()
}

/// People: numbers, words, a boolean, missing values. Whether they buy is the target.
pub(crate) fn people() -> String {
    let mut csv = String::from("age,city,member,income,buys\n");
    for row in 0..240u32 {
        let age = 20 + row * 7 % 50;
        let city = ["Rome", "Oslo", "Lima"][(row * 5 % 7 % 3) as usize];
        let member = if row % 3 == 0 { "yes" } else { "no" };
        let income = if row % 11 == 0 {
            String::new()
        } else {
            (1000 + row * 37 % 900).to_string()
        };
        let buys = if age > 40 && city != "Lima" || row % 13 == 0 {
            "often"
        } else {
            "rarely"
        };
        csv.push_str(&format!("{age},{city},{member},{income},{buys}\n"));
    }
    csv
}

/// The file of a model, trained once in a run of the tests.
fn trained(
    name: &str,
    once: &OnceLock<String>,
    table: impl FnOnce() -> String,
    arguments: &[&str],
) -> String {
    once.get_or_init(|| {
        let (model, data) = (
            scratch(&format!("{name}.safetensors")),
            scratch(&format!("{name}.csv")),
        );
        std::fs::write(&data, table()).unwrap();
        let train = [
            "train", &data, "--out", &model, "--quiet", "--seed", "3", "--epochs", "12",
        ];
        done(&[&train, arguments].concat());
        model
    })
    .clone()
}

/// A model of two classes, `people.safetensors`; its table lies beside it, `people.csv`.
pub(crate) fn people_model() -> String {
    static ONCE: OnceLock<String> = OnceLock::new();
    trained("people", &ONCE, people, &["--target", "buys"])
}

/// The same people, in a network whose numbers may overflow: they are scaled, and not clipped.
pub(crate) fn plain_model() -> String {
    static ONCE: OnceLock<String> = OnceLock::new();
    let arguments = ["--target", "buys", "--preset", "plain"];
    trained("plain", &ONCE, people, &arguments)
}

/// A model of a number, with residuals for intervals.
pub(crate) fn income_model() -> String {
    static ONCE: OnceLock<String> = OnceLock::new();
    let complete = || {
        let rows = people();
        let is_complete = |line: &&str| !line.contains(",,");
        rows.lines()
            .filter(is_complete)
            .map(|line| format!("{line}\n"))
            .collect()
    };
    trained(
        "income",
        &ONCE,
        complete,
        &["--target", "income", "--validation", "0.3"],
    )
}

/// A model of three classes on numbers alone.
pub(crate) fn iris_model() -> String {
    static ONCE: OnceLock<String> = OnceLock::new();
    ONCE.get_or_init(|| {
        let model = scratch("iris.safetensors");
        done(&[
            "train", "iris", "--target", "species", "--out", &model, "--quiet", "--epochs", "12",
        ]);
        model
    })
    .clone()
}
