//! From JSON to a [`Policy`]: which elements there are, what each may hold, and how much of it. `document.rs` calls it once per document.
//!
//! Grammar: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>.

use std::sync::Arc;

use super::arn_pattern::{of_arn, of_resource};
use super::context;
use super::error::{PolicyError, Position, Problem};
use super::glob::Shape;
use super::json::{self, Json, Member, Node};
use super::model::{Policy, Version};
use super::nodes::{MAX_VALUES, Parsed, either, find, known, limit, object, one_or_many, scalars, shown, text_of, texts, written};
use super::operand::{Number, Range, parse_date};
use super::operator::{Comparison, Operator};
use super::pattern::{Compiled, Syntax, tokens};
use super::rows::{Effect, KeyRow, Listing, Names, OperatorRow, PrincipalKind, PrincipalRow, Row, Special, StatementRow};
use super::text::may_hold_symbols;
use super::write::Writer;

/// Bytes of a document. The largest policy that AWS stores is a key policy of 32 kB
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html>).
pub(super) const MAX_BYTES: usize = 1 << 20;
/// Objects and arrays inside each other; a policy needs eight.
const MAX_DEPTH: usize = 16;
/// Statements of a policy.
pub(super) const MAX_STATEMENTS: usize = 4096;
/// Conditions of a statement.
pub(super) const MAX_CONDITIONS: usize = 1024;
const POLICY_ELEMENTS: [&str; 3] = ["Version", "Id", "Statement"];
const STATEMENT_ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
const PRINCIPAL_KINDS: [(&str, PrincipalKind); 4] = [
    ("AWS", PrincipalKind::Aws),
    ("Service", PrincipalKind::Service),
    ("Federated", PrincipalKind::Federated),
    ("CanonicalUser", PrincipalKind::CanonicalUser),
];

/// Parses a policy document.
pub(super) fn policy(text: &Arc<str>) -> Parsed<Policy> {
    let start = Position { line: 1, column: 1 };
    if text.len() > MAX_BYTES {
        return Err(PolicyError::new(start, Problem::TooLarge { what: "more bytes", limit: MAX_BYTES }));
    }
    let root = json::read(text, MAX_DEPTH)?;
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
    let mut writer = Writer::new(Arc::clone(text));
    for node in nodes {
        self::statement(&mut writer, node, version)?;
    }
    Ok(Policy { version, block: writer.finish() })
}

fn version(members: &[Member<'_>]) -> Parsed<Version> {
    let Some(member) = find(members, "Version") else { return Ok(Version::V2008) };
    match text_of(&member.node, "Version")? {
        "2012-10-17" => Ok(Version::V2012),
        "2008-10-17" => Ok(Version::V2008),
        other => Err(PolicyError::new(member.node.at, Problem::BadVersion { version: shown(other) })),
    }
}

fn statement(writer: &mut Writer, node: &Node<'_>, version: Version) -> Parsed<()> {
    let members = object(node, "a statement")?;
    known(members, &STATEMENT_ELEMENTS, "statement")?;
    let variables = version == Version::V2012;
    let sid = find(members, "Sid");
    sid.map(|member| text_of(&member.node, "Sid")).transpose()?;
    let principals = either(members, "Principal", "NotPrincipal")?;
    let entries = principals.map(|(member, _)| principal_entries(&member.node)).transpose()?.unwrap_or_default();
    let action = either(members, "Action", "NotAction")?;
    let Some((member, _)) = action else {
        return Err(PolicyError::new(node.at, Problem::Missing { element: "Action", of: "statement" }));
    };
    let first = writer.rows();
    let actions = texts(&member.node, "Action")?;
    for node in actions {
        pattern(writer, node, of_action);
    }
    let resource = either(members, "Resource", "NotResource")?;
    let resources = resource.map(|(member, _)| texts(&member.node, "Resource")).transpose()?.unwrap_or_default();
    for node in resources {
        pattern(writer, node, |written| of_resource(written, variables));
    }
    for (kind, node) in &entries {
        principal(writer, *kind, node);
    }
    find(members, "Condition").map(|member| conditions(writer, &member.node, variables)).transpose()?;
    let effect = effect(node, members)?;
    if let Some(member) = sid {
        let written = writer.span(&member.node);
        writer.push(Row::Sid(written));
    }
    let head = StatementRow {
        rows: 0,
        actions: count(actions.len()),
        resources: count(resources.len()),
        principals: count(entries.len()),
        effect,
        action: listing(action),
        resource: listing(resource),
        principal: listing(principals),
        sid: sid.is_some(),
    };
    writer.head(first, head);
    Ok(())
}

fn listing(element: Option<(&Member<'_>, bool)>) -> Listing {
    match element {
        None => Listing::Absent,
        Some((_, false)) => Listing::Named,
        Some((_, true)) => Listing::Excepted,
    }
}

/// INVARIANT: at most [`MAX_VALUES`], which fit.
fn count(values: usize) -> u16 {
    u16::try_from(values).unwrap_or(u16::MAX)
}

fn pattern(writer: &mut Writer, node: &Node<'_>, compile: impl Fn(&str) -> Compiled) {
    writer.pattern(node, compile(written(node)));
}

/// Actions are matched in lower case; only where ASCII does not say how, that is written down.
fn of_action(written: &str) -> Compiled {
    let syntax = Syntax { wildcards: true, variables: false };
    if written.is_ascii() {
        Compiled::new(written, syntax, Shape::of)
    } else {
        Compiled::from_tokens(tokens(&written.to_lowercase(), syntax), Shape::of)
    }
}

fn effect(node: &Node<'_>, members: &[Member<'_>]) -> Parsed<Effect> {
    let Some(member) = find(members, "Effect") else {
        return Err(PolicyError::new(node.at, Problem::Missing { element: "Effect", of: "statement" }));
    };
    match text_of(&member.node, "Effect")? {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        other => Err(PolicyError::new(member.node.at, Problem::BadEffect { effect: shown(other) })),
    }
}

/// The entries of a Principal element, each with the key it stands under.
fn principal_entries<'a>(node: &'a Node<'a>) -> Parsed<Vec<(PrincipalKind, &'a Node<'a>)>> {
    let members = match &node.value {
        Json::Text(text) if text == "*" => return Ok(vec![(PrincipalKind::Everyone, node)]),
        Json::Text(text) => return Err(PolicyError::new(node.at, Problem::BadPrincipal { principal: shown(text) })),
        _ => object(node, "Principal")?,
    };
    known(members, &PRINCIPAL_KINDS.map(|(name, _)| name), "Principal")?;
    let mut entries = Vec::new();
    for member in members {
        let Some((name, kind)) = PRINCIPAL_KINDS.iter().find(|(name, _)| *name == member.key) else { continue };
        entries.extend(texts(&member.node, name)?.iter().map(|node| (*kind, node)));
    }
    limit(entries.len(), MAX_VALUES, "more values in one element", node.at)?;
    Ok(entries)
}

fn principal(writer: &mut Writer, kind: PrincipalKind, node: &Node<'_>) {
    let text = written(node);
    let names = match kind {
        PrincipalKind::Everyone => Names::Everyone,
        PrincipalKind::Service => Names::Service,
        PrincipalKind::Federated | PrincipalKind::CanonicalUser => Names::Other,
        PrincipalKind::Aws => aws_names(text),
    };
    let row = PrincipalRow { written: writer.span(node), kind, names, open: may_hold_symbols(text) };
    writer.push(Row::Principal(row));
}

fn aws_names(written: &str) -> Names {
    // The written form of a symbol holds no colon, so cutting there never cuts a symbol.
    let parts: Vec<&str> = written.splitn(6, ':').collect();
    match parts.as_slice() {
        ["*"] => Names::Everyone,
        ["arn", _, "iam", "", _, "root"] => Names::Account,
        ["arn", _, "iam", "", _, resource] if resource.starts_with("user/") => Names::User,
        ["arn", _, "iam", "", _, resource] if resource.starts_with("role/") => Names::Role,
        ["arn", _, "sts", "", _, resource] if resource.starts_with("assumed-role/") => Names::Session,
        // A role whose ARN is one symbol: a template's role that does not exist yet.
        [one] if one.starts_with('⟦') => Names::Role,
        [id] if id.starts_with("AIDA") || id.starts_with("AROA") => Names::UniqueId,
        [digits] if digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_digit()) => Names::Account,
        _ => Names::Other,
    }
}

fn conditions(writer: &mut Writer, node: &Node<'_>, variables: bool) -> Parsed<()> {
    let mut conditions = 0;
    for block in object(node, "Condition")? {
        let Some(operator) = Operator::parse(&block.key) else {
            let problem = Problem::UnknownOperator { operator: shown(&block.key), suggestion: Operator::nearest(&block.key) };
            return Err(PolicyError::new(block.at, problem));
        };
        let written = writer.key_span(block);
        for member in object(&block.node, &block.key)? {
            let values = scalars(&member.node, &member.key)?;
            writer.push(Row::Operator(OperatorRow { written, operator, values: count(values.len()) }));
            let key = KeyRow { written: writer.key_span(member), hash: context::hash(&member.key) };
            writer.push(Row::Key(key));
            for node in values {
                operand(writer, operator.comparison, node, variables);
            }
            conditions += 1;
        }
    }
    limit(conditions, MAX_CONDITIONS, "more conditions in a statement", node.at)
}

/// Variables work in text, ARN and truth-value operators only
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-wheretouse>).
fn operand(writer: &mut Writer, comparison: Comparison, node: &Node<'_>, variables: bool) {
    let text = |wildcards, variables| move |written: &str| Compiled::new(written, Syntax { wildcards, variables }, Shape::of);
    let special = match comparison {
        Comparison::Text | Comparison::TextFolded | Comparison::Bool => return pattern(writer, node, text(false, variables)),
        Comparison::Glob => return pattern(writer, node, text(true, variables)),
        Comparison::Binary => return pattern(writer, node, text(false, false)),
        Comparison::Arn => return pattern(writer, node, |written| of_arn(written, variables)),
        Comparison::Number(_) => Number::parse(written(node)).map(Special::Number),
        Comparison::Date(_) => parse_date(written(node)).map(Special::Date),
        Comparison::Ip => Range::parse(written(node)).map(Special::Ip),
        Comparison::Null => None,
    };
    match special {
        Some(special) => writer.special(node, special),
        None => pattern(writer, node, |_| Compiled::Written(Shape::Nothing)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        policy(&text.into()).unwrap_err().to_string()
    }

    #[test]
    fn a_statement_is_kept_as_it_was_written() {
        let policy = policy(
            &r#"{"Version": "2012-10-17", "Id": "x", "Statement": {"Sid": "S", "Effect": "Deny", "NotPrincipal": {"AWS": ["111122223333", "*"]}, "NotAction": "KMS:*",
                "NotResource": ["*"], "Condition": {"stringlike": {"AWS:SourceArn": ["a", true, 5, "\u0061\\"]}}}}"#
                .into(),
        )
        .unwrap();
        let [statement] = policy.statements().collect::<Vec<_>>()[..] else { panic!("one statement") };
        assert_eq!((statement.sid(), statement.effect(), statement.index()), (Some("S"), Effect::Deny, 0));
        assert!(statement.is_not_principal() && statement.is_not_action() && statement.is_not_resource());
        assert_eq!(statement.actions().collect::<Vec<_>>(), ["KMS:*"]);
        let [account, everyone] = statement.principals().collect::<Vec<_>>()[..] else { panic!("two principals") };
        assert_eq!((account.delegates_to(), account.is_everyone()), (Some("111122223333"), false));
        assert_eq!((everyone.delegates_to(), everyone.is_everyone()), (None, true));
        let [condition] = statement.conditions().collect::<Vec<_>>()[..] else { panic!("one condition") };
        assert_eq!((condition.operator(), condition.key(), condition.is_negated()), ("stringlike", "AWS:SourceArn", false));
        assert_eq!(condition.values().collect::<Vec<_>>(), ["a", "true", "5", "a\\"]);
    }

    #[test]
    fn a_policy_without_version_is_of_the_older_one() {
        assert_eq!(policy(&r#"{"Statement": []}"#.into()).unwrap().version(), Version::V2008);
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
