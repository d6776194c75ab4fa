//! `--report`: the page of a run, as a browser shows it.

use crate::driver::{done, pellucid, refused, shared, skipped, text};
use std::fs;
use std::path::Path;
use std::process::Command;

/// A browser that can be run without a screen; says so where there is none.
fn browser() -> Option<&'static str> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = names.into_iter().find(|name| {
        let version = Command::new(name).arg("--version").output();
        version.is_ok_and(|output| output.status.success())
    });
    if found.is_none() {
        skipped("no browser is there to open the page (chromium, chromium-browser or google-chrome)");
    }
    found
}

/// What the browser makes of a page: its document after loading, with what went wrong in it.
fn opened(browser: &str, page: &Path, dark: bool, width: u32) -> String {
    let html = fs::read_to_string(page).unwrap();
    // The page lets no script run, so the copy has to allow the one that listens.
    let policy = "default-src 'none';";
    assert!(html.contains(policy));
    let listening = html
        .replace(policy, "default-src 'none'; script-src 'unsafe-inline';")
        .replace(
            "<head>",
            "<head><script>window.wrong=[];window.addEventListener('error',e=>wrong.push('error '+(e.message||e.target.src)),true);\
             document.addEventListener('securitypolicyviolation',e=>wrong.push('blocked '+e.blockedURI));\
             for(const k of ['error','warn'])console[k]=(...a)=>wrong.push(k+' '+a.join(' '));</script>",
        )
        .replace(
            "</body>",
            "<script>addEventListener('load',()=>{const p=document.createElement('pre');p.id='found';\
             const seen=[...document.querySelectorAll('figure svg')].filter(s=>s.getBoundingClientRect().width>0);\
             const wide=[...document.querySelectorAll('body *')].filter(e=>!e.closest('pre,.wide-table')&&\
             e.getBoundingClientRect().right>innerWidth+1).map(e=>e.tagName);\
             p.textContent=JSON.stringify({wrong,pictures:seen.length,wide,fetched:performance.getEntriesByType('resource')\
             .map(r=>r.name).filter(n=>!n.startsWith('data:')),paper:getComputedStyle(document.body).backgroundColor,\
             drawn:getComputedStyle(seen[0].querySelector('rect')).fill});document.body.append(p)})</script></body>",
        );
    let copy = page.with_extension("listening.html");
    fs::write(&copy, listening).unwrap();
    let scheme = if dark { 0 } else { 1 };
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--virtual-time-budget=5000",
            "--dump-dom",
        ])
        .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
        .arg(format!("--window-size={width},900"))
        .arg(format!(
            "--user-data-dir={}",
            page.with_extension("profile").display()
        ))
        .arg(format!("file://{}", copy.display()))
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Opens a page in both themes, at the width of a desk and of a telephone.
fn check_in_browser(page: &Path, pictures: usize) {
    let Some(browser) = browser() else { return };
    for (dark, width) in [(false, 1280), (true, 1280), (false, 500), (true, 500)] {
        let document = opened(browser, page, dark, width);
        let found = document
            .split("<pre id=\"found\">")
            .nth(1)
            .and_then(|rest| rest.split("</pre>").next());
        let found: serde_json::Value =
            serde_json::from_str(found.unwrap_or_else(|| panic!("the page was not opened: {document}")))
                .unwrap();
        let at = format!("{} {width} {dark}: {found}", page.display());
        assert_eq!(found["wrong"], serde_json::json!([]), "{at}");
        assert_eq!(found["fetched"], serde_json::json!([]), "{at}");
        assert_eq!(
            found["wide"],
            serde_json::json!([]),
            "nothing is wider than the window: {at}"
        );
        assert_eq!(found["pictures"], pictures, "each is shown once: {at}");
        let paper = if dark {
            "rgb(20, 23, 28)"
        } else {
            "rgb(255, 255, 255)"
        };
        assert_eq!(
            (&found["paper"], &found["drawn"]),
            (&paper.into(), &paper.into()),
            "{at}"
        );
    }
}

/// The parts of a page, and that it is one that needs no other.
fn check_page(page: &Path, headings: &[&str], words: &[&str]) -> String {
    let html = fs::read_to_string(page).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.ends_with("</html>\n"));
    let found: Vec<&str> = html
        .split("<h2>")
        .skip(1)
        .filter_map(|rest| rest.split("</h2>").next())
        .collect();
    assert_eq!(found, headings, "{}", page.display());
    for word in words {
        assert!(html.contains(word), "{word} is not in {}", page.display());
    }
    assert!(
        !html.contains("http://") && !html.contains("https://") && !html.contains("<script"),
        "nothing is fetched"
    );
    for svg in html.split("<svg").skip(1) {
        let svg = format!("<svg{}</svg>", svg.split("</svg>").next().unwrap());
        let document = roxmltree::Document::parse(&svg).unwrap();
        let has = |name| {
            document
                .descendants()
                .any(|node: roxmltree::Node<'_, '_>| node.has_tag_name(name))
        };
        assert!(has("title") && has("desc"));
    }
    html
}

fn leaves_only(folder: &Path, expected: &[&str]) {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, expected);
}

#[test]
fn a_run_has_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("xor.html");
    done(&[
        "run",
        "xor-sgd",
        "--epochs",
        "500",
        "--quiet",
        "--report",
        text(&page),
    ]);
    leaves_only(folder.path(), &["xor.html"]);
    let headings = [
        "Training",
        "Confusion",
        "Calibration",
        "Decision boundary",
        "Weights",
        "Gradient flow",
        "Diagnosis",
        "Repeat it",
    ];
    let words = [
        "2 → 2 sigmoid → 1 sigmoid",
        "500 epochs (2,000 steps) on 4 samples",
        "pellucid run recipe.toml",
    ];
    check_page(&page, &headings, &words);
    check_in_browser(&page, 7);
}

#[test]
fn a_training_on_classes_has_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let (page, model) = (
        folder.path().join("iris.html"),
        folder.path().join("iris.safetensors"),
    );
    done(&[
        "train",
        "iris",
        "--preset",
        "plain",
        "--quiet",
        "--out",
        text(&model),
        "--report",
        text(&page),
    ]);
    leaves_only(folder.path(), &["iris.html", "iris.safetensors"]);
    let headings = [
        "Training",
        "Confusion",
        "Importance",
        "Calibration",
        "Weights",
        "Gradient flow",
        "Diagnosis",
        "Repeat it",
    ];
    let words = [
        "predicts species, one of 3 classes",
        "Importance of the columns",
        "15 held-out rows, accuracy",
        "Partial dependence",
        "135",
        "balanced accuracy",
        "petal_length",
        "Scores by class",
    ];
    check_page(&page, &headings, &words);
    check_in_browser(&page, 8);
}

#[test]
fn a_training_on_numbers_has_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let (page, model) = (folder.path().join("d.html"), folder.path().join("d.safetensors"));
    done(&[
        "train",
        "diabetes",
        "--preset",
        "plain",
        "--epochs",
        "30",
        "--quiet",
        "--out",
        text(&model),
        "--report",
        text(&page),
    ]);
    let headings = [
        "Training",
        "Residuals",
        "Importance",
        "Weights",
        "Gradient flow",
        "Diagnosis",
        "Repeat it",
    ];
    check_page(
        &page,
        &headings,
        &[
            "R²",
            "RMSE",
            "true progression",
            "45 held-out rows",
            "mean prediction of progression",
        ],
    );
    check_in_browser(&page, 7);
}

#[test]
fn the_page_s_recipe_and_command_give_the_same_scores() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (page, model) = (path("page.html"), path("moons.safetensors"));
    let first = done(&[
        "train",
        "moons",
        "--hidden",
        "7",
        "--epochs",
        "20",
        "--seed",
        "3",
        "--quiet",
        "--out",
        text(&model),
        "--report",
        text(&page),
    ]);
    let html = fs::read_to_string(&page).unwrap();
    let code = |at: usize| {
        let text = html
            .split("<code>")
            .nth(at)
            .unwrap()
            .split("</code>")
            .next()
            .unwrap();
        text.replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    };
    assert_eq!(code(1), "pellucid train moons --recipe recipe.toml");
    let recipe = path("recipe.toml");
    fs::write(&recipe, code(2)).unwrap();
    let again = path("again.safetensors");
    let second = done(&[
        "train",
        "moons",
        "--recipe",
        text(&recipe),
        "--quiet",
        "--out",
        text(&again),
    ]);
    let scores = |ended: &crate::driver::Ended| {
        ended
            .stdout
            .lines()
            .filter(|line| !line.starts_with("model"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(scores(&first), scores(&second));
}

#[test]
fn markup_in_names_is_shown_and_not_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let evil = "<script>alert(1)</script>";
    let mut table = format!("\"<img src=x onerror=alert(2)>\",\"b&'\",\"{evil}\"\n");
    for row in 0..60 {
        let class = ["\"<b>bold</b>\"", "\"a & b\""][row % 2];
        table += &format!("{},{},{class}\n", row % 7, (row * row) % 11);
    }
    let (data, page, model) = (path("t<i>.csv"), path("evil.html"), path("m.safetensors"));
    fs::write(&data, table).unwrap();
    done(&[
        "train",
        text(&data),
        "--target",
        evil,
        "--epochs",
        "3",
        "--quiet",
        "--out",
        text(&model),
        "--report",
        text(&page),
    ]);
    let html = fs::read_to_string(&page).unwrap();
    for markup in ["<script", "<img", "<b>", "<i>"] {
        assert!(!html.contains(markup), "{markup}");
    }
    for shown in [
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&lt;b&gt;bold&lt;/b&gt;",
        "a &amp; b",
    ] {
        assert!(html.contains(shown), "{shown}");
    }
    check_in_browser(&page, 8);
}

#[test]
fn the_page_of_mnist_stays_small() {
    let Some(data) = shared("data/mnist") else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("mnist.html");
    done(&[
        "run",
        "mnist-98",
        "--epochs",
        "1",
        "--quiet",
        "--data",
        text(&data),
        "--report",
        text(&page),
        "--set",
        "train.schedule=constant",
    ]);
    let html = check_page(
        &page,
        &[
            "Training",
            "Confusion",
            "Calibration",
            "Weights",
            "Gradient flow",
            "Diagnosis",
            "Repeat it",
        ],
        &["10,000 test rows", "the first 64 of 128 units"],
    );
    assert!(html.len() < 1_000_000, "{} bytes", html.len());
    check_in_browser(&page, 6);
}

#[test]
fn a_hundred_thousand_rows_make_a_small_page() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (data, page, model) = (path("rows.csv"), path("rows.html"), path("m.safetensors"));
    let mut table = String::from("a,b,y\n");
    for row in 0..100_000u64 {
        let (a, b) = (row * 7919 % 1000, row * 104_729 % 997);
        table += &format!("{a},{b},{}\n", (a as f64 * 0.01).sin() + b as f64 * 1e-3);
    }
    fs::write(&data, table).unwrap();
    done(&[
        "train",
        text(&data),
        "--target",
        "y",
        "--epochs",
        "1",
        "--validation",
        "0.5",
        "--hidden",
        "4",
        "--quiet",
        "--out",
        text(&model),
        "--report",
        text(&page),
    ]);
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.len() < 1_000_000, "{} bytes", html.len());
    for said in [
        "of 50,000 rows are drawn as points",
        "1,000 of 50,000 rows are drawn",
    ] {
        assert!(html.contains(said), "{said}");
    }
}

#[test]
fn a_page_that_cannot_be_written_is_refused_before_training() {
    let run = [
        "run",
        "single-sample",
        "--epochs",
        "1000000000000",
        "--quiet",
        "--report",
        "missing/page.html",
    ];
    refused(
        &run,
        1,
        &["cannot write to", "missing/page.html", "there is no folder"],
    );
    let folder = tempfile::tempdir().unwrap();
    let same = folder.path().join("same");
    let both = ["run", "xor-sgd", "--report", text(&same), "--json", text(&same)];
    refused(&both, 2, &["--report", "would overwrite --json"]);
    let ended = pellucid(&["train", "iris", "--cv", "3", "--report", "page.html"]);
    assert_eq!(ended.status, 2, "{ended:?}");
    assert!(
        ended.stderr.contains("--report is about a model"),
        "{}",
        ended.stderr
    );
}
