//! The words that the text renderers share: names and sentences made of parts of a report, neutralised and cut to a length
//! that a screen bears.

use std::collections::BTreeSet;

use super::neutralise::terminal_safe;
use crate::arn::Arn;
use crate::finding::Evidence;
use crate::policy::Decision;
use crate::rotation::RotationKind;

/// How much of a name is printed: AWS's longest is a secret's, 512 characters.
pub(super) const NAME: usize = 200;
/// How much of a sentence is printed.
pub(super) const SENTENCE: usize = 1_200;
/// How many names of a list are printed.
const FIRST: usize = 3;

/// A name.
pub(super) fn name(arn: &Arn) -> String {
    terminal_safe(arn.name(), NAME)
}

/// Something as long as an ARN.
pub(super) fn arn(text: &str) -> String {
    terminal_safe(text, 2 * NAME)
}

/// A sentence.
pub(super) fn sentence(text: &str) -> String {
    terminal_safe(text, SENTENCE)
}

/// Where a resource is: account and region, or the account alone for global ones.
pub(super) fn place(arn: &Arn) -> String {
    terminal_safe(format!("{} {}", arn.account(), arn.region()).trim(), NAME)
}

/// The first few of a list, and how many more there are.
pub(super) fn first_few(all: impl ExactSizeIterator<Item = String>) -> String {
    let rest = all.len().saturating_sub(FIRST);
    let shown: Vec<_> = all.take(FIRST).collect();
    match rest {
        0 => shown.join(", "),
        _ => format!("{} and {rest} more", shown.join(", ")),
    }
}

/// The names of secrets; with their places when `places` is set.
pub(super) fn secrets(arns: &BTreeSet<Arn>, places: bool) -> String {
    first_few(arns.iter().map(|arn| if places { format!("{} ({})", name(arn), place(arn)) } else { name(arn) }))
}

/// What runs a rotation.
pub(super) fn runner(kind: &RotationKind, function: Option<&Arn>) -> String {
    let function = function.map_or_else(|| "no function".to_owned(), name);
    match kind {
        RotationKind::Lambda => function,
        RotationKind::Managed(service) => format!("managed by {}", terminal_safe(service, NAME)),
        RotationKind::External(kind) => format!("managed external secret ({})", terminal_safe(kind, NAME)),
        RotationKind::Replica(region) => format!("replica of the secret in {}", terminal_safe(region, NAME)),
        RotationKind::Deleted => format!("{function} (the secret is to be deleted)"),
        RotationKind::Cancelled => format!("{function} (off)"),
        RotationKind::Off => "no rotation".to_owned(),
    }
}

/// A decision as people say it.
pub(super) const fn decided(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::ExplicitDeny => "denied explicitly",
        Decision::ImplicitDeny => "not allowed",
        Decision::Undecided => "undecided",
    }
}

/// The same for a decision that comes as the word of the JSON report.
fn decided_word(word: &str) -> String {
    match word {
        "explicit_deny" => decided(Decision::ExplicitDeny).to_owned(),
        "implicit_deny" => decided(Decision::ImplicitDeny).to_owned(),
        other => terminal_safe(other, NAME),
    }
}

/// A decision and its reason; the reason alone where it begins with the decision.
pub(super) fn with_reason(decided: &str, because: &str) -> String {
    let because = sentence(because);
    let first = decided.split(' ').next().unwrap_or(decided);
    if because.is_empty() {
        decided.to_owned()
    } else if because.split(' ').next() == Some(first) {
        because
    } else {
        format!("{decided}: {because}")
    }
}

/// The evidence in sentences: requests that differ only in their action are one.
pub(super) fn proofs(evidence: &[Evidence]) -> Vec<String> {
    let mut proofs: Vec<(Vec<String>, [String; 3])> = Vec::new();
    for piece in evidence {
        let (actions, rest) = match piece {
            Evidence::Request { actor, action, resource, decision, because, case: _ } => {
                (vec![arn(action)], [arn(actor), arn(resource), with_reason(&decided_word(decision), because)])
            }
            Evidence::Fact { field, value } => (Vec::new(), [arn(field), String::new(), sentence(value)]),
        };
        match proofs.iter_mut().find(|(known, others)| *others == rest && !known.is_empty() && !actions.is_empty()) {
            Some((known, _)) => known.extend(actions.into_iter().filter(|action| !known.contains(action)).collect::<Vec<_>>()),
            None => proofs.push((actions, rest)),
        }
    }
    proofs
        .into_iter()
        .map(|(actions, [who, what, answer])| {
            if actions.is_empty() {
                format!("{who} is {answer}")
            } else {
                format!("{who} asks {} on {what} → {answer}", actions.join(", "))
            }
        })
        .collect()
}

/// `1 call`, `2 calls`.
pub(super) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_that_differ_only_in_their_action_are_one_proof() {
        let request = |action: &str, because: &str| Evidence::Request {
            actor: "execution role r".to_owned(),
            action: action.to_owned(),
            resource: "arn:aws:kms:eu-west-1:111122223333:key/k".to_owned(),
            decision: "implicit_deny".to_owned(),
            because: because.to_owned(),
            case: serde_json::Value::Null.into(),
        };
        let all =
            [request("kms:Decrypt", "x"), request("kms:GenerateDataKey", "x"), request("kms:Decrypt", "x"), request("kms:Encrypt", "y")];
        let proofs = proofs(&all);
        assert_eq!(proofs.len(), 2);
        assert!(proofs[0].contains("asks kms:Decrypt, kms:GenerateDataKey on "), "{proofs:?}");
    }

    #[test]
    fn a_reason_that_begins_with_the_decision_stands_alone() {
        assert_eq!(with_reason("allowed", "allowed by the key policy"), "allowed by the key policy");
        assert_eq!(with_reason("denied explicitly", "denied by the key policy"), "denied by the key policy");
        assert_eq!(with_reason("not allowed", "no policy allows it"), "not allowed: no policy allows it");
        assert_eq!(with_reason("undecided", ""), "undecided");
    }

    #[test]
    fn a_long_list_shows_its_first_three_and_says_how_many_more() {
        let names = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>().into_iter();
        assert_eq!(first_few(names(0)), "");
        assert_eq!(first_few(names(3)), "0, 1, 2");
        assert_eq!(first_few(names(10)), "0, 1, 2 and 7 more");
    }
}
