//! Evaluates one rule for one rotation: are the required requests allowed, the forbidden ones denied, the facts as expected? The runner asks, and
//! merges what comes out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::expression::{Expression, Fact, Facts as _, Outcome as Truth, Value};
use super::fields::{Focus, View};
use super::foreign::foreigners;
use super::requests::{Scene, questions};
use super::rule::{Request, Rule};
use super::traffic::{reach, told};
use super::words::Destination;
use crate::access::{Access, Answer, Question};
use crate::finding::{About, Evidence};
use crate::inventory::{Gap, Known};
use crate::network::{SubnetPath, Verdict};
use crate::policy::Decision;

/// What a rule says of one rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is as it should be, or the rule does not apply.
    Passes,
    /// It is not, and this proves it.
    Finding(Vec<Proof>),
    /// Nobody can tell.
    Undecided(Open),
}

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
}

/// What an undecided outcome hangs on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Open {
    /// Calls that did not answer.
    pub(super) missing: BTreeSet<Gap>,
    /// What else: context keys, what AWS does not document.
    pub(super) hinges: BTreeSet<String>,
}

/// The answer to one question.
#[derive(Debug, Clone)]
struct Said {
    decision: Decision,
    open: Open,
}

/// How a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mode {
    /// Allowed whatever the values that nobody knows.
    Surely,
    /// Allowed under some of them.
    Possibly,
}

/// Evaluates rules over one inventory, and remembers what was asked.
pub(super) struct Evaluator<'a> {
    access: &'a Access<'a>,
    said: BTreeMap<(Mode, Question), Said>,
}

impl<'a> Evaluator<'a> {
    /// One that has asked nothing yet.
    pub(super) fn new(access: &'a Access<'a>) -> Self {
        Self { access, said: BTreeMap::new() }
    }

    /// Forgets what was asked: the questions of the next subject are others.
    pub(super) fn forget(&mut self) {
        self.said.clear();
    }

    /// What `rule` says of this rotation.
    pub(super) fn evaluate(&mut self, rule: &Rule, view: &View<'_>) -> Outcome {
        let applies = rule.when.as_ref().map_or(Truth::True, |when| when.evaluate(view));
        if applies == Truth::False {
            return Outcome::Passes;
        }
        let outcome = all([
            self.requests(rule, view),
            rule.assertions.expect.as_ref().map_or(Outcome::Passes, |e| expectation(e, view)),
            traffic(view),
            unseen(rule, view),
        ]);
        match (applies, outcome) {
            (_, Outcome::Passes) => Outcome::Passes,
            (Truth::Undecided(gaps), Outcome::Finding(_)) => Outcome::Undecided(open(gaps)),
            (Truth::Undecided(gaps), Outcome::Undecided(further)) => Outcome::Undecided(open(gaps).and(further)),
            (_, outcome) => outcome,
        }
    }

    /// The request part. Where outsiders have a part in it, the first one who shows a finding is the witness.
    fn requests(&mut self, rule: &Rule, view: &View<'_>) -> Outcome {
        if !rule.assertions.requests().any(Request::is_foreign) {
            return self.requests_in(rule, &Scene { view: *view, foreigner: None });
        }
        let mut undecided: Option<Open> = None;
        for foreigner in foreigners(view) {
            match self.requests_in(rule, &Scene { view: *view, foreigner: Some(&foreigner) }) {
                Outcome::Passes => {}
                Outcome::Undecided(open) => undecided = Some(undecided.unwrap_or_default().and(open)),
                finding @ Outcome::Finding(_) => return finding,
            }
        }
        undecided.map_or(Outcome::Passes, Outcome::Undecided)
    }

    fn requests_in(&mut self, rule: &Rule, scene: &Scene<'_>) -> Outcome {
        let assertions = &rule.assertions;
        let required = assertions.require.iter().map(|request| self.required(scene, request)).collect::<Vec<_>>();
        let forbidden = assertions.forbid.iter().map(|request| self.forbidden(scene, request)).collect::<Vec<_>>();
        let chain = if assertions.together.is_empty() { Outcome::Passes } else { self.together(scene, &assertions.together) };
        all(required.into_iter().chain(forbidden).chain([chain]))
    }

    fn required(&mut self, scene: &Scene<'_>, request: &Request) -> Outcome {
        all(questions(scene, request).into_iter().map(|question| match self.ask(Mode::Surely, &question) {
            (Decision::Allowed, _) => Outcome::Passes,
            (Decision::Undecided, open) => Outcome::Undecided(open),
            (Decision::ExplicitDeny | Decision::ImplicitDeny, _) => proved(Mode::Surely, question),
        }))
    }

    fn forbidden(&mut self, scene: &Scene<'_>, request: &Request) -> Outcome {
        all(questions(scene, request).into_iter().map(|question| match self.ask(Mode::Possibly, &question) {
            (Decision::Allowed, _) => proved(Mode::Possibly, question),
            (Decision::Undecided, open) => Outcome::Undecided(open),
            (Decision::ExplicitDeny | Decision::ImplicitDeny, _) => Outcome::Passes,
        }))
    }

    /// A chain: each link is there when one of its questions is allowed, and one missing link breaks it.
    fn together(&mut self, scene: &Scene<'_>, links: &[Request]) -> Outcome {
        let mut proofs = Vec::new();
        let mut undecided: Option<Open> = None;
        for link in links {
            match self.forbidden(scene, link) {
                Outcome::Passes => return Outcome::Passes,
                Outcome::Finding(further) => proofs.extend(further),
                Outcome::Undecided(open) => undecided = Some(undecided.unwrap_or_default().and(open)),
            }
        }
        undecided.map_or(Outcome::Finding(proofs), Outcome::Undecided)
    }

    /// The decision, and what an undecided one hangs on.
    fn ask(&mut self, mode: Mode, question: &Known<Question>) -> (Decision, Open) {
        let question = match question {
            Known::Value(question) => question,
            Known::Unreadable(gap) => return (Decision::Undecided, open(BTreeSet::from([gap.clone()]))),
        };
        let access = self.access;
        let said = self.said.entry((mode, question.clone())).or_insert_with(|| {
            let answer = answer(access, mode, question);
            let open = match answer.decision {
                Decision::Undecided => Open { missing: answer.missing(), hinges: answer.hinges() },
                _ => Open::default(),
            };
            Said { decision: answer.decision, open }
        });
        (said.decision, said.open.clone())
    }

    /// A proof, written out.
    pub(super) fn evidence(&self, proof: &Proof) -> Evidence {
        match proof {
            Proof::Fact { field, value } => Evidence::Fact { field: field.clone(), value: value.clone() },
            Proof::Asked(mode, question) => {
                let answer = answer(self.access, *mode, question);
                Evidence::Request {
                    actor: answer.actor(),
                    action: question.action.to_string(),
                    resource: answer.resource(),
                    decision: answer.decision.as_str().to_owned(),
                    because: answer.because(),
                    case: answer.case(),
                }
            }
        }
    }
}

fn answer(access: &Access<'_>, mode: Mode, question: &Question) -> Answer {
    match mode {
        Mode::Surely => access.ask(question),
        Mode::Possibly => access.witness(question),
    }
}

/// The finding that this question proves. One that could not be asked has no answer, and so proves nothing.
fn proved(mode: Mode, question: Known<Question>) -> Outcome {
    match question {
        Known::Value(question) => Outcome::Finding(vec![Proof::Asked(mode, question)]),
        Known::Unreadable(gap) => Outcome::Undecided(open(BTreeSet::from([gap]))),
    }
}

impl Open {
    fn and(mut self, further: Self) -> Self {
        self.missing.extend(further.missing);
        self.hinges.extend(further.hinges);
        self
    }
}

/// Gaps as what an outcome hangs on. An expression without an answer and without a gap met facts that contradict each other.
fn open(missing: BTreeSet<Gap>) -> Open {
    let hinges = if missing.is_empty() { BTreeSet::from(["facts that contradict each other".to_owned()]) } else { BTreeSet::new() };
    Open { missing, hinges }
}

/// Every finding of the parts; without one, all that they hang on; without that, a pass.
fn all(parts: impl IntoIterator<Item = Outcome>) -> Outcome {
    let mut proofs: Option<Vec<Proof>> = None;
    let mut undecided: Option<Open> = None;
    for part in parts {
        match part {
            Outcome::Passes => {}
            Outcome::Finding(further) => proofs.get_or_insert_default().extend(further),
            Outcome::Undecided(open) => undecided = Some(undecided.unwrap_or_default().and(open)),
        }
    }
    match (proofs, undecided) {
        (Some(proofs), _) => Outcome::Finding(proofs),
        (None, Some(open)) => Outcome::Undecided(open),
        (None, None) => Outcome::Passes,
    }
}

fn expectation(expect: &Expression, view: &View<'_>) -> Outcome {
    match expect.evaluate(view) {
        Truth::True => Outcome::Passes,
        Truth::Undecided(gaps) => Outcome::Undecided(open(gaps)),
        Truth::False => {
            let fact = |path: &str| Proof::Fact { field: path.to_owned(), value: shown(&view.field(path)) };
            Outcome::Finding(expect.fields().into_iter().map(fact).collect())
        }
    }
}

/// The reason that the runner has found, with one path that shows it; the message says from where else.
fn traffic(view: &View<'_>) -> Outcome {
    let Focus::Reason(reason, reach) = view.focus else { return Outcome::Passes };
    let fact = |field: String, value: String| Proof::Fact { field, value };
    let shows = |subnet: &&Arc<SubnetPath>| {
        subnet.reasons.iter().chain(&subnet.remarks).any(|other| (other.code, &other.component) == (reason.code, &reason.component))
    };
    let shown = reach.subnets.iter().find(shows);
    let path = shown.and_then(|subnet| Some(fact(format!("the path from {}", subnet.subnet), told(subnet, reason)?)));
    Outcome::Finding([fact(reason.code.as_str().to_owned(), reason.detail.clone())].into_iter().chain(path).collect())
}

/// Where the runner found nothing on the way that the rule could look at: whether that is because nobody knows the way.
fn unseen(rule: &Rule, view: &View<'_>) -> Outcome {
    let to = match (&rule.assertions.path, rule.info.about) {
        (Some(path), _) => path.to,
        (None, About::Endpoint) => Destination::SecretsManager,
        (None, _) => return Outcome::Passes,
    };
    if !matches!(view.focus, Focus::Whole) {
        return Outcome::Passes;
    }
    let Some(connections) = &view.rotation.connections else {
        return view.rotation.configuration.gap().map_or(Outcome::Passes, |gap| Outcome::Undecided(open(BTreeSet::from([gap.clone()]))));
    };
    let Some(reach) = reach(connections, to) else { return untagged(view) };
    let missing: BTreeSet<Gap> = reach.reasons.iter().chain(&reach.remarks).filter_map(|reason| reason.gap.clone()).collect();
    if reach.verdict != Verdict::Undecided {
        // Where nothing gets through, something that was not read may be what this rule looks for.
        return if reach.verdict == Verdict::Blocked && !missing.is_empty() { Outcome::Undecided(open(missing)) } else { Outcome::Passes };
    }
    let hinges = reach.reasons.iter().filter(|reason| reason.gap.is_none()).map(|reason| reason.detail.clone()).collect();
    Outcome::Undecided(Open { missing, hinges })
}

/// Which template a function was made from, its tags tell. One outside of any VPC reaches every service.
fn untagged(view: &View<'_>) -> Outcome {
    let in_vpc = view.rotation.configuration.value().copied().flatten().is_some_and(|configuration| configuration.vpc.is_some());
    let tags = view.rotation.function.value().copied().flatten().map(|function| &function.tags);
    match tags {
        Some(Known::Unreadable(gap)) if in_vpc => Outcome::Undecided(open(BTreeSet::from([gap.clone()]))),
        _ => Outcome::Passes,
    }
}

/// A fact as evidence shows it.
fn shown(fact: &Fact<Gap>) -> String {
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
