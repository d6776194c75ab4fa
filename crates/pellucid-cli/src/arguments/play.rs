//! The arguments of `pellucid play`.

use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(
    after_help = "The page trains in the browser, by the same engine. Nothing leaves the computer: the page and what it opens \
    are served to this machine alone, until Ctrl-C.\n\n\
    A build without the page prints a link instead: what comes behind the # in the address of any copy of the page. `scripts/page` \
    builds the page, and `cargo build --release --features page` a command that has it.\n\n\
    Examples:\n  \
    pellucid play\n  \
    pellucid play xor-by-hand\n  \
    pellucid play people.csv --target income\n  \
    pellucid play income.safetensors --data people.csv --page web/dist/pellucid.html\n  \
    pellucid play mine.toml --link --page https://example.org/pellucid.html\n\n\
    Exit status: 0 when it is ended by Ctrl-C or has printed the link, 1 if it failed, 2 for wrong usage."
)]
pub(crate) struct Play {
    /// A built-in recipe's name or a recipe file ending in .toml; a table: a file, or a built-in set; or a model ending in
    /// .safetensors [default: the page's first example]
    #[arg(value_name = "RECIPE-or-TABLE-or-MODEL")]
    pub(crate) source: Option<String>,

    /// For a table: the column to be predicted [default: the last one]
    #[arg(long, short, value_name = "COLUMN", requires = "source")]
    pub(crate) target: Option<String>,

    /// For a model: the table to show it on, and to go on training with
    #[arg(long, value_name = "TABLE", requires = "source")]
    pub(crate) data: Option<PathBuf>,

    /// The page: a file to serve, or with --link the address of a copy [default: the page in this build]
    #[arg(long, value_name = "FILE-or-ADDRESS")]
    pub(crate) page: Option<PathBuf>,

    /// Print a link that carries everything, and serve nothing
    #[arg(long, requires = "source")]
    pub(crate) link: bool,

    /// The port to serve at [default: a free one]
    #[arg(long, conflicts_with = "link")]
    pub(crate) port: Option<u16>,

    /// Do not open the browser, which is done where standard output is a terminal
    #[arg(long)]
    pub(crate) no_open: bool,
}
