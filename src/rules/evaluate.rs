//! Evaluates one rule for one rotation: are the required requests allowed, the forbidden ones denied, the facts as expected? The runner asks, and
//! merges what comes out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::expression::{Expression, Facts as _, Outcome as Truth};
use super::fields::View;
use super::foreign::{Foreigner, Surroundings, foreigners, untrusted};
use super::imagined::another_secret;
use super::others::{Alike, Others, Whose, about};
use super::outcome::{Outcome, all, proved};
use super::policies::{names, names_of, reached_accounts};
use super::principals::{Able, Said as SaidOfEveryone, able};
use super::proof::{Mode, Open, Proof, open, shown};
use super::requests::{questions, questions_about};
use super::rule::{Assertions, Request, Rule};
use super::scene::Scene;
use super::traffic::{stopped, unseen};
use super::words::Object;
use crate::access::{Access, Caller, Everyone, Question, Target};
use crate::arn::Arn;
use crate::inventory::{Gap, Known};
use crate::policy::Decision;

/// The answer to one question.
#[derive(Debug, Clone)]
struct Said {
    decision: Decision,
    open: Open,
}

/// Evaluates rules over one inventory, and remembers what was asked.
pub(super) struct Evaluator<'a> {
    access: &'a Access<'a>,
    others: &'a Others<'a>,
    everyone: Option<&'a Everyone<'a>>,
    remembers: bool,
    /// By how it was asked: surely, possibly.
    said: [BTreeMap<Question, Said>; 2],
    /// What was said of other secrets: by which of them, and the questions of the same kind about none.
    said_of_others: Vec<(OfOthers, Outcome)>,
    /// What was said of other principals.
    said_of_everyone: SaidOfEveryone,
    /// The outsiders who were tried last, and what they were chosen by.
    outsiders: Option<(Surroundings, Arc<[Foreigner]>)>,
}

/// Which other secrets, and the questions about them.
type OfOthers = (Object, Vec<Known<Question>>);

/// Of the proofs about other secrets, this many are kept; the rest is counted.
const MOST_OF_OTHERS: usize = 9;

impl<'a> Evaluator<'a> {
    /// One that has asked nothing yet. `everyone` is needed by rules about other principals.
    pub(super) fn new(access: &'a Access<'a>, others: &'a Others<'a>, everyone: Option<&'a Everyone<'a>>) -> Self {
        let said_of_everyone = SaidOfEveryone::default();
        Self {
            access,
            others,
            everyone,
            remembers: true,
            said: <_>::default(),
            said_of_others: Vec::new(),
            said_of_everyone,
            outsiders: None,
        }
    }

    /// Whom it asks.
    pub(super) fn access(&self) -> &'a Access<'a> {
        self.access
    }

    /// Forgets what was asked: the questions of the next subject are others. One that is seen in a single rotation is asked about once, and then nothing is worth remembering.
    pub(super) fn forget(&mut self, rotations: usize) {
        self.remembers = rotations > 1;
        self.said.iter_mut().for_each(BTreeMap::clear);
        self.said_of_others.clear();
        self.said_of_everyone.clear();
    }

    /// What `rule` says of this rotation.
    pub(super) fn evaluate(&mut self, rule: &Rule, view: &View<'_>) -> Outcome {
        let applies = rule.when.as_ref().map_or(Truth::True, |when| when.evaluate(view));
        if applies == Truth::False {
            return Outcome::Passes;
        }
        let told_elsewhere = self.any_allowed(&rule.assertions.unless, view);
        if matches!(told_elsewhere, Outcome::Finding(_)) {
            return Outcome::Passes;
        }
        let outcome = all([
            self.requests(rule, view),
            rule.assertions.expect.as_ref().map_or(Outcome::Passes, |e| expectation(e, view)),
            stopped(view),
            unseen(rule, view),
        ]);
        let outcome = match (told_elsewhere, outcome) {
            (Outcome::Undecided(open), Outcome::Finding(_)) => Outcome::Undecided(open),
            (Outcome::Undecided(open), Outcome::Undecided(further)) => Outcome::Undecided(open.and(further)),
            (_, outcome) => outcome,
        };
        match (applies, outcome) {
            (_, Outcome::Passes) => Outcome::Passes,
            (Truth::Undecided(gaps), Outcome::Finding(_)) => Outcome::Undecided(open(gaps)),
            (Truth::Undecided(gaps), Outcome::Undecided(further)) => Outcome::Undecided(open(gaps).and(further)),
            (_, outcome) => outcome,
        }
    }

    /// The request part.
    fn requests(&mut self, rule: &Rule, view: &View<'_>) -> Outcome {
        let requests: Vec<&Request> = rule.assertions.requests().collect();
        self.for_each_foreigner(&requests, view, |evaluator, foreigner| evaluator.requests_in(rule, view, foreigner))
    }

    /// Whether some of these requests are allowed.
    fn any_allowed(&mut self, requests: &[Request], view: &View<'_>) -> Outcome {
        self.for_each_foreigner(&requests.iter().collect::<Vec<_>>(), view, |evaluator, foreigner| {
            all(requests.iter().map(|request| evaluator.forbidden(view, foreigner, request)).collect::<Vec<_>>())
        })
    }

    /// What is said of these requests. Where outsiders have a part in them, the first one who shows a finding is the witness.
    fn for_each_foreigner(
        &mut self,
        requests: &[&Request],
        view: &View<'_>,
        mut say: impl FnMut(&mut Self, Option<&Foreigner>) -> Outcome,
    ) -> Outcome {
        if !requests.iter().any(|request| request.is_foreign()) {
            return say(self, None);
        }
        let named = requests.iter().any(|request| request.is_untrusted());
        let mut undecided: Option<Open> = None;
        let outsiders = if named { untrusted(view).into() } else { self.outsiders(view) };
        for foreigner in outsiders.iter() {
            match say(self, Some(foreigner)) {
                Outcome::Passes => {}
                Outcome::Undecided(open) => undecided = Some(undecided.unwrap_or_default().and(open)),
                finding @ Outcome::Finding(_) => return finding,
            }
        }
        undecided.map_or(Outcome::Passes, Outcome::Undecided)
    }

    /// The outsiders worth trying: the same as before where nothing that they are chosen by is another.
    fn outsiders(&mut self, view: &View<'_>) -> Arc<[Foreigner]> {
        let Some(surroundings) = Surroundings::of(view) else { return foreigners(view).into() };
        match &self.outsiders {
            Some((known, outsiders)) if *known == surroundings => Arc::clone(outsiders),
            _ => {
                let outsiders: Arc<[Foreigner]> = foreigners(view).into();
                self.outsiders = Some((surroundings, Arc::clone(&outsiders)));
                outsiders
            }
        }
    }

    fn requests_in(&mut self, rule: &Rule, view: &View<'_>, foreigner: Option<&Foreigner>) -> Outcome {
        let assertions = &rule.assertions;
        let required = assertions.require.iter().map(|request| self.required(view, foreigner, request)).collect::<Vec<_>>();
        let (of_others, forbid): (Vec<_>, Vec<_>) = assertions.forbid.iter().partition(|request| request.asker.is_others());
        let forbidden = forbid.into_iter().map(|request| self.forbidden(view, foreigner, request)).collect::<Vec<_>>();
        let by_others = of_others.into_iter().map(|request| self.able(view, request)).reduce(Able::or);
        let by_others = by_others.map(|able| able.but(|| self.told_of_elsewhere(view, &assertions.unless)));
        let chain = if assertions.together.is_empty() { Outcome::Passes } else { self.together(view, foreigner, assertions) };
        all(required.into_iter().chain(forbidden).chain(by_others.map(by)).chain([chain]))
    }

    /// The other principals of whom another rule tells: those who may make one of these requests.
    fn told_of_elsewhere(&mut self, view: &View<'_>, unless: &[Request]) -> Able {
        let of_others = unless.iter().filter(|request| request.asker.is_others());
        of_others.map(|request| self.able(view, request)).reduce(Able::or).unwrap_or_default()
    }

    /// Who of the other principals may do what `request` forbids.
    fn able(&mut self, view: &View<'_>, request: &Request) -> Able {
        let scene = Scene { view: *view, foreigner: None, others: self.others };
        self.everyone.map_or_else(Able::default, |everyone| able(everyone, &mut self.said_of_everyone, &scene, request))
    }

    fn required(&mut self, view: &View<'_>, foreigner: Option<&Foreigner>, request: &Request) -> Outcome {
        let asked = questions(&Scene { view: *view, foreigner, others: self.others }, request);
        all(asked.into_iter().map(|question| match self.ask(Mode::Surely, &question) {
            (Decision::Allowed, _) => Outcome::Passes,
            (Decision::Undecided, open) => Outcome::Undecided(open),
            (Decision::ExplicitDeny | Decision::ImplicitDeny, _) => proved(Mode::Surely, question),
        }))
    }

    fn forbidden(&mut self, view: &View<'_>, foreigner: Option<&Foreigner>, request: &Request) -> Outcome {
        if request.object.is_other_secrets() {
            return self.of_others(view, foreigner, request);
        }
        if request.is_by_strangers_for_the_secret() && self.access.lets_nobody_in(&Target::Secret(view.rotation.secret.arn.clone())) {
            return Outcome::Passes;
        }
        let asked = questions(&Scene { view: *view, foreigner, others: self.others }, request);
        all(asked.into_iter().map(|question| match self.ask(Mode::Possibly, &question) {
            (Decision::Allowed, _) => proved(Mode::Possibly, question),
            (Decision::Undecided, open) => Outcome::Undecided(open),
            (Decision::ExplicitDeny | Decision::ImplicitDeny, _) => Outcome::Passes,
        }))
    }

    /// The same about the secrets that the function does not rotate. Other rotations of this role by this function ask the same.
    fn of_others(&mut self, view: &View<'_>, foreigner: Option<&Foreigner>, request: &Request) -> Outcome {
        let rotation = view.rotation;
        let Some(function) = rotation.function_arn else { return Outcome::Passes };
        // Which secrets a role names that was not read, nobody knows.
        if let (Object::OtherSecretsNamed, Some(gap)) = (request.object, rotation.role.gap()) {
            return Outcome::Undecided(open(BTreeSet::from([gap.clone()])));
        }
        let nothing = Target::Nothing { account: "".into(), region: "".into() };
        let asked = questions_about(&Scene { view: *view, foreigner, others: self.others }, request, &[Known::Value(nothing)]);
        let key = (request.object, asked);
        if let Some((_, said)) = self.said_of_others.iter().find(|(known, _)| *known == key) {
            return said.clone();
        }
        let questions: Vec<&Question> = key.1.iter().filter_map(Known::value).collect();
        let gaps: BTreeSet<Gap> = key.1.iter().filter_map(|question| question.gap().cloned()).collect();
        let outcome = match (rotation.role_arn.value().copied().flatten(), questions.first()) {
            (Some(role), Some(one)) => {
                let named = names_of(view);
                let wanted = |secret: &Arn| match request.object {
                    Object::OtherSecretsNamed => names(&named, secret),
                    Object::OtherSecretsNotNamed => !names(&named, secret),
                    _ => true,
                };
                let with_masters = request.object == Object::EveryOtherSecret;
                let whose = Whose { function, with_masters, role, reaches: reached_accounts(view, &request.actions) };
                let ask = |read: bool| {
                    let alike = match request.object {
                        Object::OtherMasters => self.others.masters_of_others(function, read),
                        _ => self.others.alike(&whose, read, self.access, |secret| about(one, &secret.arn)),
                    };
                    // Those that a policy names are each for themselves, so one of a group speaks for all.
                    let asked = alike.into_iter().filter(|alike| wanted(&alike.first.arn)).collect::<Vec<_>>();
                    ask_alike(self.access, &questions, &asked)
                };
                // A policy that could not be read may deny, so nothing is surely allowed beside it: where there is a finding, it adds nothing.
                match ask(true) {
                    found @ Outcome::Finding(_) => found,
                    other => all([other, ask(false)]),
                }
            }
            _ => Outcome::Passes,
        };
        let outcome = match outcome {
            found @ Outcome::Finding(_) => found,
            other => self.of_one_more(view, request.object, &questions).unwrap_or(other),
        };
        let outcome = if gaps.is_empty() { outcome } else { all([outcome, Outcome::Undecided(open(gaps))]) };
        self.said_of_others.push((key, outcome.clone()));
        outcome
    }

    /// The same about one more secret of the account, where the role is one that a template or plan makes: which other secrets there are, that does not tell. What hangs on the tags of
    /// such a secret is no finding.
    fn of_one_more(&mut self, view: &View<'_>, object: Object, questions: &[&Question]) -> Option<Outcome> {
        let role = view.rotation.role_arn.value().copied().flatten()?;
        let is_asked =
            matches!(object, Object::EveryOtherSecret | Object::OtherSecretsNotNamed) && view.inventory.planned_roles.contains(role);
        let arn = another_secret(&view.rotation.secret.arn).ok().filter(|_| is_asked)?;
        let about = |question: &&Question| {
            let target = Target::ImaginedSecret { arn: arn.clone(), rotation_function: None };
            Known::Value(Question { target, ..(*question).clone() })
        };
        let allowed = questions.iter().map(about).find(|question| self.ask(Mode::Surely, question).0 == Decision::Allowed);
        allowed.map(|question| proved(Mode::Possibly, question))
    }

    /// A chain: each link is there when one of its questions is allowed, and one missing link breaks it.
    fn together(&mut self, view: &View<'_>, foreigner: Option<&Foreigner>, assertions: &Assertions) -> Outcome {
        let (of_others, links): (Vec<&Request>, Vec<&Request>) = assertions.together.iter().partition(|link| link.asker.is_others());
        let mut proofs = Vec::new();
        let mut undecided: Option<Open> = None;
        // The links of other principals make a chain only for somebody who may do all of them.
        let chained = of_others.into_iter().map(|link| self.able(view, link)).reduce(Able::and);
        match chained.map(|able| able.but(|| self.told_of_elsewhere(view, &assertions.unless))).map(by) {
            None => {}
            Some(Outcome::Passes) => return Outcome::Passes,
            Some(Outcome::Finding(further)) => proofs.extend(further),
            Some(Outcome::Undecided(open)) => undecided = Some(open),
        }
        for link in links {
            match self.forbidden(view, foreigner, link) {
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
        let known = &mut self.said[usize::from(mode == Mode::Possibly)];
        if let Some(said) = known.get(question) {
            return (said.decision, said.open.clone());
        }
        let said = match mode {
            Mode::Surely => self.access.ask_in_short(question),
            Mode::Possibly => self.access.witness_in_short(question),
        };
        let (decision, open) = match said {
            Ok(decision) => (decision, Open::default()),
            Err(answer) if answer.decision == Decision::Undecided => {
                (Decision::Undecided, Open { missing: answer.missing(), hinges: answer.hinges() })
            }
            Err(answer) => (answer.decision, Open::default()),
        };
        if self.remembers {
            known.insert(question.clone(), Said { decision, open: open.clone() });
        }
        (decision, open)
    }
}

/// Those who may, as what it proves.
fn by(able: Able) -> Outcome {
    match (able.by.is_empty(), able.open) {
        (false, _) => Outcome::Finding(able.by.into_values().map(Proof::By).collect()),
        (true, Some(open)) => Outcome::Undecided(open),
        (true, None) => Outcome::Passes,
    }
}

/// Asks each question about one secret of each group. Proofs come in the order of the questions' callers and of the secrets; beyond a few they are counted.
fn ask_alike(access: &Access<'_>, questions: &[&Question], alike: &[Alike<'_>]) -> Outcome {
    let mut shown: Vec<(&Caller, &Arn, usize)> = Vec::new();
    let mut found = 0;
    let mut undecided: Vec<(&Alike<'_>, Open)> = Vec::new();
    for group in alike {
        for (at, question) in questions.iter().enumerate() {
            let question = about(question, &group.first.arn);
            let Some(answer) = access.witness_unless_denied(&question) else { continue };
            match answer.decision {
                Decision::Allowed => {
                    found += group.count;
                    shown.extend(group.first_few(MOST_OF_OTHERS).into_iter().map(|arn| (&questions[at].caller, arn, at)));
                }
                Decision::Undecided => {
                    undecided.push((group, Open { missing: answer.missing(), hinges: answer.hinges() }));
                }
                Decision::ExplicitDeny | Decision::ImplicitDeny => {}
            }
        }
    }
    if found == 0 {
        // What was not read of one was not read of the others of its group, each by a call of its own.
        let all = undecided.into_iter().map(|(group, open)| {
            let of_all = if open.missing.is_empty() { BTreeSet::new() } else { group.gaps().cloned().collect() };
            open.and(Open { missing: of_all, hinges: BTreeSet::new() })
        });
        return all.reduce(Open::and).map_or(Outcome::Passes, Outcome::Undecided);
    }
    shown.sort();
    shown.truncate(MOST_OF_OTHERS);
    let rest = found.saturating_sub(shown.len());
    let proof = |(_, arn, at): &(&Caller, &Arn, usize)| Proof::Asked(Mode::Possibly, about(questions[*at], arn));
    let last = shown.last().filter(|_| rest > 0);
    let further = last.map(|(_, arn, at)| Proof::Further(about(questions[*at], arn), rest));
    Outcome::Finding(shown.iter().map(proof).chain(further).collect())
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
