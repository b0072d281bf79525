//! What can go wrong for a command, how it reads at the terminal (the thing, the place, the way out) and its exit code.

use std::io::{self, Write};
use std::path::Path;

use thiserror::Error;

use super::exit;
use crate::inventory::clean::CleanNetworkError;
use crate::report::terminal_safe;
use crate::rules::LoadError;
use crate::source::SourceError;

/// Why a command could not do what it was asked.
#[derive(Debug, Error)]
pub(super) enum CliError {
    /// The arguments ask for something that is not there.
    #[error("{0}")]
    Usage(String),
    /// A rule file is wrong, or its tests fail.
    #[error(transparent)]
    Rules(#[from] LoadError),
    /// Facts could not be had.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The account that is built in cannot be built.
    #[error("the demo account of this build is damaged: {0}")]
    Demo(#[from] CleanNetworkError),
    /// The AWS SDK was left out of this build.
    #[cfg(not(feature = "live"))]
    #[error(
        "this build cannot read a live account: it was made without the feature `live`\n  Build it with `cargo build --features live`, or give \
         --snapshot FILE or --demo, which need no credentials."
    )]
    NotLive,
    /// The threads that read a live account could not be started.
    #[cfg(feature = "live")]
    #[error("cannot start reading: {0}")]
    Runtime(String),
    /// A file is nothing that can be compared.
    #[error(
        "{place}: {problem}\n  `rotaudit diff` compares what `rotaudit snapshot -o FILE` and `rotaudit scan --format json -o FILE` wrote."
    )]
    NotComparable { place: String, problem: String },
    /// A file goes on where none of its kind does.
    #[error("{place} is longer than {most_mb} MB, and {what} is not: it is something else, or has no end\n  {way_out}.")]
    TooLong { place: String, what: &'static str, most_mb: u64, way_out: &'static str },
    /// A file is no text.
    #[error(
        "{place} is no UTF-8, which {what} is written in\n  Save it as UTF-8; where PowerShell's `>` wrote it, `| Out-File -Encoding utf8` does."
    )]
    Encoding { place: String, what: &'static str },
    /// A file or stdin could not be read.
    #[error("cannot read {place}: {error}")]
    Read { place: String, error: io::Error },
    /// A file or stdout could not be written.
    #[error("cannot write {place}: {error}")]
    Write { place: String, error: io::Error },
}

impl CliError {
    /// A file that cannot be read.
    pub(super) fn read(path: &Path, error: io::Error) -> Self {
        Self::Read { place: path.display().to_string(), error }
    }

    const fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Rules(_) | Self::Source(SourceError::OtherSpool { .. }) => exit::WRONG_USAGE,
            _ => exit::COULD_NOT_RUN,
        }
    }

    /// Says what went wrong on stderr, and gives the exit code.
    pub(super) fn report(self) -> u8 {
        let code = self.exit_code();
        match self {
            // Its own printer shows the place in the rule file.
            Self::Rules(error) => say(&format!("{:?}", miette::Report::new(error))),
            other => complain("error", &other.to_string()),
        }
        code
    }
}

/// `kind: message` on stderr; the message is neutralised line by line.
pub(super) fn complain(kind: &str, message: &str) {
    let lines: Vec<_> = message.lines().map(|line| terminal_safe(line, 2_000)).collect();
    say(&format!("{kind}: {}", lines.join("\n")));
}

/// A text on stderr. When stderr is gone there is nobody left to tell.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
