//! Where output goes and how it looks: the arguments that every command with a report shares. A reader who closes the pipe has
//! read enough: that is no error.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;

use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};

use super::error::CliError;
use crate::report::Style;

/// The width of a page that no terminal shows.
const PIPED: usize = 100;

/// Format, file and colour.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArgs {
    /// A table for people or JSON for programs
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(super) format: Format,
    /// Write to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Colour the table; `auto` does on a terminal, and heeds `NO_COLOR` and `CLICOLOR`
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Text for people.
    Table,
    /// JSON for programs.
    Json,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl OutputArgs {
    /// Writes what `render` writes to the file or to stdout.
    pub(super) fn write(&self, render: impl FnOnce(Style, &mut dyn Write) -> io::Result<()>) -> Result<(), CliError> {
        let style = style(self.color, self.output.is_none());
        match &self.output {
            None => to_stdout(|out| render(style, out)),
            Some(path) => {
                let written = File::create(path).and_then(|file| {
                    let mut out = BufWriter::new(file);
                    render(style, &mut out)?;
                    out.flush()
                });
                written.map_err(|error| CliError::Write { place: path.display().to_string(), error })
            }
        }
    }
}

/// How text for people looks, on stdout or in a file.
pub(super) fn style(color: Color, on_stdout: bool) -> Style {
    let color = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => on_stdout && AutoStream::choice(&io::stdout()) != ColorChoice::Never,
    };
    let terminal = if on_stdout && io::stdout().is_terminal() { comfy_table::Table::new().width().map(usize::from) } else { None };
    Style { color, width: width(terminal, std::env::var("COLUMNS").ok().as_deref()) }
}

/// The width of the page: the terminal's, or what `COLUMNS` says, or a constant.
fn width(terminal: Option<usize>, columns: Option<&str>) -> usize {
    terminal.or_else(|| columns?.parse().ok()).filter(|width| *width > 0).unwrap_or(PIPED)
}

/// Writes what `render` writes to stdout.
pub(super) fn to_stdout(render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), CliError> {
    let mut out = BufWriter::new(io::stdout().lock());
    match render(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            // What is still buffered has no reader; writing it when the buffer is dropped would only fail again.
            let _ = out.into_parts();
            Ok(())
        }
        other => other.map_err(|error| CliError::Write { place: "stdout".to_owned(), error }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_has_its_width_and_a_pipe_a_hundred_columns_unless_columns_says_otherwise() {
        assert_eq!(width(Some(132), Some("80")), 132);
        assert_eq!(width(None, Some("80")), 80);
        for nonsense in [None, Some(""), Some("0"), Some("-1"), Some("wide")] {
            assert_eq!(width(None, nonsense), PIPED);
        }
    }

    #[test]
    fn a_closed_pipe_is_a_success_and_another_failure_is_not() {
        assert!(to_stdout(|_| Err(io::ErrorKind::BrokenPipe.into())).is_ok());
        assert!(to_stdout(|_| Err(io::ErrorKind::StorageFull.into())).is_err());
    }
}
