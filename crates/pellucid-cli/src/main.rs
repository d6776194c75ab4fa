//! The `pellucid` command: parses the command line, runs one subcommand and sets the exit status.

#![forbid(unsafe_code)]

mod arguments;
mod bars;
mod calibration_text;
mod check;
mod checkpoint;
mod compare;
mod completions;
mod contributions;
mod data;
mod diagnose;
mod encoded_numbers;
mod evaluate;
mod explain;
mod export;
mod failure;
mod find_rate;
mod findings;
mod import;
mod importance;
mod inspect;
mod instruction_set;
mod interrupt;
mod line_template;
mod man;
mod out_of_memory;
mod outputs;
mod pictures;
mod play;
mod predict;
mod progress;
mod recipes;
mod report;
mod run;
mod score_text;
mod scored_rows;
mod serve;
mod source;
mod subject;
mod terminal;
mod text_style;
mod train;
mod train_from;
mod training_cost;
mod tune;
mod tune_progress;
mod version;

use arguments::{Arguments, Command};
use clap::{CommandFactory, FromArgMatches};
use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    out_of_memory::prepare();
    interrupt::survive_size_limit();
    let given: Vec<OsString> = std::env::args_os().map(arguments::spelt).collect();
    let version = match version::of_arguments(&given) {
        Ok(version) => version,
        Err(error) => return failure::report(&error),
    };
    let parsed = Arguments::command().version(version).get_matches_from(given);
    let arguments = Arguments::from_arg_matches(&parsed).unwrap_or_else(|error| error.exit());
    if let Err(error) = instruction_set::choose(arguments.isa) {
        return failure::report(&error);
    }
    if let Err(error) = pellucid_data::limit_memory(arguments.memory, arguments.temp_directory.as_deref()) {
        return failure::report(&error.into());
    }
    let done = match &arguments.command {
        Command::Recipes(recipes) => recipes::recipes(recipes),
        Command::Run(run) => run::run(run),
        Command::Train(train) => train::train(train),
        Command::Tune(tune) => tune::tune(tune),
        Command::Predict(predict) => predict::predict(predict),
        Command::Serve(serve) => serve::serve(serve),
        Command::Evaluate(evaluate) => evaluate::evaluate(evaluate),
        Command::Export(arguments) => export::command(arguments),
        Command::Import(arguments) => import::command(arguments),
        Command::Importance(importance) => importance::importance(importance),
        Command::Inspect(inspect) => inspect::inspect(inspect),
        Command::Data(data) => data::data(data),
        Command::Compare(compare) => compare::compare(compare),
        Command::Explain(explain) if explain.contributions.contributions => {
            contributions::contributions(explain)
        }
        Command::Explain(explain) => explain::explain(explain),
        Command::FindRate(find) => find_rate::find_rate(find),
        Command::Check(arguments) => check::check(arguments),
        Command::Diagnose(diagnose) => diagnose::diagnose(diagnose),
        Command::Play(play) => play::play(play),
        Command::Completions(arguments) => completions::completions(arguments),
        Command::Man(arguments) => man::man(arguments),
    };
    match done {
        Ok(code) => code,
        Err(error) => failure::report(&error),
    }
}
