//! Expressions as people write them, and what Terraform makes of them: what is compared here is what `terraform console` (1.11.4) says.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::expression::{Evaluator, Scope};
use super::files::Code;
use super::made::Made;
use crate::policy::Text;
use crate::source::terraform::address::ModulePath;
use crate::source::terraform::document::Plan;
use crate::source::terraform::resolve::Resolver;
use crate::source::terraform::stack;
use crate::source::terraform::world::World;

const SECRET: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-⟦aws_secretsmanager_secret.db#6⟧";

/// What an expression makes, where `secret` is an ARN that AWS will make up and `open` is not known.
fn made(expression: &str) -> Made {
    let plan = Plan::default();
    let world = World::after(&plan);
    let resolver = Resolver::new(&world, "111122223333", "eu-west-1");
    let code = Code::default();
    let evaluator = Evaluator::new(&code, &resolver, stack::document);
    let module = ModulePath::default();
    let names =
        BTreeMap::from([("secret".to_owned(), Made::Text(Text::parse(SECRET))), ("open".to_owned(), Made::Open("open".to_owned()))]);
    let expression = hcl_edit::parser::parse_expr(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    evaluator.value(&expression, &Scope { names, ..Scope::of(&module) })
}

/// A value that is known in full, as JSON.
fn known(expression: &str) -> Json {
    let made = made(expression);
    assert!(made.is_whole(), "{expression}: {made:?}");
    made.policy("").unwrap()
}

#[test]
fn expressions_make_what_terraform_makes_of_them() {
    for (expression, expected) in [
        (r#"[for s in ["a", "b", "a"] : upper(s) if s != "b"]"#, json!(["A", "A"])),
        (r#"{ for s in ["ax", "ay", "b"] : substr(s, 0, 1) => s... }"#, json!({"a": ["ax", "ay"], "b": ["b"]})),
        ("{ for k, v in { a = 1, b = 2 } : v => k }", json!({"1": "a", "2": "b"})),
        (r#"[for k, v in toset(["b", "a"]) : "${k}${v}"]"#, json!(["aa", "bb"])),
        (r#"try({ a = 1 }.b, "none")"#, json!("none")),
        (r#"try([{ a = 1 }.b], "none")"#, json!("none")),
        ("can({ a = 1 }.b)", json!(false)),
        ("can({ a = 1 }.a) && !(1 > 2)", json!(true)),
        (r#"length(flatten([["a"], [["b", "c"]]])) + 1"#, json!(4)),
        ("merge([{ a = 1 }, { b = 2 }]...)", json!({"a": 1, "b": 2})),
        (r#"concat([["a"], ["b"]]...)"#, json!(["a", "b"])),
        (r#"compact(["a", "", "b"])"#, json!(["a", "b"])),
        (r#"distinct(["b", "a", "b"])"#, json!(["b", "a"])),
        (r#"sort(["b", "a"])"#, json!(["a", "b"])),
        (r#"tolist(toset(["b", "a"]))[0]"#, json!("a")),
        ("one([])", json!(null)),
        (r#"coalesce(null, "", "x")"#, json!("x")),
        (r#"coalescelist([], ["x"])"#, json!(["x"])),
        (r#"zipmap(["a", "b"], [1, 2])"#, json!({"a": 1, "b": 2})),
        (r#"setproduct(["a", "b"], ["1", "2"])"#, json!([["a", "1"], ["a", "2"], ["b", "1"], ["b", "2"]])),
        ("range(1, 7, 2)", json!([1, 3, 5])),
        ("range(3, 0)", json!([3, 2, 1])),
        (r#"slice(["a", "b", "c"], 1, 3)"#, json!(["b", "c"])),
        (r#"title("billing ro-db it's")"#, json!("Billing Ro-Db It'S")),
        (r#"index(["a", "b"], "b")"#, json!(1)),
        (r#"contains(["a", "b"], "c")"#, json!(false)),
        ("alltrue([true, false]) || anytrue([])", json!(false)),
        (r#"format("%s/%d%%", "a", 3)"#, json!("a/3%")),
        (r#"formatlist("%s-%s", ["a", "b"], "x")"#, json!(["a-x", "b-x"])),
        (r#"join(",", ["a"], ["b"])"#, json!("a,b")),
        (r#"split("/", "a/b")"#, json!(["a", "b"])),
        (r#"trimprefix("secret/db", "secret/")"#, json!("db")),
        (r#"trimsuffix("db:*", ":*")"#, json!("db")),
        (r#"startswith("prod/db", "prod/") ? "p" : "t""#, json!("p")),
        (r#"substr("abcdef", 2, -1)"#, json!("cdef")),
        (r#"trim("--a--", "-")"#, json!("a")),
        (r#"jsondecode("{\"a\": [1]}").a[0]"#, json!(1)),
        (r#"yamldecode("a:\n  - b\n").a"#, json!(["b"])),
        (r#"lookup({ a = null }, "a", "x")"#, json!(null)),
        (r#"{ (format("%s", "k")) = 5.0 }"#, json!({"k": 5})),
        ("5 % 3 == 2 ? 6 / 3 : -1", json!(2)),
        ("\"%{ for s in [\"a\", \"b\"] ~} ${s} %{~ endfor }!\"", json!("ab!")),
        ("\"%{ if 1 == 2 }x%{ else }y%{ endif }\"", json!("y")),
        ("<<EOT\n  %{ for s in [\"a\", \"b\"] ~}\n  - ${s}\n  %{ endfor ~}\n  end\nEOT", json!("    - a\n    - b\n    end\n")),
    ] {
        assert_eq!(known(expression), expected, "{expression}");
    }
}

#[test]
fn an_arn_that_aws_makes_up_is_taken_apart_at_its_colons_and_nowhere_else() {
    assert_eq!(known("split(\":\", secret)[4]"), json!("111122223333"));
    assert_eq!(known("provider::aws::arn_parse(secret).resource"), json!("secret:db-⟦aws_secretsmanager_secret.db#6⟧"));
    assert_eq!(known("provider::aws::arn_build(\"aws\", \"s3\", \"\", \"\", \"b/*\")"), json!("arn:aws:s3:::b/*"));
    assert_eq!(known("trimprefix(secret, \"arn:aws:\")"), json!(SECRET.trim_start_matches("arn:aws:")));
    assert_eq!(known("startswith(secret, \"arn:aws-cn:\")"), json!(false));
    assert_eq!(known("jsondecode(jsonencode({ a = secret })).a == secret"), json!(true));
    assert_eq!(known("secret == \"\" || secret == null"), json!(false));
    for expression in [
        "split(\"-\", secret)[0]",
        "substr(secret, 0, 3)",
        "replace(secret, \"db\", \"x\")",
        "upper(secret)",
        "endswith(secret, \"x\")",
        "provider::other::arn_parse(secret).resource",
    ] {
        assert!(!made(expression).is_whole(), "{expression}: {:?}", made(expression));
    }
}

#[test]
fn what_hangs_on_something_that_is_not_known_is_not_known_either() {
    for expression in [
        "try(open, \"x\")",
        "can(open)",
        "open ? \"a\" : \"b\"",
        "open == \"a\"",
        "open == null",
        "coalesce(open, \"x\")",
        "coalescelist([open], [\"x\"])[0]",
        "length([open])",
        "length(toset([\"a\", secret]))",
        "compact([open, \"a\"])[1]",
        "flatten([open, \"a\"])[1]",
        "distinct([secret, \"a\"])[1]",
        "sort([secret, \"a\"])[0]",
        "tolist(toset([secret, \"a\"]))[0]",
        "keys({ (secret) = 1, a = 2 })[0]",
        "element([\"a\"], open)",
        "contains([open], \"a\")",
        "contains([\"a\"], open)",
        "merge({ a = 1 }, open)",
        "lookup(open, \"a\", \"b\")",
        "[for s in [\"a\"] : s if open]",
        "{ for s in [open] : s => 1 }",
        "{ for s in [\"a\", \"a\"] : s => 1 }",
        "\"%{ if open }a%{ endif }\"",
        "\"%{ for s in open }a%{ endfor }\"",
        "\"%{ if true }\\\"a\\\"%{ endif }\"",
        "concat(open...)",
        "range(1000000)",
        "setproduct(range(1000), range(1000))",
        "replace(join(\"\", [for i in range(10000) : \"aaaaaaaaaa\"]), \"a\", join(\"\", [for i in range(10000) : \"aaaaaaaaaa\"]))",
        "regex(\"a\", \"a\")",
        "1 / 0",
    ] {
        assert!(!made(expression).is_whole(), "{expression}: {:?}", made(expression));
    }
    assert_eq!(known("open && false"), json!(false));
    assert_eq!(known("contains([open, \"a\"], \"a\")"), json!(true));
}

#[test]
fn what_grows_without_end_is_given_up() {
    let doubled =
        (0..30).fold("\"aaaaaaaa\"".to_owned(), |inner, index| format!("[for a{index} in [{inner}] : \"${{a{index}}}${{a{index}}}\"][0]"));
    assert_eq!(made(&doubled), Made::Open("an expression that goes too far".to_owned()));
}

/// A line is an expression, a tab, and its value in JSON: `=` before a value that is made here as well, `?` before one that is left open. `!` stands where Terraform refuses.
/// The values are those that `terraform console` (1.11.4) printed for `jsonencode([EXPRESSION])`.
const CONSOLE: &str = include_str!("../../../../tests/suites/terraform-console.tsv");

#[test]
fn every_expression_is_what_terraform_makes_of_it_or_open() {
    assert!(CONSOLE.lines().count() > 800);
    let mut wrong = Vec::new();
    for line in CONSOLE.lines() {
        let (expression, outcome) = line.split_once('\t').unwrap();
        let (mark, value) = outcome.split_at(1);
        let made = made(expression);
        let known = if made.is_whole() { made.policy("").ok().filter(|json| !json.to_string().contains('⟦')) } else { None };
        let is_right = match (mark, &known) {
            ("=", Some(known)) => *known == serde_json::from_str::<Json>(value).unwrap(),
            ("?", None) => !matches!(made, Made::Fails(_)),
            ("!", None) => true,
            _ => false,
        };
        if !is_right {
            wrong.push(format!("{expression}: {made:?} and not {outcome}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
