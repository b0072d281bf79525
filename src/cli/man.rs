//! `rotaudit man`: manual pages, made from the arguments themselves.

use std::path::PathBuf;

use clap::{Args, Command};

use super::error::CliError;
use super::exit;
use super::output::to_stdout;

/// Print the manual page, or write one for each command into a folder
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rotaudit man > rotaudit.1
  rotaudit man ~/.local/share/man/man1")]
pub(super) struct Man {
    /// The folder for the pages of all commands; it is made if it is not there
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Man {
    /// `command` is the whole command line.
    pub(super) fn run(&self, command: Command) -> Result<u8, CliError> {
        match &self.folder {
            None => to_stdout(|out| clap_mangen::Man::new(command).render(out))?,
            Some(folder) => {
                let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
                written.map_err(|error| CliError::Write { place: folder.display().to_string(), error })?;
            }
        }
        Ok(exit::CLEAN)
    }
}
