//! `rotaudit rules`: list, show and test the rules, and print the schema of rule files.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::audited::rule_set;
use super::error::{CliError, complain};
use super::exit;
use super::matching::nearest;
use super::output::{Format, OutputArgs, to_stdout};
use crate::finding::RuleInfo;
use crate::report;
use crate::rules::{RuleSet, json_schema};

/// List, show and test the rules
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rotaudit rules list
  rotaudit rules show RULE
  rotaudit rules test my-rules/")]
pub(super) struct Rules {
    #[command(subcommand)]
    command: RulesCommand,
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// List every rule with its severity
    #[command(after_help = "Examples:\n  rotaudit rules list\n  rotaudit rules list --rules my-rules/ --format json")]
    List {
        #[command(flatten)]
        folders: Folders,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Show one rule: what it finds, why that is bad, what to do
    #[command(after_help = "Examples:\n  rotaudit rules show RULE\n  rotaudit rules show RULE --format json")]
    Show {
        /// The id of the rule, as findings name it
        id: String,
        #[command(flatten)]
        folders: Folders,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Run the tests of rule files: those of a folder, or the built-in ones; exits with 2 when one fails
    #[command(after_help = "Examples:\n  rotaudit rules test\n  rotaudit rules test my-rules/ --mutations")]
    Test {
        /// The folder of the rule files
        folder: Option<PathBuf>,
        /// Also take every term of `when` and `expect` and every key under `with` away in turn: a test has to fail then
        #[arg(long)]
        mutations: bool,
    },
    /// Write a page for each rule in Markdown, an index of them, and their lines for the contents of a book
    #[command(after_help = "Examples:\n  rotaudit rules docs site/rules\n  rotaudit rules docs site/rules --rules my-rules/")]
    Docs {
        /// The folder for the pages; it is made if it is not there, and files of the same names are overwritten
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        #[command(flatten)]
        folders: Folders,
    },
    /// Print the JSON Schema of rule files, for editors
    #[command(after_help = "Example:\n  rotaudit rules schema > rule.schema.json")]
    Schema,
}

/// Rules of the user's own.
#[derive(Debug, Args)]
struct Folders {
    /// Also look at the rules of this folder; give it again for more
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
}

impl Rules {
    pub(super) fn run(&self) -> Result<u8, CliError> {
        match &self.command {
            RulesCommand::List { folders, output } => list(folders, output),
            RulesCommand::Show { id, folders, output } => show(id, folders, output),
            RulesCommand::Test { folder, mutations } => test(folder.as_ref(), *mutations),
            RulesCommand::Docs { folder, folders } => docs(folder, folders),
            RulesCommand::Schema => to_stdout(|out| report::write_json(&json_schema(), out)).map(|()| exit::CLEAN),
        }
    }
}

fn list(folders: &Folders, output: &OutputArgs) -> Result<u8, CliError> {
    let rules = rule_set(&folders.rules)?;
    let infos: Vec<&RuleInfo> = rules.infos().collect();
    output.write(|style, out| match output.format {
        Format::Table => report::rule_list(&infos, style, out),
        Format::Json => report::write_json(&infos, out),
    })?;
    Ok(exit::CLEAN)
}

fn show(id: &str, folders: &Folders, output: &OutputArgs) -> Result<u8, CliError> {
    let rules = rule_set(&folders.rules)?;
    let Some(info) = rules.infos().find(|info| info.id == id) else {
        let nearest = nearest(id, rules.infos().map(|info| info.id.as_str()));
        let hint = nearest.map(|id| format!("; did you mean {id:?}?")).unwrap_or_default();
        return Err(CliError::Usage(format!("there is no rule {id:?}{hint}\n`rotaudit rules list` lists them")));
    };
    output.write(|style, out| match output.format {
        Format::Table => report::rule_page(info, style, out),
        Format::Json => report::write_json(info, out),
    })?;
    Ok(exit::CLEAN)
}

fn docs(folder: &Path, folders: &Folders) -> Result<u8, CliError> {
    let rules = rule_set(&folders.rules)?;
    let infos: Vec<&RuleInfo> = rules.infos().collect();
    let page = |name: &str, render: &dyn Fn(&mut Vec<u8>) -> io::Result<()>| {
        let path = folder.join(name);
        let mut text = Vec::new();
        render(&mut text)
            .and_then(|()| std::fs::write(&path, text))
            .map_err(|error| CliError::Write { place: path.display().to_string(), error })
    };
    std::fs::create_dir_all(folder).map_err(|error| CliError::Write { place: folder.display().to_string(), error })?;
    // An id is a word of letters, digits and hyphens: the loader sees to it.
    infos.iter().try_for_each(|info| page(&format!("{}.md", info.id), &|out| report::rule_document(info, out)))?;
    page("index.md", &|out| report::rule_index(&infos, out))?;
    let within = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    page("SUMMARY.md", &|out| report::rule_contents(&infos, &within, out))?;
    to_stdout(|out| writeln!(out, "wrote {} pages to {}", infos.len() + 1, folder.display()))?;
    Ok(exit::CLEAN)
}

/// With a folder, the tests of its rules alone: the built-in ones are not its author's business.
fn test(folder: Option<&PathBuf>, mutations: bool) -> Result<u8, CliError> {
    let built_in: BTreeSet<String> = match folder {
        Some(_) => rule_set(&[])?.infos().map(|info| info.id.clone()).collect(),
        None => BTreeSet::new(),
    };
    let folders: Vec<_> = folder.into_iter().cloned().collect();
    let rules = rule_set(&folders)?;
    let mut outcomes = rules.run_tests(None);
    outcomes.retain(|outcome| !built_in.contains(&outcome.rule));
    let failed: Vec<_> = outcomes.iter().filter(|outcome| !outcome.passed).collect();
    for outcome in &failed {
        complain("failed", &format!("{}: {}: {}", outcome.rule, outcome.test, outcome.detail));
    }
    to_stdout(|out| writeln!(out, "{} tests, {} failed", outcomes.len(), failed.len()))?;
    let loose = if mutations { loose_parts(&rules, &built_in)? } else { 0 };
    Ok(if failed.is_empty() && loose == 0 { exit::CLEAN } else { exit::WRONG_USAGE })
}

/// How many parts of the rules are held by no test.
fn loose_parts(rules: &RuleSet, built_in: &BTreeSet<String>) -> Result<usize, CliError> {
    let mutations = rules.mutations(|id| !built_in.contains(id));
    let loose: Vec<_> = mutations.iter().filter(|mutation| !mutation.held).collect();
    for mutation in &loose {
        complain("not held", &format!("{}: without {}, every test passes as before", mutation.rule, mutation.part));
    }
    to_stdout(|out| writeln!(out, "{} parts, {} held by no test", mutations.len(), loose.len()))?;
    Ok(loose.len())
}
