//! `pellucid serve`: models behind HTTP.

use crate::arguments::Serve;
use crate::failure::misuse;
use crate::interrupt::{self, ServerSignal};
use crate::terminal;
use anyhow::{Context, Result};
use pellucid_data::read_small_text;
use pellucid_serve::{Limits, Log, ModelSource, ServeError, Server, Settings, Token};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

pub(crate) fn serve(arguments: &Serve) -> Result<ExitCode> {
    let sources = sources(arguments)?;
    let settings = settings(arguments)?;
    let is_open = !settings.listen.ip().is_loopback() && settings.token.is_none();
    if is_open {
        terminal::note(&format!(
            "warning: every client that reaches {} can use the models; --token-file asks for a token, and a proxy with TLS keeps it secret",
            settings.listen
        ));
    }
    let log = Log::new(|event| terminal::note(&event.to_string()));
    let server = Server::bind(settings, log)?;
    let control = server.control();
    interrupt::listen_for_server(move |signal| match signal {
        ServerSignal::Reload => control.reload(),
        ServerSignal::Stop => control.stop(),
    });
    terminal::print(&format!("http://{}/", server.address()))?;
    server.run(sources)?;
    Ok(ExitCode::SUCCESS)
}

/// The models, each with its background.
fn sources(arguments: &Serve) -> Result<Vec<ModelSource>> {
    let parsed = arguments.models.iter().map(|text| ModelSource::parse(text));
    let mut sources = match parsed.collect::<Result<Vec<_>, ServeError>>() {
        Ok(sources) => sources,
        Err(error) => return misuse(error.to_string()),
    };
    for background in &arguments.background {
        let named = match Path::new(background).exists() {
            true => None,
            false => background.split_once('='),
        };
        let Some((name, file)) = named else {
            for source in &mut sources {
                source.background.get_or_insert_with(|| PathBuf::from(background));
            }
            continue;
        };
        let mut of_name = sources.iter_mut().filter(|source| source.name == name).peekable();
        if of_name.peek().is_none() {
            return misuse(format!("--background {background}: no model is called {name}"));
        }
        of_name.for_each(|source| source.background = Some(PathBuf::from(file)));
    }
    Ok(sources)
}

fn settings(arguments: &Serve) -> Result<Settings> {
    let usual = Settings::default();
    let time = Duration::from_secs(arguments.timeout);
    Ok(Settings {
        listen: arguments.listen,
        workers: arguments.workers.unwrap_or(usual.workers),
        token: arguments.token_file.as_deref().map(token).transpose()?,
        watch_every: usual.watch_every.filter(|_| !arguments.no_watch),
        logs_requests: !arguments.quiet,
        limits: Limits {
            body_bytes: arguments.max_body << 20,
            rows: arguments.max_rows,
            requests: arguments.max_requests,
            connections: arguments.max_connections,
            header_time: time,
            body_time: time,
            write_time: time,
            ..usual.limits
        },
    })
}

fn token(file: &Path) -> Result<Token> {
    let text = read_small_text(file).with_context(|| format!("cannot read {}", file.display()))?;
    match Token::new(text.trim()) {
        Some(token) => Ok(token),
        None => misuse(format!(
            "{}: a token is one line of ASCII letters, digits and punctuation, without blanks, such as `openssl rand -hex 32` \
             prints",
            file.display()
        )),
    }
}
