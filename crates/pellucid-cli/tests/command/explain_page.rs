//! Tests the page of `pellucid explain` in a browser: no error, and stepping by keyboard. Without a Chromium the tests report
//! it and skip; `scripts/browser` installs one.

use crate::driver::{done, shared, skipped, text};
use std::path::PathBuf;
use std::process::Command;

/// Checks that run in the page after its own script; the answers go into an element of their own, one per line.
const QUESTIONS: &str = r##"
<script>
(() => {
  const say = (key, value) => answers.push(`${key}=${value}`);
  const press = (key) => document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const position = () => document.getElementById("position").textContent;
  const parts = document.getElementById("track").children.length;
  say("parts", parts);
  say("first", position());
  press("ArrowRight");
  say("right", position());
  say("formula", document.querySelectorAll("#formula math").length);
  say("sources", document.querySelectorAll("td.source").length);
  say("made", document.getElementById("made").textContent.replace(/\s+/g, " "));
  press("ArrowLeft");
  press("ArrowLeft");
  say("left", position());
  press("End");
  say("end", position());
  press("Home");
  const titles = new Set();
  for (let part = 0; part < parts; part += 1) {
    titles.add(document.getElementById("title").textContent);
    const cells = [...document.querySelectorAll("#equation td[data-array]")];
    if (!cells.length) say("empty", part + 1);
    for (const cell of cells) {
      cell.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
      if (document.querySelectorAll("td.picked").length !== 1) say("unpicked", part + 1);
    }
    if (!document.getElementById("made").textContent.trim()) say("unexplained", part + 1);
    press("ArrowRight");
  }
  say("titles", titles.size);
  // A window without the focus, as while another browser has it, gives its elements no focus events.
  window.focus();
  const result = [...document.querySelectorAll(".matrix.result td[data-array]")].pop();
  result.focus();
  if (!document.hasFocus()) result.dispatchEvent(new FocusEvent("focusin", { bubbles: true }));
  say("focus", result.classList.contains("picked"));
  say("errors", errors.join(" | "));
  const answer = document.createElement("pre");
  answer.id = "answers";
  answer.textContent = answers.join("\n");
  document.body.append(answer);
})();
</script>
"##;

/// Runs before anything else and collects errors.
const EARS: &str = r#"<script>
const errors = [];
const answers = [];
window.addEventListener("error", (event) => errors.push(event.message || "a resource"), true);
window.addEventListener("securitypolicyviolation", (event) => errors.push(event.violatedDirective));
console.error = (...words) => errors.push(words.join(" "));
</script>
"#;

/// The first browser found: the one named by CHROMIUM, or one of the usual names.
fn browser() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let usual = ["chromium", "chromium-browser", "google-chrome"].map(PathBuf::from);
    let answers = |path: &PathBuf| {
        Command::new(path)
            .arg("--version")
            .output()
            .is_ok_and(|said| said.status.success())
    };
    let found = named.into_iter().chain(usual).find(answers);
    if found.is_none() {
        skipped("no Chromium is found; scripts/browser installs one, or CHROMIUM names it");
    }
    found
}

/// The answers of a page in a browser, by key.
fn answers(arguments: &[&str]) -> Option<Vec<(String, String)>> {
    let browser = browser()?;
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    done(&[&["explain"], arguments, &["--quiet", "-o", text(&page)]].concat());
    let written = std::fs::read_to_string(&page).unwrap();
    let asked = written.replacen("<head>\n", &format!("<head>\n{EARS}"), 1);
    let asked = asked.replacen("</body>", &format!("{QUESTIONS}</body>"), 1);
    std::fs::write(&page, asked).unwrap();
    let ended = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ])
        .arg(format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        ))
        .args(["--virtual-time-budget=5000", "--dump-dom"])
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&ended.stdout);
    let from = dom
        .find("<pre id=\"answers\">")
        .unwrap_or_else(|| panic!("{}: {ended:?}", dom.len()));
    let answers = &dom[from + 18..];
    let answers = &answers[..answers.find("</pre>").unwrap()];
    let pairs = answers.lines().filter_map(|line| line.split_once('='));
    Some(pairs.map(|(key, value)| (key.into(), value.into())).collect())
}

#[track_caller]
fn assert_walks(answers: &[(String, String)]) {
    let of = |key: &str| {
        answers
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, value)| value.as_str())
    };
    let parts: usize = of("parts").unwrap().parse().unwrap();
    assert!(parts > 10, "{answers:?}");
    for (key, expected) in [
        ("first", format!("part 1 of {parts}")),
        ("right", format!("part 2 of {parts}")),
        ("left", format!("part 1 of {parts}")),
        ("end", format!("part {parts} of {parts}")),
        ("titles", parts.to_string()),
        ("formula", "1".into()),
        ("focus", "true".into()),
        ("errors", String::new()),
    ] {
        assert_eq!(of(key), Some(expected.as_str()), "{key}: {answers:?}");
    }
    for wrong in ["empty", "unpicked", "unexplained"] {
        assert_eq!(of(wrong), None, "{answers:?}");
    }
}

#[test]
fn xor_is_walked_through_by_keyboard_and_each_number_says_what_made_it() {
    let Some(answers) = answers(&["xor-by-hand"]) else {
        return;
    };
    assert_walks(&answers);
    let of = |key: &str| {
        answers
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, value)| value.as_str())
    };
    // Two inputs and two weights.
    assert_eq!(of("sources"), Some("4"));
    assert_eq!(
        of("made"),
        Some("z(1) of sample 2, unit 10·(−0.424)+1·0.358=0.358")
    );
}

#[test]
fn a_large_layer_and_every_extra_are_walked_through_too() {
    let normalised = [
        "xor-by-hand",
        "--set",
        "network.normalisation=\"batch\"",
        "--set",
        "train.optimizer=\"adam\"",
        "--set",
        "train.dropout=0.3",
        "--set",
        "train.l2=0.1",
        "--unit",
        "1:2",
    ];
    let Some(found) = answers(&normalised) else { return };
    assert_walks(&found);
    let Some(mnist) = shared("data/mnist") else { return };
    let Some(found) = answers(&["mnist-online", "--data", text(&mnist), "--row", "1"]) else {
        return;
    };
    assert_walks(&found);
}
