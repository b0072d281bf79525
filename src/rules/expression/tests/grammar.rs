use super::super::Fault;
use super::*;

#[test]
fn literals_are_what_they_say() {
    assert_all_true(&[
        "true",
        "!false",
        "3 == 3",
        "-3 < 2",
        "-9223372036854775808 < 9223372036854775807",
        r#""a\"b" == 'a"b'"#,
        r#"'it\'s' == "it's""#,
        r#"size("\\\n\t\r") == 4"#,
        r#"size("äö") == 2"#,
        r#"duration("1h30m") == duration("90m")"#,
        r#"timestamp("2026-01-01T01:00:00+01:00") == timestamp("2026-01-01T00:00:00Z")"#,
    ]);
}

#[test]
fn and_binds_tighter_than_or_and_not_tighter_than_both() {
    assert_all_true(&["yes || no && no", "!((yes || no) && no)", "!no && yes", "!(no && yes)", "!no == yes", "no == !yes"]);
}

#[test]
fn sums_bind_tighter_than_comparisons_and_go_from_left_to_right() {
    assert_all_true(&[
        r#"has(secret.rotation.last) && as_of - secret.rotation.last == duration("720h")"#,
        r#"as_of - duration("1h") - duration("1h") == as_of - duration("2h")"#,
        r#"as_of - duration("1h") + duration("1h") == as_of"#,
        r#"duration("1h") + as_of > as_of"#,
        "secret.rotation.every + secret.rotation.every > secret.rotation.every",
    ]);
}

#[test]
fn every_comparison_means_what_it_says() {
    let truths = [("==", [false, true, false]), ("!=", [true, false, true]), ("<", [true, false, false])];
    let rest = [("<=", [true, true, false]), (">", [false, false, true]), (">=", [false, true, true])];
    for (operator, expected) in truths.into_iter().chain(rest) {
        for (left, expected) in [2, 3, 4].into_iter().zip(expected) {
            let source = format!("{left} {operator} secret.versions");
            assert_eq!(outcome(&source, &facts()), expected.into(), "{source}");
        }
    }
}

#[test]
fn lists_can_be_searched_counted_and_quantified() {
    assert_all_true(&[
        r#""prod" in secret.tags"#,
        r#"!("dev" in secret.tags)"#,
        "secret.versions in [1, 2, 3]",
        "size(secret.tags) == 2 && secret.tags.size() == 2",
        "secret.tags.exists(t, t == 'pci')",
        "!secret.tags.all(t, t == 'pci')",
        "['prod', 'dev'].exists(t, t in secret.tags)",
        "role.names.all(n, n == 'x') && !role.names.exists(n, n == 'x')",
        "role.policies.exists(p, p.actions.exists(a, a.startsWith('kms:') && p.name.endsWith('line')))",
        "role.policies.exists(p, has(p.sid) && p.sid.contains('ea')) && !role.policies.all(p, has(p.sid))",
    ]);
}

#[test]
fn fields_of_records_are_reached_by_dots() {
    assert_all_true(&["has(key.owner) && key.owner.account == '111122223333'", "has(key.owner) && !has(key.owner.alias)"]);
}

#[test]
fn white_space_and_line_breaks_do_not_matter() {
    assert_all_true(&["\n  yes\n\t&& ( secret . versions==3 )\r\n"]);
}

#[test]
fn faults_of_grammar_point_at_their_place() {
    for (source, message, under, help) in [
        ("yes = no", "`=` is not part of this language", "=", Some("write `==`")),
        ("yes & no", "`&` is not part of this language", "&", Some("write `&&`")),
        ("yes and no", "an operator or the end is wanted here, not `and`", "and", Some("write `&&`")),
        (
            "secret.kms_key == null",
            "a field, a function, a literal or `(` is wanted here, not `null`",
            "null",
            Some("ask for absence with `!has(…)`"),
        ),
        ("yes ? no : no", "`?` is not part of this language", "?", Some("write `&&` and `||`")),
        ("yes // why", "`/` is not part of this language", "/", None),
        ("yes && ä", "`ä` is not part of this language", "ä", None),
        ("(yes", "`)` is wanted here, not the end", "", None),
        ("yes no", "an operator or the end is wanted here, not `no`", "no", None),
        ("1 < 2 < 3", "comparisons cannot be chained", "<", Some("join two comparisons with `&&`")),
        ("secret.tags.exists(t, yes).all(t, no)", "nothing can follow the result of a function", ".", None),
        ("'a\nb' == 'a'", "the string is not closed", "'", None),
        (r"secret.name == '\d'", "unknown escape in a string", r"\d", Some(r"a backslash is written `\\`")),
        ("secret.versions == 24h", "not a whole number of 64 bits", "24h", None),
        ("9223372036854775808 == 1", "not a whole number of 64 bits", "9223372036854775808", None),
        (" ", "empty: an expression is wanted", " ", None),
    ] {
        assert_eq!(refused(source), (message.to_owned(), under.to_owned(), help.map(str::to_owned)), "{source}");
    }
}

#[test]
fn thirty_two_levels_are_allowed_and_one_more_is_not() {
    let nested = |levels: usize| format!("{}yes{}", "(".repeat(levels), ")".repeat(levels));
    assert_eq!(outcome(&nested(32), &facts()), Outcome::True);
    assert_eq!(parse(&nested(33)).unwrap_err().fault(), &Fault::TooDeep(32));
    assert_eq!(outcome(&format!("{}yes", "!".repeat(32)), &facts()), Outcome::True);
    assert_eq!(parse(&format!("{}yes", "!".repeat(33))).unwrap_err().fault(), &Fault::TooDeep(32));
}

#[test]
fn an_expression_tells_its_fields() {
    let expression = parsed("yes && has(key.owner) && key.owner.account == secret.name && role.policies.exists(p, p.name in secret.tags)");
    assert_eq!(expression.fields(), BTreeSet::from(["key.owner", "role.policies", "secret.name", "secret.tags", "yes"]));
}

#[test]
fn terms_are_those_of_every_conjunction() {
    let expression = parsed("yes && (no || !(dark && dim)) && role.policies.exists(p, p.attached && has(p.sid))");
    let terms: Vec<&str> = (0..expression.terms()).filter_map(|term| expression.term_source(term)).collect();
    assert_eq!(
        terms,
        ["yes", "(no || !(dark && dim))", "role.policies.exists(p, p.attached && has(p.sid))", "dark", "dim", "p.attached", "has(p.sid)"]
    );
    assert_eq!(parsed("yes && (no && yes)").terms(), 3);
    assert_eq!(parsed("yes || no").terms(), 1);
}

#[test]
fn each_term_can_be_taken_out() {
    let expression = parsed("no && !(dark && yes)");
    assert_eq!(expression.evaluate(&facts()), Outcome::False);
    assert_eq!(expression.without_term(0).evaluate(&facts()), undecided(&["kms:GetKeyPolicy"]));
    assert_eq!(expression.without_term(0).without_term(1).evaluate(&facts()), Outcome::False);
    assert_eq!(expression.without_term(0).fields(), BTreeSet::from(["dark", "yes"]));
    assert_eq!(expression.without_term(4).terms(), 4);
    assert_eq!(parsed("no").without_term(0).evaluate(&facts()), Outcome::True);
}
