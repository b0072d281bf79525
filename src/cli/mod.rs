//! The command line: one file per command, the arguments that several commands share, and what every command does alike (where
//! output goes, how errors read, which exit code). `main` calls `run`.

mod accounts;
mod actions;
mod audited;
mod baseline;
#[cfg(feature = "live")]
mod chosen;
#[cfg(feature = "live")]
mod collecting;
mod config;
mod diff;
mod error;
mod explain;
mod files;
mod formats;
#[cfg(feature = "live")]
mod interrupt;
mod live;
mod matching;
mod output;
mod permissions;
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
#[cfg(feature = "live")]
mod stats;
mod threshold;
mod who_can;

pub mod exit;

use std::ffi::OsString;

use clap::{Parser, Subcommand};

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
  rotaudit scan --demo                 audit the account that is built in; needs no credentials
  rotaudit scan --region eu-west-1     audit the account of your credentials
  rotaudit explain --demo SECRET       one rotation, call by call

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
    WhoCan(who_can::WhoCan),
    Snapshot(snapshot::Snapshot),
    Diff(diff::Diff),
    Simulate(simulate::Simulate),
    Rules(rules::Rules),
    Permissions(permissions::Permissions),
    Schema(schema::Schema),
}

impl Command {
    fn run(&self) -> Result<u8, CliError> {
        match self {
            Self::Scan(command) => command.run(),
            Self::Explain(command) => command.run(),
            Self::WhoCan(command) => command.run(),
            Self::Snapshot(command) => command.run(),
            Self::Diff(command) => command.run(),
            Self::Simulate(command) => command.run(),
            Self::Rules(command) => command.run(),
            Self::Permissions(command) => command.run(),
            Self::Schema(command) => command.run(),
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
    use clap::CommandFactory;

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
}
