//! The command line: one file per command, the arguments that several commands share, and what every command does alike (where
//! output goes, how errors read, which exit code). `main` calls `run`.

mod accounts;
mod actions;
mod audited;
mod baseline;
mod beside;
mod bounded;
#[cfg(feature = "live")]
mod chosen;
mod clock;
#[cfg(feature = "live")]
mod collecting;
mod completions;
mod config;
#[cfg(feature = "live")]
mod coverage;
mod diff;
mod error;
mod explain;
mod files;
mod formats;
mod gate;
mod init;
#[cfg(feature = "live")]
mod interrupt;
mod live;
mod man;
mod matching;
mod output;
mod permissions;
mod plans;
mod principal;
#[cfg(feature = "live")]
mod progress;
mod reading;
mod resource;
mod rules;
mod scan;
mod schema;
mod simulate;
mod snapshot;
mod sources;
mod stacks;
#[cfg(feature = "live")]
mod stats;
mod templates;
mod threshold;
mod ways_out;
mod who_can;

pub mod exit;

use std::ffi::OsString;

use clap::{CommandFactory, Parser, Subcommand};

use self::error::CliError;

/// Audits the whole chain that an AWS Secrets Manager rotation hangs on: secret, function, policies, role and key.
///
/// It reads and never writes: no secret value, no function code, no call that changes anything.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 110, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  rotaudit scan --demo                   # the account that is built in
  rotaudit scan --region eu-west-1       # the account of your credentials
  rotaudit explain --demo orders/db      # one rotation, call by call
  rotaudit gate --secret S --function F  # would it work, what would it open?

Exit codes, the same for every format:
  0   nothing at or above --fail-on
  1   could not run: credentials, network, files
  2   wrong usage, configuration or rule file
  10  findings at or above --fail-on
  11  something undecided, and --on-undecided fail";

#[derive(Debug, Subcommand)]
enum Command {
    Scan(scan::Scan),
    Explain(explain::Explain),
    Gate(gate::GateCommand),
    WhoCan(who_can::WhoCan),
    Snapshot(snapshot::Snapshot),
    Diff(diff::Diff),
    Simulate(simulate::Simulate),
    Rules(rules::Rules),
    Permissions(permissions::Permissions),
    Schema(schema::Schema),
    Init(init::Init),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Command {
    fn run(&self) -> Result<u8, CliError> {
        match self {
            Self::Scan(command) => command.run(),
            Self::Explain(command) => command.run(),
            Self::Gate(command) => command.run(),
            Self::WhoCan(command) => command.run(),
            Self::Snapshot(command) => command.run(),
            Self::Diff(command) => command.run(),
            Self::Simulate(command) => command.run(),
            Self::Rules(command) => command.run(),
            Self::Permissions(command) => command.run(),
            Self::Schema(command) => command.run(),
            Self::Init(command) => command.run(),
            Self::Completions(command) => command.run(Cli::command()),
            Self::Man(command) => command.run(Cli::command()),
        }
    }
}

/// Runs the command that `arguments` name (the program's own name comes first) and gives the exit code, one of `exit`.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    match Cli::try_parse_from(arguments) {
        Ok(cli) => cli.command.run().unwrap_or_else(CliError::report),
        Err(answer) => {
            // Help and version are answers and go to stdout; a reader who went away has read enough.
            let _ = answer.print();
            if answer.use_stderr() { exit::WRONG_USAGE } else { exit::CLEAN }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_contradict_nothing() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn check(command: &clap::Command) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("rotaudit "), "{} has no example", command.get_name());
            command.get_subcommands().filter(|sub| sub.get_name() != "help").for_each(check);
        }
        check(&Cli::command());
    }

    /// The words of a line of shell up to where another command begins.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quote, mut begun) = (Vec::new(), String::new(), None, false);
        for c in line.chars() {
            match (quote, c) {
                (None, '|' | '>' | '<' | '&' | ';' | ')') => break,
                (None, '#') if !begun => break,
                (None, '\'' | '"') => (quote, begun) = (Some(c), true),
                (Some(open), c) if c == open => quote = None,
                (None, c) if c.is_whitespace() => {
                    if std::mem::take(&mut begun) {
                        words.push(std::mem::take(&mut word));
                    }
                }
                (_, c) => {
                    word.push(c);
                    begun = true;
                }
            }
        }
        words.extend(begun.then_some(word));
        words
    }

    #[test]
    fn every_example_fits_a_narrow_terminal_and_is_one_that_the_program_takes() {
        fn examples(command: &clap::Command) -> Vec<String> {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let own = help.split_once(":\n").map(|(_, rest)| rest.split("\n\n").next().unwrap_or_default().to_owned());
            own.into_iter().chain(command.get_subcommands().filter(|sub| sub.get_name() != "help").flat_map(examples)).collect()
        }
        let all = examples(&Cli::command());
        assert!(all.len() > 15, "{all:?}");
        for line in all.iter().flat_map(|examples| examples.lines()) {
            assert!(line.chars().count() <= 80, "{line}");
        }
        for line in command_lines(&format!("```\n{}\n```", all.join("\n"))) {
            let taken = Cli::try_parse_from(&line);
            assert!(taken.as_ref().err().is_none_or(|error| !error.use_stderr()), "{line:?}: {taken:?}");
        }
    }

    /// Every command line of ours in the code blocks of `text`; of YAML, what stands after `- ` and `run: `.
    fn command_lines(text: &str) -> Vec<Vec<String>> {
        let joined = text.replace("\\\n", " ");
        let blocks = joined.split("```").skip(1).step_by(2).flat_map(str::lines);
        let line = |line: &str| {
            let line = line.trim().trim_start_matches("- ").trim_start_matches("run: ").trim_start_matches("$ ");
            let at = if line.starts_with("rotaudit ") { Some(0) } else { line.find("| rotaudit ").map(|at| at + 2) };
            let of_cargo = || line.starts_with("cargo run").then(|| line.find("-- ")).flatten().map(|at| at + 3);
            let mut words = match at {
                Some(at) => words(&line[at..]),
                None => [vec!["rotaudit".to_owned()], words(&line[of_cargo()?..])].concat(),
            };
            // What stands for anything in a description of many commands is left out.
            words.retain(|word| !word.contains('…'));
            Some(words)
        };
        blocks.filter_map(line).collect()
    }

    #[test]
    fn every_command_line_in_the_documents_is_one_that_the_program_takes() {
        let mut files = vec!["README.md".into(), "CONTRIBUTING.md".into()];
        files.extend(std::fs::read_dir("docs").unwrap().map(|entry| entry.unwrap().path()));
        let mut checked = 0;
        for file in files.iter().filter(|file: &&std::path::PathBuf| file.extension().is_some_and(|it| it == "md")) {
            for line in command_lines(&std::fs::read_to_string(file).unwrap()) {
                if let Err(error) = Cli::try_parse_from(&line) {
                    let is_answer = !error.use_stderr();
                    assert!(is_answer, "{}: {line:?}: {error}", file.display());
                }
                checked += 1;
            }
        }
        assert!(checked > 30, "only {checked} command lines were found");
        let wrong = command_lines("```\nrotaudit scan --formt json  # a slip\n```");
        assert!(wrong.len() == 1 && Cli::try_parse_from(&wrong[0]).is_err());
    }
}
