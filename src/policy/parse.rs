//! From JSON to a [`Policy`]: which elements there are, what each may hold, and how much of it. `document.rs` calls it once per document.
//!
//! Grammar: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

use std::sync::Arc;

use super::arn_pattern::{ArnPattern, ResourcePattern};
use super::context::Key;
use super::error::{PolicyError, Position, Problem, nearest};
use super::json::{self, Json, Member, Node};
use super::model::{
    Actions, Condition, ConditionText, Effect, Names, Operand, Policy, PrincipalEntry, PrincipalKind, Principals, Resources, Statement,
    StatementText, Version,
};
use super::operand::{Number, Range, parse_date};
use super::operator::{Comparison, Operator};
use super::pattern::{Pattern, Syntax};
use super::text::Text;

/// Bytes of a document. The largest policy that AWS stores is a key policy of 32 kB
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html>).
pub(super) const MAX_BYTES: usize = 1 << 20;
/// Statements of a policy.
pub(super) const MAX_STATEMENTS: usize = 4096;
/// Conditions of a statement.
pub(super) const MAX_CONDITIONS: usize = 1024;
/// Values of one element or condition.
pub(super) const MAX_VALUES: usize = 16_384;

const POLICY_ELEMENTS: [&str; 3] = ["Version", "Id", "Statement"];
const STATEMENT_ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
const PRINCIPAL_KINDS: [(&str, PrincipalKind); 4] = [
    ("AWS", PrincipalKind::Aws),
    ("Service", PrincipalKind::Service),
    ("Federated", PrincipalKind::Federated),
    ("CanonicalUser", PrincipalKind::CanonicalUser),
];

type Parsed<T> = Result<T, PolicyError>;

/// Parses a policy document.
pub(super) fn policy(text: &str) -> Parsed<Policy> {
    let start = Position { line: 1, column: 1 };
    if text.len() > MAX_BYTES {
        return Err(PolicyError::new(start, Problem::TooLarge { what: "more bytes", limit: MAX_BYTES }));
    }
    let root = json::read(text)?;
    let members = object(&root, "a policy")?;
    known(members, &POLICY_ELEMENTS, "policy")?;
    let version = version(members)?;
    if let Some(id) = find(members, "Id") {
        text_of(&id.node, "Id")?;
    }
    let Some(statement) = find(members, "Statement") else {
        return Err(PolicyError::new(root.at, Problem::Missing { element: "Statement", of: "policy" }));
    };
    let nodes = one_or_many(&statement.node);
    limit(nodes.len(), MAX_STATEMENTS, "more statements", statement.at)?;
    let statements = nodes.iter().enumerate().map(|(index, node)| self::statement(index, node, version)).collect::<Parsed<_>>()?;
    Ok(Policy { version, statements })
}

fn version(members: &[Member]) -> Parsed<Version> {
    let Some(member) = find(members, "Version") else { return Ok(Version::V2008) };
    match text_of(&member.node, "Version")? {
        "2012-10-17" => Ok(Version::V2012),
        "2008-10-17" => Ok(Version::V2008),
        other => Err(PolicyError::new(member.node.at, Problem::BadVersion { version: shown(other) })),
    }
}

fn statement(index: usize, node: &Node, version: Version) -> Parsed<Statement> {
    let members = object(node, "a statement")?;
    known(members, &STATEMENT_ELEMENTS, "statement")?;
    let variables = version == Version::V2012;
    let sid = find(members, "Sid").map(|member| text_of(&member.node, "Sid")).transpose()?.map(Arc::from);
    let principals = either(members, "Principal", "NotPrincipal")?
        .map(|(member, negated)| Ok(Principals { negated, listed: principal_entries(&member.node)? }))
        .transpose()?;
    let Some((action, negated)) = either(members, "Action", "NotAction")? else {
        return Err(PolicyError::new(node.at, Problem::Missing { element: "Action", of: "statement" }));
    };
    let written_actions = texts(&action.node, "Action")?;
    let syntax = Syntax { wildcards: true, variables: false };
    let pattern = |action: &Arc<str>| Pattern::new(&action.to_lowercase(), syntax, false);
    let actions = Actions { negated, patterns: written_actions.iter().map(pattern).collect() };
    let mut written_resources = Box::default();
    let resources = match either(members, "Resource", "NotResource")? {
        None => None,
        Some((member, negated)) => {
            written_resources = texts(&member.node, "Resource")?;
            let pattern = |resource: &Arc<str>| ResourcePattern::new(resource, variables);
            Some(Resources { negated, patterns: written_resources.iter().map(pattern).collect() })
        }
    };
    let conditions = find(members, "Condition").map(|member| conditions(&member.node, variables)).transpose()?.unwrap_or_default();
    let effect = effect(node, members)?;
    let written = Box::new(StatementText { index, sid, actions: written_actions, resources: written_resources });
    Ok(Statement { effect, principals, actions, resources, conditions, written })
}

fn effect(node: &Node, members: &[Member]) -> Parsed<Effect> {
    let Some(member) = find(members, "Effect") else {
        return Err(PolicyError::new(node.at, Problem::Missing { element: "Effect", of: "statement" }));
    };
    match text_of(&member.node, "Effect")? {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        other => Err(PolicyError::new(member.node.at, Problem::BadEffect { effect: shown(other) })),
    }
}

fn principal_entries(node: &Node) -> Parsed<Box<[PrincipalEntry]>> {
    let members = match &node.value {
        Json::Text(text) if text == "*" => {
            return Ok([PrincipalEntry { kind: PrincipalKind::Everyone, written: "*".into(), names: Names::Everyone }].into());
        }
        Json::Text(text) => return Err(PolicyError::new(node.at, Problem::BadPrincipal { principal: shown(text) })),
        _ => object(node, "Principal")?,
    };
    known(members, &PRINCIPAL_KINDS.map(|(name, _)| name), "Principal")?;
    let mut entries = Vec::new();
    for member in members {
        let Some((name, kind)) = PRINCIPAL_KINDS.iter().find(|(name, _)| *name == member.key) else { continue };
        for written in texts(&member.node, name)? {
            entries.push(PrincipalEntry { kind: *kind, names: names(*kind, &written), written });
        }
    }
    Ok(entries.into())
}

fn names(kind: PrincipalKind, written: &str) -> Names {
    match kind {
        PrincipalKind::Everyone => Names::Everyone,
        PrincipalKind::Service => Names::Service(Text::parse(written)),
        PrincipalKind::Federated | PrincipalKind::CanonicalUser => Names::Other,
        PrincipalKind::Aws => aws_names(written),
    }
}

fn aws_names(written: &str) -> Names {
    // The written form of a symbol holds no colon, so cutting there never cuts a symbol.
    let parts: Vec<&str> = written.splitn(6, ':').collect();
    match parts.as_slice() {
        ["*"] => Names::Everyone,
        ["arn", _, "iam", "", account, "root"] => Names::Account(Text::parse(account)),
        ["arn", _, "iam", "", _, resource] if resource.starts_with("user/") => Names::User(Text::parse(written)),
        ["arn", _, "iam", "", _, resource] if resource.starts_with("role/") => Names::Role(Text::parse(written)),
        ["arn", _, "sts", "", _, resource] if resource.starts_with("assumed-role/") => {
            let role_part = written.rfind('/').map_or(written, |slash| &written[..slash]);
            Names::Session { arn: Text::parse(written), role_part: role_part.into() }
        }
        // A role whose ARN is one symbol: a template's role that does not exist yet.
        [one] if one.starts_with('⟦') => Names::Role(Text::parse(one)),
        [id] if id.starts_with("AIDA") || id.starts_with("AROA") => Names::UniqueId(Text::parse(id)),
        [digits] if digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_digit()) => Names::Account(Text::parse(digits)),
        _ => Names::Other,
    }
}

fn conditions(node: &Node, variables: bool) -> Parsed<Box<[Condition]>> {
    let mut conditions = Vec::new();
    for block in object(node, "Condition")? {
        let Some(operator) = Operator::parse(&block.key) else {
            let problem = Problem::UnknownOperator { operator: shown(&block.key), suggestion: Operator::nearest(&block.key) };
            return Err(PolicyError::new(block.at, problem));
        };
        let written: Arc<str> = block.key.as_str().into();
        for member in object(&block.node, &block.key)? {
            let values = scalars(&member.node, &member.key)?;
            let operands = values.iter().map(|written| operand(operator.comparison, written, variables)).collect();
            let written = ConditionText { operator: Arc::clone(&written), key: member.key.as_str().into(), values };
            conditions.push(Condition { operator, key: Key::new(&member.key), operands, written: Box::new(written) });
        }
    }
    limit(conditions.len(), MAX_CONDITIONS, "more conditions in a statement", node.at)?;
    Ok(conditions.into())
}

/// Variables work in text, ARN and truth-value operators only
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-wheretouse>).
fn operand(comparison: Comparison, written: &str, variables: bool) -> Operand {
    let exact = Syntax { wildcards: false, variables };
    match comparison {
        Comparison::Text => Operand::Text(Pattern::new(written, exact, false)),
        Comparison::TextFolded | Comparison::Bool => Operand::Text(Pattern::new(written, exact, true)),
        Comparison::Glob => Operand::Text(Pattern::new(written, Syntax { wildcards: true, variables }, false)),
        Comparison::Binary => Operand::Text(Pattern::new(written, Syntax { wildcards: false, variables: false }, false)),
        Comparison::Arn => Operand::Arn(ArnPattern::new(written, variables)),
        Comparison::Number(_) => Operand::Number(Number::parse(written)),
        Comparison::Date(_) => Operand::Date(parse_date(written)),
        Comparison::Ip => Operand::Ip(Range::parse(written)),
        Comparison::Null => Operand::Null(match written {
            text if text.eq_ignore_ascii_case("true") => Some(true),
            text if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }),
    }
}

fn find<'a>(members: &'a [Member], key: &str) -> Option<&'a Member> {
    members.iter().find(|member| member.key == key)
}

/// The element or its negation, and whether it is the negation.
fn either<'a>(members: &'a [Member], element: &'static str, negation: &str) -> Parsed<Option<(&'a Member, bool)>> {
    match (find(members, element), find(members, negation)) {
        (Some(_), Some(second)) => Err(PolicyError::new(second.at, Problem::Both(element))),
        (Some(member), None) => Ok(Some((member, false))),
        (None, Some(member)) => Ok(Some((member, true))),
        (None, None) => Ok(None),
    }
}

fn known(members: &[Member], elements: &[&str], of: &'static str) -> Parsed<()> {
    match members.iter().find(|member| !elements.contains(&member.key.as_str())) {
        None => Ok(()),
        Some(member) => {
            let problem =
                Problem::UnknownElement { element: shown(&member.key), of, suggestion: nearest(&member.key, elements.iter().copied()) };
            Err(PolicyError::new(member.at, problem))
        }
    }
}

fn limit(count: usize, limit: usize, what: &'static str, at: Position) -> Parsed<()> {
    if count > limit { Err(PolicyError::new(at, Problem::TooLarge { what, limit })) } else { Ok(()) }
}

fn one_or_many(node: &Node) -> &[Node] {
    if let Json::Array(nodes) = &node.value { nodes } else { std::slice::from_ref(node) }
}

fn object<'a>(node: &'a Node, element: &str) -> Parsed<&'a [Member]> {
    if let Json::Object(members) = &node.value { Ok(members) } else { Err(wrong_type(node, element, "an object")) }
}

fn text_of<'a>(node: &'a Node, element: &str) -> Parsed<&'a str> {
    if let Json::Text(text) = &node.value { Ok(text) } else { Err(wrong_type(node, element, "text")) }
}

/// A text or an array of texts.
fn texts(node: &Node, element: &str) -> Parsed<Box<[Arc<str>]>> {
    let nodes = one_or_many(node);
    limit(nodes.len(), MAX_VALUES, "more values in one element", node.at)?;
    nodes.iter().map(|node| text_of(node, element).map(Arc::from)).collect()
}

/// A text, number or truth value, or an array of such, as their text.
fn scalars(node: &Node, element: &str) -> Parsed<Box<[Arc<str>]>> {
    let nodes = one_or_many(node);
    limit(nodes.len(), MAX_VALUES, "more values in one condition", node.at)?;
    let scalar = |node: &Node| match &node.value {
        Json::Text(text) | Json::Number(text) => Ok(text.as_str().into()),
        Json::Bool(value) => Ok(if *value { "true" } else { "false" }.into()),
        _ => Err(wrong_type(node, element, "text, a number or a truth value")),
    };
    nodes.iter().map(scalar).collect()
}

fn wrong_type(node: &Node, element: &str, expected: &'static str) -> PolicyError {
    PolicyError::new(node.at, Problem::WrongType { element: shown(element), expected, found: node.value.kind() })
}

/// Foreign text in an error, not longer than an error should be.
fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        policy(text).unwrap_err().to_string()
    }

    #[test]
    fn a_statement_is_kept_as_it_was_written() {
        let policy = policy(
            r#"{"Version": "2012-10-17", "Id": "x", "Statement": {"Sid": "S", "Effect": "Deny", "NotPrincipal": {"AWS": ["111122223333", "*"]}, "NotAction": "KMS:*",
                "NotResource": ["*"], "Condition": {"stringlike": {"AWS:SourceArn": ["a", true, 5]}}}}"#,
        )
        .unwrap();
        let [statement] = policy.statements() else { panic!("one statement") };
        assert_eq!((statement.sid(), statement.effect(), statement.index()), (Some("S"), Effect::Deny, 0));
        assert!(statement.is_not_principal() && statement.is_not_action() && statement.is_not_resource());
        assert_eq!(statement.actions().collect::<Vec<_>>(), ["KMS:*"]);
        assert_eq!(statement.principals()[0].delegates_to(), Some(&Text::literal("111122223333")));
        assert!(statement.principals()[1].is_everyone());
        let [condition] = statement.conditions() else { panic!("one condition") };
        assert_eq!((condition.operator(), condition.key(), condition.is_negated()), ("stringlike", "AWS:SourceArn", false));
        assert_eq!(condition.values().collect::<Vec<_>>(), ["a", "true", "5"]);
    }

    #[test]
    fn a_policy_without_version_is_of_the_older_one() {
        assert_eq!(policy(r#"{"Statement": []}"#).unwrap().version(), Version::V2008);
    }

    #[test]
    fn every_error_names_the_place_and_the_element() {
        let statement = |elements: &str| error(&format!("{{\n \"Statement\": [{{{elements}}}]}}"));
        let cases = [
            (error("[]"), "line 1, column 1: a policy must be an object, not an array"),
            (error("{}"), "line 1, column 1: the policy has no Statement"),
            (error(r#"{"Version": "2012"}"#), "line 1, column 13: Version \"2012\" does not exist; it is \"2012-10-17\" or \"2008-10-17\""),
            (error(r#"{"Statment": []}"#), "line 1, column 2: \"Statment\" is not an element of a policy; did you mean \"Statement\"?"),
            (statement(r#""Effect": "Allow""#), "line 2, column 16: the statement has no Action"),
            (statement(r#""Action": "*""#), "line 2, column 16: the statement has no Effect"),
            (statement(r#""Action": 5"#), "line 2, column 27: Action must be text, not a number"),
            (statement(r#""Effect": "allow", "Action": "*""#), "line 2, column 27: Effect \"allow\" is neither \"Allow\" nor \"Deny\""),
            (statement(r#""Action": "*", "NotAction": "*""#), "line 2, column 32: Action and NotAction exclude each other"),
            (statement(r#""Principal": "*", "NotPrincipal": "*""#), "line 2, column 35: Principal and NotPrincipal exclude each other"),
            (statement(r#""Principal": "me""#), "line 2, column 30: Principal \"me\" must be \"*\" or an object such as {\"AWS\": …}"),
            (
                statement(r#""Principal": {"Aws": "*"}"#),
                "line 2, column 31: \"Aws\" is not an element of a Principal; did you mean \"AWS\"?",
            ),
            (
                statement(r#""Action": "*", "Condition": {"StringEqual": {}}"#),
                "line 2, column 46: \"StringEqual\" is not a condition operator; did you mean \"StringEquals\"?",
            ),
            (
                statement(r#""Action": "*", "Condition": {"Bool": {"k": null}}"#),
                "line 2, column 60: k must be text, a number or a truth value, not null",
            ),
        ];
        for (found, expected) in cases {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_is_too_large_is_refused() {
        assert!(error(&" ".repeat(MAX_BYTES + 1)).contains("more bytes than the 1048576"));
        let values = vec!["\"a\""; MAX_VALUES + 1].join(",");
        assert!(error(&format!(r#"{{"Statement": {{"Effect": "Allow", "Action": [{values}]}}}}"#)).contains("more values in one element"));
    }
}
