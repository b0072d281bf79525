//! Templates: what stands between quotes, in heredocs and in files, with interpolations and directives
//! (<https://developer.hashicorp.com/terraform/language/expressions/strings>). `expression` asks here.

use hcl_edit::expr::Expression;
use hcl_edit::template::{Directive, Element, ForDirective, IfDirective, StringTemplate, Template};
use serde_json::Value as Json;

use super::expression::{Evaluator, Scope};
use super::made::Made;
use crate::policy::{Part, Text};

/// What of the blank space beside a sequence with `~` goes away.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Blank {
    /// Of a text in quotes all of it.
    All,
    /// Elsewhere that of one line with its end.
    Line,
}

impl Evaluator<'_> {
    /// What a text in quotes makes.
    pub(super) fn quoted(&self, template: &StringTemplate, scope: &Scope<'_>) -> Made {
        // Escapes within a directive in quotes are not undone by the parser.
        let escapes = template.iter().any(|element| matches!(element, Element::Directive(_)) && element_has_escapes(element));
        if escapes {
            return Made::Open("a directive with escapes in quotes".to_owned());
        }
        self.rendered(template, Blank::All, scope)
    }

    /// What a heredoc or a file makes.
    pub(super) fn template(&self, template: &Template, scope: &Scope<'_>) -> Made {
        self.rendered(template, Blank::Line, scope)
    }

    fn rendered(&self, template: &Template, blank: Blank, scope: &Scope<'_>) -> Made {
        // A template that is nothing but an interpolation is its value, whatever that is.
        if let Some(Element::Interpolation(inner)) = template.as_single_element() {
            return self.value(&inner.expr, scope);
        }
        match self.parts(template, blank, [false, false], scope) {
            Ok(parts) => Made::Text(Text::from_parts(parts)),
            Err(made) => made,
        }
    }

    /// The parts of a template; `trimmed` says whether the blank space at its beginning and its end goes away.
    fn parts(&self, template: &Template, blank: Blank, trimmed: [bool; 2], scope: &Scope<'_>) -> Result<Vec<Part>, Made> {
        let elements: Vec<&Element> = template.iter().collect();
        let mut parts = Vec::new();
        for (index, element) in elements.iter().enumerate() {
            match element {
                Element::Literal(text) => {
                    let after = index.checked_sub(1).map_or(trimmed[0], |before| outer(elements[before])[1]);
                    let before = elements.get(index + 1).map_or(trimmed[1], |next| outer(next)[0]);
                    parts.extend(Text::literal(without_blank(text.as_str(), blank, after, before)).parts());
                }
                Element::Interpolation(inner) => parts.extend(self.part(&inner.expr, scope)?),
                Element::Directive(directive) => parts.extend(match directive.as_ref() {
                    Directive::If(directive) => self.chosen(directive, blank, scope)?,
                    Directive::For(directive) => self.repeated(directive, blank, scope)?,
                }),
            }
        }
        Ok(parts)
    }

    fn part(&self, expression: &Expression, scope: &Scope<'_>) -> Result<Vec<Part>, Made> {
        match self.value(expression, scope) {
            fails @ Made::Fails(_) => Err(fails),
            Made::Plain(Json::Null) => Err(Made::Fails("null in a text".to_owned())),
            value => value.text().map(|text| text.parts()).map_err(Made::Open),
        }
    }

    fn chosen(&self, directive: &IfDirective, blank: Blank, scope: &Scope<'_>) -> Result<Vec<Part>, Made> {
        let (first, end) = (&directive.if_expr, directive.endif_expr.strip);
        let second = directive.else_expr.as_ref();
        let condition = self.value(&first.cond_expr, scope);
        match (condition.truth(), second) {
            (Some(true), _) => {
                let last = second.map_or(end, |other| other.strip);
                self.parts(&first.template, blank, [first.strip.strip_end(), last.strip_start()], scope)
            }
            (Some(false), Some(other)) => self.parts(&other.template, blank, [other.strip.strip_end(), end.strip_start()], scope),
            (Some(false), None) => Ok(Vec::new()),
            (None, _) => Err(condition.missing_or("a directive of a template")),
        }
    }

    fn repeated(&self, directive: &ForDirective, blank: Blank, scope: &Scope<'_>) -> Result<Vec<Part>, Made> {
        let each = &directive.for_expr;
        let collection = self.value(&each.collection_expr, scope);
        let Some(pairs) = collection.pairs().filter(|_| collection.is_placed()) else {
            return Err(collection.missing_or("a directive of a template"));
        };
        let mut parts = Vec::new();
        for (key, value) in pairs {
            let inner = scope.with(each.key_var.as_ref().map(|name| name.as_str()), key, each.value_var.as_str(), value);
            let trimmed = [each.strip.strip_end(), directive.endfor_expr.strip.strip_start()];
            parts.extend(self.parts(&each.template, blank, trimmed, &inner)?);
        }
        Ok(parts)
    }
}

/// Whether the blank space before an element and that behind it goes away.
fn outer(element: &Element) -> [bool; 2] {
    match element {
        Element::Literal(_) => [false, false],
        Element::Interpolation(inner) => [inner.strip.strip_start(), inner.strip.strip_end()],
        Element::Directive(directive) => match directive.as_ref() {
            Directive::If(it) => [it.if_expr.strip.strip_start(), it.endif_expr.strip.strip_end()],
            Directive::For(it) => [it.for_expr.strip.strip_start(), it.endfor_expr.strip.strip_end()],
        },
    }
}

/// A literal without the blank space at its beginning, at its end, or both.
fn without_blank(text: &str, blank: Blank, beginning: bool, end: bool) -> &str {
    let mut rest = text;
    if beginning {
        let trimmed = rest.trim_start();
        let line = rest[..rest.len() - trimmed.len()].find('\n').filter(|_| blank == Blank::Line);
        rest = line.map_or(trimmed, |end| &rest[end + 1..]);
    }
    if end {
        let trimmed = rest.trim_end();
        // The line that the sequence stands in or, where it begins one, the line before.
        let before = rest.strip_suffix('\n').unwrap_or(rest);
        let line = before.rfind('\n').filter(|at| *at >= trimmed.len() && blank == Blank::Line);
        rest = line.map_or(trimmed, |at| &rest[..=at]);
    }
    rest
}

/// Whether a backslash stands in a template within this element.
fn element_has_escapes(element: &Element) -> bool {
    match element {
        Element::Literal(text) => text.contains('\\'),
        Element::Interpolation(_) => false,
        Element::Directive(directive) => match directive.as_ref() {
            Directive::If(it) => {
                let templates = [Some(&it.if_expr.template), it.else_expr.as_ref().map(|other| &other.template)];
                templates.into_iter().flatten().flat_map(|template| template.iter()).any(element_has_escapes)
            }
            Directive::For(it) => it.for_expr.template.iter().any(element_has_escapes),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_takes_the_blank_space_of_one_line_away_and_in_quotes_all_of_it() {
        for (text, blank, [beginning, end], expected) in [
            (" \n  a", Blank::Line, [true, false], "  a"),
            ("  a", Blank::Line, [true, false], "a"),
            (" \n  a", Blank::All, [true, false], "a"),
            ("a\n", Blank::Line, [false, true], "a"),
            ("a\n  ", Blank::Line, [false, true], "a\n"),
            ("a\n\n", Blank::Line, [false, true], "a\n"),
            ("a \n ", Blank::All, [false, true], "a"),
            (" \n ", Blank::All, [true, true], ""),
            (" a ", Blank::Line, [false, false], " a "),
        ] {
            assert_eq!(without_blank(text, blank, beginning, end), expected, "{text:?}");
        }
    }
}
