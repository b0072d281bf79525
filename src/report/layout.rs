//! Blocks of text within a width: headings, wrapped paragraphs with a hanging indent, and labelled fields. The text renderers
//! write with these; what they are given is neutralised already.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};

use super::style::{FAINT, HEADING, Style};

/// How wide the labels of fields are.
const LABEL: usize = 11;

/// A page that is being written.
pub(super) struct Page<'a> {
    /// How it looks.
    pub(super) style: Style,
    out: &'a mut dyn Write,
}

impl<'a> Page<'a> {
    /// A page on `out`.
    pub(super) fn new(style: Style, out: &'a mut dyn Write) -> Self {
        Self { style, out }
    }

    /// An empty line.
    pub(super) fn gap(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// A heading, with an empty line before it.
    pub(super) fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n{}", self.style.paint(HEADING, text))
    }

    /// One line as it is.
    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    /// A wrapped paragraph, `indent` columns in.
    pub(super) fn paragraph(&mut self, indent: usize, text: &str) -> io::Result<()> {
        self.hanging(indent, "", 0, anstyle::Style::new(), text)
    }

    /// `lead` in its look, then the wrapped text, whose further lines begin where its first began.
    pub(super) fn lead(&mut self, indent: usize, lead: &str, look: anstyle::Style, text: &str) -> io::Result<()> {
        self.hanging(indent, lead, lead.chars().count() + 2, look, text)
    }

    /// A label and the wrapped text of it; nothing when there is no text.
    pub(super) fn field(&mut self, indent: usize, label: &str, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        self.hanging(indent, label, LABEL, FAINT, text)
    }

    /// `lead` in a column of `column` characters, and the text wrapped beside it.
    fn hanging(&mut self, indent: usize, lead: &str, column: usize, look: anstyle::Style, text: &str) -> io::Result<()> {
        let room = self.style.columns().saturating_sub(indent + column).max(20);
        for (index, line) in wrap(text, room).iter().enumerate() {
            if index == 0 && !lead.is_empty() {
                let pad = column.saturating_sub(lead.chars().count());
                writeln!(self.out, "{:indent$}{}{:pad$}{line}", "", self.style.paint(look, lead), "")?;
            } else {
                let pad = indent + column;
                writeln!(self.out, "{:pad$}{line}", "")?;
            }
        }
        Ok(())
    }
}

/// A table without borders or colour, as wide as `width` allows.
pub(super) fn bare_table(width: usize) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).force_no_tty();
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table
}

/// `text` in lines of at most `width` columns, broken between words. A longer word is a line of its own and stays whole, so that
/// an ARN can be copied and searched for.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let takes = columns(word);
        match lines.last_mut() {
            Some(line) if line.is_empty() => {
                line.push_str(word);
                used = takes;
            }
            Some(line) if used + 1 + takes <= width => {
                line.push(' ');
                line.push_str(word);
                used += 1 + takes;
            }
            _ => {
                lines.push(word.to_owned());
                used = takes;
            }
        }
    }
    lines
}

/// How many columns a word takes. The table measures wide characters, so that they are measured in one way everywhere.
fn columns(word: &str) -> usize {
    if word.is_ascii() {
        return word.len();
    }
    let mut table = Table::new();
    table.add_row([word]);
    table.column_max_content_widths().first().map_or(0, |width| usize::from(*width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_words_stay_whole() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("on arn:aws:kms:key → no", 8), ["on", "arn:aws:kms:key", "→ no"]);
        assert_eq!(wrap("東京 東京 x", 7), ["東京", "東京 x"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn further_lines_begin_where_the_text_began() {
        let mut out = Vec::new();
        let mut page = Page::new(Style { color: false, width: 40 }, &mut out);
        page.field(2, "remedy", "grant the execution role what it needs").unwrap();
        page.field(2, "nothing", "").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "  remedy     grant the execution role\n             what it needs\n");
    }
}
