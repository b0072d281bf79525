//! Addresses of resources and modules, and the references of expressions, taken apart
//! (<https://developer.hashicorp.com/terraform/cli/state/resource-addressing>).

use std::fmt;

use serde_json::Value as Json;

/// What tells the instances of one resource or module apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// Of `count`.
    Number(u64),
    /// Of `for_each`.
    Text(String),
}

impl Key {
    /// The key as a plan writes it.
    pub(crate) fn of_json(json: &Json) -> Option<Self> {
        match json {
            Json::Number(number) => number.as_u64().map(Self::Number),
            Json::String(text) => Some(Self::Text(text.clone())),
            _ => None,
        }
    }

    fn parse(inner: &str) -> Option<Self> {
        match inner.strip_prefix('"') {
            Some(_) => serde_json::from_str(inner).ok().map(Self::Text),
            None => inner.parse().ok().map(Self::Number),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "[{number}]"),
            Self::Text(text) => write!(f, "[{}]", Json::from(text.as_str())),
        }
    }
}

/// An instance of a module, by the calls that lead there from the root. The root is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ModulePath(pub(crate) Vec<(String, Option<Key>)>);

impl ModulePath {
    /// Reads `module.a[0].module.b`.
    pub(crate) fn parse(text: &str) -> Self {
        let mut path = Vec::new();
        let mut tokens = tokens(text).into_iter().peekable();
        while tokens.next() == Some(Token::Name("module".to_owned())) {
            let Some(Token::Name(name)) = tokens.next() else { break };
            let key = match tokens.peek() {
                Some(Token::Index(key)) => key.clone(),
                _ => None,
            };
            if matches!(tokens.peek(), Some(Token::Index(_))) {
                tokens.next();
            }
            path.push((name, key));
        }
        Self(path)
    }

    /// The instance of a module that is called here.
    pub(crate) fn child(&self, name: &str, key: Option<Key>) -> Self {
        let mut path = self.0.clone();
        path.push((name.to_owned(), key));
        Self(path)
    }

    /// The module that calls this one, with the call's name and this instance's key.
    pub(crate) fn parent(&self) -> Option<(Self, &str, Option<&Key>)> {
        let ((name, key), before) = self.0.split_last()?;
        Some((Self(before.to_vec()), name, key.as_ref()))
    }
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, key)) in self.0.iter().enumerate() {
            let dot = if index > 0 { "." } else { "" };
            write!(f, "{dot}module.{name}")?;
            if let Some(key) = key {
                write!(f, "{key}")?;
            }
        }
        Ok(())
    }
}

/// What an expression refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A resource or, with `data`, what is read of one.
    Resource { data: bool, kind: String, name: String, key: Option<Key>, attribute: Vec<String> },
    /// An output of a module that is called; without a name, all of them.
    Output { module: String, key: Option<Key>, name: Option<String>, attribute: Vec<String> },
    /// A variable of the module.
    Variable { name: String, attribute: Vec<String> },
    /// `each.value`, and what of it.
    Each { attribute: Vec<String> },
    /// What tells nothing that an identity could come from: `each.key`, `count.index`, `path.module`, `terraform.workspace`.
    Place,
    /// A local value, of whose expression the plan says nothing.
    Local(String),
}

impl Target {
    /// Reads a reference; `None` for what is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut tokens = tokens(text).into_iter().peekable();
        let next_name = |tokens: &mut std::iter::Peekable<std::vec::IntoIter<Token>>| match tokens.next() {
            Some(Token::Name(name)) => Some(name),
            _ => None,
        };
        let first = next_name(&mut tokens)?;
        let rest = |tokens: std::iter::Peekable<std::vec::IntoIter<Token>>| tokens.filter_map(Token::step).collect::<Vec<_>>();
        Some(match first.as_str() {
            "var" => Self::Variable { name: next_name(&mut tokens)?, attribute: rest(tokens) },
            "local" => Self::Local(next_name(&mut tokens)?),
            "each" if tokens.peek() == Some(&Token::Name("value".to_owned())) => {
                tokens.next();
                Self::Each { attribute: rest(tokens) }
            }
            "each" | "count" | "path" | "terraform" | "self" => Self::Place,
            "module" => {
                let module = next_name(&mut tokens)?;
                let key = index(&mut tokens);
                Self::Output { module, key, name: next_name(&mut tokens), attribute: rest(tokens) }
            }
            _ => {
                let data = first == "data";
                let kind = if data { next_name(&mut tokens)? } else { first };
                let name = next_name(&mut tokens)?;
                let key = index(&mut tokens);
                Self::Resource { data, kind, name, key, attribute: rest(tokens) }
            }
        })
    }
}

fn index(tokens: &mut std::iter::Peekable<std::vec::IntoIter<Token>>) -> Option<Key> {
    match tokens.peek() {
        Some(Token::Index(key)) => {
            let key = key.clone();
            tokens.next();
            key
        }
        _ => None,
    }
}

/// A word of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Name(String),
    /// What stands in brackets; `None` for what is neither a number nor a text.
    Index(Option<Key>),
}

impl Token {
    /// The word as a step into a value.
    fn step(self) -> Option<String> {
        match self {
            Self::Name(name) | Self::Index(Some(Key::Text(name))) => Some(name),
            Self::Index(Some(Key::Number(number))) => Some(number.to_string()),
            Self::Index(None) => None,
        }
    }
}

/// The words of an address: names between dots, and what stands in brackets.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[') {
            let end = closing(inside);
            tokens.push(Token::Index(Key::parse(&inside[..end])));
            rest = inside.get(end + 1..).unwrap_or_default();
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            if end > 0 {
                tokens.push(Token::Name(rest[..end].to_owned()));
            }
            rest = if rest[end..].starts_with('.') { &rest[end + 1..] } else { &rest[end..] };
        }
    }
    tokens
}

/// Where the bracket that is open closes; one in quotes is text.
fn closing(inside: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, character) in inside.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return at,
            _ => {}
        }
    }
    inside.len()
}

/// The references that say most: those of which no other goes on.
pub(crate) fn longest<'a>(references: &[&'a str]) -> Vec<&'a str> {
    let goes_on =
        |short: &str, long: &str| long.len() > short.len() && long.starts_with(short) && long[short.len()..].starts_with(['.', '[']);
    let mut kept: Vec<&str> = references.iter().filter(|one| !references.iter().any(|other| goes_on(one, other))).copied().collect();
    kept.sort_unstable();
    kept.dedup();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_path_is_what_it_is_written_as() {
        for text in ["", "module.a", "module.a[0].module.b", "module.a[\"x.y]\\\"\"].module.b[3]"] {
            assert_eq!(ModulePath::parse(text).to_string(), text);
        }
    }

    #[test]
    fn a_reference_names_what_it_is_about() {
        let resource = |data, kind: &str, name: &str, key, attribute: &[&str]| {
            let attribute = attribute.iter().map(|&it| it.to_owned()).collect();
            Target::Resource { data, kind: kind.to_owned(), name: name.to_owned(), key, attribute }
        };
        let cases = [
            ("aws_iam_role.r.arn", resource(false, "aws_iam_role", "r", None, &["arn"])),
            ("aws_iam_role.r[0].arn", resource(false, "aws_iam_role", "r", Some(Key::Number(0)), &["arn"])),
            ("aws_iam_role.r[\"a.b\"]", resource(false, "aws_iam_role", "r", Some(Key::Text("a.b".to_owned())), &[])),
            ("data.aws_vpc.v.cidr_block_associations[0].id", resource(true, "aws_vpc", "v", None, &["cidr_block_associations", "0", "id"])),
            ("each.value.arn", Target::Each { attribute: vec!["arn".to_owned()] }),
            ("each.key", Target::Place),
            ("local.x", Target::Local("x".to_owned())),
        ];
        for (text, expected) in cases {
            assert_eq!(Target::parse(text), Some(expected), "{text}");
        }
        for nonsense in ["", ".", "[", "var", "module", "a", "data.x"] {
            assert_eq!(Target::parse(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn only_the_longest_references_are_kept() {
        let given = ["a.b", "a.b.arn", "a.bc", "a.b[0]", "a.b[0].id", "var.x", "a.b.arn"];
        assert_eq!(longest(&given), ["a.b.arn", "a.b[0].id", "a.bc", "var.x"]);
    }
}
