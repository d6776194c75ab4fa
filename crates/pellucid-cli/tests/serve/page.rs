//! The page, in a browser that asks a real server. Without a Chromium the tests say so and skip; `scripts/browser` installs one.

use crate::client::Connection;
use crate::server::{Server, iris_model, people_model, scratch};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;

/// Collects what goes wrong, before the page's own script runs.
const EARS: &str = "<script>const wrong = []; addEventListener('error', (event) => wrong.push(event.message || 'a resource'), true);\
addEventListener('unhandledrejection', (event) => wrong.push(String(event.reason)));\
for (const kind of ['error', 'warn']) console[kind] = (...words) => wrong.push(words.join(' '));</script>";

/// Types and slides a row's values, and notes what the page then shows.
const QUESTIONS: &str = r#"<script>
(async () => {
  const say = (key, value) => notes.push(`${key}=${value}`);
  const notes = [];
  const until = async (what, is) => {
    for (let tries = 0; tries < 400; tries += 1) {
      if (is()) return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    say("waited", what);
  };
  const headline = () => document.querySelector(".headline")?.textContent;
  const numbers = (id) => [...document.querySelectorAll(`#${id} td.number`)].map((cell) => cell.textContent);
  await until("prediction", headline);
  say("title", document.getElementById("title").textContent);
  say("fields", document.querySelectorAll(".field").length);
  say("labels", [...document.querySelectorAll(".field input:not([type=range]), .field select")].filter((entry) => entry.labels.length === 1).length);
  say("first", headline());
  say("probabilities", numbers("probabilities").length);
  say("contributions", numbers("contributions").length);
  say("compared", document.getElementById("compared").textContent);
  const before = numbers("probabilities").join();
  const slider = document.querySelector(CHANGED);
  slider.value = slider.tagName === "SELECT" ? "2" : slider.max;
  slider.dispatchEvent(new Event(slider.tagName === "SELECT" ? "change" : "input", { bubbles: true }));
  await until("another prediction", () => numbers("probabilities").join() !== before);
  say("typed", slider.closest(".field").querySelector("input[type=number]")?.value);
  document.getElementById("reset").click();
  await until("the first prediction", () => numbers("probabilities").join() === before);
  const typed = document.querySelector(".field input[type=number]");
  typed.value = "";
  typed.dispatchEvent(new Event("input", { bubbles: true }));
  await new Promise((resolve) => setTimeout(resolve, 500));
  say("problem", document.getElementById("problem").textContent);
  say("wide", [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > innerWidth + 1).length);
  say("wrong", wrong.join(" | "));
  const answer = document.createElement("pre");
  answer.id = "answers";
  answer.textContent = notes.join("\n");
  document.body.append(answer);
})();
</script>
"#;

fn browser() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let usual = ["chromium", "chromium-browser", "google-chrome"].map(PathBuf::from);
    let answers = |path: &PathBuf| {
        let said = Command::new(path).arg("--version").output();
        said.is_ok_and(|said| said.status.success())
    };
    let found = named.into_iter().chain(usual).find(answers);
    if found.is_none() {
        let why = "SKIPPED: no Chromium is found; scripts/browser installs one, or CHROMIUM names it";
        let _ = writeln!(std::io::stderr(), "{why}");
    }
    found
}

/// Passes requests on to the server, and puts the test's scripts into its page; ends with the test.
fn listening_in(server: SocketAddr, changed: &str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let questions = QUESTIONS.replace("CHANGED", &format!("{changed:?}"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let questions = questions.clone();
            std::thread::spawn(move || pass_on(stream, server, &questions));
        }
    });
    address
}

/// One request a connection.
fn pass_on(mut stream: TcpStream, server: SocketAddr, questions: &str) -> Option<()> {
    let mut request = Vec::new();
    let end = loop {
        if let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        let mut part = [0; 4096];
        let count = stream.read(&mut part).ok().filter(|count| *count > 0)?;
        request.extend_from_slice(&part[..count]);
    };
    let head = String::from_utf8_lossy(&request[..end]).into_owned();
    let length = head
        .lines()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = request[end..].to_vec();
    let mut rest = vec![0; length.unwrap_or(0_usize).saturating_sub(body.len())];
    stream.read_exact(&mut rest).ok()?;
    body.extend_from_slice(&rest);
    let mut words = head.split(' ');
    let (method, path) = (words.next()?, words.next()?);
    let answer = Connection::open(server).ask(method, path, "content-type: application/json\r\n", &body)?;
    let mut sent = answer.body;
    if path == "/" {
        let html = String::from_utf8(sent).unwrap();
        let html = html.replacen("<head>", &format!("<head>{EARS}"), 1);
        sent = html
            .replacen("</body>", &format!("{questions}</body>"), 1)
            .into_bytes();
    }
    let kept: String = ["content-type", "pellucid-warnings"]
        .iter()
        .filter_map(|name| {
            Some(format!(
                "{name}: {}\r\n",
                Connection::header_of(&answer.headers, name)?
            ))
        })
        .collect();
    let head = format!(
        "HTTP/1.1 {} x\r\n{kept}content-length: {}\r\nconnection: close\r\n\r\n",
        answer.status,
        sent.len()
    );
    stream.write_all(&[head.as_bytes(), &sent].concat()).ok()
}

/// What the page noted, by key.
fn noted(server: &Server, changed: &str, width: u32, profile: &str) -> Option<Vec<(String, String)>> {
    let browser = browser()?;
    let address = listening_in(server.address, changed);
    let profile = scratch(profile);
    let ended = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--virtual-time-budget=20000",
        ])
        .arg(format!("--user-data-dir={profile}"))
        .arg(format!("--window-size={width},900"))
        .arg("--dump-dom")
        .arg(format!("http://{address}/"))
        .output()
        .unwrap();
    let _ = std::fs::remove_dir_all(profile);
    let dom = String::from_utf8_lossy(&ended.stdout);
    let from = dom
        .find("<pre id=\"answers\">")
        .unwrap_or_else(|| panic!("{dom}: {ended:?}"));
    let notes = &dom[from + 18..];
    let notes = notes[..notes.find("</pre>").unwrap()]
        .lines()
        .filter_map(|line| line.split_once('='));
    Some(
        notes
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect(),
    )
}

#[track_caller]
fn of<'a>(noted: &'a [(String, String)], key: &str) -> &'a str {
    let found = noted.iter().find(|(known, _)| known == key);
    found.map_or("", |(_, value)| value)
}

#[test]
fn numbers_are_slid_and_the_prediction_follows() {
    let server = Server::start(&[&iris_model(), "--background", "iris"]);
    let changed = ".field:nth-child(3) input[type=range]";
    let Some(noted) = noted(&server, changed, 1200, "profile-of-numbers") else {
        return;
    };
    for (key, expected) in [
        ("title", "Predictions of iris"),
        ("fields", "4"),
        ("labels", "4"),
        ("probabilities", "3"),
        ("contributions", "4"),
        ("waited", ""),
        ("problem", ""),
        ("wide", "0"),
        ("wrong", ""),
        ("typed", "6.9"),
    ] {
        assert_eq!(of(&noted, key), expected, "{key}: {noted:?}");
    }
    assert!(
        of(&noted, "compared").contains("32 rows of the background table"),
        "{noted:?}"
    );
}

#[test]
fn words_are_chosen_on_a_small_screen() {
    let server = Server::start(&[&people_model()]);
    let Some(noted) = noted(&server, ".field select", 500, "profile-of-words") else {
        return;
    };
    for (key, expected) in [
        ("fields", "4"),
        ("labels", "4"),
        ("probabilities", "2"),
        ("contributions", "4"),
        ("waited", ""),
        ("problem", ""),
        ("wide", "0"),
        ("wrong", ""),
    ] {
        assert_eq!(of(&noted, key), expected, "{key}: {noted:?}");
    }
    assert!(
        of(&noted, "compared").contains("a row whose values are all missing"),
        "{noted:?}"
    );
}
