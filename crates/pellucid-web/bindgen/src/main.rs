//! `pellucid-web-bindgen MODULE FOLDER`: writes the JavaScript that loads a module of WebAssembly, and the module, into a folder.
//!
//! This is what `wasm-bindgen --target web` does. As a program of this workspace it has the version of the library for
//! certain, and needs fewer dependencies than the command.

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let module = arguments.next().context("which module?")?;
    let folder = arguments.next().context("which folder?")?;
    Bindgen::new()
        .input_path(module)
        .web(true)?
        .typescript(true)
        // The names of functions serve profilers alone.
        .remove_name_section(true)
        .remove_producers_section(true)
        .out_name("pellucid_web")
        .generate(folder)
}
