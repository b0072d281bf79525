//! Syntax tree to checked condition: resolves names in the schema, checks types, and refuses an optional field that no `has(…)` guards. Called by
//! `Expression::parse`.

use std::sync::Arc;

use super::condition::{Comparison, Condition, Literal, Operand, Quantifier, TextTest};
use super::error::{ExpressionError, Fault, Span};
use super::guards::{Guards, beside};
use super::literals;
use super::names::Names;
use super::schema::{Schema, Type, did_you_mean};
use super::syntax::{Name, Node, NodeKind};

/// The condition, and the paths that its references count in.
pub(super) fn check(node: &Node, schema: &Schema) -> Result<(Condition, Vec<Arc<str>>), ExpressionError> {
    let mut checker = Checker { names: Names::new(schema) };
    let condition = match checker.condition(node, &Guards::new())? {
        terms @ Condition::All(_) => terms,
        single => Condition::All(vec![(node.span, single)]),
    };
    Ok((condition, checker.names.into_paths()))
}

const FUNCTIONS: [&str; 4] = ["has", "size", "duration", "timestamp"];
const METHODS: [&str; 6] = ["exists", "all", "startsWith", "endsWith", "contains", "size"];

struct Checker<'s> {
    names: Names<'s>,
}

impl Checker<'_> {
    fn condition(&mut self, node: &Node, guards: &Guards) -> Result<Condition, ExpressionError> {
        match &node.kind {
            NodeKind::Bool(literal) => Ok(Condition::Literal(*literal)),
            NodeKind::Not(inner) => Ok(not(self.condition(inner, guards)?)),
            NodeKind::All(parts) => {
                let guarded = parts.iter().zip(beside(parts, true, guards));
                let terms = guarded.map(|(part, guards)| Ok((part.span, self.condition(part, &guards)?)));
                Ok(Condition::All(terms.collect::<Result<_, _>>()?))
            }
            NodeKind::Any(parts) => {
                let guarded = parts.iter().zip(beside(parts, false, guards));
                Ok(Condition::Any(guarded.map(|(part, guards)| self.condition(part, &guards)).collect::<Result<_, _>>()?))
            }
            NodeKind::Relation { left, operator, right } => self.relation(left, operator, right, node.span, guards),
            NodeKind::Call { name, arguments } if name.text == "has" => self.has(name, arguments),
            NodeKind::Method { receiver, name, arguments } if name.text != "size" => self.ask(receiver, name, arguments, guards),
            _ => match self.operand(node, guards)? {
                (Operand::Field(reference), Type::Bool) => Ok(Condition::Field(reference)),
                (_, of) => Err(mismatch(node.span, "bool", of)),
            },
        }
    }

    fn relation(&mut self, left: &Node, operator: &str, right: &Node, span: Span, guards: &Guards) -> Result<Condition, ExpressionError> {
        let equality = matches!(operator, "==" | "!=");
        if equality && (self.is_bool(left) || self.is_bool(right)) {
            let same = Condition::Same(Box::new(self.condition(left, guards)?), Box::new(self.condition(right, guards)?));
            return Ok(if operator == "==" { same } else { not(same) });
        }
        let (one, one_type) = self.operand(left, guards)?;
        let (other, other_type) = self.operand(right, guards)?;
        if operator == "in" {
            let Type::List(element) = other_type else {
                let help = matches!(other_type, Type::String).then(|| "for a part of a text write `text.contains(part)`".to_owned());
                return Err(mismatch(right.span, "a list", other_type).with_help(help));
            };
            return if one_type.is_same_scalar(*element) {
                Ok(Condition::In(one, other))
            } else {
                Err(incomparable(span, one_type, other_type))
            };
        }
        if !one_type.is_same_scalar(other_type) {
            return Err(incomparable(span, one_type, other_type));
        }
        if !equality && matches!(one_type, Type::Bool | Type::String) {
            let help = matches!(one_type, Type::String).then(|| "as texts, `python3.10` would come before `python3.9`".to_owned());
            return Err(ExpressionError::new(span, Fault::Unordered(one_type.to_string())).with_help(help));
        }
        Ok(match operator {
            "==" => Condition::Compare(one, Comparison::Equal, other),
            "!=" => not(Condition::Compare(one, Comparison::Equal, other)),
            "<" => Condition::Compare(one, Comparison::Less, other),
            ">" => Condition::Compare(one, Comparison::Greater, other),
            "<=" => not(Condition::Compare(one, Comparison::Greater, other)),
            _ => not(Condition::Compare(one, Comparison::Less, other)),
        })
    }

    /// Whether a part is a condition rather than an operand.
    fn is_bool(&self, node: &Node) -> bool {
        match &node.kind {
            NodeKind::Bool(_) | NodeKind::Not(_) | NodeKind::All(_) | NodeKind::Any(_) | NodeKind::Relation { .. } => true,
            NodeKind::Call { name, .. } => name.text == "has",
            NodeKind::Method { name, .. } => name.text != "size",
            NodeKind::Path(names) => self.names.resolve(names).is_some_and(|target| matches!(target.of, Type::Bool)),
            NodeKind::Int(_) | NodeKind::Text(_) | NodeKind::List(_) | NodeKind::Sum { .. } => false,
        }
    }

    fn has(&mut self, name: &Name, arguments: &[Node]) -> Result<Condition, ExpressionError> {
        let [Node { kind: NodeKind::Path(names), span }] = arguments else { return Err(arguments_of(name, "the path of one field")) };
        let (reference, target) = self.names.reference(names, *span)?;
        if target.variable.is_some() && names.len() == 1 {
            return Err(arguments_of(name, "the path of one field, and a variable is always there"));
        }
        Ok(Condition::Has(reference))
    }

    /// A function that is asked of a text or a list and answers true or false.
    fn ask(&mut self, receiver: &Node, name: &Name, arguments: &[Node], guards: &Guards) -> Result<Condition, ExpressionError> {
        let question = match name.text.as_str() {
            "exists" => return self.each(receiver, Quantifier::Exists, name, arguments, guards),
            "all" => return self.each(receiver, Quantifier::All, name, arguments, guards),
            "startsWith" => TextTest::StartsWith,
            "endsWith" => TextTest::EndsWith,
            "contains" => TextTest::Contains,
            _ => return Err(unknown_function(name, METHODS)),
        };
        let [part] = arguments else { return Err(arguments_of(name, "one string")) };
        let (text, of) = self.operand(receiver, guards)?;
        let Type::String = of else {
            let help = matches!(of, Type::List(_)).then(|| "for an element of a list write `element in list`".to_owned());
            return Err(mismatch(receiver.span, "string", of).with_help(help));
        };
        let (part_text, part_type) = self.operand(part, guards)?;
        let Type::String = part_type else { return Err(mismatch(part.span, "string", part_type)) };
        Ok(Condition::Text(text, question, part_text))
    }

    /// `receiver.exists(variable, body)` or `receiver.all(variable, body)`.
    fn each(
        &mut self,
        receiver: &Node,
        quantifier: Quantifier,
        name: &Name,
        arguments: &[Node],
        guards: &Guards,
    ) -> Result<Condition, ExpressionError> {
        let [Node { kind: NodeKind::Path(variable), .. }, body] = arguments else {
            return Err(arguments_of(name, "the name of a variable and a condition"));
        };
        let [variable] = variable.as_slice() else { return Err(arguments_of(name, "the name of a variable and a condition")) };
        let (list, of) = self.operand(receiver, guards)?;
        let Type::List(element) = of else { return Err(mismatch(receiver.span, "a list", of)) };
        self.names.bind(variable, *element)?;
        let body = self.condition(body, guards);
        self.names.unbind();
        Ok(Condition::Each(list, quantifier, Box::new(body?)))
    }

    fn operand(&mut self, node: &Node, guards: &Guards) -> Result<(Operand, Type), ExpressionError> {
        match &node.kind {
            NodeKind::Int(number) => Ok((Operand::Literal(Literal::Int(*number)), Type::Int)),
            NodeKind::Text(text) => Ok((Operand::Literal(Literal::Text(text.as_str().into())), Type::String)),
            NodeKind::List(elements) => self.list(elements, node.span),
            NodeKind::Path(names) => {
                let (reference, of) = self.names.present(names, node.span, guards)?;
                Ok((Operand::Field(reference), of))
            }
            NodeKind::Call { name, arguments } if name.text != "has" => self.call(name, arguments, guards),
            NodeKind::Method { receiver, name, arguments } if name.text == "size" => match arguments.as_slice() {
                [] => self.size(receiver, guards),
                _ => Err(arguments_of(name, "nothing between its parentheses")),
            },
            NodeKind::Sum { first, rest } => self.sum(first, rest, node.span, guards),
            NodeKind::Bool(_)
            | NodeKind::Not(_)
            | NodeKind::All(_)
            | NodeKind::Any(_)
            | NodeKind::Relation { .. }
            | NodeKind::Call { .. }
            | NodeKind::Method { .. } => Err(mismatch(node.span, "a value of another type", Type::Bool)),
        }
    }

    fn call(&mut self, name: &Name, arguments: &[Node], guards: &Guards) -> Result<(Operand, Type), ExpressionError> {
        match (name.text.as_str(), arguments) {
            ("size", [of]) => self.size(of, guards),
            ("size", _) => Err(arguments_of(name, "one list or string")),
            ("duration", [Node { kind: NodeKind::Text(text), span }]) => {
                let help =
                    if text.ends_with('d') { "days are written in hours: `720h` is 30 days" } else { "write `24h`, `1h30m` or `45s`" };
                let parsed = literals::duration(text).ok_or_else(|| ExpressionError::new(*span, Fault::BadDuration(text.clone())));
                Ok((Operand::Literal(Literal::Duration(parsed.map_err(|error| error.with_help(help.to_owned()))?)), Type::Duration))
            }
            ("timestamp", [Node { kind: NodeKind::Text(text), span }]) => {
                let parsed = literals::timestamp(text).ok_or_else(|| ExpressionError::new(*span, Fault::BadTimestamp(text.clone())));
                let help = || "write `2025-01-31T00:00:00Z`".to_owned();
                Ok((Operand::Literal(Literal::Timestamp(parsed.map_err(|error| error.with_help(help()))?)), Type::Timestamp))
            }
            ("duration" | "timestamp", _) => Err(arguments_of(name, "one literal string")),
            _ => Err(unknown_function(name, FUNCTIONS)),
        }
    }

    fn size(&mut self, node: &Node, guards: &Guards) -> Result<(Operand, Type), ExpressionError> {
        match self.operand(node, guards)? {
            (operand, Type::List(_) | Type::String) => Ok((Operand::Size(Box::new(operand)), Type::Int)),
            (_, of) => Err(mismatch(node.span, "a list or a string", of)),
        }
    }

    fn list(&mut self, elements: &[Node], span: Span) -> Result<(Operand, Type), ExpressionError> {
        let bad = |span| ExpressionError::new(span, Fault::BadList);
        let mut literals = Vec::new();
        let mut list_of: Option<&'static Type> = None;
        for element in elements {
            let (Operand::Literal(literal), of) = self.operand(element, &Guards::new())? else { return Err(bad(element.span)) };
            let of = match of {
                Type::Int => &Type::Int,
                Type::String => &Type::String,
                Type::Timestamp => &Type::Timestamp,
                Type::Duration => &Type::Duration,
                Type::Bool | Type::List(_) | Type::Record(_) => return Err(bad(element.span)),
            };
            if !list_of.get_or_insert(of).is_same_scalar(*of) {
                return Err(bad(element.span));
            }
            literals.push(literal);
        }
        Ok((Operand::Literal(Literal::List(literals)), Type::List(list_of.ok_or_else(|| bad(span))?)))
    }

    fn sum(&mut self, first: &Node, rest: &[(char, Node)], span: Span, guards: &Guards) -> Result<(Operand, Type), ExpressionError> {
        let (first, mut of) = self.operand(first, guards)?;
        let mut operands = Vec::new();
        for (sign, node) in rest {
            let (operand, right) = self.operand(node, guards)?;
            of = match (of, *sign, right) {
                (Type::Timestamp, '-', Type::Timestamp) | (Type::Duration, _, Type::Duration) => Type::Duration,
                (Type::Timestamp, _, Type::Duration) | (Type::Duration, '+', Type::Timestamp) => Type::Timestamp,
                _ => {
                    let fault = Fault::NoSum { left: of.to_string(), sign: *sign, right: right.to_string() };
                    return Err(
                        ExpressionError::new(span, fault).with_help("only timestamps and durations can be added and taken away".to_owned())
                    );
                }
            };
            operands.push((*sign, operand));
        }
        Ok((Operand::Sum(Box::new(first), operands), of))
    }
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

fn mismatch(span: Span, wanted: &str, found: Type) -> ExpressionError {
    ExpressionError::new(span, Fault::Mismatch { wanted: wanted.to_owned(), found: found.to_string() })
}

fn incomparable(span: Span, left: Type, right: Type) -> ExpressionError {
    ExpressionError::new(span, Fault::Incomparable { left: left.to_string(), right: right.to_string() })
}

fn arguments_of(name: &Name, wanted: &'static str) -> ExpressionError {
    ExpressionError::new(name.span, Fault::Arguments { name: name.text.clone(), wanted })
}

fn unknown_function<const N: usize>(name: &Name, known: [&str; N]) -> ExpressionError {
    let all = || Some(format!("there are `{}`", known.join("`, `")));
    ExpressionError::new(name.span, Fault::UnknownFunction(name.text.clone())).with_help(did_you_mean(&name.text, known).or_else(all))
}
