//! Tokens to a syntax tree. It knows the grammar but neither fields nor types; `check` is its only reader.
//!
//! ```text
//! any    = all { "||" all }            relation = sum [ ("==" | "!=" | "<" | "<=" | ">" | ">=" | "in") sum ]
//! all    = relation { "&&" relation }  sum      = unary { ("+" | "-") unary }
//! unary  = "!" unary | [ "-" ] int | member
//! member = primary { "." name } [ "." name "(" [ any { "," any } ] ")" ]
//! primary = "true" | "false" | string | name [ arguments ] | "(" any ")" | "[" any { "," any } "]"
//! ```

use super::error::{ExpressionError, Fault, Span};
use super::lex::{Token, TokenKind, lex};
use super::limits::{MAX_NESTING, MAX_SOURCE};
use super::syntax::{Name, Node, NodeKind};

/// The tree of a whole expression.
pub(super) fn parse(source: &str) -> Result<Node, ExpressionError> {
    let whole = Span { start: 0, end: source.len() };
    if source.len() > MAX_SOURCE {
        return Err(ExpressionError::new(whole, Fault::TooLong(MAX_SOURCE)));
    }
    let tokens = lex(source)?;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0 };
    if parser.peek().kind == TokenKind::End {
        return Err(ExpressionError::new(whole, Fault::Empty));
    }
    let node = parser.any()?;
    match parser.peek().kind {
        TokenKind::End => Ok(node),
        _ => Err(parser.unexpected("an operator or the end")),
    }
}

struct Parser<'t> {
    /// Never empty: the last token is `End`, and `at` never passes it.
    tokens: &'t [Token],
    at: usize,
    depth: usize,
}

type Parsed = Result<Node, ExpressionError>;

impl<'t> Parser<'t> {
    fn peek(&self) -> &'t Token {
        &self.tokens[self.at]
    }

    fn advance(&mut self) -> &'t Token {
        let token = self.peek();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn at_sign(&self, sign: &str) -> bool {
        matches!(&self.peek().kind, TokenKind::Sign(found) if *found == sign)
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.at_sign(sign);
        if found {
            self.advance();
        }
        found
    }

    /// The span of the closing sign.
    fn close(&mut self, sign: &str, wanted: &'static str) -> Result<Span, ExpressionError> {
        let span = self.peek().span;
        if self.take(sign) { Ok(span) } else { Err(self.unexpected(wanted)) }
    }

    fn unexpected(&self, wanted: &'static str) -> ExpressionError {
        let Token { kind, span } = self.peek();
        let help = match kind {
            TokenKind::Name(name) => HABITS.iter().find(|(wrong, _)| name.eq_ignore_ascii_case(wrong)).map(|(_, help)| (*help).to_owned()),
            _ => None,
        };
        ExpressionError::new(*span, Fault::Unexpected { found: kind.to_string(), wanted }).with_help(help)
    }

    /// Runs `inner` one level deeper.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, ExpressionError>) -> Result<T, ExpressionError> {
        if self.depth == MAX_NESTING {
            return Err(ExpressionError::new(self.peek().span, Fault::TooDeep(MAX_NESTING)));
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn any(&mut self) -> Parsed {
        let first = self.all()?;
        let mut parts = vec![first];
        while self.take("||") {
            parts.push(self.all()?);
        }
        Ok(joined(parts, NodeKind::Any))
    }

    fn all(&mut self) -> Parsed {
        let first = self.relation()?;
        let mut parts = vec![first];
        while self.take("&&") {
            parts.push(self.relation()?);
        }
        // `a && (b && c)` has three terms, like `a && b && c`.
        let flat = |part: Node| match part.kind {
            NodeKind::All(inner) => inner,
            kind => vec![Node { span: part.span, kind }],
        };
        Ok(joined(parts.into_iter().flat_map(flat).collect(), NodeKind::All))
    }

    fn relation(&mut self) -> Parsed {
        let left = self.sum()?;
        let Some(operator) = self.relation_operator() else { return Ok(left) };
        self.advance();
        let right = self.sum()?;
        if self.relation_operator().is_some() {
            return Err(ExpressionError::new(self.peek().span, Fault::Chained).with_help("join two comparisons with `&&`".to_owned()));
        }
        let span = left.span.to(right.span);
        Ok(Node { span, kind: NodeKind::Relation { left: Box::new(left), operator, right: Box::new(right) } })
    }

    fn relation_operator(&self) -> Option<&'static str> {
        match &self.peek().kind {
            TokenKind::Name(name) if name == "in" => Some("in"),
            TokenKind::Sign(sign @ ("==" | "!=" | "<" | "<=" | ">" | ">=")) => Some(sign),
            _ => None,
        }
    }

    fn sum(&mut self) -> Parsed {
        let first = self.unary()?;
        let mut rest = Vec::new();
        while self.at_sign("+") || self.at_sign("-") {
            let sign = if self.at_sign("+") { '+' } else { '-' };
            self.advance();
            rest.push((sign, self.unary()?));
        }
        match rest.last() {
            None => Ok(first),
            Some((_, last)) => Ok(Node { span: first.span.to(last.span), kind: NodeKind::Sum { first: Box::new(first), rest } }),
        }
    }

    fn unary(&mut self) -> Parsed {
        let span = self.peek().span;
        if self.take("!") {
            let inner = self.nested(Self::unary)?;
            return Ok(Node { span: span.to(inner.span), kind: NodeKind::Not(Box::new(inner)) });
        }
        let negative = self.take("-");
        let Token { kind: TokenKind::Int(size), span: last } = self.peek() else {
            return if negative { Err(self.unexpected("a number")) } else { self.member() };
        };
        self.advance();
        let number = if negative { 0_i64.checked_sub_unsigned(*size) } else { i64::try_from(*size).ok() };
        let span = span.to(*last);
        number.map(|number| Node { span, kind: NodeKind::Int(number) }).ok_or_else(|| ExpressionError::new(span, Fault::BadInt))
    }

    fn member(&mut self) -> Parsed {
        let mut node = self.primary()?;
        while self.at_sign(".") {
            if matches!(node.kind, NodeKind::Method { .. }) {
                return Err(ExpressionError::new(self.peek().span, Fault::NothingFollows));
            }
            self.advance();
            let name = self.name("the name of a field or function")?;
            if self.at_sign("(") {
                let (arguments, end) = self.arguments()?;
                node = Node { span: node.span.to(end), kind: NodeKind::Method { receiver: Box::new(node), name, arguments } };
            } else if let NodeKind::Path(names) = &mut node.kind {
                node.span = node.span.to(name.span);
                names.push(name);
            } else {
                return Err(ExpressionError::new(name.span, Fault::NothingFollows));
            }
        }
        Ok(node)
    }

    fn name(&mut self, wanted: &'static str) -> Result<Name, ExpressionError> {
        match &self.peek().kind {
            TokenKind::Name(text) if !RESERVED.contains(&text.as_str()) => {
                let span = self.advance().span;
                Ok(Name { text: text.clone(), span })
            }
            _ => Err(self.unexpected(wanted)),
        }
    }

    fn primary(&mut self) -> Parsed {
        let Token { kind, span } = self.peek();
        let span = *span;
        match kind {
            TokenKind::Text(text) => {
                self.advance();
                Ok(Node { span, kind: NodeKind::Text(text.clone()) })
            }
            TokenKind::Name(word) if word == "true" || word == "false" => {
                self.advance();
                Ok(Node { span, kind: NodeKind::Bool(word == "true") })
            }
            TokenKind::Sign("(") => {
                self.advance();
                let inner = self.nested(Self::any)?;
                Ok(Node { span: span.to(self.close(")", "`)`")?), kind: inner.kind })
            }
            TokenKind::Sign("[") => {
                self.advance();
                let (elements, end) = self.sequence("]", "`,` or `]`")?;
                Ok(Node { span: span.to(end), kind: NodeKind::List(elements) })
            }
            _ => {
                let name = self.name("a field, a function, a literal or `(`")?;
                if !self.at_sign("(") {
                    return Ok(Node { span, kind: NodeKind::Path(vec![name]) });
                }
                let (arguments, end) = self.arguments()?;
                Ok(Node { span: span.to(end), kind: NodeKind::Call { name, arguments } })
            }
        }
    }

    fn arguments(&mut self) -> Result<(Vec<Node>, Span), ExpressionError> {
        self.advance();
        self.sequence(")", "`,` or `)`")
    }

    /// Expressions between commas up to the closing sign, and the span of that sign.
    fn sequence(&mut self, end: &str, wanted: &'static str) -> Result<(Vec<Node>, Span), ExpressionError> {
        let mut elements = Vec::new();
        if !self.at_sign(end) {
            elements.push(self.nested(Self::any)?);
            while self.take(",") {
                elements.push(self.nested(Self::any)?);
            }
        }
        Ok((elements, self.close(end, wanted)?))
    }
}

/// Words that name nothing.
const RESERVED: [&str; 4] = ["true", "false", "in", "null"];

/// Words of other languages, and what to write instead.
const HABITS: [(&str, &str); 4] =
    [("and", "write `&&`"), ("or", "write `||`"), ("not", "write `!`"), ("null", "ask for absence with `!has(…)`")];

/// One part stays itself; several become a chain.
fn joined(mut parts: Vec<Node>, chain: impl FnOnce(Vec<Node>) -> NodeKind) -> Node {
    let whole = match (parts.first(), parts.last()) {
        (Some(first), Some(last)) => first.span.to(last.span),
        _ => Span { start: 0, end: 0 },
    };
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            Node { span: whole, kind: chain(parts) }
        }
    }
}
