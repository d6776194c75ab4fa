//! The arguments of `pellucid completions` and `pellucid man`.

use clap::Args;
use clap_complete::Shell;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    pellucid completions bash > ~/.local/share/bash-completion/completions/pellucid\n  \
    pellucid completions zsh > ~/.zfunc/_pellucid\n  \
    pellucid completions fish > ~/.config/fish/completions/pellucid.fish")]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    pellucid man ~/.local/share/man/man1 && man pellucid-train")]
pub(crate) struct Manual {
    /// The folder to write to, which is made if it is not there
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}
