//! The arguments of `pellucid serve`.

use super::number;
use clap::Args;
use pellucid_serve::{Limits, USUAL_PORT};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    pellucid serve income.safetensors\n  \
    pellucid serve income.safetensors --background people.csv\n  \
    pellucid serve income=old.safetensors income@2=new.safetensors prices=houses.safetensors --listen 0.0.0.0:80\n  \
    curl localhost:8080/predict --data '{\"age\": 38, \"workclass\": \"Private\"}'\n  \
    curl localhost:8080/predict --data-binary @new-people.csv -o predictions.csv\n\n\
    There is no TLS: put a proxy before the server where others than this machine reach it.")]
pub(crate) struct Serve {
    /// Models that `pellucid train` wrote: FILE, NAME=FILE, or NAME@VERSION=FILE [default: the name of the file, version 1]
    #[arg(required = true, value_name = "MODEL")]
    pub(crate) models: Vec<String>,

    /// The address and port to listen on; a port alone is one of this machine only, and port 0 one that is free
    #[arg(long, value_name = "ADDRESS:PORT", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, USUAL_PORT)), value_parser = address)]
    pub(crate) listen: SocketAddr,

    /// Threads that answer requests [default: the machine's cores]
    #[arg(long, value_name = "NUMBER", value_parser = workers, allow_negative_numbers = true)]
    pub(crate) workers: Option<NonZeroUsize>,

    /// A table with rows like those of the training, which contributions compare a prediction with: FILE for all models, or
    /// NAME=FILE for one [default: a row whose values are all missing]
    #[arg(long, value_name = "[NAME=]FILE")]
    pub(crate) background: Vec<String>,

    /// A file with the token that requests must bear: `authorization: Bearer TOKEN`
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,

    /// Load models anew on SIGHUP only, not when their files change
    #[arg(long)]
    pub(crate) no_watch: bool,

    /// Leave single requests out of the log
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// The most bytes of a request's body, in mebibytes
    #[arg(long, value_name = "MIB", default_value_t = Limits::default().body_bytes >> 20, value_parser = mebibytes, allow_negative_numbers = true, help_heading = "Limits")]
    pub(crate) max_body: usize,

    /// The most rows of a request
    #[arg(long, value_name = "ROWS", default_value_t = Limits::default().rows, value_parser = count, allow_negative_numbers = true, help_heading = "Limits")]
    pub(crate) max_rows: usize,

    /// The most requests that are answered at the same time; further ones get the status 503
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().requests, value_parser = count, allow_negative_numbers = true, help_heading = "Limits")]
    pub(crate) max_requests: usize,

    /// The most open connections; further ones wait
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().connections, value_parser = count, allow_negative_numbers = true, help_heading = "Limits")]
    pub(crate) max_connections: usize,

    /// Seconds that a client has for the headers of a request, for its body, and to take the next part of an answer
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = seconds, allow_negative_numbers = true, help_heading = "Limits")]
    pub(crate) timeout: u64,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let expected =
        "expected an address and a port, such as 127.0.0.1:8080, 0.0.0.0:80 or [::1]:8080, or a port alone";
    let of_port = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let named = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
    let alone = text.strip_prefix(':').unwrap_or(text).parse().ok();
    let of_address = |address: IpAddr| SocketAddr::from((address, USUAL_PORT));
    text.parse()
        .ok()
        .or_else(|| named.or(alone).map(of_port))
        .or_else(|| text.parse().ok().map(of_address))
        .ok_or_else(|| expected.into())
}

fn workers(text: &str) -> Result<NonZeroUsize, String> {
    number(
        text,
        |workers: &NonZeroUsize| workers.get() <= 1024,
        "expected a whole number from 1 to 1024, such as 4",
    )
}

fn mebibytes(text: &str) -> Result<usize, String> {
    number(
        text,
        |mebibytes| (1..=4096).contains(mebibytes),
        "expected a whole number from 1 to 4096, such as 64",
    )
}

fn count(text: &str) -> Result<usize, String> {
    number(
        text,
        |count| (1..=1_000_000_000).contains(count),
        "expected a whole number, 1 or more, such as 1000",
    )
}

fn seconds(text: &str) -> Result<u64, String> {
    number(
        text,
        |seconds| (1..=86_400).contains(seconds),
        "expected a whole number of seconds from 1 to 86400, such as 30",
    )
}
