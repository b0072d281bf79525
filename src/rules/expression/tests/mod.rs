//! The table of fields and the facts that the tests share.

mod grammar;
mod hostile;
mod kleene;
mod template;
mod types;

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::{Expression, ExpressionError, Fact, Facts, Field, Outcome, Record, Schema, Type, Value};

const POLICY: Record = Record {
    name: "policy",
    fields: &[
        Field::required("name", Type::String),
        Field::required("attached", Type::Bool),
        Field::optional("sid", Type::String),
        Field::required("actions", Type::List(&Type::String)),
    ],
};

const KEY_OWNER: Record =
    Record { name: "owner", fields: &[Field::required("account", Type::String), Field::optional("alias", Type::String)] };

fn schema() -> Schema {
    Schema::new([
        Field::required("as_of", Type::Timestamp),
        Field::required("yes", Type::Bool),
        Field::required("no", Type::Bool),
        Field::required("dark", Type::Bool),
        Field::required("dim", Type::Bool),
        Field::required("secret.name", Type::String),
        Field::required("secret.versions", Type::Int),
        Field::optional("secret.kms_key", Type::String),
        Field::optional("secret.replica_key", Type::String),
        Field::required("secret.rotation.enabled", Type::Bool),
        Field::optional("secret.rotation.last", Type::Timestamp),
        Field::required("secret.rotation.every", Type::Duration),
        Field::required("secret.tags", Type::List(&Type::String)),
        Field::optional("key", Type::Bool),
        Field::required("key.name", Type::String),
        Field::optional("key.owner", Type::Record(&KEY_OWNER)),
        Field::required("role.policies", Type::List(&Type::Record(&POLICY))),
        Field::required("role.names", Type::List(&Type::String)),
    ])
}

/// Facts whose gaps are the names of calls. What is not set is absent.
#[derive(Clone, Default)]
struct TestFacts(BTreeMap<&'static str, Fact<&'static str>>);

impl Facts for TestFacts {
    type Gap = &'static str;

    fn field(&self, path: &str) -> Fact<&'static str> {
        self.0.get(path).cloned().unwrap_or(Fact::Absent)
    }
}

impl TestFacts {
    fn with(mut self, path: &'static str, value: Value<&'static str>) -> Self {
        self.0.insert(path, Fact::Value(value));
        self
    }

    fn without(mut self, path: &str) -> Self {
        self.0.remove(path);
        self
    }

    fn unreadable(mut self, path: &'static str, calls: &[&'static str]) -> Self {
        self.0.insert(path, Fact::Unreadable(calls.to_vec()));
        self
    }
}

fn text(text: &str) -> Value<&'static str> {
    Value::String(text.into())
}

fn texts(all: &[&str]) -> Value<&'static str> {
    Value::List(all.iter().map(|one| text(one)).collect())
}

fn policy(name: &str, attached: Fact<&'static str>, sid: Fact<&'static str>) -> Value<&'static str> {
    let actions = Fact::Value(texts(&["kms:Decrypt", "kms:Encrypt"]));
    let fields = [("name", Fact::Value(text(name))), ("attached", attached), ("sid", sid), ("actions", actions)];
    Value::Record(fields.into_iter().map(|(name, fact)| (name.into(), fact)).collect())
}

/// Everything is there and readable but for `dark` and `dim`.
fn facts() -> TestFacts {
    let owner = Value::Record(BTreeMap::from([("account".into(), Fact::Value(text("111122223333")))]));
    let attached = Fact::Value(Value::Bool(true));
    TestFacts::default()
        .with("as_of", Value::Timestamp("2026-01-31T00:00:00Z".parse().unwrap()))
        .with("yes", Value::Bool(true))
        .with("no", Value::Bool(false))
        .unreadable("dark", &["kms:GetKeyPolicy"])
        .unreadable("dim", &["iam:GetRole", "iam:GetPolicy"])
        .with("secret.name", text("db"))
        .with("secret.versions", Value::Int(3))
        .with("secret.kms_key", text("alias/db"))
        .with("secret.replica_key", text("alias/replica"))
        .with("secret.rotation.enabled", Value::Bool(true))
        .with("secret.rotation.last", Value::Timestamp("2026-01-01T00:00:00Z".parse().unwrap()))
        .with("secret.rotation.every", Value::Duration(SignedDuration::from_hours(720)))
        .with("secret.tags", texts(&["prod", "pci"]))
        .with("key", Value::Bool(true))
        .with("key.name", text("db-key"))
        .with("key.owner", owner)
        .with(
            "role.policies",
            Value::List(vec![policy("inline", attached.clone(), Fact::Absent), policy("managed", attached, Fact::Value(text("Read")))]),
        )
        .with("role.names", texts(&[]))
}

fn parse(source: &str) -> Result<Expression, ExpressionError> {
    Expression::parse(source, &schema())
}

fn parsed(source: &str) -> Expression {
    parse(source).unwrap_or_else(|error| panic!("{source}: {error} at {:?}", error.span()))
}

fn outcome(source: &str, facts: &TestFacts) -> Outcome<&'static str> {
    parsed(source).evaluate(facts)
}

fn undecided(calls: &[&'static str]) -> Outcome<&'static str> {
    Outcome::Undecided(calls.iter().copied().collect())
}

/// Asserts that every source is true of [`facts`].
fn assert_all_true(sources: &[&str]) {
    for source in sources {
        assert_eq!(outcome(source, &facts()), Outcome::True, "{source}");
    }
}

/// Message, the source under the caret, and help.
fn refused(source: &str) -> (String, String, Option<String>) {
    let error = parse(source).expect_err(source);
    (error.to_string(), source[error.span()].to_owned(), error.help().map(str::to_owned))
}
