use super::*;

const ONE: &[&str] = &["kms:GetKeyPolicy"];
const ALL: &[&str] = &["iam:GetPolicy", "iam:GetRole", "kms:GetKeyPolicy"];

#[test]
fn the_tables_are_those_of_kleene() {
    let (t, f, u) = (Outcome::True, Outcome::False, undecided(ONE));
    let names = ["yes", "no", "dark"];
    let tables = [
        ("&&", [[&t, &f, &u], [&f, &f, &f], [&u, &f, &u]]),
        ("||", [[&t, &t, &t], [&t, &f, &u], [&t, &u, &u]]),
        ("==", [[&t, &f, &u], [&f, &t, &u], [&u, &u, &u]]),
        ("!=", [[&f, &t, &u], [&t, &f, &u], [&u, &u, &u]]),
    ];
    for (operator, table) in tables {
        for (left, row) in names.iter().zip(table) {
            for (right, expected) in names.iter().zip(row) {
                let source = format!("{left} {operator} {right}");
                assert_eq!(&outcome(&source, &facts()), expected, "{source}");
            }
        }
    }
    assert_eq!(outcome("!dark", &facts()), u);
}

#[test]
fn every_gap_is_named() {
    for source in ["dark && dim", "dim || no || dark", "dark == dim", "!(dark && yes && dim)", "(dark || no) && (dim || no)"] {
        assert_eq!(outcome(source, &facts()), undecided(ALL), "{source}");
    }
}

#[test]
fn a_gap_that_no_longer_matters_is_not_named() {
    assert_eq!(outcome("dim && no || dark", &facts()), undecided(ONE));
    assert_eq!(outcome("dark && dim && no", &facts()), Outcome::False);
    assert_eq!(outcome("dark || dim || yes", &facts()), Outcome::True);
}

#[test]
fn both_sides_of_a_comparison_name_their_gaps() {
    let facts = facts().unreadable("secret.name", &["a"]).unreadable("secret.tags", &["b"]).unreadable("secret.kms_key", &["c"]);
    assert_eq!(outcome("secret.name in secret.tags", &facts), undecided(&["a", "b"]));
    assert_eq!(outcome("has(secret.kms_key) && secret.name == secret.kms_key", &facts), undecided(&["a", "c"]));
    assert_eq!(outcome("has(secret.kms_key) && secret.name.contains(secret.kms_key)", &facts), undecided(&["a", "c"]));
    assert_eq!(outcome("size(secret.tags) == size(secret.name)", &facts), undecided(&["a", "b"]));
    assert_eq!(outcome("secret.tags.exists(t, t == secret.name)", &facts), undecided(&["b"]));
}

#[test]
fn sums_name_the_gaps_of_all_their_parts() {
    let facts = facts().unreadable("as_of", &["a"]).unreadable("secret.rotation.every", &["b"]);
    assert_eq!(outcome("as_of - secret.rotation.every > timestamp('2026-01-01T00:00:00Z')", &facts), undecided(&["a", "b"]));
}

#[test]
fn has_asks_for_absence_and_hangs_on_what_was_not_read() {
    assert_eq!(outcome("has(secret.kms_key)", &facts()), Outcome::True);
    assert_eq!(outcome("has(secret.kms_key)", &facts().without("secret.kms_key")), Outcome::False);
    assert_eq!(outcome("has(secret.kms_key)", &facts().unreadable("secret.kms_key", &["a"])), undecided(&["a"]));
    assert_eq!(outcome("has(key.owner.alias)", &facts().unreadable("key.owner", &["a"])), undecided(&["a"]));
    assert_eq!(outcome("has(key.owner.alias)", &facts().without("key.owner")), Outcome::False);
}

#[test]
fn exists_and_all_follow_the_same_logic() {
    let policies = |attached: [Fact<&'static str>; 3]| {
        let policies = attached.into_iter().map(|attached| policy("p", attached, Fact::Absent)).collect();
        facts().with("role.policies", Value::List(policies))
    };
    let (yes, no) = (Fact::Value(Value::Bool(true)), Fact::Value(Value::Bool(false)));
    let dark = |call| Fact::Unreadable(vec![call]);
    let exists = "role.policies.exists(p, p.attached)";
    let all = "role.policies.all(p, p.attached)";
    assert_eq!(outcome(exists, &policies([dark("a"), yes.clone(), no.clone()])), Outcome::True);
    assert_eq!(outcome(exists, &policies([dark("a"), no.clone(), dark("b")])), undecided(&["a", "b"]));
    assert_eq!(outcome(all, &policies([dark("a"), yes.clone(), no])), Outcome::False);
    assert_eq!(outcome(all, &policies([dark("a"), yes, dark("b")])), undecided(&["a", "b"]));
}

#[test]
fn facts_that_contradict_the_schema_leave_it_undecided() {
    for (source, facts) in [
        ("yes", facts().without("yes")),
        ("yes", facts().with("yes", text("true"))),
        ("secret.versions == 3", facts().with("secret.versions", text("3"))),
        ("!(1 in [1]) || secret.name in secret.tags", facts().with("secret.tags", Value::List(vec![Value::Int(1)]))),
        ("secret.tags.exists(t, t == 'a')", facts().with("secret.tags", text("a"))),
    ] {
        assert_eq!(outcome(source, &facts), undecided(&[]), "{source}");
    }
}

#[test]
fn time_stops_at_its_ends() {
    let facts =
        facts().with("secret.rotation.every", Value::Duration(SignedDuration::MAX)).with("as_of", Value::Timestamp(jiff::Timestamp::MAX));
    assert_eq!(outcome("as_of + secret.rotation.every == as_of", &facts), Outcome::True);
    assert_eq!(outcome("as_of - secret.rotation.every < as_of", &facts), Outcome::True);
    assert_eq!(outcome("secret.rotation.every + secret.rotation.every == secret.rotation.every", &facts), Outcome::True);
    let least = facts.with("secret.rotation.every", Value::Duration(SignedDuration::MIN));
    assert_eq!(outcome("as_of - secret.rotation.every == as_of", &least), Outcome::True);
    assert_eq!(outcome("as_of + secret.rotation.every < as_of", &least), Outcome::True);
}
