//! A small JSON reader that knows where everything stands. Policies are read with it, and templates: its errors name a line and column, it sees duplicate
//! keys, keeps numbers as written, and refuses deep nesting before the stack feels it. JSON: <https://www.rfc-editor.org/rfc/rfc8259>.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::error::{PolicyError, Position, Problem};

/// A JSON value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node<'a> {
    pub(crate) at: Position,
    /// The bytes before it.
    pub(crate) offset: usize,
    pub(crate) value: Json<'a>,
}

/// A JSON value. Objects keep the order of the text; a text is borrowed unless it was written with escapes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    Text(Cow<'a, str>),
    Array(Vec<Node<'a>>),
    Object(Vec<Member<'a>>),
}

/// One key of an object, where the key begins, and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member<'a> {
    pub(crate) at: Position,
    /// The bytes before the key.
    pub(crate) offset: usize,
    pub(crate) key: Cow<'a, str>,
    pub(crate) node: Node<'a>,
}

impl Json<'_> {
    /// What to call it in an error.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a truth value",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

/// Reads one value that makes up all of `text`, with objects and arrays at most `depth` deep in each other.
pub(crate) fn read(text: &str, depth: usize) -> Result<Node<'_>, PolicyError> {
    let mut reader = Reader { rest: text.strip_prefix('\u{feff}').unwrap_or(text), length: text.len(), line: 1, column: 1, most: depth };
    let node = reader.value(0)?;
    reader.space();
    if reader.rest.is_empty() { Ok(node) } else { Err(reader.error("there is more text after its end")) }
}

struct Reader<'a> {
    rest: &'a str,
    length: usize,
    line: usize,
    column: usize,
    most: usize,
}

impl<'a> Reader<'a> {
    fn position(&self) -> Position {
        Position { line: self.line, column: self.column }
    }

    fn offset(&self) -> usize {
        self.length - self.rest.len()
    }

    fn error(&self, problem: &'static str) -> PolicyError {
        PolicyError::new(self.position(), Problem::Json(problem))
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.rest = &self.rest[next.len_utf8()..];
        if next == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(next)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.next();
        }
    }

    fn expect(&mut self, wanted: char, problem: &'static str) -> Result<(), PolicyError> {
        if self.peek() != Some(wanted) {
            return Err(self.error(problem));
        }
        self.next();
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Node<'a>, PolicyError> {
        self.space();
        let (at, offset) = (self.position(), self.offset());
        let value = match self.peek() {
            Some('{') => self.object(depth)?,
            Some('[') => self.array(depth)?,
            Some('"') => Json::Text(self.text()?),
            Some('-' | '0'..='9') => Json::Number(self.number()?),
            Some('t') => self.word("true", Json::Bool(true))?,
            Some('f') => self.word("false", Json::Bool(false))?,
            Some('n') => self.word("null", Json::Null)?,
            Some(_) => return Err(self.error("a value is expected here")),
            None => return Err(self.error("it ends too early")),
        };
        Ok(Node { at, offset, value })
    }

    fn word(&mut self, word: &str, value: Json<'a>) -> Result<Json<'a>, PolicyError> {
        if !self.rest.starts_with(word) {
            return Err(self.error("a value is expected here"));
        }
        word.chars().for_each(|_| {
            self.next();
        });
        Ok(value)
    }

    fn enter(&self, depth: usize) -> Result<usize, PolicyError> {
        if depth < self.most { Ok(depth + 1) } else { Err(PolicyError::new(self.position(), Problem::TooDeep { limit: self.most })) }
    }

    fn array(&mut self, depth: usize) -> Result<Json<'a>, PolicyError> {
        let depth = self.enter(depth)?;
        self.next();
        let mut nodes = Vec::new();
        self.space();
        if self.peek() == Some(']') {
            self.next();
            return Ok(Json::Array(nodes));
        }
        loop {
            nodes.push(self.value(depth)?);
            self.space();
            if self.peek() == Some(']') {
                self.next();
                return Ok(Json::Array(nodes));
            }
            self.expect(',', "a comma or ] is expected here")?;
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json<'a>, PolicyError> {
        let depth = self.enter(depth)?;
        self.next();
        let mut members: Vec<Member<'a>> = Vec::new();
        let mut keys = BTreeSet::new();
        self.space();
        if self.peek() == Some('}') {
            self.next();
            return Ok(Json::Object(members));
        }
        loop {
            self.space();
            let (at, offset) = (self.position(), self.offset());
            if self.peek() != Some('"') {
                return Err(self.error("a key in double quotes is expected here"));
            }
            let key = self.text()?;
            if !keys.insert(key.clone()) {
                return Err(PolicyError::new(at, Problem::DuplicateKey { key: key.into_owned() }));
            }
            self.space();
            self.expect(':', "a colon is expected here")?;
            let node = self.value(depth)?;
            members.push(Member { at, offset, key, node });
            self.space();
            if self.peek() == Some('}') {
                self.next();
                return Ok(Json::Object(members));
            }
            self.expect(',', "a comma or } is expected here")?;
        }
    }

    fn number(&mut self) -> Result<&'a str, PolicyError> {
        let start: &'a str = self.rest;
        let digits = |reader: &mut Self| {
            let before = reader.rest.len();
            while matches!(reader.peek(), Some('0'..='9')) {
                reader.next();
            }
            if reader.rest.len() < before { Ok(()) } else { Err(reader.error("a digit is expected here")) }
        };
        if self.peek() == Some('-') {
            self.next();
        }
        if self.peek() == Some('0') {
            self.next();
        } else {
            digits(self)?;
        }
        if self.peek() == Some('.') {
            self.next();
            digits(self)?;
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            self.next();
            if matches!(self.peek(), Some('+' | '-')) {
                self.next();
            }
            digits(self)?;
        }
        Ok(&start[..start.len() - self.rest.len()])
    }

    fn text(&mut self) -> Result<Cow<'a, str>, PolicyError> {
        self.next();
        let start: &'a str = self.rest;
        let mut unescaped: Option<String> = None;
        loop {
            let so_far = &start[..start.len() - self.rest.len()];
            match self.peek() {
                Some('"') => {
                    self.next();
                    return Ok(unescaped.map_or(Cow::Borrowed(so_far), Cow::Owned));
                }
                Some('\\') => {
                    self.next();
                    let escaped = self.escape()?;
                    unescaped.get_or_insert_with(|| so_far.to_owned()).push(escaped);
                }
                Some(c) if c < ' ' => return Err(self.error("a control character in a text must be escaped")),
                Some(c) => {
                    self.next();
                    if let Some(text) = &mut unescaped {
                        text.push(c);
                    }
                }
                None => return Err(self.error("it ends within a text")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, PolicyError> {
        let plain = match self.peek() {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                self.next();
                return self.unicode();
            }
            _ => return Err(self.error("there is no such escape")),
        };
        self.next();
        Ok(plain)
    }

    fn unicode(&mut self) -> Result<char, PolicyError> {
        let first = self.hex()?;
        let code = match first {
            0xd800..=0xdbff if self.rest.starts_with("\\u") => {
                self.next();
                self.next();
                let second = self.hex()?;
                if !(0xdc00..=0xdfff).contains(&second) {
                    return Err(self.error("half a surrogate pair"));
                }
                0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            _ => first,
        };
        char::from_u32(code).ok_or_else(|| self.error("half a surrogate pair"))
    }

    fn hex(&mut self) -> Result<u32, PolicyError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|c| c.to_digit(16)).ok_or_else(|| self.error("four hexadecimal digits are expected here"))?;
            self.next();
            code = code * 16 + digit;
        }
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        read(text, 16).unwrap_err().to_string()
    }

    #[test]
    fn it_reads_what_serde_json_reads_and_refuses_what_it_refuses() {
        for text in [
            "{}",
            "[]",
            "[1, -2.5e+3 , 0]",
            r#"{"a": [true, false, null], "b": "\u00e9\ud83d\ude00\n\/"}"#,
            "\"\"",
            " 7 ",
            "",
            "{",
            "[1,]",
            "{\"a\":1,}",
            "01",
            "1.",
            "-",
            "1e",
            "nul",
            "tru",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "\"\\udc00\"",
            "\"a",
            "{a: 1}",
            "{\"a\" 1}",
            "[1 2]",
            "1 2",
            "\"\u{1}\"",
            "+1",
            ".5",
            "NaN",
        ] {
            assert_eq!(read(text, 16).is_ok(), serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn errors_name_the_place() {
        assert_eq!(error("{\n  \"a\": 1,\n  \"é\": x }"), "line 3, column 8: this is not JSON: a value is expected here");
        assert_eq!(error("{\"a\": 1,\n \"a\": 2}"), "line 2, column 2: \"a\" stands here twice");
    }

    #[test]
    fn ten_thousand_levels_are_an_error_and_not_a_stack_overflow() {
        for open in ["[", "{\"a\":"] {
            let error = read(&open.repeat(10_000), 16).unwrap_err();
            assert_eq!(*error.problem(), Problem::TooDeep { limit: 16 });
        }
    }
}
