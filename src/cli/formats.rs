//! The formats of a whole report, several at once: `--format table --format sarif=audit.sarif`. `scan` and `gate` write them.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;

use super::error::CliError;
use super::matching::nearest;
use super::output::{Color, style, to_stdout};
use crate::audit::Report;
use crate::report::{self, Framework, Style};
use crate::rules::RuleSet;

/// A format, and how it is written.
#[derive(Clone, Copy)]
struct Format {
    name: &'static str,
    write: Writer,
    /// How it is written by the controls of a framework, where it can be.
    by_control: Option<ByControl>,
}

type Writer = fn(&Report, Style, &mut dyn Write) -> io::Result<()>;
type ByControl = fn(&Report, &Framework<'_>, Style, &mut dyn Write) -> io::Result<()>;

const FORMATS: [Format; 8] = [
    Format { name: "table", write: report::table, by_control: Some(report::table_by_control) },
    Format {
        name: "json",
        write: |report, _, out| report::json(report, out),
        by_control: Some(|report, framework, _, out| report::json_by_control(report, framework, out)),
    },
    Format { name: "sarif", write: |report, _, out| report::sarif(report, out), by_control: None },
    Format { name: "junit", write: |report, _, out| report::junit(report, out), by_control: None },
    Format {
        name: "markdown",
        write: |report, _, out| report::markdown(report, out),
        by_control: Some(|report, framework, _, out| report::markdown_by_control(report, framework, out)),
    },
    Format {
        name: "csv",
        write: |report, _, out| report::csv(report, out),
        by_control: Some(|report, framework, _, out| report::csv_by_control(report, framework, out)),
    },
    Format { name: "ocsf", write: |report, _, out| report::ocsf(report, out), by_control: None },
    Format { name: "github", write: |report, _, out| report::annotations(report, out), by_control: None },
];

/// Formats, files and colour.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct FormatArgs {
    /// How the report is written: table, json, sarif, junit, markdown, csv, ocsf (events, one a line) or github (annotations). With =FILE it goes there; give it again for more, of which
    /// one may go to stdout
    #[arg(long = "format", value_name = "FORMAT[=FILE]", default_value = "table")]
    formats: Vec<Wanted>,
    /// Group the report by the controls of a compliance framework, such as nist-800-53-r5; table, json, markdown and csv do
    #[arg(long, value_name = "FRAMEWORK")]
    framework: Option<String>,
    /// Write the format without a file of its own to this file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Colour the table; `auto` does on a terminal, and heeds `NO_COLOR` and `CLICOLOR`
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

/// A format that is asked for, and where it goes.
#[derive(Clone)]
struct Wanted {
    format: Format,
    file: Option<PathBuf>,
}

impl std::fmt::Debug for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Wanted").field(&self.format.name).field(&self.file).finish()
    }
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, file) = text.split_once('=').map_or((text, None), |(name, file)| (name, Some(file)));
        let names = || FORMATS.iter().map(|format| format.name);
        let Some(format) = FORMATS.iter().find(|format| format.name == name) else {
            let meant = nearest(name, names()).map(|name| format!("; did you mean {name}?")).unwrap_or_default();
            return Err(format!("there is no format {name:?}{meant} Known are {}", names().collect::<Vec<_>>().join(", ")));
        };
        if file.is_some_and(str::is_empty) {
            return Err(format!("after {name}= comes the name of a file"));
        }
        Ok(Self { format: *format, file: file.map(PathBuf::from) })
    }
}

impl FormatArgs {
    /// An error when two formats would be written to one place. Checked before AWS is asked.
    pub(super) fn check(&self) -> Result<(), CliError> {
        let mut places: Vec<Option<&Path>> = self.formats.iter().map(|wanted| self.place(wanted)).collect();
        places.sort_unstable();
        match places.windows(2).find(|pair| pair[0] == pair[1]) {
            Some([Some(path), ..]) => {
                Err(CliError::Usage(format!("two formats would go to {}; give each a file of its own", path.display())))
            }
            Some(_) => Err(CliError::Usage("two formats would go to stdout; give one a file: --format sarif=audit.sarif".to_owned())),
            None => Ok(()),
        }
    }

    /// An error when a framework is asked for that none of `rules` speaks to. Checked before AWS is asked.
    pub(super) fn check_framework(&self, rules: &RuleSet) -> Result<(), CliError> {
        let Some(framework) = &self.framework else { return Ok(()) };
        let known: BTreeSet<&str> =
            rules.infos().filter_map(|info| info.maps.as_ref()).flat_map(|maps| maps.controls.keys()).map(String::as_str).collect();
        if known.contains(framework.as_str()) {
            return Ok(());
        }
        let meant = nearest(framework, known.iter().copied()).map(|name| format!("; did you mean {name}?")).unwrap_or_default();
        let known: Vec<&str> = known.into_iter().collect();
        Err(CliError::Usage(format!("no rule speaks to the framework {framework:?}{meant}\nThere are {}", known.join(", "))))
    }

    fn place<'a>(&'a self, wanted: &'a Wanted) -> Option<&'a Path> {
        wanted.file.as_deref().or(self.output.as_deref())
    }

    /// Writes `report` in every format that is asked for.
    pub(super) fn write(&self, report: &Report) -> Result<(), CliError> {
        self.write_with(report, |_, _, _| None)
    }

    /// The same, but what `own` writes of a format, by its name, takes the place of the report.
    pub(super) fn write_with(
        &self,
        report: &Report,
        own: impl Fn(&str, Style, &mut dyn Write) -> Option<io::Result<()>>,
    ) -> Result<(), CliError> {
        let framework = self.framework.as_deref().and_then(|id| Framework::of(report, id));
        for wanted in &self.formats {
            let write = |style: Style, out: &mut dyn Write| match (&framework, wanted.format.by_control) {
                (Some(framework), Some(by_control)) => by_control(report, framework, style, out),
                _ => own(wanted.format.name, style, out).unwrap_or_else(|| (wanted.format.write)(report, style, out)),
            };
            match self.place(wanted) {
                None => to_stdout(|out| write(style(self.color, true), out))?,
                Some(path) => {
                    let written = File::create(path).and_then(|file| {
                        let mut out = BufWriter::new(file);
                        write(style(self.color, false), &mut out)?;
                        out.flush()
                    });
                    written.map_err(|error| CliError::Write { place: path.display().to_string(), error })?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        formats: FormatArgs,
    }

    fn checked(arguments: &[&str]) -> Result<(), String> {
        let line = Line::try_parse_from([&["rotaudit"], arguments].concat()).map_err(|error| error.to_string())?;
        line.formats.check().map_err(|error| error.to_string())
    }

    #[test]
    fn each_format_has_a_place_of_its_own() {
        for fine in [
            &[][..],
            &["--format", "json"],
            &["--format", "table", "--format", "sarif=a.sarif"],
            &["--format", "csv=a", "--format", "junit=b", "-o", "c", "--format", "json"],
        ] {
            checked(fine).unwrap();
        }
        for (wrong, told) in [
            (&["--format", "table", "--format", "json"][..], "two formats would go to stdout"),
            (&["--format", "csv=a", "--format", "json=a"], "two formats would go to a"),
            (&["-o", "a", "--format", "csv", "--format", "json=a"], "two formats would go to a"),
            (&["--format", "sariff"], "did you mean sarif?"),
            (&["--format", "csv="], "the name of a file"),
        ] {
            let error = checked(wrong).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }
}
