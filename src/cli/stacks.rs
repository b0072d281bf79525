//! What the stacks hold over which a template is laid: files that tell it, and what is said where nobody does. `templates` asks here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::bounded::{self, PARAMETERS};
use super::error::{CliError, complain};
use crate::arn::AccountId;
use crate::inventory::{Inventory, Known, StackResources};
use crate::source::cloudformation::{self, Deployed};
use crate::source::overlay;

/// So many logical ids are written out.
const SHOWN: usize = 5;

/// What these files say that stacks hold, by place and name: each of the stack that it names, else of the one that stands before it, else of `stack`.
pub(super) fn told(
    files: &[String],
    stack: Option<&str>,
    (account, region): (&AccountId, &str),
) -> Result<BTreeMap<String, Known<StackResources>>, CliError> {
    let mut told = BTreeMap::new();
    for given in files {
        let (named, file) = given.split_once('=').map_or((None, given.as_str()), |(name, file)| (Some(name), file));
        let wrong = |problem: &str| CliError::Usage(format!("{file}: {problem}"));
        let text = bounded::text(Path::new(file), PARAMETERS)?;
        for (own, resources) in cloudformation::stack_resources(&text).map_err(|error| wrong(&error.to_string()))? {
            let name = own.as_deref().or(named).or(stack);
            let name = name.ok_or_else(|| wrong("it does not name its stack: give --stack-name, or STACK=FILE"))?;
            told.insert(format!("{account}/{region}/{name}"), Known::Value(resources));
        }
    }
    Ok(told)
}

/// Says which stack a template without a stack's name seems to be of, and what of a stack was not found.
pub(super) fn say(existing: &Inventory, deployed: &[Deployed], stack: Option<&str>, place: (&AccountId, &str)) {
    let notes: BTreeSet<String> = deployed.iter().flat_map(|it| notes(existing, it, stack, place)).collect();
    for note in &notes {
        complain("note", note);
    }
}

fn notes(existing: &Inventory, it: &Deployed, stack: Option<&str>, place: (&AccountId, &str)) -> Vec<String> {
    let found = overlay::identified(existing, &it.inventory, &it.nameless, place);
    let mut notes: Vec<String> = found.left.iter().map(|(stack, left)| not_told(stack, left)).collect();
    if let Some((alike, count)) = overlay::stack_alike(existing, &it.nameless, place) {
        let things = if count == 1 { "a resource".to_owned() } else { format!("{count} resources") };
        notes.push(format!(
            "stack {alike} of the account has {things} of the template's logical ids and types: if it is this stack, give --stack-name {alike}, else what has no name in the \
             template stands beside it as new"
        ));
    }
    if let Some(stack) = stack.filter(|_| !it.nameless.is_empty())
        && !found.found.contains_key(stack)
        && !found.left.contains_key(stack)
    {
        notes.push(format!("nothing that the account has is known to be of stack {stack}: what has no name in the template is new"));
    }
    notes
}

fn not_told(stack: &str, left: &BTreeSet<String>) -> String {
    let mut names: Vec<String> = left.iter().take(SHOWN).cloned().collect();
    if let Some(more) = left.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        names.push(format!("{more} more"));
    }
    format!(
        "of stack {stack} these stand beside what exists, because no tag tells what they are: {}; --stack-resources FILE, with what `aws cloudformation \
         list-stack-resources --stack-name {stack}` shows, tells it",
        names.join(", ")
    )
}
