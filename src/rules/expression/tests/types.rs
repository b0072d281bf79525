use super::super::{Fault, Presence};
use super::*;

fn assert_refused(cases: &[(&str, &str, &str, Option<&str>)]) {
    for (source, message, under, help) in cases {
        assert_eq!(refused(source), ((*message).to_owned(), (*under).to_owned(), help.map(str::to_owned)), "{source}");
    }
}

#[test]
fn a_misspelt_name_gets_a_suggestion() {
    assert_refused(&[
        ("yes && has(secret.kms_kye)", "there is no field `secret.kms_kye`", "secret.kms_kye", Some("did you mean `secret.kms_key`?")),
        ("role.policies.exists(p, p.nam == 'a')", "there is no field `p.nam`", "p.nam", Some("did you mean `p.name`?")),
        (
            "has(key.owner) && key.owner.acount == 'a'",
            "there is no field `key.owner.acount`",
            "key.owner.acount",
            Some("did you mean `key.owner.account`?"),
        ),
        ("nothing.like.it", "there is no field `nothing.like.it`", "nothing.like.it", None),
        ("secret.name.startswith('a')", "there is no function `startswith`", "startswith", Some("did you mean `startsWith`?")),
        (
            "secret.name.matches('a')",
            "there is no function `matches`",
            "matches",
            Some("there are `exists`, `all`, `startsWith`, `endsWith`, `contains`, `size`"),
        ),
        ("length(secret.name) == 1", "there is no function `length`", "length", Some("there are `has`, `size`, `duration`, `timestamp`")),
    ]);
}

#[test]
fn the_beginning_of_fields_is_no_field() {
    let (message, under, help) = refused("has(secret.rotation)");
    assert_eq!((message.as_str(), under.as_str()), ("`secret.rotation` is not a field but the beginning of several", "secret.rotation"));
    assert!(help.is_some_and(|help| help.contains("`secret.rotation.enabled`")));
}

#[test]
fn types_that_do_not_fit_are_refused() {
    assert_refused(&[
        ("secret.versions", "bool is wanted here, not int", "secret.versions", None),
        ("yes && 'a'", "bool is wanted here, not string", "'a'", None),
        ("!secret.name", "bool is wanted here, not string", "secret.name", None),
        ("yes == 1", "bool is wanted here, not int", "1", None),
        ("secret.versions == '3'", "int cannot be compared with string", "secret.versions == '3'", None),
        ("secret.tags == secret.tags", "list of string cannot be compared with list of string", "secret.tags == secret.tags", None),
        ("1 in secret.tags", "int cannot be compared with list of string", "1 in secret.tags", None),
        (
            "'a' in secret.name",
            "a list is wanted here, not string",
            "secret.name",
            Some("for a part of a text write `text.contains(part)`"),
        ),
        (
            "secret.tags.contains('a')",
            "string is wanted here, not list of string",
            "secret.tags",
            Some("for an element of a list write `element in list`"),
        ),
        ("secret.name < 'b'", "string has no order", "secret.name < 'b'", Some("as texts, `python3.10` would come before `python3.9`")),
        ("(yes && no) < no", "a value of another type is wanted here, not bool", "(yes && no)", None),
        ("1 + 1 == 2", "no sum: int + int", "1 + 1", Some("only timestamps and durations can be added and taken away")),
        (
            "as_of + as_of == as_of",
            "no sum: timestamp + timestamp",
            "as_of + as_of",
            Some("only timestamps and durations can be added and taken away"),
        ),
        ("secret.name.exists(c, yes)", "a list is wanted here, not string", "secret.name", None),
        ("role.policies.exists(p, p)", "bool is wanted here, not policy", "p", None),
        ("size(secret.versions) == 1", "a list or a string is wanted here, not int", "secret.versions", None),
    ]);
}

#[test]
fn lists_hold_literals_of_one_type() {
    for source in ["1 in [1, 'a']", "1 in []", "1 in [secret.versions]", "1 in [[1]]", "yes == true in [true]"] {
        assert!(parse(source).is_err(), "{source}");
    }
    assert_eq!(parse("1 in []").unwrap_err().fault(), &Fault::BadList);
    assert_eq!(parse("1 in [secret.versions]").unwrap_err().fault(), &Fault::BadList);
}

#[test]
fn arguments_are_counted_and_literal_where_they_must_be() {
    for (source, under) in [
        ("has(secret.kms_key, secret.name)", "has"),
        ("has('a')", "has"),
        ("secret.tags.exists(t, has(t))", "has"),
        ("secret.tags.exists(yes)", "exists"),
        ("secret.tags.exists(a.b, yes)", "exists"),
        ("secret.name.contains()", "contains"),
        ("size() == 1", "size"),
        ("secret.tags.size(1) == 1", "size"),
        ("duration(secret.name) == duration('1h')", "duration"),
    ] {
        let error = parse(source).unwrap_err();
        assert!(matches!(error.fault(), Fault::Arguments { .. }), "{source}: {error}");
        assert_eq!(&source[error.span()], under, "{source}");
    }
}

#[test]
fn times_are_checked_when_the_rule_is_loaded() {
    let (message, under, help) = refused("secret.rotation.every > duration('30d')");
    assert_eq!((message.as_str(), under.as_str()), ("not a duration: \"30d\"", "'30d'"));
    assert_eq!(help.as_deref(), Some("days are written in hours: `720h` is 30 days"));
    for wrong in ["''", "'h'", "'1'", "'1.5h'", "'-1h'", "'99999999999999999999h'", "'9223372036854775807h'"] {
        let error = parse(&format!("secret.rotation.every > duration({wrong})")).unwrap_err();
        assert!(matches!(error.fault(), Fault::BadDuration(_)), "{wrong}");
    }
    assert!(matches!(parse("as_of > timestamp('soon')").unwrap_err().fault(), Fault::BadTimestamp(_)));
}

#[test]
fn an_optional_field_needs_a_guard() {
    assert_refused(&[
        ("secret.kms_key == 'a'", "`secret.kms_key` may be absent here", "secret.kms_key", Some("write `has(secret.kms_key) && …`")),
        ("key.name == 'a'", "`key.name` may be absent here", "key.name", Some("write `has(key) && …`")),
        ("role.policies.all(p, p.sid == 'a')", "`p.sid` may be absent here", "p.sid", Some("write `has(p.sid) && …`")),
    ]);
    for unguarded in [
        "has(secret.kms_key) || secret.kms_key == 'a'",
        "!has(secret.kms_key) && secret.kms_key == 'a'",
        "(has(secret.kms_key) || yes) && secret.kms_key == 'a'",
        "has(secret.kms_key) && yes || secret.kms_key == 'a'",
        "has(secret.replica_key) && secret.kms_key == 'a'",
        "role.policies.exists(p, has(p.sid)) && role.policies.exists(p, p.sid == 'a')",
        "has(key.owner) && key.owner.alias == 'a'",
    ] {
        assert!(matches!(parse(unguarded).unwrap_err().fault(), Fault::Unguarded(_)), "{unguarded}");
    }
}

#[test]
fn a_guard_in_the_same_conjunction_is_enough() {
    for guarded in [
        "has(secret.kms_key) && secret.kms_key == 'a'",
        "secret.kms_key == 'a' && has(secret.kms_key)",
        "!has(secret.kms_key) || secret.kms_key == 'a'",
        "!(has(secret.kms_key) && secret.kms_key == 'a')",
        "has(secret.kms_key) && (no || secret.kms_key == 'a')",
        "has(secret.kms_key) && secret.tags.exists(t, t == secret.kms_key)",
        "(has(secret.kms_key) && yes || has(secret.kms_key) && no) && secret.kms_key == 'a'",
        "!(!has(secret.kms_key) || no) && secret.kms_key == 'a'",
        "role.policies.all(p, !has(p.sid) || p.sid == 'a')",
        "has(key) && key.name == 'a'",
        "has(key.name) && key.name == 'a'",
        "has(key.owner.alias) && key.owner.alias == key.name",
    ] {
        parsed(guarded);
    }
}

#[test]
fn what_the_guard_check_accepts_never_hangs_on_an_absent_field() {
    let facts = facts().without("secret.kms_key");
    for (source, expected) in [
        ("has(secret.kms_key) && secret.kms_key == 'a'", false),
        ("secret.kms_key == 'a' && has(secret.kms_key)", false),
        ("!has(secret.kms_key) || secret.kms_key == 'a'", true),
        ("(has(secret.kms_key) && yes || has(secret.kms_key) && no) && secret.kms_key == 'a'", false),
        ("has(secret.kms_key) && secret.tags.exists(t, t == secret.kms_key)", false),
    ] {
        assert_eq!(outcome(source, &facts), expected.into(), "{source}");
    }
}

#[test]
fn a_variable_takes_no_name_that_is_in_use() {
    assert_eq!(parse("secret.tags.exists(key, yes)").unwrap_err().fault(), &Fault::NameTaken("key".to_owned()));
    assert_eq!(parse("secret.tags.exists(t, secret.tags.exists(t, yes))").unwrap_err().fault(), &Fault::NameTaken("t".to_owned()));
    parsed("secret.tags.exists(t, yes) && secret.tags.exists(t, no)");
}

#[test]
fn macros_go_two_deep() {
    parsed("secret.tags.exists(a, secret.tags.all(b, a == b))");
    let error = parse("secret.tags.exists(a, secret.tags.all(b, secret.tags.all(c, a == c)))").unwrap_err();
    assert_eq!(error.fault(), &Fault::MacrosTooDeep(2));
}

#[test]
fn the_schema_tells_type_and_presence_of_a_path() {
    let about = |path: &str| schema().field(path).map(|(of, presence)| (of.to_string(), presence));
    assert_eq!(about("secret.versions"), Some(("int".to_owned(), Presence::Required)));
    assert_eq!(about("key.name"), Some(("string".to_owned(), Presence::Optional)));
    assert_eq!(about("key.owner.alias"), Some(("string".to_owned(), Presence::Optional)));
    assert_eq!(about("role.policies"), Some(("list of policy".to_owned(), Presence::Required)));
    assert_eq!(about("role"), None);
}
