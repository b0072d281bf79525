//! Requests that rules forbid to everybody beside a rotation: who of the other principals may make them. The evaluator asks here.

use std::collections::{BTreeMap, BTreeSet};

use super::proof::{Open, open};
use super::requests::matters;
use super::rule::Request;
use super::scene::Scene;
use super::words::Asker;
use crate::access::{Caller, Certainty, Everyone, Group, Matter, Party, Question, Scope, Target};
use crate::arn::Arn;
use crate::inventory::{Gap, Known};

/// Who may, each with the request that shows it, and what is open about others.
#[derive(Debug, Clone, Default)]
pub(super) struct Able {
    pub(super) by: BTreeMap<Caller, Vec<Question>>,
    pub(super) open: Option<Open>,
}

impl Able {
    /// Those who may one thing or the other.
    pub(super) fn or(mut self, further: Self) -> Self {
        for (caller, questions) in further.by {
            self.by.entry(caller).or_insert(questions);
        }
        self.open = either(self.open, further.open);
        self
    }

    /// Those of them who are not among `others`.
    pub(super) fn but(mut self, others: impl FnOnce() -> Self) -> Self {
        if !self.by.is_empty() {
            let others = others().by;
            self.by.retain(|caller, _| !others.contains_key(caller));
        }
        self
    }

    /// Those who may one thing and the other. Who surely may not do the one is not open about the other, but nobody knows who is meant where an account was not read.
    pub(super) fn and(mut self, mut further: Self) -> Self {
        let nobody = |able: &Self| able.by.is_empty() && able.open.is_none();
        if nobody(&self) || nobody(&further) {
            return Self::default();
        }
        self.by.retain(|caller, _| further.by.contains_key(caller));
        for (caller, questions) in &mut self.by {
            questions.extend(further.by.remove(caller).unwrap_or_default());
        }
        self.open = either(self.open, further.open);
        self
    }
}

fn either(one: Option<Open>, other: Option<Open>) -> Option<Open> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.and(other)),
        (one, other) => one.or(other),
    }
}

/// What was said of everybody, for the rules and rotations of one thing.
#[derive(Default)]
pub(super) struct Said(BTreeMap<Matter, Vec<Group>>);

impl Said {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    fn who(&mut self, everyone: &Everyone<'_>, matter: &Matter) -> &[Group] {
        self.0.entry(matter.clone()).or_insert_with(|| everyone.who(matter))
    }
}

/// Who of the others may make one of the requests that `request` stands for.
pub(super) fn able(everyone: &Everyone<'_>, said: &mut Said, scene: &Scene<'_>, request: &Request) -> Able {
    let own = match &scene.view.rotation.role_arn {
        Known::Value(role) => *role,
        Known::Unreadable(_) => None,
    };
    let mut found = Able::default();
    for matter in matters(scene, request) {
        let matter = match matter {
            Known::Value(matter) => matter,
            Known::Unreadable(gap) => {
                found.open = either(found.open, Some(open(BTreeSet::from([gap]))));
                continue;
            }
        };
        if request.asker == Asker::PrincipalsLetIn && !everyone.is_let_in_by_resource(&matter) {
            continue;
        }
        let without_resource: BTreeSet<Caller> = if request.asker == Asker::PrincipalsLetIn {
            let own_permissions = matter.clone().within(Scope::OwnPermissions);
            let by_themselves = said.who(everyone, &own_permissions).iter().filter(|group| may(group)).flat_map(callers);
            by_themselves.filter(|caller| is_of(caller, matter.target.account())).collect()
        } else {
            BTreeSet::new()
        };
        let others = said.who(everyone, &matter).iter().filter(|group| !is_left_to_others(scene, &matter, group));
        for group in others {
            let is_left_out = |caller: &Caller| {
                is_left_out(everyone, own, caller)
                    || without_resource.contains(caller)
                    || !may(group) && request.asker == Asker::PrincipalsWhoGain && is_pipeline(everyone, caller)
            };
            let callers = callers(group).into_iter().filter(|caller| !is_left_out(caller));
            if may(group) {
                for caller in callers {
                    found.by.entry(caller.clone()).or_insert_with(|| vec![matter.asked_by(caller)]);
                }
            } else if callers.count() > 0 {
                let told = Open { missing: group.answer.missing(), hinges: group.answer.hinges() };
                found.open = either(found.open, Some(told));
            }
        }
    }
    if matches!(request.asker, Asker::PrincipalsWhoGain | Asker::PrincipalsWhoGainNothing) && !found.by.is_empty() {
        let Trust { sure, doubtful, open } = trust(everyone, said, scene, &found);
        let wanted = request.asker == Asker::PrincipalsWhoGainNothing;
        found.by.retain(|caller, _| !doubtful.contains(caller) && sure.contains(caller) == wanted);
        found.open = either(found.open, open);
    }
    // Any of them may be the rotation itself.
    if let Known::Unreadable(gap) = &scene.view.rotation.role_arn
        && !found.by.is_empty()
    {
        found.by.clear();
        found.open = either(found.open, Some(open(BTreeSet::from([gap.clone()]))));
    }
    found
}

/// Who of those who may something gains nothing by it that they are not meant to have.
struct Trust {
    /// Those who surely do not.
    sure: BTreeSet<Caller>,
    /// Those of whom that is not known.
    doubtful: BTreeSet<Caller>,
    /// What it hangs on.
    open: Option<Open>,
}

/// Pipelines, those whom the policy of the key names, and those who may read the secret, and what it rotates with, anyway.
fn trust(everyone: &Everyone<'_>, said: &mut Said, scene: &Scene<'_>, found: &Able) -> Trust {
    let is_meant = |(caller, questions): &(&Caller, &Vec<Question>)| {
        is_pipeline(everyone, caller) || questions.iter().all(|question| everyone.is_named_by_key(question))
    };
    let meant: BTreeSet<Caller> = found.by.iter().filter(is_meant).map(|(caller, _)| caller.clone()).collect();
    let (read, gaps) = to_read(scene);
    let mut sure: BTreeSet<Caller> = found.by.keys().filter(|caller| !meant.contains(caller)).cloned().collect();
    let mut perhaps = sure.clone();
    let all_is_known = gaps.is_empty();
    let mut open = (!all_is_known).then(|| open(gaps));
    for matter in read {
        let (mut surely, mut undecided) = (BTreeSet::new(), BTreeSet::new());
        for group in said.who(everyone, &matter) {
            let readers = callers(group).into_iter().filter(|caller| perhaps.contains(caller));
            match group.certainty {
                Certainty::Surely => surely.extend(readers),
                Certainty::Undecided => {
                    let before = undecided.len();
                    undecided.extend(readers);
                    if undecided.len() > before {
                        open = either(open, Some(Open { missing: group.answer.missing(), hinges: group.answer.hinges() }));
                    }
                }
                Certainty::Possibly => {}
            }
        }
        sure.retain(|caller| surely.contains(caller));
        perhaps.retain(|caller| surely.contains(caller) || undecided.contains(caller));
    }
    if all_is_known {
        perhaps.retain(|caller| !sure.contains(caller));
    } else {
        sure.clear();
    }
    // What nobody's trust hangs on any more is not worth a word.
    let open = open.filter(|_| !perhaps.is_empty());
    sure.extend(meant);
    Trust { sure, doubtful: perhaps, open }
}

/// What is asked of whoever reads the secret, and the secret with which it rotates; and what is not known of that.
fn to_read(scene: &Scene<'_>) -> (Vec<Matter>, BTreeSet<Gap>) {
    let rotation = scene.view.rotation;
    let (mut read, mut gaps) = (Vec::new(), BTreeSet::new());
    let mut add = |secret: &Arn, key: Known<Target>| match key {
        Known::Value(key) => read.extend(Matter::to_read(secret, key)),
        Known::Unreadable(gap) => drop(gaps.insert(gap)),
    };
    add(&rotation.secret.arn, rotation.key_target());
    match rotation.master.as_ref().map(|master| (&master.secret, master)) {
        Some((Known::Value(secret), master)) => add(&secret.arn, master.key_target()),
        Some((Known::Unreadable(gap), _)) => drop(gaps.insert(gap.clone())),
        None => {}
    }
    (read, gaps)
}

fn may(group: &Group) -> bool {
    group.certainty != Certainty::Undecided
}

/// Each member of a group, as the one who asks.
fn callers(group: &Group) -> Vec<Caller> {
    match group.party.principals() {
        [] => vec![group.answer.question().caller.clone()],
        several => several.iter().map(|arn| Caller::Principal { arn: arn.clone() }).collect(),
    }
}

/// Services, people of whom nobody heard and, where it was told which accounts are trusted, accounts that a policy lets in to a secret, key or function are what other rules
/// ask about. Where nobody could read whom a policy lets in, it may be anybody.
fn is_left_to_others(scene: &Scene<'_>, matter: &Matter, group: &Group) -> bool {
    let outside = |account: &str| {
        let trusted = scene.view.inventory.trusted_accounts.as_ref();
        trusted.is_some_and(|trusted| trusted.contains(account) || !matches!(matter.target, Target::Role(_)))
    };
    match &group.party {
        Party::Service(_) => true,
        Party::Anybody(_) => may(group),
        Party::Account(account) => outside(account.as_str()),
        Party::Elsewhere(arn) => outside(arn.account()),
        Party::Principals(_) | Party::Unread(_) => false,
    }
}

/// Whether the caller needs nobody else's permission for what this account owns.
fn is_of(caller: &Caller, account: &str) -> bool {
    matches!(caller, Caller::Principal { arn } if arn.account() == account)
}

/// The rotation itself, and those who may do everything anyway.
fn is_left_out(everyone: &Everyone<'_>, own: Option<&Arn>, caller: &Caller) -> bool {
    matches!(caller, Caller::Principal { arn } if Some(arn) == own || everyone.is_administrator(arn))
}

fn is_pipeline(everyone: &Everyone<'_>, caller: &Caller) -> bool {
    matches!(caller, Caller::Principal { arn } if everyone.is_pipeline(arn))
}
