//! Configurations in JSON, as the Cloud Development Kit for Terraform writes them, as the blocks that they stand for
//! (<https://developer.hashicorp.com/terraform/language/syntax/json>). `files` asks here.

use hcl_edit::Ident;
use hcl_edit::expr::{Array, Expression, Object, ObjectKey, ObjectValue};
use hcl_edit::structure::{Attribute, Block, Body};
use hcl_edit::template::{StringTemplate, Template};
use serde_json::Value;

use super::placed::Placed;
use crate::policy::PolicyError;
use crate::policy::json::{self, Json, Node};
use crate::source::terraform::document::Module;

/// The deepest that values lie in each other.
const DEPTH: usize = 100;

/// A key of a block that is a comment.
const COMMENT: &str = "//";

/// Kinds of blocks, and how many names each has.
const BLOCKS: [(&str, usize); 6] = [("resource", 2), ("data", 2), ("module", 1), ("output", 1), ("variable", 1), ("locals", 0)];

/// The blocks in a file. Whether a member of a resource is a block or an attribute stands in the provider's schema, and in what the plan says of the resource.
pub(super) fn read(text: &str, plan: &Module) -> Result<Vec<Placed>, PolicyError> {
    let root = json::read(text, DEPTH)?;
    let mut placed = Vec::new();
    for (kind, names) in BLOCKS {
        let Json::Object(members) = &root.value else { continue };
        let Some(member) = members.iter().find(|member| member.key == kind) else { continue };
        for found in labelled(&member.node, names, &[], (member.at.line, member.at.column)) {
            let written = match found.names.as_slice() {
                [resource, name] => {
                    plan.resources.iter().find(|it| it.kind == *resource && it.name == *name && (it.mode == "data") == (kind == "data"))
                }
                _ => None,
            };
            let body = if kind == "variable" { declaration(found.node) } else { body(found.node, written.map(|it| &it.expressions)) };
            let Some(mut block) = block(kind, body) else { continue };
            block.labels = found.names.into_iter().map(Into::into).collect();
            placed.push(Placed { block, line: found.at.0, column: found.at.1 });
        }
    }
    Ok(placed)
}

/// A body with the names that lead to it.
struct Labelled<'n, 'a> {
    names: Vec<String>,
    node: &'n Node<'a>,
    at: (usize, usize),
}

/// The bodies behind so many names. At each level there is an object, or a list of such.
fn labelled<'n, 'a>(node: &'n Node<'a>, names: usize, before: &[String], at: (usize, usize)) -> Vec<Labelled<'n, 'a>> {
    match &node.value {
        Json::Array(items) => items.iter().flat_map(|item| labelled(item, names, before, at)).collect(),
        Json::Object(_) if names == 0 => vec![Labelled { names: before.to_vec(), node, at }],
        Json::Object(members) => {
            let below = |member: &'n json::Member<'a>| {
                let before = [before, &[member.key.clone().into_owned()]].concat();
                labelled(&member.node, names - 1, &before, (member.at.line, member.at.column))
            };
            members.iter().filter(|member| member.key != COMMENT).flat_map(below).collect()
        }
        _ => Vec::new(),
    }
}

fn block(name: &str, body: Body) -> Option<Block> {
    let mut block = Block::new(Ident::try_new(name).ok()?);
    block.body = body;
    Some(block)
}

/// A body, where the plan writes its attributes and blocks like this.
fn body(node: &Node<'_>, written: Option<&Value>) -> Body {
    let mut body = Body::new();
    let Json::Object(members) = &node.value else { return body };
    for member in members.iter().filter(|member| member.key != COMMENT) {
        let written = written.and_then(|written| written.get(member.key.as_ref()));
        if member.key == "dynamic" {
            for found in labelled(&member.node, 1, &[], (0, 0)) {
                if let Some(mut block) = block("dynamic", moving(found.node)) {
                    block.labels = found.names.into_iter().map(Into::into).collect();
                    body.push(block);
                }
            }
        } else if is_block(written) {
            for found in labelled(&member.node, 0, &[], (0, 0)) {
                // Of several blocks the plan has one item each; which of them this is does not matter for what is a block in it.
                let inner = written.map(|written| written.get(0).unwrap_or(written));
                if let Some(block) = block(&member.key, self::body(found.node, inner)) {
                    body.push(block);
                }
            }
        } else if let Ok(name) = Ident::try_new(member.key.as_ref()) {
            body.push(Attribute::new(name, expression(&member.node)));
        }
    }
    body
}

/// Whether a plan writes a block so, and no attribute.
fn is_block(written: Option<&Value>) -> bool {
    match written {
        Some(Value::Array(_)) => true,
        Some(Value::Object(fields)) => !fields.is_empty() && !fields.contains_key("references") && !fields.contains_key("constant_value"),
        _ => false,
    }
}

/// The body of a dynamic block.
fn moving(node: &Node<'_>) -> Body {
    let mut body = Body::new();
    let Json::Object(members) = &node.value else { return body };
    for member in members {
        match (member.key.as_ref(), &member.node.value) {
            ("content", _) => {
                for found in labelled(&member.node, 0, &[], (0, 0)) {
                    if let Some(block) = block("content", self::body(found.node, None)) {
                        body.push(block);
                    }
                }
            }
            ("iterator", Json::Text(name)) => {
                if let Ok(name) = Ident::try_new(name.as_ref()) {
                    body.push(Attribute::new(Ident::new("iterator"), Expression::from(name)));
                }
            }
            ("for_each", _) => body.push(Attribute::new(Ident::new("for_each"), expression(&member.node))),
            _ => {}
        }
    }
    body
}

/// The body of a variable's block: its type is an expression in a text, and its default holds no templates.
fn declaration(node: &Node<'_>) -> Body {
    let mut body = Body::new();
    let Json::Object(members) = &node.value else { return body };
    for member in members {
        let value = match (member.key.as_ref(), &member.node.value) {
            ("type", Json::Text(kind)) => hcl_edit::parser::parse_expr(kind).unwrap_or_else(|_| Expression::from(kind.as_ref())),
            ("default" | "nullable", _) => plain(&member.node),
            _ => continue,
        };
        if let Ok(name) = Ident::try_new(member.key.as_ref()) {
            body.push(Attribute::new(name, value));
        }
    }
    body
}

/// A value with texts that are templates.
fn expression(node: &Node<'_>) -> Expression {
    value(node, &template)
}

/// A value with texts that are nothing but texts.
fn plain(node: &Node<'_>) -> Expression {
    value(node, &|text| Expression::from(text))
}

fn value(node: &Node<'_>, text: &dyn Fn(&str) -> Expression) -> Expression {
    match &node.value {
        Json::Null => Expression::null(),
        Json::Bool(value) => Expression::from(*value),
        Json::Number(number) => hcl_edit::parser::parse_expr(number).unwrap_or_else(|_| Expression::from(*number)),
        Json::Text(written) => text(written),
        Json::Array(items) => Expression::from(items.iter().map(|item| value(item, text)).collect::<Array>()),
        Json::Object(members) => {
            let mut object = Object::new();
            for member in members {
                object.insert(ObjectKey::Expression(text(&member.key)), ObjectValue::new(value(&member.node, text)));
            }
            Expression::from(object)
        }
    }
}

fn template(text: &str) -> Expression {
    if !text.contains("${") && !text.contains("%{") {
        return Expression::from(text);
    }
    // What cannot be read is a name that stands for nothing, and so stays open.
    text.parse::<Template>()
        .map_or_else(|_| Expression::from(Ident::new("unreadable")), |template| Expression::from(StringTemplate::from(template)))
}
