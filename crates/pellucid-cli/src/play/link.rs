//! Links to the page that carry everything behind their `#`, as docs/page.md defines them.

use super::opened::{NamedFile, Opened};
use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde_json::{Value, json};
use std::io::Write;

/// The longest link that all common browsers and most messages take (`web/src/share/link.ts`).
const LONGEST: usize = 64_000;

/// `#p1.LENGTH.DATA`.
///
/// # Errors
/// The link would be too long for browsers.
pub(super) fn fragment(opened: &Opened) -> Result<String> {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
    let packed = packed
        .write_all(shared(opened).to_string().as_bytes())
        .and_then(|()| packed.finish());
    let data = URL_SAFE_NO_PAD.encode(packed.context("cannot compress the link")?);
    if data.len() > LONGEST {
        bail!(
            "{} is too large for a link: it would have {} characters, and browsers take {LONGEST}. Serve the page with --page FILE, \
             or open the file in the page",
            opened.name(),
            data.len()
        );
    }
    Ok(format!("#p1.{}.{data}", data.len()))
}

/// What the link carries. Sets, tables and models have no recipe in it: the page finds theirs.
fn shared(opened: &Opened) -> Value {
    fn text(file: &NamedFile) -> String {
        String::from_utf8_lossy(&file.bytes).into_owned()
    }
    let (recipe, data) = match opened {
        Opened::Set(name) => (String::new(), json!({"kind": "made", "request": {"name": name}})),
        Opened::Recipe(file) => (text(file), json!({"kind": "recipe"})),
        Opened::Table(file, target) => {
            let settings = target
                .as_ref()
                .map_or_else(|| json!({}), |target| json!({"target": target}));
            let data = json!({"kind": "table", "file": file.name, "text": text(file), "settings": settings});
            (String::new(), data)
        }
        Opened::Model(file, table) => {
            let mut data =
                json!({"kind": "model", "file": file.name, "base64": STANDARD.encode(&file.bytes)});
            if let Some(table) = table {
                data["table"] = json!({"file": table.name, "text": text(table)});
            }
            (String::new(), data)
        }
    };
    json!({"recipe": recipe, "data": data, "step": 0, "sample": 0})
}
