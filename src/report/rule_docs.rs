//! The rules in Markdown: a page for each, their index, and their lines for the contents of a book. `cli rules docs` calls these.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::markdown::{code, escaped};
use super::neutralise::terminal_safe;
use super::words::{NAME, SENTENCE};
use crate::finding::{Category, RuleInfo};

/// Writes the page of `rule`.
pub fn rule_document(rule: &RuleInfo, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n\n{}.\n", code(&rule.id), escaped(&rule.title, SENTENCE))?;
    writeln!(out, "| Severity | Class | Category | Confidence | About |\n|---|---|---|---|---|")?;
    writeln!(out, "| {} | {} | {} | {} | {} |\n", rule.severity, rule.class, rule.category, rule.confidence, rule.about)?;
    writeln!(out, "## Why it matters\n")?;
    for paragraph in rule.why.lines().filter(|paragraph| !paragraph.trim().is_empty()) {
        writeln!(out, "{}\n", escaped(paragraph.trim(), SENTENCE))?;
    }
    writeln!(out, "## What to do\n\n{}\n", escaped(rule.remedy.trim(), SENTENCE))?;
    writeln!(out, "`rotaudit.toml` changes how bad its findings are, switches it off, or waives a single one:\n")?;
    writeln!(out, "```toml\n[rules]\n{} = \"off\"\n```\n", terminal_safe(&rule.id, NAME))?;
    controls(rule, out)?;
    if !rule.references.is_empty() {
        writeln!(out, "## Read\n")?;
        rule.references.iter().try_for_each(|reference| writeln!(out, "- {}", link(reference)))?;
    }
    Ok(())
}

fn controls(rule: &RuleInfo, out: &mut dyn Write) -> io::Result<()> {
    let Some(maps) = &rule.maps else { return Ok(()) };
    writeln!(out, "## Compliance controls\n\n| Framework | Controls | Mapping |\n|---|---|---|")?;
    for (framework, controls) in &maps.controls {
        let controls: Vec<String> = controls.iter().map(|control| escaped(control, NAME)).collect();
        writeln!(out, "| {} | {} | {} |", code(framework), controls.join(", "), maps.source.word())?;
    }
    writeln!(out)
}

/// A page of AWS's as a link; anything else as text.
fn link(reference: &str) -> String {
    let is_url =
        reference.starts_with("https://") && !reference.contains(|c: char| c.is_whitespace() || c.is_control() || "<>".contains(c));
    if is_url { format!("<{}>", terminal_safe(reference, SENTENCE)) } else { escaped(reference, SENTENCE) }
}

/// Writes a table of `rules` for each category, with links to their pages.
pub fn rule_index(rules: &[&RuleInfo], out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "# Rules\n\nWhat `rotaudit scan` checks: {} rules. `rotaudit rules show ID` tells the same at the terminal.",
        rules.len()
    )?;
    for (category, rules) in by_category(rules) {
        writeln!(out, "\n## {category}\n\n| Rule | Severity | Class | What it finds |\n|---|---|---|---|")?;
        for rule in rules {
            let id = terminal_safe(&rule.id, NAME);
            writeln!(out, "| [{id}]({id}.md) | {} | {} | {} |", rule.severity, rule.class, escaped(&rule.title, SENTENCE))?;
        }
    }
    Ok(())
}

/// Writes the lines for the contents of a book (mdBook's `SUMMARY.md`) in which the pages lie in the folder `within`.
pub fn rule_contents(rules: &[&RuleInfo], within: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "- [Rules]({within}/index.md)")?;
    for rule in by_category(rules).into_values().flatten() {
        let id = terminal_safe(&rule.id, NAME);
        writeln!(out, "  - [{id}]({within}/{id}.md)")?;
    }
    Ok(())
}

fn by_category<'a>(rules: &[&'a RuleInfo]) -> BTreeMap<Category, Vec<&'a RuleInfo>> {
    let mut categories = BTreeMap::<_, Vec<_>>::new();
    for rule in rules {
        categories.entry(rule.category).or_default().push(*rule);
    }
    categories
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{MapSource, Maps};
    use crate::report::sample;

    fn page(rule: &RuleInfo) -> String {
        let mut out = Vec::new();
        rule_document(rule, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_page_of_a_rule_says_why_what_to_do_and_whose_mapping_it_is() {
        let controls = BTreeMap::from([("nist-800-53-r5".to_owned(), vec!["AC-3(7)".to_owned()])]);
        let rule = RuleInfo {
            maps: Some(Maps { source: MapSource::Ours, controls }),
            references: vec!["https://docs.aws.amazon.com/kms/".to_owned(), "javascript:alert(1)".to_owned()],
            ..sample::rule("key-policy-open", "The key policy admits <b>others</b>")
        };
        insta::assert_snapshot!(page(&rule));
    }

    #[test]
    fn nothing_in_a_rule_file_becomes_markup() {
        for text in sample::hostile_texts() {
            let rule = RuleInfo {
                why: text.clone(),
                remedy: text.clone(),
                references: vec![format!("https://{text}")],
                ..sample::rule("r", &text)
            };
            let page = page(&rule);
            assert!(!page.chars().any(sample::is_raw) && !page.contains("<b>"), "{page}");
        }
    }
}
