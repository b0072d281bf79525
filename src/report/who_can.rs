//! Who may do something, as text for people or JSON for programs. `cli` fills it in and calls it.

use std::io::{self, Write};

use anstyle::Style as Look;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::json::write_json;
use super::layout::Page;
use super::style::{FAINT, STRONG, Style, of_decision};
use super::words::{arn, count, sentence};
use crate::arn::Arn;
use crate::policy::Decision;

/// Raised when a member changes its meaning or goes away.
const SCHEMA_VERSION: u32 = 1;
/// Without `--all`, so many entries of a heading are shown, and so many names of an entry.
const MOST: usize = 12;

/// Everybody who may do one thing, or for all that was read may.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "rotaudit who-can")]
pub struct WhoCan {
    /// The version of this shape.
    schema_version: u32,
    /// When AWS was read.
    pub as_of: Timestamp,
    /// The IAM action.
    pub action: String,
    /// On what: an ARN, or `*` for an action that knows no resource.
    pub resource: String,
    /// How many roles and users were asked.
    pub asked: usize,
    /// How many service-linked roles were left out.
    pub service_linked: usize,
    /// What was taken for granted because nobody was asked.
    pub assumptions: Vec<String>,
    /// Who may, whatever the values that no audit can know.
    pub allowed: Vec<Entry>,
    /// Who may under some of these values: with a second factor, from some address, at some time.
    pub conditional: Vec<Entry>,
    /// Of whom it cannot be decided.
    pub undecided: Vec<Entry>,
}

/// Principals with one answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Entry {
    /// Who, in words.
    pub who: Vec<String>,
    /// The roles and users of the inventory among them.
    pub principals: Vec<Arn>,
    /// Whether they are administrators: they may write any policy for any role of their account.
    pub administrators: bool,
    /// The statement that allows it, or what would decide it, for the first of them.
    pub because: String,
    /// What it hangs on; empty for those who may in any case.
    pub hangs_on: Vec<String>,
    /// The closed case of the first of them, for `rotaudit simulate`.
    #[schemars(with = "serde_json::Value")]
    pub case: serde_json::Value,
}

impl WhoCan {
    /// An answer that names nobody yet.
    pub fn new(action: &str, resource: &str, as_of: Timestamp) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            as_of,
            action: action.to_owned(),
            resource: resource.to_owned(),
            asked: 0,
            service_linked: 0,
            assumptions: Vec::new(),
            allowed: Vec::new(),
            conditional: Vec::new(),
            undecided: Vec::new(),
        }
    }
}

/// The JSON Schema of what `who_can_json` writes.
pub fn who_can_json_schema() -> serde_json::Value {
    schemars::schema_for!(WhoCan).to_value()
}

/// Writes it as JSON.
pub fn who_can_json(answer: &WhoCan, out: &mut dyn Write) -> io::Result<()> {
    write_json(answer, out)
}

/// Writes it as text for people; with `all`, every name.
pub fn who_can(answer: &WhoCan, all: bool, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    page.lead(0, "Who can", STRONG, &format!("{} on {}", arn(&answer.action), arn(&answer.resource)))?;
    let headings = [
        ("allowed", "✓", Decision::Allowed, &answer.allowed),
        ("allowed under a condition", "!", Decision::Undecided, &answer.conditional),
        ("undecided", "?", Decision::Undecided, &answer.undecided),
    ];
    for (heading, mark, look, entries) in headings {
        if !entries.is_empty() {
            page.heading(heading)?;
            write_entries(entries, mark, of_decision(look), all, &mut page)?;
        }
    }
    if answer.allowed.is_empty() && answer.conditional.is_empty() {
        page.gap()?;
        page.line(if answer.undecided.is_empty() { "Nobody who was read can." } else { "Nobody who was read surely can." })?;
    }
    page.gap()?;
    let asked = count(answer.asked, "role or user was asked", "roles and users were asked");
    let linked = count(answer.service_linked, "service-linked role was left out", "service-linked roles were left out");
    page.paragraph(0, &format!("{asked}; {linked}."))?;
    answer.assumptions.iter().try_for_each(|assumption| page.lead(0, "Assumed:", FAINT, &sentence(assumption)))
}

/// Those who are no administrators one by one, then the administrators together.
fn write_entries(entries: &[Entry], mark: &str, look: Look, all: bool, page: &mut Page<'_>) -> io::Result<()> {
    let (administrators, others): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(|entry| entry.administrators);
    let most = if all { usize::MAX } else { MOST };
    for entry in others.iter().take(most) {
        page.lead(2, mark, look, &names(entry.who.iter(), all))?;
        page.field(5, "because", &sentence(&entry.because))?;
        page.field(5, "hangs on", &sentence(&entry.hangs_on.join("; ")))?;
    }
    if let Some(more @ 1..) = others.len().checked_sub(most) {
        page.paragraph(5, &format!("and {more} more (--all shows them)"))?;
    }
    let Some(first) = administrators.first() else { return Ok(()) };
    let who: Vec<&String> = administrators.iter().flat_map(|entry| &entry.who).collect();
    let told = count(who.len(), "administrator", "administrators");
    let told = if all { format!("{told}: {}", names(who.into_iter(), all)) } else { format!("{told} (--all names them)") };
    page.lead(2, mark, look, &told)?;
    page.field(5, "because", &format!("of the first: {}", sentence(&first.because)))
}

fn names<'n>(who: impl ExactSizeIterator<Item = &'n String>, all: bool) -> String {
    let most = if all { usize::MAX } else { MOST };
    let more = who.len().saturating_sub(most);
    let shown: Vec<String> = who.take(most).map(|name| arn(name)).collect();
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more with the same policies", shown.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn entry(who: &str, administrators: bool) -> Entry {
        let because = format!("allowed by identity policy {who}, statement 0");
        Entry {
            who: vec![who.to_owned()],
            principals: Vec::new(),
            administrators,
            because,
            hangs_on: Vec::new(),
            case: serde_json::Value::Null,
        }
    }

    fn rendered(answer: &WhoCan, all: bool) -> String {
        let mut out = Vec::new();
        who_can(answer, all, Style { color: false, width: 100 }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn empty() -> WhoCan {
        WhoCan::new("lambda:UpdateFunctionCode", "arn:aws:lambda:eu-west-1:111122223333:function:rotate-db", Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn administrators_are_one_line_and_named_on_demand() {
        let allowed = vec![entry("role admin-a", true), entry("role dev", false), entry("user root-b", true)];
        let answer = WhoCan { allowed, ..empty() };
        let text = rendered(&answer, false);
        assert!(text.contains("2 administrators (--all names them)") && !text.contains("root-b"), "{text}");
        assert!(text.find("role dev").unwrap() < text.find("2 administrators").unwrap(), "{text}");
        assert!(rendered(&answer, true).contains("2 administrators: role admin-a, user root-b"));
    }

    #[test]
    fn nobody_is_said_and_not_left_out() {
        assert!(rendered(&empty(), false).contains("Nobody who was read can."));
        let answer = WhoCan { undecided: vec![entry("role dev", false)], ..empty() };
        assert!(rendered(&answer, false).contains("Nobody who was read surely can."));
    }

    #[test]
    fn a_long_list_is_cut_and_says_so() {
        let allowed = (0..40).map(|number| entry(&format!("role dev-{number}"), false)).collect();
        let answer = WhoCan { allowed, ..empty() };
        assert!(rendered(&answer, false).contains("and 28 more (--all shows them)"));
        assert!(rendered(&answer, true).contains("role dev-39"));
    }

    #[test]
    fn nothing_that_a_terminal_obeys_comes_through() {
        for hostile in sample::hostile_texts() {
            let mut one = entry(&hostile, false);
            one.hangs_on = vec![hostile.clone()];
            let mut answer = WhoCan { allowed: vec![one, entry(&hostile, true)], assumptions: vec![hostile.clone()], ..empty() };
            answer.resource.clone_from(&hostile);
            let text = rendered(&answer, true);
            assert_eq!(text.chars().find(|c| sample::is_raw(*c)), None);
        }
    }
}
