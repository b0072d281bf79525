//! What an outcome rests on: the questions and facts that prove a finding, written out as evidence, and what an undecided one hangs on. The evaluator fills these, the runner writes them out.

use std::collections::BTreeSet;

use super::expression::{Fact, Value};
use crate::access::{Access, Answer, Caller, Question};
use crate::finding::{Evidence, Finding, Late};
use crate::inventory::Gap;

/// What proves a finding, before it is written out: a wide role can be proved by thousands of requests, of which a report shows a few.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Proof {
    /// The answer to this question.
    Asked(Mode, Question),
    /// A fact that was read.
    Fact {
        /// Its name.
        field: String,
        /// Its value.
        value: String,
    },
    /// What one of the other principals may do.
    By(Vec<Question>),
    /// So many more questions like this one, about other secrets, answered alike.
    Further(Question, usize),
}

/// How a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    /// Allowed whatever the values that nobody knows.
    Surely,
    /// Allowed under some of them.
    Possibly,
}

/// What an undecided outcome hangs on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Open {
    /// Calls that did not answer.
    pub(super) missing: BTreeSet<Gap>,
    /// What else: context keys, what AWS does not document.
    pub(super) hinges: BTreeSet<String>,
}

impl Open {
    /// All that two outcomes hang on.
    pub(super) fn and(mut self, further: Self) -> Self {
        self.missing.extend(further.missing);
        self.hinges.extend(further.hinges);
        self
    }
}

/// Gaps as what an outcome hangs on. An expression without an answer and without a gap met facts that contradict each other.
pub(super) fn open(missing: BTreeSet<Gap>) -> Open {
    let hinges = if missing.is_empty() { BTreeSet::from(["facts that contradict each other".to_owned()]) } else { BTreeSet::new() };
    Open { missing, hinges }
}

/// The answer to a question that is asked so.
fn answer(access: &Access<'_>, mode: Mode, question: &Question) -> Answer {
    match mode {
        Mode::Surely => access.ask(question),
        Mode::Possibly => access.witness(question),
    }
}

impl Proof {
    /// A proof, written out.
    pub(super) fn evidence(&self, access: &Access<'_>) -> Vec<Evidence> {
        match self {
            Self::Further(_, more) => vec![further(*more)],
            Self::Fact { field, value } => vec![Evidence::Fact { field: field.clone(), value: value.clone() }],
            Self::Asked(mode, question) => vec![asked(access, *mode, question)],
            Self::By(questions) => questions.iter().map(|question| asked(access, Mode::Possibly, question)).collect(),
        }
    }

    /// The other principal of whom it tells.
    pub(super) fn by(&self) -> Option<&Caller> {
        if let Self::By(questions) = self { questions.first().map(|question| &question.caller) } else { None }
    }
}

/// The answer to a question, as evidence shows it, whatever the values are that nobody knows.
pub fn answered(access: &Access<'_>, question: &Question) -> Evidence {
    asked(access, Mode::Surely, question)
}

fn asked(access: &Access<'_>, mode: Mode, question: &Question) -> Evidence {
    let answer = answer(access, mode, question);
    Evidence::Request {
        actor: answer.actor(),
        action: question.action.to_string(),
        resource: answer.resource(),
        decision: answer.decision.as_str().to_owned(),
        because: answer.because(),
        case: late(&answer),
    }
}

/// The closed question of an answer, to be written with the report.
fn late(answer: &Answer) -> Late {
    let closed = answer.closed();
    Late::new(move || closed.case())
}

/// The name of the fact that there are more proofs than are shown.
const MORE: &str = "more";

/// Whether a finding has more proofs than it shows.
pub fn is_cut_short(finding: &Finding) -> bool {
    finding.evidence.iter().any(|evidence| matches!(evidence, Evidence::Fact { field, .. } if field == MORE))
}

/// That there are more proofs than are shown.
pub(super) fn further(more: usize) -> Evidence {
    Evidence::Fact { field: MORE.to_owned(), value: format!("and {more} more") }
}

/// A fact as evidence shows it.
pub(super) fn shown(fact: &Fact<Gap>) -> String {
    match fact {
        Fact::Absent => "none".to_owned(),
        Fact::Unreadable(gaps) => format!("unknown ({})", gaps.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
        Fact::Value(value) => value_shown(value),
    }
}

/// A value as evidence shows it. Facts are lists of records of lists at most, so the depth is bounded by the table of fields.
fn value_shown(value: &Value<Gap>) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::String(text) => text.to_string(),
        Value::Timestamp(time) => time.to_string(),
        Value::Duration(span) => format!("{span:#}"),
        Value::List(values) if values.is_empty() => "none".to_owned(),
        Value::List(values) => values.iter().map(value_shown).collect::<Vec<_>>().join(", "),
        Value::Record(fields) => {
            let shown = fields.iter().filter(|(_, fact)| **fact != Fact::Absent).map(|(name, fact)| format!("{name}: {}", shown(fact)));
            format!("{{{}}}", shown.collect::<Vec<_>>().join(", "))
        }
    }
}
