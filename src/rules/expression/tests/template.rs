use super::super::{Fault, Template};
use super::*;

fn rendered(source: &str, facts: &TestFacts) -> String {
    Template::parse(source, &schema()).unwrap_or_else(|error| panic!("{source}: {error}")).render(facts)
}

#[test]
fn fields_stand_between_braces() {
    assert_eq!(rendered("{secret.name} is under {key.name}", &facts()), "db is under db-key");
    assert_eq!(rendered("{key.owner.account}", &facts()), "111122223333");
    assert_eq!(rendered("no field, ä", &facts()), "no field, ä");
    assert_eq!(rendered("", &facts()), "");
}

#[test]
fn doubled_braces_are_braces() {
    assert_eq!(rendered("{{{secret.name}}} {{}}", &facts()), "{db} {}");
}

#[test]
fn what_is_not_there_is_none_and_what_was_not_read_is_unknown() {
    let facts = facts().without("secret.kms_key").unreadable("key.owner", &["a"]);
    assert_eq!(rendered("{secret.kms_key}, {key.owner.account}, {role.names}", &facts), "none, unknown, none");
}

#[test]
fn values_are_shown_for_people() {
    let shown = rendered("{yes} {no} {secret.versions} {as_of} {secret.rotation.every} {secret.tags}", &facts());
    assert_eq!(shown, "yes no 3 2026-01-31T00:00:00Z 30 days prod, pci");
    let span = |seconds| {
        rendered("{secret.rotation.every}", &facts().with("secret.rotation.every", Value::Duration(SignedDuration::from_secs(seconds))))
    };
    assert_eq!([span(86_400), span(5400), span(0)], ["1 day", "1h 30m", "0s"]);
}

#[test]
fn long_lists_are_cut_and_counted() {
    let facts = facts().with("secret.tags", texts(&["a", "b", "c", "d", "e", "f", "g"]));
    assert_eq!(rendered("{secret.tags}", &facts), "a, b, c, d, e and 2 more");
}

#[test]
fn faults_point_at_their_place() {
    for (source, message, under, help) in [
        ("a {secret.nam}", "there is no field `secret.nam`", "secret.nam", Some("did you mean `secret.name`?")),
        ("a { b", "`{` without its partner", "{", Some("a brace in the text is written `{{`")),
        ("a } b", "`}` without its partner", "}", Some("a brace in the text is written `}}`")),
        ("{ a { b }", "`{` without its partner", "{", Some("a brace in the text is written `{{`")),
        ("{}", "only the path of a field can stand between braces", "", None),
        ("{size(secret.tags)}", "only the path of a field can stand between braces", "size(secret.tags)", None),
        ("{ä}", "only the path of a field can stand between braces", "ä", None),
        ("{role.policies}", "a text, a number, a time or a list of them is wanted here, not list of policy", "role.policies", None),
    ] {
        let error = Template::parse(source, &schema()).unwrap_err();
        assert_eq!((error.to_string().as_str(), &source[error.span()], error.help()), (message, under, help), "{source}");
    }
    assert_eq!(Template::parse("{", &schema()).unwrap_err().fault(), &Fault::LoneBrace('{'));
}

#[test]
fn a_template_tells_its_fields() {
    let template = Template::parse("{secret.name}: {key.owner.account}, {secret.name}", &schema()).unwrap();
    assert_eq!(template.fields().collect::<Vec<_>>(), ["secret.name", "key.owner", "secret.name"]);
}
