//! What a reader of a template or plan may give so that what is undecided is decided: the parameters and exports that the report names, the configuration of a plan, and what is there
//! already, each with the option for it. `scan` prints this.

use std::collections::BTreeSet;

use crate::arn::Arn;
use crate::audit::Report;
use crate::inventory::Gap;
use crate::rotation::Verdict;

/// So many names are written out.
const SHOWN: usize = 5;

/// One sentence for each kind of thing that is missing in a report on a template or plan, which lies over an account or over nothing.
pub(super) fn ways_out(report: &Report, over: bool) -> Vec<String> {
    let texts: Vec<&str> = texts(report).collect();
    let mut found = Vec::new();
    let parameters = named(&texts, "parameter ", |c| c.is_ascii_alphanumeric());
    if !parameters.is_empty() {
        let options = listed(&parameters, |name| format!("--parameter {name}=VALUE"));
        found.push(format!("{options}, or --parameters FILE, gives what is not known"));
    }
    let exports = named(&texts, "export ", |c| c.is_ascii_alphanumeric() || "-:._/".contains(c));
    if !exports.is_empty() {
        let names = listed(&exports, str::to_owned);
        found.push(format!("--exports FILE, with what `aws cloudformation list-exports` shows, gives what other stacks export: {names}"));
    }
    // What reads a plan names the option wherever it would tell more.
    if texts.iter().any(|text| text.contains("--source")) {
        found.push("--source DIR reads the configuration, with what the plan does not show of its expressions".to_owned());
    }
    if over {
        let named = not_collected(report);
        if !named.is_empty() {
            found.push(format!(
                "--over live reads what only the template or plan names, and so does rotaudit snapshot {}",
                listed(&named, str::to_owned)
            ));
        }
    } else {
        found.push("--over FILE or --over live reads what the template or plan only names, and what is there already".to_owned());
    }
    found
}

/// What nobody has read of keys, functions and subnets, as the options of `snapshot` that read it.
fn not_collected(report: &Report) -> BTreeSet<String> {
    let option = |gap: &Gap| {
        let is_only_named = gap.is_not_collected() || ["template", "plan"].contains(&&*gap.call);
        let resource = &*gap.resource;
        let of = |service: &str| Arn::parse(resource).is_ok_and(|arn| arn.service() == service);
        match gap.call.split(':').next()? {
            // What somebody else wrote is to be pasted into a shell.
            _ if !is_only_named || !resource.chars().all(|letter| letter.is_ascii_alphanumeric() || ":/_.-".contains(letter)) => None,
            "kms" | "template" | "plan" if of("kms") => Some(format!("--key {resource}")),
            "lambda" | "template" | "plan" if of("lambda") => Some(format!("--function {resource}")),
            "ec2" if resource.starts_with("subnet-") => Some(format!("--subnet {resource}")),
            _ => None,
        }
    };
    report.undecided.iter().flat_map(|check| &check.missing).filter_map(option).collect()
}

/// What the report says to be missing.
fn texts(report: &Report) -> impl Iterator<Item = &str> {
    let gaps = report.undecided.iter().flat_map(|check| &check.missing).flat_map(|gap| [&*gap.error, &*gap.resource]);
    let hinges = report.undecided.iter().flat_map(|check| &check.hinges).map(String::as_str);
    let needs = report.rotations.iter().flat_map(|rotation| match &rotation.verdict {
        Verdict::Undecided { needs } => needs.as_slice(),
        _ => &[],
    });
    gaps.chain(hinges).chain(needs.map(String::as_str))
}

/// The names behind a word, as far as they go on with characters of a name. Those of nested stacks hold a dot and are given by the stack that nests them.
fn named(texts: &[&str], word: &str, of_name: impl Fn(char) -> bool) -> BTreeSet<String> {
    let behind = texts.iter().flat_map(|text| text.split(word).skip(1));
    let names = behind.map(|rest| rest.split(|c| !of_name(c)).next().unwrap_or_default().trim_end_matches(['.', ':']));
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn listed(names: &BTreeSet<String>, shown: impl Fn(&str) -> String) -> String {
    let mut items: Vec<String> = names.iter().take(SHOWN).map(|name| shown(name)).collect();
    if let Some(more) = names.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        items.push(format!("{more} more"));
    }
    items.join(", ")
}
