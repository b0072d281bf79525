//! An answer as a tree of named elements, whether it came as XML or as JSON, and how facts are taken out of it.
//!
//! What is absent stays absent and what is not of the right form is an error, never a default. The reader is bounded: no document type, no entity but the five of XML
//! and numbers, so nothing expands; so many elements, so deep and no more, so that whoever answers cannot take the memory or the stack.

use std::str::FromStr;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use serde_json::Value;
use thiserror::Error;

/// The most elements of one answer. A page of a thousand security groups with all the rules that they may have by default has a tenth.
const ELEMENTS: usize = 1_000_000;

/// The deepest that elements lie in each other. EC2's own answers go down to ten.
const DEPTH: usize = 32;

/// An answer, or a part of it, is not what the API's reference promises.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub(crate) struct Malformed(String);

impl Malformed {
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Self(problem.into())
    }
}

/// An element: its children, or its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// The root of an XML document.
    pub(super) fn from_xml(text: &str) -> Result<Self, Malformed> {
        let mut reader = Reader::from_str(text);
        // What is open, from the document itself to the innermost element.
        let mut open = vec![Self::default()];
        let mut elements = 0;
        loop {
            match reader.read_event().map_err(|error| Malformed::new(error.to_string()))? {
                Event::Start(start) => {
                    elements += 1;
                    if open.len() > DEPTH || elements > ELEMENTS {
                        return Err(Malformed::new("it has more elements, or deeper ones, than any answer of AWS"));
                    }
                    open.push(Self::named(&start));
                }
                Event::Empty(start) => {
                    elements += 1;
                    if elements > ELEMENTS {
                        return Err(Malformed::new("it has more elements than any answer of AWS"));
                    }
                    innermost(&mut open)?.children.push(Self::named(&start));
                }
                // The reader checks that names of starts and ends match.
                Event::End(_) => {
                    let done = open.pop().ok_or_else(unbalanced)?;
                    innermost(&mut open)?.children.push(done);
                }
                Event::Text(part) => innermost(&mut open)?.text.push_str(&part.xml10_content()),
                Event::CData(part) => innermost(&mut open)?.text.push_str(&part.xml10_content()),
                Event::GeneralRef(reference) => {
                    let innermost = innermost(&mut open)?;
                    match reference.resolve_char_ref().map_err(|error| Malformed::new(error.to_string()))? {
                        Some(character) => innermost.text.push(character),
                        None => match resolve_predefined_entity(&reference.xml10_content()) {
                            Some(text) => innermost.text.push_str(text),
                            None => return Err(Malformed::new("it names an entity that XML does not have")),
                        },
                    }
                }
                Event::DocType(_) => return Err(Malformed::new("it declares a document type, which AWS does not")),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        match (open.pop(), open.is_empty()) {
            (Some(mut document), true) if document.children.len() == 1 && document.text.trim().is_empty() => {
                Ok(document.children.remove(0))
            }
            _ => Err(unbalanced()),
        }
    }

    /// The fields of a JSON object; what is in an array is named `item`. Deep JSON is refused where it is parsed.
    pub(super) fn from_json(name: &str, value: &Value) -> Self {
        let (text, children) = match value {
            Value::Null => (String::new(), Vec::new()),
            Value::String(text) => (text.clone(), Vec::new()),
            Value::Array(items) => (String::new(), items.iter().map(|item| Self::from_json("item", item)).collect()),
            Value::Object(fields) => (String::new(), fields.iter().map(|(name, value)| Self::from_json(name, value)).collect()),
            Value::Bool(_) | Value::Number(_) => (value.to_string(), Vec::new()),
        };
        Self { name: name.to_owned(), text, children }
    }

    fn named(start: &BytesStart<'_>) -> Self {
        Self { name: start.local_name().as_ref().to_owned(), ..Self::default() }
    }

    pub(super) fn is_named(&self, name: &str) -> bool {
        self.name == name
    }

    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// A child that has to be there.
    pub(crate) fn needed(&self, name: &str) -> Result<&Self, Malformed> {
        self.child(name).ok_or_else(|| Malformed::new(format!("{} has no {name}", self.name)))
    }

    /// The whole text of a child, as it is; `None` when it is empty.
    pub(crate) fn raw(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str()).filter(|text| !text.trim().is_empty())
    }

    /// The text of a child; `None` when it is empty, because EC2 writes what is not set so, too.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.raw(name).map(str::trim)
    }

    /// A text that has to be there.
    pub(crate) fn owned(&self, name: &str) -> Result<String, Malformed> {
        self.text(name).map(str::to_owned).ok_or_else(|| Malformed::new(format!("{} has no {name}", self.name)))
    }

    /// A value of a child, if it is there.
    pub(crate) fn value<T: FromStr>(&self, name: &str) -> Result<Option<T>, Malformed> {
        self.text(name).map(|text| parsed(name, text)).transpose()
    }

    /// A truth of a child; what is not there is not so.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, Malformed> {
        Ok(self.value(name)?.unwrap_or(false))
    }

    /// What lies in the lists of that name, of which a careless writer makes several.
    pub(crate) fn items<'a>(&'a self, list: &'a str, item: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children
            .iter()
            .filter(move |child| child.name == list)
            .flat_map(move |list| list.children.iter().filter(move |it| it.name == item))
    }

    /// The texts of the items of a list: of the items themselves, or of what is named `of` in them.
    pub(crate) fn texts(&self, list: &str, of: Option<&str>) -> Vec<String> {
        let text = |item: &Self| match of {
            Some(name) => item.text(name).map(str::to_owned),
            None => Some(item.text.trim().to_owned()).filter(|text| !text.is_empty()),
        };
        self.items(list, "item").filter_map(text).collect()
    }
}

/// A text as a value of another type.
pub(crate) fn parsed<T: FromStr>(name: &str, text: &str) -> Result<T, Malformed> {
    let shown: String = text.chars().take(60).collect();
    text.parse().map_err(|_| Malformed::new(format!("{name} cannot be {shown:?}")))
}

fn innermost(open: &mut [Element]) -> Result<&mut Element, Malformed> {
    open.last_mut().ok_or_else(unbalanced)
}

fn unbalanced() -> Malformed {
    Malformed::new("its elements are not closed as they were opened")
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use serde_json::json;

    use super::*;

    fn xml(text: &str) -> Element {
        Element::from_xml(text).unwrap()
    }

    #[test]
    fn what_is_empty_is_absent_and_what_has_another_form_is_an_error() {
        let it =
            xml("<?xml version=\"1.0\"?>\n<a xmlns='x'>\n <n/> <m></m> <port> 443 </port> <on>true</on> <bad>many</bad> <p:q>r</p:q></a>");
        assert_eq!(it.value::<u16>("n"), Ok(None));
        assert_eq!(it.value::<u16>("m"), Ok(None));
        assert_eq!(it.value::<u16>("nowhere"), Ok(None));
        assert_eq!(it.value::<u16>("port"), Ok(Some(443)));
        assert_eq!((it.flag("on"), it.flag("nowhere")), (Ok(true), Ok(false)));
        assert_eq!(it.text("q"), Some("r"));
        assert_eq!(it.value::<IpAddr>("bad").unwrap_err().to_string(), "bad cannot be \"many\"");
        assert_eq!(it.owned("nowhere").unwrap_err().to_string(), "a has no nowhere");
        assert!(it.flag("port").is_err());
    }

    #[test]
    fn a_list_that_comes_in_parts_is_read_whole() {
        let it = xml("<a><s><item>1</item><item/><other>x</other></s><b/><s><item>2</item></s><t><item><id>3</id></item></t></a>");
        assert_eq!(it.texts("s", None), ["1", "2"]);
        assert_eq!(it.texts("t", Some("id")), ["3"]);
        assert_eq!(it.items("s", "item").count(), 3);
    }

    #[test]
    fn text_is_unescaped_once_and_kept_as_it_is() {
        let it = xml("<a><d>{&quot;a&quot;: \"&amp;lt;\n&#x26;&#38;\"}<!-- no -->  <![CDATA[<x>&amp;]]></d></a>");
        assert_eq!(it.raw("d"), Some("{\"a\": \"&lt;\n&&\"}  <x>&amp;"));
    }

    #[test]
    fn nothing_is_expanded_and_nothing_grows_beyond_its_bounds() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>";
        assert!(Element::from_xml(bomb).unwrap_err().to_string().contains("document type"));
        assert!(Element::from_xml("<a>&c;</a>").unwrap_err().to_string().contains("entity"));
        assert!(Element::from_xml("<a>&#0;</a>").is_err() && Element::from_xml("<a>&#xFFFFFFFF;</a>").is_err());
        let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
        assert!(Element::from_xml(&deep).unwrap_err().to_string().contains("deeper"));
        let many = format!("<a>{}</a>", "<b/>".repeat(ELEMENTS + 1));
        assert!(Element::from_xml(&many).unwrap_err().to_string().contains("more elements"));
        let attributes: String = (0..200_000).flat_map(|n| [" a".to_owned(), n.to_string(), "=''".to_owned()]).collect();
        assert_eq!(xml(&format!("<a{attributes}><b>1</b></a>")).text("b"), Some("1"));
    }

    #[test]
    fn what_is_not_closed_or_not_one_document_is_refused() {
        for text in ["", " ", "text", "<a>", "<a></b>", "</a>", "<a/><b/>", "<a><b></a></b>", "<a/>text", "<a>&amp</a>", "<", "<a", "\u{0}"]
        {
            assert!(Element::from_xml(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn json_is_read_like_xml() {
        let it = Element::from_json("r", &json!({"Rules": [{"Id": "1", "Port": 53}, {"Id": null, "On": true}], "NextToken": ""}));
        let rules: Vec<_> = it.items("Rules", "item").collect();
        assert_eq!((rules[0].text("Id"), rules[0].value("Port")), (Some("1"), Ok(Some(53))));
        assert_eq!((rules[1].text("Id"), rules[1].flag("On")), (None, Ok(true)));
        assert_eq!(it.text("NextToken"), None);
    }
}
