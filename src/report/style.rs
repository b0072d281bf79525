//! How text is laid out and coloured. `cli` decides it once; every text renderer is given it.

use anstyle::AnsiColor::{Cyan, Green, Red, Yellow};

use crate::finding::Severity;
use crate::network::Verdict as Reached;
use crate::policy::Decision;
use crate::rotation::Verdict;

/// Colour or not, and how wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to colour with ANSI escape sequences.
    pub color: bool,
    /// The width of the page in columns; kept between 40 and 400.
    pub width: usize,
}

impl Style {
    /// The width that is used.
    pub(super) fn columns(self) -> usize {
        self.width.clamp(40, 400)
    }

    /// `text` in this look, where colour is wanted.
    pub(super) fn paint(self, look: anstyle::Style, text: &str) -> String {
        if self.color { format!("{look}{text}{look:#}") } else { text.to_owned() }
    }
}

/// Headings.
pub(super) const HEADING: anstyle::Style = anstyle::Style::new().bold().underline();
/// What is named first in a block.
pub(super) const STRONG: anstyle::Style = anstyle::Style::new().bold();
/// Labels.
pub(super) const FAINT: anstyle::Style = anstyle::Style::new().dimmed();

/// How a severity looks.
pub(super) fn of_severity(severity: Severity) -> anstyle::Style {
    match severity {
        Severity::Critical => Red.on_default().bold().invert(),
        Severity::High => Red.on_default().bold(),
        Severity::Medium => Yellow.on_default().bold(),
        Severity::Low => Cyan.on_default(),
        Severity::Info => FAINT,
    }
}

/// How a verdict looks.
pub(super) fn of_verdict(verdict: &Verdict) -> anstyle::Style {
    match verdict {
        Verdict::Rotates => Green.on_default(),
        Verdict::Fails { .. } => Red.on_default().bold(),
        Verdict::Undecided { .. } => Yellow.on_default(),
        Verdict::NotJudged => FAINT,
    }
}

/// How a path looks.
pub(super) fn of_path(verdict: Reached) -> anstyle::Style {
    match verdict {
        Reached::Reachable | Reached::NotJudged => Green.on_default(),
        Reached::Blocked => Red.on_default().bold(),
        Reached::Undecided => Yellow.on_default(),
    }
}

/// How a decision looks.
pub(super) fn of_decision(decision: Decision) -> anstyle::Style {
    match decision {
        Decision::Allowed => Green.on_default(),
        Decision::ExplicitDeny | Decision::ImplicitDeny => Red.on_default().bold(),
        Decision::Undecided => Yellow.on_default(),
    }
}
