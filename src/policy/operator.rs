//! The names of condition operators and what each asks for
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>). The parser reads them, condition matching obeys.

/// How an operator treats the values of a multivalued key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantifier {
    /// No set operator.
    None,
    /// `ForAllValues:`, true when the key is absent or empty.
    All,
    /// `ForAnyValue:`, false when the key is absent or empty.
    Any,
}

/// What is compared, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    /// Character by character.
    Text,
    /// Like `Text`, letter case aside.
    TextFolded,
    /// With `*` and `?`.
    Glob,
    /// The six components of an ARN, each with `*` and `?`.
    Arn,
    /// Numbers in this relation.
    Number(Relation),
    /// Points in time in this relation.
    Date(Relation),
    /// `true` or `false`.
    Bool,
    /// Address ranges.
    Ip,
    /// Base64 text.
    Binary,
    /// Whether the key is absent.
    Null,
}

/// How the request's value must stand to the policy's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Relation {
    pub(super) fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// A condition operator, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) comparison: Comparison,
    pub(super) negated: bool,
    pub(super) if_exists: bool,
    pub(super) quantifier: Quantifier,
}

const NAMES: [(&str, Comparison, bool); 28] = [
    ("StringEquals", Comparison::Text, false),
    ("StringNotEquals", Comparison::Text, true),
    ("StringEqualsIgnoreCase", Comparison::TextFolded, false),
    ("StringNotEqualsIgnoreCase", Comparison::TextFolded, true),
    ("StringLike", Comparison::Glob, false),
    ("StringNotLike", Comparison::Glob, true),
    ("ArnEquals", Comparison::Arn, false),
    ("ArnLike", Comparison::Arn, false),
    ("ArnNotEquals", Comparison::Arn, true),
    ("ArnNotLike", Comparison::Arn, true),
    ("NumericEquals", Comparison::Number(Relation::Equal), false),
    ("NumericNotEquals", Comparison::Number(Relation::Equal), true),
    ("NumericLessThan", Comparison::Number(Relation::Less), false),
    ("NumericLessThanEquals", Comparison::Number(Relation::LessOrEqual), false),
    ("NumericGreaterThan", Comparison::Number(Relation::Greater), false),
    ("NumericGreaterThanEquals", Comparison::Number(Relation::GreaterOrEqual), false),
    ("DateEquals", Comparison::Date(Relation::Equal), false),
    ("DateNotEquals", Comparison::Date(Relation::Equal), true),
    ("DateLessThan", Comparison::Date(Relation::Less), false),
    ("DateLessThanEquals", Comparison::Date(Relation::LessOrEqual), false),
    ("DateGreaterThan", Comparison::Date(Relation::Greater), false),
    ("DateGreaterThanEquals", Comparison::Date(Relation::GreaterOrEqual), false),
    ("Bool", Comparison::Bool, false),
    ("IpAddress", Comparison::Ip, false),
    ("NotIpAddress", Comparison::Ip, true),
    ("BinaryEquals", Comparison::Binary, false),
    ("BinaryNotEquals", Comparison::Binary, true),
    ("Null", Comparison::Null, false),
];

impl Operator {
    /// Takes `name` apart. AWS stores operators in any letter case.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (quantifier, rest) = split_quantifier(name);
        let (base, if_exists) = strip_suffix_ignoring_case(rest, "IfExists").map_or((rest, false), |base| (base, true));
        let (_, comparison, negated) = NAMES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(base))?;
        // `Null` asks about presence itself; AWS knows neither form of it.
        let plain = quantifier == Quantifier::None && !if_exists;
        (*comparison != Comparison::Null || plain).then_some(Self { comparison: *comparison, negated: *negated, if_exists, quantifier })
    }

    /// The known operator that `name` resembles, with its prefix and suffix.
    pub(super) fn nearest(name: &str) -> Option<String> {
        let (prefix, rest) = name.split_once(':').map_or(("", name), |(prefix, rest)| (prefix, rest));
        let (base, suffix) = strip_suffix_ignoring_case(rest, "IfExists").map_or((rest, ""), |base| (base, "IfExists"));
        let near = super::error::nearest(base, NAMES.iter().map(|(known, ..)| *known))?;
        let prefix = match prefix {
            "" => String::new(),
            _ => format!("{}:", super::error::nearest(prefix, ["ForAllValues", "ForAnyValue"].into_iter())?),
        };
        Some(format!("{prefix}{near}{suffix}"))
    }
}

fn split_quantifier(name: &str) -> (Quantifier, &str) {
    match name.split_once(':') {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("ForAllValues") => (Quantifier::All, rest),
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("ForAnyValue") => (Quantifier::Any, rest),
        _ => (Quantifier::None, name),
    }
}

fn strip_suffix_ignoring_case<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let at = text.len().checked_sub(suffix.len())?;
    (text.is_char_boundary(at) && text[at..].eq_ignore_ascii_case(suffix)).then(|| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_is_taken_apart() {
        let operator = Operator::parse("ForAnyValue:StringNotLikeIfExists").unwrap();
        assert_eq!(operator, Operator { comparison: Comparison::Glob, negated: true, if_exists: true, quantifier: Quantifier::Any });
        assert_eq!(Operator::parse("stringequals").unwrap().comparison, Comparison::Text);
    }

    #[test]
    fn a_misspelt_operator_is_refused_with_a_suggestion() {
        assert_eq!(Operator::parse("StringEqual"), None);
        assert_eq!(Operator::nearest("ForAllValue:StringEqualIfExists").as_deref(), Some("ForAllValues:StringEqualsIfExists"));
        assert_eq!(Operator::nearest("Zebra"), None);
        assert_eq!(Operator::parse("NullIfExists"), None);
    }
}
