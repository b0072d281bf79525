//! What must hold of the policy engine whatever the policies say.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use rotaudit::policy::{
    Attached, Context, Decision, Document, Entry, PolicyKind, PolicySet, Principal, Request, Text, Truth, evaluate, explain, may_allow,
};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::111122223333:role/Rotate";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/Rotate/rotate";
const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/abc";
const KEYS: [&str; 4] = ["aws:SourceIp", "aws:PrincipalTag/team", "aws:TagKeys", "aws:PrincipalArn"];

fn value() -> impl Strategy<Value = &'static str> {
    select(vec![
        "pay",
        "PAY",
        "p*",
        "*",
        "10",
        "10.0.0.1",
        "10.0.0.0/8",
        "true",
        "${aws:PrincipalTag/team}",
        "${aws:SourceIp, 'pay'}",
        ROLE,
        "arn:aws:iam::*:role/*",
        "",
    ])
}

fn operator() -> impl Strategy<Value = String> {
    let base = select(vec![
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
        "ArnLike",
        "ArnNotEquals",
        "NumericLessThan",
        "NumericNotEquals",
        "DateGreaterThan",
        "Bool",
        "IpAddress",
        "NotIpAddress",
    ]);
    prop_oneof![
        9 => (select(vec!["", "ForAllValues:", "ForAnyValue:"]), base, select(vec!["", "IfExists"])).prop_map(|(prefix, base, suffix)| format!("{prefix}{base}{suffix}")),
        1 => Just("Null".to_owned()),
    ]
}

fn condition() -> impl Strategy<Value = Value> {
    vec((operator(), select(KEYS.to_vec()), vec(value(), 0..3)), 0..3).prop_map(|entries| {
        let mut condition = json!({});
        for (operator, key, values) in entries {
            condition[operator][key] = json!(values);
        }
        condition
    })
}

fn element(name: &'static str, values: Vec<&'static str>) -> impl Strategy<Value = (String, Value)> {
    (any::<bool>(), vec(select(values), 1..3))
        .prop_map(move |(not, values)| (if not && name != "Principal" { format!("Not{name}") } else { name.to_owned() }, json!(values)))
}

fn statement(effect: &'static str, principals: bool) -> impl Strategy<Value = Value> {
    let actions = vec!["*", "kms:*", "kms:Decrypt", "secretsmanager:Get*", "secretsmanager:GetSecretValue", "lambda:*"];
    let resources = vec![
        "*",
        SECRET,
        KEY,
        "arn:aws:secretsmanager:*:111122223333:secret:db-??????",
        "arn:aws:kms:*",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:${aws:PrincipalTag/team}-*",
    ];
    let named = vec!["*", ROLE, SESSION, "111122223333", "arn:aws:iam::444455556666:root"];
    (element("Action", actions), element("Resource", resources), (any::<bool>(), vec(select(named), 1..3)), condition()).prop_map(
        move |(action, resource, (not, named), condition)| {
            let mut statement = json!({"Effect": effect, action.0: action.1, resource.0: resource.1, "Condition": condition});
            if principals {
                let element = if not && effect == "Deny" { "NotPrincipal" } else { "Principal" };
                statement[element] = json!({ "AWS": named });
            }
            statement
        },
    )
}

fn statements(principals: bool) -> impl Strategy<Value = Vec<Value>> {
    vec(prop_oneof![3 => statement("Allow", principals), 1 => statement("Deny", principals)], 0..4)
}

/// The statements of one policy of each kind.
#[derive(Debug, Clone)]
struct Policies {
    identity: Vec<Value>,
    resource: Option<Vec<Value>>,
    boundary: Option<Vec<Value>>,
    scp: Option<Vec<Value>>,
    endpoint: Option<Vec<Value>>,
}

fn policies() -> impl Strategy<Value = Policies> {
    (
        statements(false),
        option::of(statements(true)),
        option::weighted(0.3, statements(false)),
        option::weighted(0.3, statements(false)),
        option::weighted(0.3, statements(true)),
    )
        .prop_map(|(identity, resource, boundary, scp, endpoint)| Policies { identity, resource, boundary, scp, endpoint })
}

fn attached(kind: PolicyKind, statements: &[Value]) -> Attached {
    let document = Document::new(json!({"Version": "2012-10-17", "Statement": statements}).to_string());
    assert!(document.policy().is_ok(), "{:?}", document.policy());
    Attached::document(kind, "generated", document)
}

impl Policies {
    fn set(&self) -> PolicySet {
        let one = |kind, statements: &Option<Vec<Value>>| statements.as_ref().map(|statements| vec![attached(kind, statements)]);
        PolicySet {
            identity: vec![attached(PolicyKind::Identity, &self.identity)],
            resource: one(PolicyKind::Resource, &self.resource).unwrap_or_default(),
            boundary: one(PolicyKind::Boundary, &self.boundary),
            scps: one(PolicyKind::Scp, &self.scp).into_iter().collect(),
            endpoint: one(PolicyKind::Endpoint, &self.endpoint),
            ..PolicySet::default()
        }
    }
}

type Entries = Vec<(&'static str, Entry)>;

fn entries() -> impl Strategy<Value = Entries> {
    let text = select(vec!["pay", "10", "10.0.0.1", "true", ROLE, "db"]).prop_map(Text::from);
    let entry =
        prop_oneof![1 => Just(Entry::Absent), 3 => text.clone().prop_map(Entry::Single), 1 => vec(text, 0..3).prop_map(Entry::Multi)];
    vec(entry, KEYS.len()).prop_map(|entries| KEYS.into_iter().zip(entries).collect())
}

fn request(entries: &Entries, on_key: bool, owner: &str) -> Request {
    let mut context = Context::closed();
    for (key, entry) in entries {
        context.set(key, entry.clone());
    }
    let principal = Principal::Session { arn: SESSION.into(), role_arn: ROLE.into(), account: "111122223333".into(), unique_id: None };
    let (action, resource) = if on_key { ("kms:Decrypt", KEY) } else { ("secretsmanager:GetSecretValue", SECRET) };
    Request::new(principal, action, resource.into(), Some(owner.into()), context)
}

fn questions() -> impl Strategy<Value = Request> {
    (entries(), any::<bool>(), select(vec!["111122223333", "444455556666"]))
        .prop_map(|(entries, on_key, owner)| request(&entries, on_key, owner))
}

/// The same answer as far as it decides, or no answer.
fn never_contradicts(certain: Decision, vague: Decision) -> bool {
    vague == Decision::Undecided || (vague == Decision::Allowed) == (certain == Decision::Allowed)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn another_allow_never_turns_allowed_into_denied(mut policies in policies(), request in questions(), more in statement("Allow", false)) {
        let before = evaluate(&request, &policies.set()).decision();
        policies.identity.push(more);
        let after = evaluate(&request, &policies.set()).decision();
        prop_assert!(before != Decision::Allowed || after == Decision::Allowed);
    }

    #[test]
    fn another_deny_never_turns_denied_into_allowed(mut policies in policies(), request in questions(), more in statement("Deny", false)) {
        let before = evaluate(&request, &policies.set()).decision();
        policies.identity.push(more);
        let after = evaluate(&request, &policies.set()).decision();
        prop_assert!(!before.is_denied() || after.is_denied());
    }

    #[test]
    fn not_knowing_a_key_never_contradicts_knowing_it(policies in policies(), entries in entries(), other in entries(), hidden in any::<Index>(), on_key in any::<bool>()) {
        let set = policies.set();
        let certain = evaluate(&request(&entries, on_key, "111122223333"), &set).decision();
        let at = hidden.index(entries.len());
        for entry in [Entry::Unknown, Entry::OneOf(vec![entries[at].1.clone(), other[at].1.clone()]), Entry::Single(Text::parse("⟦?Value⟧"))] {
            if matches!(entry, Entry::Single(_)) && !matches!(entries[at].1, Entry::Single(_)) {
                continue;
            }
            let mut vague = entries.clone();
            vague[at].1 = entry;
            let trace = explain(&request(&vague, on_key, "111122223333"), &set);
            prop_assert!(never_contradicts(certain, trace.decision()), "{certain} but {}", trace.decision());
            prop_assert_eq!(trace.hinges().is_empty(), trace.decision() != Decision::Undecided);
        }
    }

    #[test]
    fn not_knowing_the_resource_or_a_policy_never_contradicts_knowing_it(policies in policies(), question in questions(), cut in any::<Index>()) {
        let set = policies.set();
        let certain = evaluate(&question, &set).decision();
        let mut vague = question.clone();
        let resource = question.resource.to_string();
        vague.resource = Text::parse(&format!("{}⟦?Rest⟧", &resource[..cut.index(resource.len())]));
        prop_assert!(never_contradicts(certain, evaluate(&vague, &set).decision()));
        let mut blind = set.clone();
        blind.resource = vec![Attached::unreadable(PolicyKind::Resource, "unreadable")];
        prop_assert!(never_contradicts(certain, evaluate(&question, &blind).decision()));
        let mut ownerless = question.clone();
        ownerless.resource_account = None;
        prop_assert!(never_contradicts(certain, evaluate(&ownerless, &set).decision()));
    }

    #[test]
    fn what_no_policy_may_allow_is_denied(policies in policies(), request in questions()) {
        let bare = Request { context: Context::open(), ..request.clone() };
        prop_assert!(may_allow(&bare, &policies.set()) || evaluate(&request, &policies.set()).decision().is_denied());
    }

    #[test]
    fn the_order_of_statements_does_not_matter(policies in policies(), request in questions()) {
        let mut reversed = policies.clone();
        reversed.identity.reverse();
        for statements in [&mut reversed.resource, &mut reversed.boundary, &mut reversed.scp, &mut reversed.endpoint].into_iter().flatten() {
            statements.reverse();
        }
        prop_assert_eq!(evaluate(&request, &policies.set()), evaluate(&request, &reversed.set()));
    }

    #[test]
    fn explaining_and_deciding_agree(policies in policies(), request in questions()) {
        let set = policies.set();
        let trace = explain(&request, &set);
        prop_assert_eq!(trace.evaluation, evaluate(&request, &set));
        let denied = trace.steps.iter().filter(|step| step.effect.denies()).map(|step| step.matched).fold(Truth::False, Truth::or);
        prop_assert_eq!(denied, trace.evaluation.deny);
        prop_assert_eq!(trace.decision().is_denied() || trace.decision() == Decision::Undecided, trace.deciding().is_empty() || denied.is_true());
    }

    #[test]
    fn wildcards_match_as_the_naive_model_does(pattern in "[ab*?é:]{0,8}", text in "[abé:]{0,8}") {
        let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"aws:SourceIp": pattern}}});
        let set = PolicySet { identity: vec![attached(PolicyKind::Identity, &[statement])], ..PolicySet::default() };
        let request = request(&vec![("aws:SourceIp", Entry::single(text.as_str()))], false, "111122223333");
        let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
        prop_assert_eq!(evaluate(&request, &set).identity, Truth::from(naive(&pattern, &text)));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>(), bytes in vec(any::<u8>(), 0..200)) {
        let _ = Document::new(text).policy().map(|policy| policy.statements().count());
        let _ = Document::new(String::from_utf8_lossy(&bytes).as_ref()).policy().map(|policy| policy.statements().count());
    }

    #[test]
    fn no_json_makes_the_parser_panic(text in "[\\[\\]{}\",:0-9a-z*$\\\\ ]{0,60}", cut in any::<Index>(), statement in statement("Allow", true)) {
        let _ = Document::new(text.as_str()).policy().is_ok();
        let whole = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
        let broken = Document::new(format!("{}{text}", &whole[..cut.index(whole.len())]));
        prop_assert!(broken.policy().is_err_and(|error| error.position().line >= 1 && !error.to_string().is_empty()) || broken.policy().is_ok());
    }
}

fn naive(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], rest) => rest.is_empty(),
        (['*', more @ ..], _) => naive(more, text) || (!text.is_empty() && naive(pattern, &text[1..])),
        (['?', more @ ..], [_, rest @ ..]) => naive(more, rest),
        ([wanted, more @ ..], [found, rest @ ..]) => wanted == found && naive(more, rest),
        (_, []) => false,
    }
}

/// A matcher that tries every place for every star would not come to an end here.
#[test]
fn a_hostile_pattern_against_a_long_text_is_answered() {
    let text = "a".repeat(100_000);
    for (pattern, expected) in [
        ("*a*a*a*a*a*b", Truth::False),
        ("*a*a*a*a*a*", Truth::True),
        (&*"*a?".repeat(2000), Truth::True),
        (&*format!("*{}b*", "?".repeat(20_000)), Truth::Unknown),
    ] {
        let statement = json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"aws:SourceIp": pattern}}});
        let set = PolicySet { identity: vec![attached(PolicyKind::Identity, &[statement])], ..PolicySet::default() };
        let request = request(&vec![("aws:SourceIp", Entry::single(text.as_str()))], false, "111122223333");
        assert_eq!(evaluate(&request, &set).identity, expected, "{}", &pattern[..12]);
    }
}

#[test]
fn a_hostile_document_is_an_error_and_not_a_crash() {
    for text in [
        "[".repeat(10_000),
        "{\"a\":".repeat(10_000),
        format!("\"{}\"", "x".repeat(2 << 20)),
        "\u{0}".repeat(100),
        "{\"Statement\":[".to_owned() + &"{},".repeat(5_000) + "{}]}",
    ] {
        assert!(Document::new(text).policy().is_err());
    }
}
