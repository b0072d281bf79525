//! Runs rules over an inventory: every rule for every rotation, and one finding for each thing to fix, whatever number of rotations show it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::evaluate::Evaluator;
use super::fields::{Focus, FunctionsOfRoles, View};
use super::likeness::Likeness;
use super::others::Others;
use super::outcome::Outcome;
use super::proof::{Open, Proof, further};
use super::rule::Rule;
use super::targets::endpoint;
use super::traffic;
use crate::access::{Access, Caller, Everyone, Way};
use crate::arn::Arn;
use crate::finding::{About, Evidence, Finding, Fingerprint, Undecided, worst_first};
use crate::inventory::{Gap, Inventory, Known};
use crate::network::Reason;
use crate::rotation::{KeyInUse, Rotation, resting, side_by_side};

/// Of longer proofs the rest is only counted.
const MOST_EVIDENCE: usize = 8;

/// The thing that a finding is about.
enum Subject {
    /// This resource.
    Is(Arn),
    /// There is none: a function without a role, a key that AWS manages.
    Nothing,
    /// It could not be read; the resource that leads to it stands in.
    Unreadable(Arn, Gap),
}

/// What the rotations of one subject show.
#[derive(Default)]
struct Shown<'a> {
    /// In the order in which they came up.
    proofs: Vec<Proof>,
    proved: BTreeSet<Proof>,
    /// Of other principals, each is told of once.
    by: BTreeSet<Caller>,
    /// The first rotation that shows it, of which the message tells.
    first: Option<View<'a>>,
    finding: BTreeSet<Arn>,
    undecided: BTreeSet<Arn>,
    open: Open,
}

/// The things that these rules look at where they look at the rotation of `secret`, or at one whose master secret it is.
pub(super) fn subjects<'r>(
    rules: impl IntoIterator<Item = &'r Rule>,
    inventory: &Inventory,
    rotations: &[Rotation<'_>],
    secret: &Arn,
) -> BTreeSet<Arn> {
    let resting = resting(inventory);
    let is_master = |rotation: &Rotation<'_>| {
        rotation.master.as_ref().is_some_and(|master| matches!(master.secret, Known::Value(master) if master.arn == *secret))
    };
    let wanted = rotations.iter().chain(&resting).filter(|rotation| rotation.secret.arn == *secret || is_master(rotation));
    let wanted: Vec<&Rotation<'_>> = wanted.collect();
    let mut subjects = BTreeSet::new();
    for rule in rules {
        let seen = wanted.iter().flat_map(|rotation| subjects_of(rule, rotation, inventory));
        subjects.extend(seen.filter_map(|(subject, _)| match subject {
            Subject::Is(arn) | Subject::Unreadable(arn, _) => Some(arn),
            Subject::Nothing => None,
        }));
    }
    subjects
}

/// What these rules say of these rotations: findings by severity, rule and resource, and what could not be decided. With `about`, what they say of these things alone, beside
/// what they say of the secrets that a function does not rotate, which hangs on every secret.
pub(super) fn run<'r>(
    rules: impl IntoIterator<Item = &'r Rule>,
    inventory: &Inventory,
    rotations: &[Rotation<'_>],
    access: &Access<'_>,
    about: Option<&BTreeSet<Arn>>,
) -> (Vec<Finding>, Vec<Undecided>) {
    let rules: Vec<&Rule> = rules.into_iter().collect();
    let resting = resting(inventory);
    let others = Others::new(inventory);
    let functions = FunctionsOfRoles::new(inventory);
    let everyone = rules.iter().any(|rule| rule.asks_others()).then(|| Everyone::new(access));
    let all: Vec<&Rotation<'_>> = rotations.iter().chain(&resting).collect();
    let kinds: BTreeSet<About> = rules.iter().filter(|rule| !looks_at_parts(rule)).map(|rule| rule.info.about).collect();
    let kinds: Vec<About> = kinds.into_iter().collect();
    let wholes = side_by_side(&kinds, rotations.len(), |about| groups(&all, |rotation| vec![(subject(*about, rotation), Focus::Whole)]));
    let wholes: BTreeMap<About, Vec<Group<'_>>> = kinds.into_iter().zip(wholes).collect();
    let parts = side_by_side(&rules, rotations.len(), |rule| {
        if looks_at_parts(rule) { groups(&all, |rotation| subjects_of(rule, rotation, inventory)) } else { Vec::new() }
    });
    let of = |(rule, parts)| if looks_at_parts(rule) { parts } else { wholes.get(&rule.info.about).unwrap_or(parts) };
    let wanted = |rule: &Rule, group: &Group<'_>| about.is_none_or(|about| rule.asks_about_others() || about.contains(&group.resource));
    let groups = rules.iter().zip(&parts).map(|(rule, parts)| {
        let groups = of((rule, parts)).iter().filter(|group| wanted(rule, group)).collect::<Vec<_>>();
        (*rule, groups)
    });
    let groups: Vec<(&Rule, Vec<&Group<'_>>)> = groups.collect();
    let pieces = groups.iter().flat_map(|(rule, groups)| groups.chunks(CHUNK).map(|groups| (*rule, groups)));
    let pieces: Vec<(&Rule, &[&Group<'_>])> = pieces.collect();
    let said = side_by_side(&pieces, rotations.len(), |(rule, groups)| {
        run_one(rule, inventory, &functions, groups, Evaluator::new(access, &others, everyone.as_ref()))
    });
    let mut findings = Vec::new();
    let mut undecided = Vec::new();
    for (found, open) in said {
        findings.extend(found);
        undecided.extend(open);
    }
    worst_first(&mut findings);
    undecided.sort();
    (findings, undecided)
}

/// Subjects that are worked on one after the other. Rules are not alike: one takes half of the time of all, so they are cut in pieces.
const CHUNK: usize = 256;

/// The thing that a finding may be about, and where it is seen.
struct Group<'a> {
    resource: Arn,
    seen: Vec<Seen<'a>>,
}

/// A rotation in which a subject is seen, and the gap where nobody knows whether it is that one.
struct Seen<'a> {
    rotation: &'a Rotation<'a>,
    focus: Focus<'a>,
    gap: Option<Arc<Gap>>,
}

/// The subjects of these rotations, each once, by ARN.
fn groups<'a>(rotations: &[&'a Rotation<'a>], subjects_of: impl Fn(&'a Rotation<'a>) -> Vec<(Subject, Focus<'a>)>) -> Vec<Group<'a>> {
    let mut groups: BTreeMap<Arn, Vec<Seen<'_>>> = BTreeMap::new();
    for &rotation in rotations {
        for (subject, focus) in subjects_of(rotation) {
            match subject {
                Subject::Is(arn) => groups.entry(arn).or_default().push(Seen { rotation, focus, gap: None }),
                Subject::Unreadable(arn, gap) => groups.entry(arn).or_default().push(Seen { rotation, focus, gap: Some(Arc::new(gap)) }),
                Subject::Nothing => {}
            }
        }
    }
    groups.into_iter().map(|(resource, seen)| Group { resource, seen }).collect()
}

/// What one rule says of these subjects.
fn run_one(
    rule: &Rule,
    inventory: &Inventory,
    functions: &FunctionsOfRoles<'_>,
    groups: &[&Group<'_>],
    mut evaluator: Evaluator<'_>,
) -> (Vec<Finding>, Vec<Undecided>) {
    let likeness = Likeness::of(rule);
    let mut findings = Vec::new();
    let mut undecided = Vec::new();
    for Group { resource, seen } in groups {
        evaluator.forget(seen.len());
        let mut shown = Shown::default();
        let mut before: Option<(View<'_>, Sign)> = None;
        for Seen { rotation, focus, gap } in seen.iter().filter(|seen| seen.rotation.is_lambda() || rule.chooses_the_kind()) {
            let view = View { rotation, inventory, functions, focus: *focus };
            let sign = match before {
                Some((known, sign)) if likeness.is_between(&known, &view) => sign,
                _ => {
                    let outcome = evaluator.evaluate(rule, &view);
                    let sign = Sign::of(&outcome);
                    shown.learn(outcome, &view, gap.is_some());
                    sign
                }
            };
            shown.count(sign, &view, gap.as_deref());
            before = Some((view, sign));
        }
        if let Some(message) = shown.message(rule) {
            findings.push(finding(rule, resource.clone(), message, shown, evaluator.access()));
        } else if !shown.undecided.is_empty() {
            let Shown { undecided: rotations, open: Open { missing, hinges }, .. } = shown;
            undecided.push(Undecided {
                rule: rule.info.id.clone(),
                about: rule.info.about,
                resource: resource.clone(),
                rotations,
                missing,
                hinges,
            });
        }
    }
    (findings, undecided)
}

/// Whether a rule is about parts of the ways that a rotation's calls go. Any other looks at the rotation as a whole, and so sees the same subjects as each that is about the
/// same kind of thing.
fn looks_at_parts(rule: &Rule) -> bool {
    rule.info.about == About::Endpoint || rule.assertions.path.is_some()
}

/// What a rule is about in one rotation: one thing, or each of several.
fn subjects_of<'a>(rule: &Rule, rotation: &'a Rotation<'_>, inventory: &Inventory) -> Vec<(Subject, Focus<'a>)> {
    let Some(connections) = &rotation.connections else { return vec![(subject(rule.info.about, rotation), Focus::Whole)] };
    if rule.info.about == About::Endpoint {
        let endpoint = |way: &'a Way| endpoint(way, rotation, inventory).map(|arn| (Subject::Is(arn), Focus::Way(way)));
        let found: Vec<_> = connections.ways.iter().filter_map(endpoint).collect();
        return if found.is_empty() { vec![(subject(About::Function, rotation), Focus::Whole)] } else { found };
    }
    let Some(path) = &rule.assertions.path else { return vec![(subject(rule.info.about, rotation), Focus::Whole)] };
    let Some(reach) = traffic::reach(connections, path.to) else { return vec![(subject(About::Function, rotation), Focus::Whole)] };
    let about = |reason: &'a Reason| {
        let subject = match rule.info.about {
            About::Network => traffic::arn(&reason.component, rotation).map_or(Subject::Nothing, Subject::Is),
            about => subject(about, rotation),
        };
        (subject, Focus::Reason(reason, reach))
    };
    let found: Vec<_> = traffic::reasons(path, reach).into_iter().map(about).collect();
    if found.is_empty() { vec![(subject(About::Function, rotation), Focus::Whole)] } else { found }
}

fn subject(about: About, rotation: &Rotation<'_>) -> Subject {
    let secret = &rotation.secret.arn;
    let function = rotation.function_arn.map(|arn| arn.split_qualifier().0);
    match about {
        About::Rotation | About::Secret => Subject::Is(secret.clone()),
        About::Master => match &rotation.master {
            None => Subject::Nothing,
            Some(master) => match &master.secret {
                Known::Value(master) => Subject::Is(master.arn.clone()),
                Known::Unreadable(gap) => Subject::Unreadable(secret.clone(), gap.clone()),
            },
        },
        About::Configuration => Subject::Nothing,
        About::Function | About::Network | About::Endpoint => function.map_or(Subject::Nothing, Subject::Is),
        About::Role => match &rotation.role_arn {
            Known::Value(role) => role.map_or(Subject::Nothing, |role| Subject::Is(role.clone())),
            Known::Unreadable(gap) => Subject::Unreadable(function.unwrap_or_else(|| secret.clone()), gap.clone()),
        },
        About::Key => match &rotation.key {
            // Of a key that could not be looked at, nobody knows whether it is one that AWS manages.
            Known::Value(KeyInUse::Customer(key)) => match &key.metadata {
                Known::Unreadable(gap) => Subject::Unreadable(key.arn.clone(), gap.clone()),
                Known::Value(_) => Subject::Is(key.arn.clone()),
            },
            Known::Value(KeyInUse::AwsManaged) => Subject::Nothing,
            Known::Unreadable(gap) => {
                let named = rotation.secret.key.value().and_then(Option::as_ref).unwrap_or(secret);
                Subject::Unreadable(named.clone(), gap.clone())
            }
        },
    }
}

impl<'a> Shown<'a> {
    /// What is wrong, if something is.
    fn message(&self, rule: &Rule) -> Option<String> {
        let view = self.first?;
        let names: Vec<String> = self.by.iter().map(Caller::in_words).collect();
        let focus = if names.is_empty() { view.focus } else { Focus::Principals(&names) };
        Some(rule.message.render(&View { focus, ..view }))
    }

    /// Keeps what an outcome rests on. Of a subject that could not be read, nothing is certain.
    fn learn(&mut self, outcome: Outcome, view: &View<'a>, unreadable: bool) {
        match outcome {
            Outcome::Finding(proofs) if !unreadable => {
                self.first.get_or_insert(*view);
                for proof in proofs {
                    if proof.by().map_or_else(|| self.proved.insert(proof.clone()), |caller| self.by.insert(caller.clone())) {
                        self.proofs.push(proof);
                    }
                }
            }
            Outcome::Undecided(open) => {
                self.open.missing.extend(open.missing);
                self.open.hinges.extend(open.hinges);
            }
            Outcome::Passes | Outcome::Finding(_) => {}
        }
    }

    /// Adds a rotation with such an outcome.
    fn count(&mut self, sign: Sign, view: &View<'a>, unreadable: Option<&Gap>) {
        let secret = view.rotation.secret.arn.clone();
        match (sign, unreadable) {
            (Sign::Passes, _) => {}
            (Sign::Finding, None) => drop(self.finding.insert(secret)),
            (Sign::Finding | Sign::Undecided, gap) => {
                self.open.missing.extend(gap.cloned());
                self.undecided.insert(secret);
            }
        }
    }
}

/// An outcome without what it rests on.
#[derive(Debug, Clone, Copy)]
enum Sign {
    Passes,
    Finding,
    Undecided,
}

impl Sign {
    fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Passes => Self::Passes,
            Outcome::Finding(_) => Self::Finding,
            Outcome::Undecided(_) => Self::Undecided,
        }
    }
}

fn finding(rule: &Rule, resource: Arn, message: String, shown: Shown<'_>, access: &Access<'_>) -> Finding {
    let info = &rule.info;
    let counted = |proof: &Proof| if let Proof::Further(_, more) = proof { Some(*more) } else { None };
    let told: Vec<&Proof> = shown.proofs.iter().filter(|proof| counted(proof).is_none()).collect();
    let mut evidence: Vec<Evidence> = told.iter().take(MOST_EVIDENCE).flat_map(|proof| proof.evidence(access)).collect();
    let more = told.len().saturating_sub(MOST_EVIDENCE) + shown.proofs.iter().filter_map(counted).sum::<usize>();
    if more > 0 {
        evidence.push(further(more));
    }
    evidence.shrink_to_fit();
    Finding {
        fingerprint: Fingerprint::of(&info.id, &resource),
        rule: info.id.clone(),
        severity: info.severity,
        class: info.class,
        confidence: info.confidence,
        about: info.about,
        account: resource.account().to_owned(),
        region: resource.region().to_owned(),
        resource,
        rotations: shown.finding,
        message,
        evidence,
        remedy: info.remedy.clone(),
        fix: info.fix.clone(),
        origin: None,
        only_if: Vec::new(),
    }
}
