//! `rotaudit init`: a configuration file to begin with.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use clap::Args;

use super::config::TEMPLATE;
use super::error::CliError;
use super::exit;
use super::output::to_stdout;

/// Write a configuration file in which every setting is explained and switched off
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rotaudit init
  rotaudit init audits/rotaudit.toml")]
pub(super) struct Init {
    /// The file; `scan`, `explain` and `diff` find `rotaudit.toml` in the working directory or above it
    #[arg(value_name = "FILE", default_value = "rotaudit.toml")]
    file: PathBuf,
    /// Overwrite the file if it is there
    #[arg(long)]
    force: bool,
}

impl Init {
    pub(super) fn run(&self) -> Result<u8, CliError> {
        let place = self.file.display().to_string();
        let mut options = OpenOptions::new();
        options.write(true);
        // `create_new` leaves no moment in which somebody else's file could be overwritten.
        let options = if self.force { options.create(true).truncate(true) } else { options.create_new(true) };
        match options.open(&self.file).and_then(|mut file| file.write_all(TEMPLATE.as_bytes())) {
            Ok(()) => to_stdout(|out| writeln!(out, "wrote {place}: nothing is switched on in it yet")).map(|()| exit::CLEAN),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(CliError::Usage(format!("{place} is there already; --force overwrites it")))
            }
            Err(error) => Err(CliError::Write { place, error }),
        }
    }
}
