use std::cell::RefCell;

use proptest::prelude::*;

use super::super::{Fault, MAX_SOURCE, Template};
use super::*;

/// `piece` again and again, up to the longest source.
fn full_of(piece: &str) -> String {
    piece.repeat(MAX_SOURCE / piece.len())
}

#[test]
fn four_thousand_brackets_are_an_error_and_no_crash() {
    for piece in
        ["(", "!", "[", "-", "secret.tags.exists(", "secret.tags.exists(x, ", "has(", "size(", "1 in [", "a.", "\"", "'\\", "&&", "}"]
    {
        assert!(parse(&full_of(piece)).is_err(), "{piece}");
    }
    assert_eq!(parse(&full_of("(")).unwrap_err().fault(), &Fault::TooDeep(32));
    assert_eq!(parse(&full_of("!")).unwrap_err().fault(), &Fault::TooDeep(32));
}

#[test]
fn a_longer_source_is_refused() {
    assert_eq!(parse(&" ".repeat(MAX_SOURCE + 1)).unwrap_err().fault(), &Fault::TooLong(MAX_SOURCE));
    assert!(Template::parse(&"a".repeat(MAX_SOURCE + 1), &schema()).is_err());
}

#[test]
fn long_flat_chains_are_fine() {
    for source in ["yes && ".repeat(500), "no || ".repeat(500)] {
        assert_eq!(outcome(&format!("{source}yes"), &facts()), Outcome::True, "{source}");
    }
    let sum = format!("as_of{} > as_of", " + duration('1s')".repeat(200));
    assert_eq!(outcome(&sum, &facts()), Outcome::True);
    let guards = format!("{}secret.kms_key == 'alias/db'", "has(secret.kms_key) && ".repeat(150));
    assert_eq!(outcome(&guards, &facts()), Outcome::True);
}

#[test]
fn huge_lists_run_out_of_steps_instead_of_time() {
    let facts = facts().with("secret.tags", Value::List(vec![text("a"); 100_000]));
    assert_eq!(outcome("secret.tags.all(x, secret.tags.all(y, x == y))", &facts), undecided(&[]));
    assert_eq!(outcome("secret.tags.all(x, !('b' in secret.tags))", &facts), undecided(&[]));
    assert_eq!(outcome("no && secret.tags.all(x, secret.tags.all(y, x == y))", &facts), Outcome::False);
    assert_eq!(outcome("secret.tags.all(x, secret.tags.exists(y, x == y))", &facts), Outcome::True);
}

#[test]
fn long_texts_cost_steps_too() {
    let facts = facts().with("secret.name", text(&"a".repeat(1 << 20))).with("secret.tags", Value::List(vec![text("b"); 100_000]));
    assert_eq!(outcome("secret.tags.all(t, !secret.name.contains(t))", &facts), undecided(&[]));
    assert_eq!(outcome("secret.tags.all(t, size(secret.name) > 0)", &facts), undecided(&[]));
}

#[test]
fn each_field_is_asked_for_once_and_only_when_it_matters() {
    struct Counting(RefCell<Vec<String>>);
    impl Facts for Counting {
        type Gap = ();
        fn field(&self, path: &str) -> Fact<()> {
            self.0.borrow_mut().push(path.to_owned());
            Fact::Value(if path == "secret.tags" { Value::List(vec![Value::Int(1); 10]) } else { Value::Bool(path == "yes") })
        }
    }
    let counting = Counting(RefCell::default());
    let expression = parsed("yes && secret.tags.exists(t, no) && yes && dark");
    assert_eq!(expression.evaluate(&counting), Outcome::False);
    assert_eq!(*counting.0.borrow(), ["yes", "secret.tags", "no"]);
}

/// Words that make sources which get past the lexer.
fn words() -> impl Strategy<Value = String> {
    let word = proptest::sample::select(vec![
        "yes",
        "dark",
        "secret.tags",
        "secret.kms_key",
        "role.policies",
        "x",
        "x.name",
        "x.sid",
        ".exists(x,",
        ".all(y,",
        ")",
        "(",
        "!",
        "&&",
        "||",
        "==",
        "<",
        "in",
        "+",
        "-",
        "has(",
        "size(",
        "[",
        "]",
        ",",
        "1",
        "'a'",
        "duration('1h')",
        "as_of",
        ".contains(",
        "true",
        "key",
        ".",
    ]);
    proptest::collection::vec(word, 0..24).prop_map(|words| words.join(" "))
}

fn check_source(source: &str) {
    match parse(source) {
        Ok(expression) => {
            assert!(expression.terms() >= 1);
            expression.evaluate(&facts());
            expression.evaluate(&TestFacts::default());
            for term in 0..=expression.terms() {
                expression.without_term(term).evaluate(&facts());
            }
        }
        Err(error) => assert!(source.get(error.span()).is_some(), "{error}"),
    }
    if let Err(error) = Template::parse(source, &schema()) {
        assert!(source.get(error.span()).is_some(), "{error}");
    }
}

/// Conditions that are decided as soon as `dark` and `dim` are read.
fn condition() -> impl Strategy<Value = String> {
    conditions_of(vec!["yes", "no", "has(secret.kms_key)", "secret.versions > 2", "'prod' in secret.tags", "dark", "dim"])
}

fn conditions_of(leaves: Vec<&'static str>) -> impl Strategy<Value = String> {
    let leaf = proptest::sample::select(leaves);
    leaf.prop_map(str::to_owned).prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|one| format!("!({one})")),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" && "))),
            proptest::collection::vec(inner, 2..4).prop_map(|all| format!("({})", all.join(" || "))),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        check_source(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_text_is_read_without_a_panic(source in "\\PC{0,80}") {
        check_source(&source);
    }

    #[test]
    fn any_words_are_read_without_a_panic(source in words()) {
        check_source(&source);
    }

    /// An undecided answer may become anything once the gaps are read; a decided one must never change.
    #[test]
    fn reading_more_never_overturns_an_answer(source in condition(), dark in any::<bool>(), dim in any::<bool>()) {
        let before = outcome(&source, &facts());
        let after = outcome(&source, &facts().with("dark", Value::Bool(dark)).with("dim", Value::Bool(dim)));
        prop_assert!(!matches!(after, Outcome::Undecided(_)));
        if !matches!(before, Outcome::Undecided(_)) {
            prop_assert_eq!(before, after);
        }
    }

    /// Whatever mixture of guards the check lets pass, it is decided when the optional field is absent.
    #[test]
    fn an_accepted_expression_never_hangs_on_an_absent_field(
        source in conditions_of(vec!["has(secret.kms_key)", "!has(secret.kms_key)", "secret.kms_key == 'a'", "yes", "no"])
    ) {
        if let Ok(expression) = parse(&source) {
            let outcome = expression.evaluate(&facts().without("secret.kms_key"));
            prop_assert!(!matches!(outcome, Outcome::Undecided(_)), "{}", source);
        }
    }
}
