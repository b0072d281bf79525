//! One resource of a plan, and its attributes as texts with symbols, lists and policy documents. The readers of resource types take them from here.

use std::collections::BTreeMap;

use crate::arn::Arn;
use crate::inventory::{Gap, Known};
use crate::policy::Text;
use crate::source::terraform::code::{Evaluator, Made};
use crate::source::terraform::identity::{self, Kind};
use crate::source::terraform::resolve::{Resolver, Want};
use crate::source::terraform::value::Value;
use crate::source::terraform::world::Instance;

/// One resource of a plan.
#[derive(Clone, Copy)]
pub(super) struct Thing<'a> {
    pub(super) resolver: &'a Resolver<'a>,
    pub(super) instance: &'a Instance,
    /// The configuration, where its folder is known.
    pub(super) code: Option<&'a Evaluator<'a>>,
}

/// Whatever a text is, it is no identity that anything is compared with.
const PLAIN: Want = Want::text();

impl<'a> Thing<'a> {
    /// Another resource of the same plan.
    pub(super) fn other(&self, instance: &'a Instance) -> Self {
        Self { instance, ..*self }
    }

    /// What Terraform calls it.
    pub(super) fn address(&self) -> &'a str {
        &self.instance.address
    }

    /// Where it will be: `111122223333/eu-west-1`.
    pub(super) fn place(&self) -> String {
        format!("{}/{}", self.resolver.account_of(self.instance), self.resolver.region_of(self.instance))
    }

    /// Its ARN: what the plan knows, or what AWS will make.
    pub(super) fn arn(&self) -> Option<Arn> {
        Arn::parse(&self.resolver.arn(self.instance).written()).ok()
    }

    /// The attribute at the end of these steps, which are written with dots.
    pub(super) fn value(&self, path: &str) -> Option<&'a Value> {
        self.instance.values.at(path.split('.'))
    }

    /// A text, which may be the identity of something of this kind. An empty one names nothing: so the provider writes into its state what is not set.
    pub(super) fn naming(&self, path: &str, want: Want) -> Option<Text> {
        self.written(path, want).filter(|text| want.kind == Kind::Text || text.as_literal() != Some(""))
    }

    fn written(&self, path: &str, want: Want) -> Option<Text> {
        let steps: Vec<&str> = path.split('.').collect();
        match self.made(path) {
            Some(Made::Text(text)) => return Some(text),
            Some(Made::Plain(plain)) if plain.is_null() => return None,
            Some(Made::Open(what) | Made::Fails(what)) if want.kind == Kind::Text => return Some(self.symbol(path, &what)),
            _ => {}
        }
        self.resolver.text(self.instance, &steps, want)
    }

    /// What the configuration makes of an attribute that the plan does not know, as far as it tells.
    pub(super) fn made(&self, path: &str) -> Option<Made> {
        let is_open = match self.value(path)? {
            Value::Unknown => true,
            Value::List(items) => items.contains(&Value::Unknown),
            _ => false,
        };
        let steps: Vec<&str> = path.split('.').collect();
        self.code.filter(|_| is_open)?.attribute(self.instance, &steps)
    }

    /// What nobody knows of an attribute, with what it is made from.
    fn symbol(&self, path: &str, what: &str) -> Text {
        identity::unknown(&format!("{}.{path}, made from {what}", self.address()))
    }

    /// A text like any other. An empty one is as good as none.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        self.naming(path, PLAIN).map(|text| text.written().into_owned()).filter(|text| !text.is_empty())
    }

    /// A number, if it is known.
    pub(super) fn number<N: std::str::FromStr>(&self, path: &str) -> Option<N> {
        self.value(path)?.text()?.parse().ok()
    }

    /// Whether somebody writes an attribute, so that it is not only told by AWS. Where nothing is written down, it may be.
    pub(super) fn is_written(&self, attribute: &str) -> bool {
        let is_written = self.expression(attribute, true) || self.code.is_some_and(|code| code.moves(self.instance, attribute));
        is_written && !self.is_null(attribute)
    }

    /// Whether the configuration is there and somebody writes an attribute in it.
    pub(super) fn is_surely_written(&self, attribute: &str) -> bool {
        self.expression(attribute, false) && !self.is_null(attribute)
    }

    fn expression(&self, attribute: &str, otherwise: bool) -> bool {
        self.resolver.world.written(self.instance).map_or(otherwise, |written| written.expressions.get(attribute).is_some())
    }

    /// Whether what is written is found to be nothing, which is the same as not written.
    fn is_null(&self, attribute: &str) -> bool {
        matches!(self.made(attribute), Some(Made::Plain(plain)) if plain.is_null())
    }

    /// Whether an attribute will have a value that is not AWS's own choice.
    pub(super) fn is_set(&self, path: &str) -> bool {
        match self.value(path) {
            None => false,
            Some(Value::Text(text)) => !text.is_empty(),
            Some(Value::Unknown) => self.is_written(path.split('.').next().unwrap_or_default()),
            Some(_) => true,
        }
    }

    /// What the state tells of something that is there and stays there. Where that is what the plan wants, the provider does nothing, although what the state tells may
    /// be the work of another resource, and go with it.
    pub(super) fn as_it_was(&self) -> Option<Self> {
        self.resolver.world.was(self.instance).map(|was| self.other(was))
    }

    /// The same of an attribute.
    pub(super) fn was(&self, attribute: &str) -> Option<&'a Value> {
        self.resolver.world.was(self.instance)?.values.at([attribute])
    }

    /// Why nobody knows whether this will be there: the plan takes away the same thing by another address.
    pub(super) fn contest(&self) -> Option<String> {
        let rival = self.resolver.world.rival(self.instance)?;
        let other = if rival == self.address() { "the one before it".to_owned() } else { rival.to_owned() };
        Some(format!("whether {} is there, which the plan takes away as {other} in no order", self.address()))
    }

    /// The same as a gap.
    pub(super) fn contested(&self) -> Option<Gap> {
        let rival = self.resolver.world.rival(self.instance)?;
        Some(Gap::new("plan", self.address(), &format!("the plan takes the same away as {rival}, in no order (a moved block keeps it)")))
    }

    /// Texts, each of which may be the identity of something of this kind; none where the list is not set.
    pub(super) fn list(&self, path: &str, want: Want) -> Vec<String> {
        let steps: Vec<&str> = path.split('.').collect();
        let made = self.made(path);
        if matches!(&made, Some(Made::Plain(plain)) if plain.is_null()) {
            return Vec::new();
        }
        if let (Some(Made::Open(what) | Made::Fails(what)), Kind::Text) = (&made, want.kind) {
            let known = self.value(path).map(Value::items).unwrap_or_default().iter().filter_map(Value::text).map(str::to_owned);
            return known.chain([self.symbol(path, what).written().into_owned()]).collect();
        }
        if let Some(Made::List(items) | Made::Set(items)) = made
            && (want.kind == Kind::Text || items.iter().all(Made::is_whole))
        {
            // An item that is not found out is a symbol that says why.
            let open = |index: usize, what: &str| self.symbol(&format!("{path}.{index}"), what);
            let text = |(index, item): (usize, &Made)| item.text().unwrap_or_else(|what| open(index, &what)).written().into_owned();
            return items.iter().enumerate().map(text).collect();
        }
        let texts = self.resolver.texts(self.instance, &steps, want).unwrap_or_default();
        texts.iter().map(|text| text.written().into_owned()).collect()
    }

    /// How many blocks of a name there are; `None` where that is not known.
    pub(super) fn count(&self, path: &str) -> Option<usize> {
        match self.value(path) {
            Some(Value::Unknown) => self.code?.count(self.instance, &path.split('.').collect::<Vec<_>>()),
            value => Some(value.map_or(0, |value| value.items().len())),
        }
    }

    /// Tags, with those that the provider gives to everything.
    pub(super) fn tags(&self) -> Known<BTreeMap<String, String>> {
        // What the provider adds to all is in `tags_all`, which some versions only know after apply.
        let known = |name: &&str| !matches!(self.value(name), None | Some(Value::Unknown));
        let all = ["tags_all", "tags"].into_iter().find(known).or(Some("tags")).and_then(|name| Some((name, self.value(name)?)));
        match all {
            Some((name, Value::Unknown)) => Known::Unreadable(self.unknown(name)),
            Some((name, Value::Map(tags))) => Known::Value(
                tags.keys()
                    .filter_map(|key| Some((key.clone(), self.resolver.text(self.instance, &[name, key], PLAIN)?.written().into_owned())))
                    .collect(),
            ),
            _ => Known::Value(BTreeMap::new()),
        }
    }

    /// That the configuration makes an attribute from something that is not found out.
    pub(super) fn hidden(&self, path: &str, what: &str) -> Gap {
        Gap::new("plan", self.address(), &format!("{path} is not known before apply, and made from {what}"))
    }

    /// That an attribute is not known before the plan is applied, and what it is made from.
    pub(super) fn unknown(&self, path: &str) -> Gap {
        let steps: Vec<&str> = path.split('.').collect();
        let references = self.resolver.written_references(self.instance, &steps);
        let from = if references.is_empty() {
            String::new()
        } else {
            format!(", and made from {}{}", references.join(", "), self.resolver.way_out())
        };
        Gap::new("plan", self.address(), &format!("{path} is not known before apply{from}"))
    }
}

/// The name that a text tells, which may be an ARN.
pub(super) fn name_of(written: &str) -> String {
    Arn::parse(written).map_or_else(|_| written.to_owned(), |arn| arn.name().to_owned())
}

/// That what a text names is not known.
pub(super) fn gap_of(address: &str, written: &str) -> Gap {
    Gap::new("plan", address, &format!("{} is not known before apply", written.replace(['⟦', '?', '⟧'], "")))
}
