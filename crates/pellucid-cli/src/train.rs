//! `pellucid train`: trains a network on a table and writes a model file.

use crate::arguments::{Hidden, NormalisationArgument, Train};
use crate::failure::{self, Misuse};
use crate::outputs::{self, JsonOutput};
use crate::pictures::table::TrainedTable;
use crate::pictures::{self, CurveRecorder, Offer, PlotFiles, PlotSet, What};
use crate::progress::Progress;
use crate::score_text::{self, count, figure_name, number};
use crate::{findings, interrupt, recipes, report, run, source, terminal, text_style};
use anyhow::Result;
use pellucid::Normalisation;
use pellucid::descriptor::OrNone;
use pellucid::recipe::{ClassWeight, Recipe, Task};
use pellucid::{EndedBy, Precision};
use pellucid_data::training::{CrossValidation, Plan, Scores, Trained, TrainingRequest};
use pellucid_data::{DataError, OutputFile, Table};
use serde_json::{Value, json};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

pub(crate) fn train(arguments: &Train) -> Result<ExitCode> {
    let started = Instant::now();
    let quiet = arguments.running.quiet;
    let validation = Validation::from_arguments(arguments)?;
    let trains = arguments.cv.is_none() || arguments.out.is_some();
    if !trains {
        refuse_files_without_a_model(arguments)?;
    }
    let recipe = match &arguments.recipe {
        Some(name) => Some(recipes::load(name)?),
        None => None,
    };
    check_files(arguments, &validation)?;
    let request = request(arguments, recipe, &validation);
    let seed = request
        .seed
        .or(request.recipe.as_ref().map(|recipe| recipe.train.seed))
        .unwrap_or(0);
    let options = arguments.reading.options();
    let table = source::read(&arguments.data, &options, seed)?;
    let validation_table = match &validation {
        Validation::File(path) => Some(source::read(path, &options, seed)?),
        Validation::Part(_) => None,
    };
    let request = with_target_of_built_in(request, &arguments.data, &table);
    let plan = Plan::new(&table, &request)?;
    let threads = run::threads(arguments.running.threads, quiet);
    let note = |line: &str| {
        if !quiet {
            terminal::note(line);
        }
    };
    note(&format!(
        "{}: {} rows, {} columns",
        table.source,
        count(table.rows()),
        table.columns.len()
    ));
    for choice in plan.choices() {
        note(choice);
    }

    let part = plan
        .recipe()
        .data
        .table
        .as_ref()
        .map_or(0.0, |table| table.validation);
    let holds_out = validation_table.is_some() || part > 0.0;
    let offer = pictures::table::offer(&plan, &table, holds_out);
    pictures::check(&arguments.pictures, &offer)?;
    interrupt::listen();
    let mut files = Files::prepare(arguments, trains, &offer)?;
    let job = Job {
        plan: &plan,
        name: &table.source,
        threads,
        quiet,
        is_diagnosed: !quiet
            || files.json.is_some()
            || files.report.is_some()
            || files.plots.want(What::Gradients),
        clock: &|| started.elapsed().as_secs_f64(),
    };
    let training_started = Instant::now();
    let cross_validation = match arguments.cv {
        Some(folds) => Some(job.cross_validate(folds)?),
        None => None,
    };
    let stopped_early = cross_validation.as_ref().is_some_and(|found| found.stopped);
    let mut curves = CurveRecorder::of_table(plan.recipe());
    let (mut trained, mut first_epoch) = (None, None);
    if trains && !stopped_early {
        let (found, at) = job.train(validation_table.as_ref(), &mut curves)?;
        first_epoch = at.map(|at| (at - started).as_secs_f64());
        trained = Some(found);
    }
    let training_seconds = training_started.elapsed().as_secs_f64();

    let stopped = stopped_early
        || trained
            .as_ref()
            .is_some_and(|trained| trained.summary.ended_by == EndedBy::Interrupt);
    for text in trained.iter().flat_map(|trained| &trained.notes) {
        note(&format!("note: {text}"));
    }
    let results = results(trained.as_ref(), cross_validation.as_ref());
    let mut record = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "data": table.source,
        "rows": table.rows(),
        "task": match plan.task() {
            Task::Classification => "classification",
            Task::Regression => "regression",
        },
        "target": plan.columns().targets,
        "features": plan.columns().features,
        "choices": plan.choices(),
        "recipe": plan.recipe(),
        "threads": threads,
        "stopped": stopped,
        "ended_by": trained.as_ref().map(|trained| trained.summary.ended_by),
        "training_seconds": training_seconds,
        "seconds_to_first_epoch": first_epoch,
        "cross_validation": cross_validation.as_ref().map(CrossValidation::to_json),
    });
    let mut chart_text = String::new();
    if let Some(trained) = trained {
        files.add_to_record(&mut record, &trained);
        let title = title(&trained, &table.source);
        let source = TrainedTable {
            trained: &trained,
            plan: &plan,
            table: &table,
            validation: validation_table.as_ref(),
            threads,
        };
        let curves = curves.into_curves(trained.summary.best_epoch);
        let theme = files.plots.theme;
        let plot_set =
            |want: &dyn Fn(What) -> bool| pictures::plots(&title, &title, &source, &curves, theme, want);
        if arguments.chart {
            chart_text = in_the_terminal(plot_set(&|what| what == What::Loss)?, &trained);
        }
        let page = report::table::TrainedTable {
            title: &title,
            trained: &trained,
            source: &table.source,
            rows: table.rows(),
            choices: plan.choices(),
            seconds: training_seconds,
            threads,
            command: command(arguments),
        };
        let painted =
            plot_set(&|what| files.want(what, &offer)).and_then(|plot_set| files.paint(plot_set, page));
        // The model first: it is what the time was spent on.
        files.write_model(trained)?;
        files.write_pictures(painted?)?;
    }
    record["elapsed_seconds"] = json!(started.elapsed().as_secs_f64());
    let json_to_stdout = matches!(files.json, Some(JsonOutput::Stdout));
    if let Some(json) = files.json {
        json.write(&record)?;
    }
    if !json_to_stdout {
        for line in &results {
            terminal::print(line)?;
        }
        if !chart_text.is_empty() {
            terminal::print(&chart_text)?;
        }
        if let Some(path) = &files.model_path {
            terminal::print(&format!("model: {}", path.display()))?;
        }
    }
    if stopped {
        terminal::note(match &files.model_path {
            Some(_) => "stopped by Ctrl-C; the model has the best weights so far",
            None => "stopped by Ctrl-C; the folds that were done are above",
        });
        return Ok(ExitCode::from(failure::FAILED));
    }
    note(&format!("trained in {training_seconds:.2} s"));
    Ok(ExitCode::SUCCESS)
}

/// Where the rows to stop by come from.
enum Validation {
    Part(Option<f64>),
    File(PathBuf),
}

impl Validation {
    fn from_arguments(arguments: &Train) -> Result<Self> {
        let Some(text) = &arguments.validation else {
            return Ok(Self::Part(None));
        };
        match text.parse::<f64>() {
            Ok(part) if (0.0..1.0).contains(&part) => Ok(Self::Part(Some(part))),
            Ok(_) => Err(Misuse(format!(
                "--validation {text}: a part of the rows, from 0 (none) to less than 1, or a file is expected"
            ))
            .into()),
            Err(_) if arguments.cv.is_some() => Err(Misuse(
                "--cv holds out rows of each fold's own; --validation takes a part of them, not a file"
                    .into(),
            )
            .into()),
            Err(_) => Ok(Self::File(text.into())),
        }
    }
}

fn refuse_files_without_a_model(arguments: &Train) -> Result<()> {
    let of_model = [
        ("--plot", !arguments.pictures.plots.is_empty()),
        ("--report", arguments.report.is_some()),
        ("--save-recipe", arguments.save_recipe.is_some()),
        ("--chart", arguments.chart),
    ];
    match of_model.iter().find(|(_, is_asked_for)| *is_asked_for) {
        Some((flag, _)) => Err(Misuse(format!(
            "{flag} is about a model, and --cv alone makes none; add --out to train one on all rows as well"
        ))
        .into()),
        None => Ok(()),
    }
}

fn check_files(arguments: &Train, validation: &Validation) -> Result<()> {
    let mut read = Vec::new();
    read.extend(source::file(&arguments.data).map(|file| ("the data", file)));
    if let Validation::File(file) = validation {
        read.push(("the validation data", file));
    }
    let recipe = arguments.recipe.as_deref().and_then(recipes::file);
    read.extend(recipe.map(|file| ("the recipe", file)));
    let mut written = vec![
        ("--out", arguments.out.as_deref()),
        ("--save-recipe", arguments.save_recipe.as_deref()),
    ];
    written.extend(pictures::paths(&arguments.pictures));
    written.push(("--report", arguments.report.as_deref()));
    written.push(("--json", arguments.json.as_deref()));
    outputs::check_distinct(&read, &written)?;
    pictures::check_formats(&arguments.pictures)
}

/// The command that trains by the recipe of a training, once it is saved.
fn command(arguments: &Train) -> Vec<String> {
    let data = arguments.data.to_string_lossy();
    let mut command = ["pellucid", "train", &data, "--recipe", "recipe.toml"]
        .map(String::from)
        .to_vec();
    let mut add = |flag: &str, value: Option<String>| {
        command.extend(value.into_iter().flat_map(|value| [flag.to_owned(), value]));
    };
    let of_file = arguments
        .validation
        .clone()
        .filter(|text| text.parse::<f64>().is_err());
    add("--validation", of_file);
    let reading = &arguments.reading;
    let delimiter = |byte: u8| {
        if byte == b'\t' {
            "tab".to_owned()
        } else {
            char::from(byte).to_string()
        }
    };
    add("--delimiter", reading.delimiter.map(delimiter));
    let yes_or_no = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    add("--header", reading.header.map(yes_or_no));
    command
}

fn request(arguments: &Train, recipe: Option<Recipe>, validation: &Validation) -> TrainingRequest {
    TrainingRequest {
        recipe,
        columns: arguments.columns.choice(),
        task: arguments.columns.task(),
        scale: arguments.columns.scale(),
        unseen: arguments.columns.unseen(),
        class_weight: arguments.class_weight.map(ClassWeight::from),
        validation: match validation {
            Validation::Part(part) => *part,
            Validation::File(_) => Some(0.0),
        },
        hidden: arguments.hidden.as_ref().map(|Hidden(sizes)| sizes.clone()),
        activation: arguments.activation,
        normalisation: arguments.normalisation.map(|normalisation| match normalisation {
            NormalisationArgument::None => OrNone(None),
            NormalisationArgument::Batch => OrNone(Some(Normalisation::BATCH)),
            NormalisationArgument::Layer => OrNone(Some(Normalisation::LAYER)),
        }),
        optimizer: arguments.optimizer,
        learning_rate: arguments.learning_rate,
        batch_size: arguments.batch_size,
        epochs: arguments.epochs,
        patience: arguments.patience,
        monitor: arguments.monitor,
        min_delta: arguments.min_delta,
        stop_at: arguments.stop_at,
        max_seconds: arguments.max_seconds,
        metrics: arguments.metrics.clone(),
        l2: arguments.l2,
        dropout: arguments.dropout.clone(),
        precision: arguments.precision.map(Precision::from),
        seed: arguments.seed,
    }
}

/// The target of a built-in set is its last column.
pub(crate) fn with_target_of_built_in(
    mut request: TrainingRequest,
    data: &Path,
    table: &Table,
) -> TrainingRequest {
    let of_recipe = request
        .recipe
        .as_ref()
        .is_some_and(|recipe| recipe.data.table.is_some());
    if request.columns.target.is_empty() && !of_recipe && source::built_in(data).is_some() {
        request.columns.target = table
            .columns
            .last()
            .map(|column| column.name.clone())
            .into_iter()
            .collect();
    }
    request
}

/// What is trained, and how.
struct Job<'a> {
    plan: &'a Plan<'a>,
    name: &'a str,
    threads: NonZeroUsize,
    quiet: bool,
    is_diagnosed: bool,
    /// Seconds since the start of the command.
    clock: &'a dyn Fn() -> f64,
}

impl Job<'_> {
    /// Trains. When the first epoch ended, besides.
    fn train(
        &self,
        validation: Option<&Table>,
        curves: &mut CurveRecorder,
    ) -> Result<(Trained, Option<Instant>)> {
        let mut session = self
            .plan
            .session(validation, self.threads)?
            .with_clock(self.clock);
        if self.is_diagnosed {
            session = session.diagnosed()?;
        }
        let before = session.findings().to_vec();
        if !self.quiet {
            findings::report(&before, &[]);
        }
        let progress = Progress::new(self.name, self.quiet).with_epochs();
        let mut observers = (progress, curves);
        let trained = session.run(&mut observers);
        let (progress, _) = observers;
        progress.finish();
        if !self.quiet {
            match &trained {
                Ok(trained) => findings::report(&trained.summary.findings, &before),
                Err(DataError::Training(unfinished)) => findings::report(&unfinished.findings, &before),
                Err(_) => {}
            }
        }
        let trained = trained?;
        if !self.quiet {
            let parameters = trained.network.architecture().trained_count();
            let best = match trained.validation {
                Some(_) => format!(", the best of them epoch {}", trained.best_epoch()),
                None => String::new(),
            };
            terminal::note(&format!(
                "{} features, {} parameters; {} epochs{best}",
                count(trained.preparation.width()),
                count(parameters),
                trained.summary.epochs
            ));
            if matches!(
                trained.summary.ended_by,
                EndedBy::Patience | EndedBy::Target | EndedBy::Time
            ) {
                terminal::note(&run::ended(&trained.summary, &trained.recipe));
            }
        }
        Ok((trained, progress.first_epoch()))
    }

    fn cross_validate(&self, folds: usize) -> Result<CrossValidation> {
        // Lines for epochs would drown those for folds.
        let mut progress = Progress::new(self.name, self.quiet);
        let bar = progress.bar();
        let report = |fold: usize, scores: &Scores| {
            let figures: String = scores
                .figures()
                .iter()
                .take(4)
                .map(|(name, value)| format!("  {} {}", figure_name(name), number(*value)))
                .collect();
            let line = format!("fold {} of {folds}{figures}", fold + 1);
            match &bar {
                _ if self.quiet => {}
                Some(bar) => bar.suspend(|| terminal::note(&line)),
                None => terminal::note(&line),
            }
        };
        let clock = Some(self.clock);
        let found = self
            .plan
            .cross_validate(folds, self.threads, clock, &mut progress, report);
        progress.finish();
        let found = found?;
        if let Some(warning) = &found.warning {
            terminal::note(&format!("warning: {warning}"));
        }
        Ok(found)
    }
}

fn results(trained: Option<&Trained>, cross_validation: Option<&CrossValidation>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(found) = cross_validation.filter(|found| !found.folds.is_empty()) {
        lines.push(format!("{} folds, mean ± deviation", found.folds.len()));
        lines.extend(score_text::cross_validation(found));
        if trained.is_some() {
            lines.push(String::new());
        }
    }
    if let Some(trained) = trained {
        let mut columns = vec![("training", trained.rows.len(), &trained.training)];
        if let Some(validation) = &trained.validation {
            columns.push(("validation", trained.held_out_rows.len(), validation));
        }
        lines.extend(score_text::side_by_side(&columns));
    }
    lines
}

/// The files that a training leaves, found to be writable before it begins.
struct Files {
    model: Option<OutputFile>,
    model_path: Option<PathBuf>,
    recipe: Option<OutputFile>,
    plots: PlotFiles,
    report: Option<OutputFile>,
    json: Option<JsonOutput>,
}

impl Files {
    fn prepare(arguments: &Train, trains: bool, offer: &Offer) -> Result<Self> {
        let model_path = trains.then(|| {
            let asked = arguments.out.clone();
            asked.unwrap_or_else(|| free_name(&arguments.data))
        });
        let file = |path: &Option<PathBuf>| path.as_ref().map(OutputFile::prepare).transpose();
        Ok(Self {
            model: file(&model_path)?,
            model_path,
            recipe: file(&arguments.save_recipe)?,
            plots: PlotFiles::prepare(&arguments.pictures, offer)?,
            report: file(&arguments.report)?,
            json: arguments.json.as_deref().map(JsonOutput::prepare).transpose()?,
        })
    }

    fn add_to_record(&self, record: &mut Value, trained: &Trained) {
        record["recipe"] = json!(trained.recipe);
        record["model"] = json!(self.model_path);
        record["parameters"] = json!(trained.network.architecture().trained_count());
        record["feature_names"] = json!(trained.preparation.feature_names());
        record["notes"] = json!(trained.notes);
        record["findings"] = json!(trained.summary.findings);
        record["epochs"] = json!(trained.summary.epochs);
        record["updates"] = json!(trained.summary.updates);
        record["best_epoch"] = json!(trained.best_epoch());
        record["training_rows"] = json!(trained.rows.len());
        record["validation_rows"] = json!(trained.held_out_rows.len());
        record["metrics"] = json!({
            "training": trained.training.to_json(),
            "validation": trained.validation.as_ref().map(Scores::to_json),
        });
        record["history"] = json!(trained.summary.history);
    }

    /// The model and its recipe.
    fn write_model(&mut self, trained: Trained) -> Result<()> {
        let recipe = trained.recipe.to_toml();
        let model = trained.into_model();
        if let Some(file) = self.model.take() {
            model.save_to(file)?;
        }
        if let Some(file) = self.recipe.take() {
            file.write(recipe?.as_bytes())?;
        }
        Ok(())
    }

    fn want(&self, what: What, offer: &Offer) -> bool {
        self.plots.want(what) || (self.report.is_some() && offer.has(what))
    }

    fn paint(&self, plot_set: PlotSet, page: report::table::TrainedTable<'_>) -> Result<Painted> {
        Ok(Painted {
            plots: self.plots.paint(&plot_set)?,
            page: match &self.report {
                Some(_) => Some(page.page(plot_set)?.html()?),
                None => None,
            },
        })
    }

    fn write_pictures(&mut self, painted: Painted) -> Result<()> {
        std::mem::take(&mut self.plots).write(painted.plots)?;
        if let Some((file, page)) = self.report.take().zip(painted.page) {
            file.write(page.as_bytes())?;
        }
        Ok(())
    }
}

/// The curve, and of classes the confusion matrix, that of held-out rows where there are any.
fn in_the_terminal(plot_set: PlotSet, trained: &Trained) -> String {
    let style = text_style::of_standard_output();
    let chart = plot_set.loss;
    let mut text = chart.map_or_else(String::new, |chart| format!("\n{}", chart.text(&style)));
    let (rows, scores) = match &trained.validation {
        Some(scores) => ("validation", scores),
        None => ("training", &trained.training),
    };
    if let Scores::Classification { classes, scores } = scores {
        text.push_str(&format!("\n{rows} rows\n"));
        text.push_str(&score_text::shaded_confusion(classes, scores, &style));
    }
    text
}

/// Pictures and page, ready to be written.
struct Painted {
    plots: Vec<Vec<u8>>,
    page: Option<String>,
}

/// A name for the model that no file has yet.
fn free_name(data: &Path) -> PathBuf {
    let name = data
        .file_name()
        .map_or("model".into(), |name| name.to_string_lossy());
    let stem = match name.split('.').next() {
        None | Some("" | "-") => "model",
        Some(stem) => stem,
    };
    let names = std::iter::once(format!("{stem}.safetensors"));
    let numbered = (2..u32::MAX).map(|number| format!("{stem}-{number}.safetensors"));
    let mut names = names.chain(numbered).map(PathBuf::from);
    names
        .find(|name| std::fs::symlink_metadata(name).is_err())
        .unwrap_or_else(|| "model.safetensors".into())
}

/// What is learnt, and from which table.
fn title(trained: &Trained, data: &str) -> String {
    let data = Path::new(data)
        .file_name()
        .map_or(data.into(), |name| name.to_string_lossy());
    format!(
        "{} from {data}",
        trained.preparation.target().columns().join(", ")
    )
}
