//! Terraform's functions that policies and identities are made with (<https://developer.hashicorp.com/terraform/language/functions>). Whatever hangs on something
//! that is not known stays open. `expression` asks here.

mod collections;
mod conversions;
mod encodings;
mod formats;
mod networks;
mod numbers;
mod texts;
mod times;
mod yaml;

use hcl_edit::expr::FuncName;

use super::made::Made;

/// What a function is called: `try`, `provider::aws::arn_parse`. Terraform's own may also be written with `core::`.
pub(super) fn name(name: &FuncName) -> String {
    let all: Vec<&str> = name.namespace.iter().map(|part| part.as_str()).chain([name.name.as_str()]).collect();
    let all = all.join("::");
    all.strip_prefix("core::").map_or_else(|| all.clone(), str::to_owned)
}

/// What a function gives; `place` is the module in which it is called.
pub(super) fn call(name: &str, arguments: &[Made], place: &str) -> Made {
    let fails = arguments.iter().find(|argument| matches!(argument, Made::Fails(_)));
    let made = match (name, arguments, fails) {
        // What fails is left out; of what is not known it is not known whether it fails.
        ("try", ..) => arguments.iter().find(|value| !matches!(value, Made::Fails(_))).filter(|value| value.is_whole()).cloned(),
        ("can", [value], _) => (value.is_whole() || fails.is_some()).then(|| Made::Plain(fails.is_none().into())),
        (.., Some(fails)) => return fails.clone(),
        ("jsonencode", [value], None) => match encodings::encoded(value, &format!("jsonencode in {place}")) {
            Ok(made) => Some(made),
            Err(what) => return Made::Open(what),
        },
        (_, arguments, None) => {
            let rooms = [
                texts::call,
                collections::call,
                conversions::call,
                encodings::call,
                formats::call,
                numbers::call,
                networks::call,
                times::call,
            ];
            rooms.iter().find_map(|room| room(name, arguments))
        }
    };
    made.unwrap_or_else(|| Made::Open(format!("what {name} gives")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::policy::Text;

    fn made(name: &str, arguments: &[Made]) -> Made {
        call(name, arguments, "the root module")
    }

    #[test]
    fn try_goes_on_where_terraform_fails_and_not_where_something_is_not_known() {
        let (fails, open, whole) = (Made::Fails("no 0".to_owned()), Made::Open("a condition".to_owned()), Made::literal("whole"));
        assert_eq!(made("try", &[fails.clone(), whole.clone()]), whole);
        assert_eq!(made("try", &[whole.clone(), open.clone()]), whole);
        assert_eq!(made("try", &[open, whole]), Made::Open("what try gives".to_owned()));
        assert_eq!(made("try", &[fails]), Made::Open("what try gives".to_owned()));
    }

    #[test]
    fn items_are_found_by_key_and_by_number() {
        let map = Made::Map(BTreeMap::from([("a".to_owned(), Made::literal("1")), ("b".to_owned(), Made::literal("2"))]));
        let open = |name: &str| Made::Open(format!("what {name} gives"));
        for (name, arguments, expected) in [
            ("lookup", vec![map.clone(), Made::literal("b")], Made::literal("2")),
            ("lookup", vec![map.clone(), Made::literal("c"), Made::literal("3")], Made::literal("3")),
            ("lookup", vec![map.clone(), Made::literal("c")], Made::Fails("no such key".to_owned())),
            ("lookup", vec![Made::Open("x".to_owned()), Made::literal("c"), Made::literal("3")], open("lookup")),
            ("element", vec![made("values", std::slice::from_ref(&map)), Made::Plain(3.into())], Made::literal("2")),
            ("element", vec![made("keys", &[map]), Made::Plain(0.into())], Made::literal("a")),
            ("element", vec![Made::List(Vec::new()), Made::Plain(0.into())], Made::Fails("an item of an empty list".to_owned())),
        ] {
            assert_eq!(made(name, &arguments), expected, "{name} {arguments:?}");
        }
    }

    #[test]
    fn a_part_is_replaced_in_a_text_that_is_known_alone() {
        let symbol = Made::Text(Text::parse("⟦aws_secretsmanager_secret.db⟧"));
        let [text, part] = ["arn:X:X", "X"].map(Made::literal);
        assert_eq!(
            made("replace", &[text.clone(), part.clone(), symbol.clone()]),
            Made::Text(Text::parse("arn:⟦aws_secretsmanager_secret.db⟧:⟦aws_secretsmanager_secret.db⟧"))
        );
        for (text, part) in [(symbol, part.clone()), (text.clone(), Made::literal("/X/")), (text, Made::literal(""))] {
            assert_eq!(made("replace", &[text, part.clone(), part]), Made::Open("what replace gives".to_owned()));
        }
    }
}
