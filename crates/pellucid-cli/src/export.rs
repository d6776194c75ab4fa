//! `pellucid export`: writes a model in the form of another program.

use crate::arguments::export::Export;
use crate::failure::misuse;
use crate::outputs::{self, JsonOutput};
use crate::score_text::count;
use crate::{interrupt, source, terminal};
use anyhow::Result;
use pellucid_data::model_file::Model;
use pellucid_data::{OutputFile, Table};
use pellucid_export::{ExportRequest, Form, Quantization, Verification, export, verify};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub(crate) fn command(arguments: &Export) -> Result<ExitCode> {
    let form = arguments.to;
    let main = main_file(arguments)?;
    let name = main
        .file_stem()
        .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let read = [
        ("the model", Some(arguments.model.as_path())),
        ("the data", arguments.verify.as_deref().and_then(source::file)),
    ];
    let written = [
        ("--out", Some(main.as_path())),
        ("--json", arguments.json.as_deref()),
    ];
    outputs::check_distinct(&read, &written)?;
    let request = ExportRequest {
        quantize: arguments.quantize,
        without_libm: arguments.no_libm,
        ..ExportRequest::new(form, &name)
    };
    if let Err(error) = request.check() {
        return misuse(error.to_string());
    }
    let model = Model::load(&arguments.model)?;
    let data = arguments
        .verify
        .as_deref()
        .map(|data| table(&model, data, arguments))
        .transpose()?;
    interrupt::listen_to_end_at_once();
    let request = ExportRequest {
        data: data.as_ref(),
        ..request
    };
    let exported = export(&model, &request)?;
    let folder = main.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let paths: Vec<PathBuf> = exported
        .files
        .iter()
        .map(|file| folder.join(&file.name))
        .collect();
    if let Some(path) = paths.iter().find(|path| arguments.out.is_none() && path.exists()) {
        return misuse(format!(
            "{} is there already; name the main file with --out, and what is there is replaced",
            path.display()
        ));
    }
    let others: Vec<_> = paths
        .iter()
        .map(|path| ("a file of the export", Some(path.as_path())))
        .collect();
    outputs::check_distinct(
        &[read.as_slice(), &[("--json", arguments.json.as_deref())]].concat(),
        &others,
    )?;
    let outputs: Vec<OutputFile> = paths.iter().map(OutputFile::prepare).collect::<Result<_, _>>()?;
    let json = JsonOutput::prepare(arguments.json.as_deref())?;
    let verification = data.is_some().then(|| verify(&exported)).transpose()?;
    let printed = !json.takes_standard_output();
    let (tolerance, quantization) = (exported.tolerance, exported.quantization);
    let contents = exported.files.into_iter().map(|file| file.bytes);
    let files = outputs.into_iter().zip(contents).collect();
    json.write_with(files, || {
        json!({
            "model": arguments.model,
            "form": form.name(),
            "name": name,
            "files": paths,
            "verified_rows": verification.map(|found| found.rows),
            "largest_deviation": verification.map(|found| found.largest_deviation),
            "tolerance": tolerance,
            "quantization": quantization.map(Quantization::name),
            "without_libm": arguments.no_libm,
            "mean_deviation": verification.and_then(|found| found.mean_deviation),
            "deviation_beyond": verification.and_then(|found| found.deviation_beyond),
        })
    })?;
    if printed {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        terminal::print(&names.join("\n"))?;
        if let Some(found) = &verification {
            terminal::print(&verdict(form, found))?;
        }
    }
    if verification.is_none() && !arguments.quiet {
        let test = paths
            .last()
            .map(|path| path.display().to_string())
            .unwrap_or_default();
        terminal::note(&format!(
            "not verified; --verify DATA runs {test} on rows of a table too"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn verdict(form: Form, found: &Verification) -> String {
    if let (Some(mean), Some(beyond)) = (found.mean_deviation, found.deviation_beyond) {
        return format!(
            "verified: {} in integers on {} rows deviates by {mean:.1e} in the mean and {:.1e} at most, as a part of the largest answer; \
             {beyond:.1e} on rows beyond the ranges",
            form.name(),
            count(found.rows),
            found.largest_deviation
        );
    }
    format!(
        "verified: {} on {} rows deviates by at most {:.1e}, and no class differs",
        form.name(),
        count(found.rows),
        found.largest_deviation
    )
}

/// The rows of a table, read as the model's table was.
fn table(model: &Model, data: &Path, arguments: &Export) -> Result<Table> {
    let Some(preparation) = &model.preparation else {
        return misuse(
            "--verify needs a model that was trained on a table; this one has no preparation of columns: leave --verify out, \
             and run the test program that is written",
        );
    };
    let options = source::options_for(&arguments.reading, preparation.reading());
    source::read_as(data, &options, &preparation.expected_columns())
}

/// The main file: the one that is asked for, or one with the model's name.
fn main_file(arguments: &Export) -> Result<PathBuf> {
    let extension = arguments.to.extension();
    let Some(out) = &arguments.out else {
        return Ok(PathBuf::from(format!(
            "{}.{extension}",
            identifier(&arguments.model)
        )));
    };
    if out.extension().is_none_or(|found| found != extension) {
        return misuse(format!(
            "--out {}: the main file of {} ends in .{extension}",
            out.display(),
            arguments.to.name()
        ));
    }
    Ok(out.clone())
}

/// The name of a file without its extension, other letters than those of names in programs replaced.
fn identifier(path: &Path) -> String {
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default();
    let letter = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '_'
        }
    };
    let name: String = stem.chars().map(letter).collect();
    match name.chars().next() {
        Some(first) if !first.is_ascii_digit() => name,
        _ => format!("model_{name}"),
    }
}
