//! `rotaudit completions`: what a shell completes, made from the arguments themselves.

use clap::{Args, Command};
use clap_complete::{Generator, Shell};

use super::error::CliError;
use super::exit;
use super::output::to_stdout;

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rotaudit completions bash > /etc/bash_completion.d/rotaudit
  rotaudit completions zsh > ~/.zfunc/_rotaudit
  rotaudit completions fish > ~/.config/fish/completions/rotaudit.fish")]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// `command` is the whole command line.
    pub(super) fn run(&self, mut command: Command) -> Result<u8, CliError> {
        command.set_bin_name(env!("CARGO_PKG_NAME"));
        command.build();
        to_stdout(|out| self.shell.try_generate(&command, out)).map(|()| exit::CLEAN)
    }
}
