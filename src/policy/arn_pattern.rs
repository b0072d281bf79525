//! The two ways in which IAM matches ARNs: the Resource element, and the `Arn…` condition operators.
//!
//! Both look at the six components one by one. In a Resource, a `*` that ends a component may also run over the colons behind it, and an ARN that
//! stops early is taken as if `:*` followed (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>);
//! `ArnLike` stays within components
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN>).

use super::cells::{self, Cell, Slot, is_boundless};
use super::context::Context;
use super::pattern::{Pattern, Resolved, Syntax, Token, merge_literals, push_slots, resolve, tokens, variables};
use super::text::Text;
use super::truth::{Truth, all};

const COLON: Slot<'_> = Slot::Cell(Cell::Char(':'));

/// One value of a Resource or `NotResource` element.
#[derive(Debug, Clone)]
pub(super) struct ResourcePattern {
    /// All of it, each star crossing colons: what this does not cover is not covered.
    whole: Pattern,
    rest: Rest,
}

#[derive(Debug, Clone)]
enum Rest {
    /// `whole` says it all: no wildcard before the resource part, or no ARN.
    Nothing,
    /// Component by component, then, if some star ends a component, with that star crossing.
    Components { components: Box<[Pattern]>, slots: bool },
    /// Symbols or variables take part.
    Open(Box<[Token]>),
}

impl ResourcePattern {
    pub(super) fn new(written: &str, variables: bool) -> Self {
        Self::from_tokens(resource_tokens(written, variables))
    }

    fn from_tokens(tokens: Vec<Token>) -> Self {
        let rest = if tokens.iter().any(|token| matches!(token, Token::Symbol(_) | Token::Variable { .. })) {
            Rest::Open(tokens.clone().into())
        } else {
            wildcards_before_resource(&tokens)
        };
        Self { whole: Pattern::from_tokens(tokens, false), rest }
    }

    /// Whether it is `*`.
    pub(super) fn is_anything(&self) -> bool {
        self.whole.is_anything()
    }

    /// The names of its variables.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.whole.variables()
    }

    pub(super) fn matches(&self, resource: &Text, context: &Context) -> Truth {
        match (&self.rest, resource.as_literal()) {
            (Rest::Nothing, Some(literal)) => self.whole.matches_str(literal),
            (Rest::Components { components, slots }, Some(literal)) => self.matches_components(components, *slots, literal),
            (Rest::Open(tokens), literal) => {
                match resolve(tokens, context) {
                    Resolved::Nothing => return Truth::False,
                    Resolved::Plain(tokens) if literal.is_some() => return Self::from_tokens(tokens).matches(resource, context),
                    Resolved::Plain(_) | Resolved::Open => {}
                }
                let mut slots = Vec::new();
                if !push_slots(&mut slots, tokens, context, false) {
                    return Truth::False;
                }
                matches_bounded(slots, resource)
            }
            (_, None) => matches_bounded(self.whole.closed_slots(), resource),
        }
    }

    fn matches_components(&self, components: &[Pattern], slots: bool, literal: &str) -> Truth {
        let whole = self.whole.matches_str(literal);
        if whole.is_false() {
            return whole;
        }
        let inside = match_components(components, literal);
        if inside.is_true() || !slots { inside } else { matches_bounded(self.whole.closed_slots(), &Text::literal(literal)) }
    }
}

fn match_components(components: &[Pattern], literal: &str) -> Truth {
    let mut parts = literal.splitn(components.len(), ':');
    let covered = all(components.iter().map(|component| parts.next().map_or(Truth::False, |part| component.matches_str(part))));
    covered.and(parts.next().is_none().into())
}

fn matches_bounded(mut slots: Vec<Slot<'_>>, resource: &Text) -> Truth {
    bind_to_components(&mut slots);
    cells::matches(&slots, &cells::cells(resource, false))
}

/// Before the fifth colon, `?` is no colon, and `*` crosses colons only at the end of its component.
fn bind_to_components(slots: &mut [Slot<'_>]) {
    let is_arn = slots.starts_with(&['a', 'r', 'n', ':'].map(|c| Slot::Cell(Cell::Char(c))));
    let mut colons = 0;
    for at in 0..slots.len() {
        if slots[at] == COLON {
            colons += 1;
        }
        if !is_arn || colons >= 5 {
            return;
        }
        let ends_component = slots.get(at + 1).is_none_or(|next| *next == COLON);
        match &mut slots[at] {
            Slot::Any { crosses } => *crosses = ends_component,
            Slot::One { crosses } => *crosses = false,
            _ => {}
        }
    }
}

/// The tokens of a resource: variables count only behind the fifth colon, and an ARN that stops early goes on with anything.
fn resource_tokens(written: &str, variables: bool) -> Vec<Token> {
    let plain = Syntax { wildcards: true, variables: false };
    if !written.starts_with("arn:") {
        return tokens(written, Syntax { wildcards: true, variables });
    }
    match written.match_indices(':').nth(4) {
        Some((fifth, _)) => {
            let mut head = tokens(&written[..=fifth], plain);
            head.extend(tokens(&written[fifth + 1..], Syntax { wildcards: true, variables }));
            merge_literals(head)
        }
        None => tokens(&format!("{written}:*"), plain),
    }
}

fn wildcards_before_resource(tokens: &[Token]) -> Rest {
    let components = split(tokens);
    let is_wild = |component: &Vec<Token>| component.iter().any(|token| matches!(token, Token::Any | Token::One));
    match components.split_last() {
        Some((_, head)) if components.len() == 6 && head.iter().any(is_wild) => Rest::Components {
            slots: head.iter().any(|component| component.last() == Some(&Token::Any)),
            components: components.iter().map(|component| Pattern::from_tokens(component.clone(), false)).collect(),
        },
        _ => Rest::Nothing,
    }
}

/// Cuts tokens at their first five literal colons.
fn split(tokens: &[Token]) -> Vec<Vec<Token>> {
    let mut components = vec![Vec::new()];
    for token in tokens {
        let Token::Literal(text) = token else {
            components.last_mut().into_iter().for_each(|last| last.push(token.clone()));
            continue;
        };
        let free = 6 - components.len();
        for (at, part) in text.splitn(free + 1, ':').enumerate() {
            if at > 0 {
                components.push(Vec::new());
            }
            if !part.is_empty() {
                components.last_mut().into_iter().for_each(|last| last.push(Token::Literal(part.into())));
            }
        }
    }
    components
}

/// One value of an `Arn…` condition operator.
#[derive(Debug, Clone)]
pub(super) struct ArnPattern(ArnShape);

#[derive(Debug, Clone)]
enum ArnShape {
    Components(Box<[Pattern]>),
    /// Symbols or variables take part.
    Open(Box<[Token]>),
    /// Fewer than six components: no ARN matches.
    Nothing,
}

impl ArnPattern {
    pub(super) fn new(written: &str, variables: bool) -> Self {
        Self::from_tokens(tokens(written, Syntax { wildcards: true, variables }))
    }

    fn from_tokens(tokens: Vec<Token>) -> Self {
        if tokens.iter().any(|token| matches!(token, Token::Symbol(_) | Token::Variable { .. })) {
            return Self(ArnShape::Open(tokens.into()));
        }
        let components = split(&tokens);
        if components.len() < 6 {
            return Self(ArnShape::Nothing);
        }
        Self(ArnShape::Components(components.into_iter().map(|component| Pattern::from_tokens(component, false)).collect()))
    }

    /// The names of its variables.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        let tokens: &[Token] = if let ArnShape::Open(tokens) = &self.0 { tokens } else { &[] };
        variables(tokens)
    }

    pub(super) fn matches(&self, text: &Text, context: &Context) -> Truth {
        match (&self.0, text.as_literal()) {
            (ArnShape::Nothing, _) => Truth::False,
            (ArnShape::Components(components), Some(literal)) => match_components(components, literal),
            (ArnShape::Components(components), None) => {
                let mut slots = Vec::new();
                for (at, component) in components.iter().enumerate() {
                    slots.extend((at > 0).then_some(COLON));
                    slots.extend(component.closed_slots());
                }
                match_split(&slots, text)
            }
            (ArnShape::Open(tokens), literal) => {
                match resolve(tokens, context) {
                    Resolved::Nothing => return Truth::False,
                    Resolved::Plain(tokens) if literal.is_some() => return Self::from_tokens(tokens).matches(text, context),
                    Resolved::Plain(_) | Resolved::Open => {}
                }
                let mut slots = Vec::new();
                if push_slots(&mut slots, tokens, context, false) { match_split(&slots, text) } else { Truth::False }
            }
        }
    }
}

/// Component by component. Text that could be anything may hold colons too: then the components prove nothing, and a no needs the whole row to say no.
fn match_split(slots: &[Slot<'_>], text: &Text) -> Truth {
    let row = cells::cells(text, false);
    let patterns: Vec<_> = slots.splitn(6, |slot| *slot == COLON).collect();
    let parts: Vec<_> = row.splitn(6, |cell| *cell == Cell::Char(':')).collect();
    let inside = if patterns.len() == 6 && parts.len() == 6 {
        all(patterns.iter().zip(&parts).map(|(pattern, part)| cells::matches(pattern, part)))
    } else {
        Truth::False
    };
    let boundless = |slot: &Slot<'_>| matches!(slot, Slot::Blank) || matches!(slot, Slot::Cell(cell) if is_boundless(*cell));
    if inside.is_false() && (slots.iter().any(boundless) || row.iter().any(|cell| is_boundless(*cell))) {
        return cells::matches(slots, &row).and(Truth::Unknown);
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(pattern: &str, text: &str) -> Truth {
        ResourcePattern::new(pattern, true).matches(&Text::parse(text), &Context::closed())
    }

    fn arn(pattern: &str, text: &str) -> Truth {
        ArnPattern::new(pattern, true).matches(&Text::parse(text), &Context::closed())
    }

    #[test]
    fn a_star_that_ends_a_component_of_a_resource_runs_over_colons() {
        let secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db-AbCdEf";
        assert_eq!(resource("arn:aws:secretsmanager:us-*:secret:db-AbCdEf", secret), Truth::True);
        assert_eq!(resource("arn:aws:secretsmanager:u*1:secret:db-AbCdEf", secret), Truth::False);
        assert_eq!(resource("arn:aws:secretsmanager", secret), Truth::True);
        assert_eq!(resource("arn:aws:kms", secret), Truth::False);
        assert_eq!(resource("arn:aws:secretsmanager:us-east-1?111122223333:secret:*", secret), Truth::False);
    }

    #[test]
    fn arn_like_stays_within_components() {
        let secret = "arn:aws:secretsmanager:us-east-1:111122223333:secret:db";
        assert_eq!(arn("arn:aws:secretsmanager:*:secret:*:db", secret), Truth::False);
        assert_eq!(arn("arn:aws:secretsmanager:*:*:secret:d?", secret), Truth::True);
        assert_eq!(arn("arn:aws:*", secret), Truth::False);
    }

    #[test]
    fn a_qualified_function_is_not_covered_by_the_unqualified_arn() {
        let function = "arn:aws:lambda:eu-west-1:111122223333:function:rotate";
        let alias = "arn:aws:lambda:eu-west-1:111122223333:function:rotate:live";
        assert_eq!(resource(function, alias), Truth::False);
        assert_eq!(resource(alias, function), Truth::False);
        assert_eq!(resource("arn:aws:lambda:eu-west-1:111122223333:function:rotate:*", alias), Truth::True);
    }

    #[test]
    fn six_question_marks_cover_the_suffix_of_a_secret_that_does_not_exist_yet() {
        let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-⟦Db#6⟧";
        assert_eq!(resource("arn:aws:secretsmanager:*:*:secret:db-??????", secret), Truth::True);
        assert_eq!(resource("arn:aws:secretsmanager:*:*:secret:db-?????", secret), Truth::False);
        assert_eq!(resource("arn:aws:secretsmanager:*:*:secret:db-*", secret), Truth::True);
        assert_eq!(resource("arn:aws:secretsmanager:*:*:secret:db-AbCdEf", secret), Truth::False);
        assert_eq!(resource(secret, secret), Truth::True);
        assert_eq!(arn(secret, secret), Truth::True);
    }

    #[test]
    fn an_unknown_part_leaves_the_answer_open() {
        let key = "arn:aws:kms:eu-west-1:⟦?Account⟧:key/abc";
        assert_eq!(resource("arn:aws:kms:eu-west-1:111122223333:key/abc", key), Truth::Unknown);
        assert_eq!(arn("arn:aws:kms:eu-west-1:111122223333:key/abc", key), Truth::Unknown);
        assert_eq!(arn("arn:aws:kms:eu-west-1:*:key/other", key), Truth::False);
        assert_eq!(arn("arn:aws:kms:*:*:key/*", "⟦?Arn⟧"), Truth::Unknown);
    }
}
