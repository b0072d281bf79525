//! The rules as text: the list of them, and the page of one. `cli rules` calls these.

use std::io::{self, Write};

use comfy_table::ColumnConstraint;

use super::layout::{Page, bare_table};
use super::style::{STRONG, Style};
use super::words::{NAME, sentence};
use crate::finding::RuleInfo;
use crate::report::neutralise::terminal_safe;

/// Writes one line per rule.
pub fn rule_list(rules: &[&RuleInfo], style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    let mut table = bare_table(style.columns());
    table.set_header(["RULE", "SEVERITY", "CLASS", "TITLE"]);
    for rule in rules {
        table.add_row([&terminal_safe(&rule.id, NAME), rule.severity.word(), rule.class.word(), &sentence(&rule.title)]);
    }
    // An id is whole, so that it can be copied.
    if let Some(ids) = table.column_mut(0) {
        ids.set_constraint(ColumnConstraint::ContentWidth);
    }
    for (index, line) in table.lines().enumerate() {
        let line = line.trim_end();
        page.line(&if index == 0 { style.paint(STRONG, line) } else { line.to_owned() })?;
    }
    Ok(())
}

/// Writes all that is told about a rule.
pub fn rule_page(rule: &RuleInfo, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    page.lead(0, &terminal_safe(&rule.id, NAME), STRONG, &sentence(&rule.title))?;
    page.gap()?;
    let words = [
        ("severity", rule.severity.word()),
        ("class", rule.class.word()),
        ("category", rule.category.word()),
        ("confidence", rule.confidence.word()),
        ("about", rule.about.word()),
    ];
    for (label, word) in words {
        page.field(2, label, word)?;
    }
    page.gap()?;
    page.paragraph(2, &sentence(rule.why.trim()))?;
    page.gap()?;
    page.field(2, "remedy", &sentence(&rule.remedy))?;
    for (index, reference) in rule.references.iter().enumerate() {
        page.field(2, if index == 0 { "read" } else { "" }, &sentence(reference))?;
    }
    if let Some(maps) = &rule.maps {
        for (framework, controls) in &maps.controls {
            page.field(2, "maps to", &sentence(&format!("{framework}: {}", controls.join(", "))))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn rendered(render: impl Fn(Style, &mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        render(Style { color: false, width: 80 }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_page_of_a_rule_says_why_and_what_to_do() {
        let rule = sample::rule("key-policy-open", "The key policy admits other accounts");
        insta::assert_snapshot!(rendered(|style, out| rule_page(&rule, style, out)));
    }

    #[test]
    fn the_list_has_a_line_for_each_rule_and_no_raw_character() {
        let rule = sample::rule("key-policy-open", "The key\u{1b}[2J policy");
        let text = rendered(|style, out| rule_list(&[&rule, &rule], style, out));
        assert_eq!(text.lines().count(), 3);
        assert!(text.contains(r"The key\u{1b}[2J policy"), "{text}");
        assert!(!rendered(|style, out| rule_page(&rule, style, out)).contains('\u{1b}'));
    }
}
