//! The resources that a plan leaves behind and the data that was read, by type and by what they name. The readers of resource types go through them.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::convert::Infallible;

use super::thing::Thing;
use crate::policy::Text;
use crate::source::index::Index;
use crate::source::terraform::code::Evaluator;
use crate::source::terraform::kinds;
use crate::source::terraform::resolve::{Resolver, Want};
use crate::source::terraform::value::Value;
use crate::source::terraform::world::Instance;

/// A block of the configuration: the calls that lead to its module, whether it is data, type and name.
pub(super) type Block = (Vec<String>, bool, String, String);

/// The block that an instance is written in.
pub(super) fn block_of(instance: &Instance) -> Block {
    let module = instance.module.0.iter().map(|(name, _)| name.clone()).collect();
    (module, instance.data, instance.kind.clone(), instance.name.clone())
}

/// Resources by what an attribute of theirs is.
type ByText<'a> = BTreeMap<&'a str, Vec<Thing<'a>>>;

/// The resources of a plan.
pub(super) struct Stack<'a> {
    pub(super) resolver: &'a Resolver<'a>,
    pub(super) code: Option<&'a Evaluator<'a>>,
    /// Whether what exists is known, so that additions to it count.
    pub(super) over: bool,
    /// What dynamic blocks hide, once somebody asks.
    pub(super) hidden: OnceCell<BTreeMap<Block, Vec<String>>>,
    /// By type and attribute (none: the ARN), once somebody asks.
    indexes: RefCell<BTreeMap<(&'static str, &'static str), Index<Thing<'a>>>>,
    /// What the plan changes or takes away, by type and attribute and by what stood there, once somebody asks.
    given_up: RefCell<BTreeMap<(&'static str, &'static str), ByText<'a>>>,
}

impl<'a> Stack<'a> {
    /// The resources of the resolver's world.
    pub(super) fn new(resolver: &'a Resolver<'a>, code: Option<&'a Evaluator<'a>>, over: bool) -> Self {
        Self { resolver, code, over, hidden: OnceCell::default(), indexes: RefCell::default(), given_up: RefCell::default() }
    }

    fn thing(&self) -> impl Fn(&'a Instance) -> Thing<'a> + use<'a> {
        let (resolver, code) = (self.resolver, self.code);
        move |instance| Thing { resolver, instance, code }
    }

    /// Those of one type, which is one of the lists in `kinds`.
    pub(super) fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = Thing<'a>> + use<'a> {
        debug_assert!(kinds::is_looked_at(kind), "{kind} is in no list");
        self.resolver.world.of_kind(kind).map(self.thing())
    }

    /// Those of one type that the plan changes or takes away, as they were. What the state tells of others may still hold them.
    pub(super) fn earlier(&self, kind: &'static str) -> impl Iterator<Item = Thing<'a>> + use<'a> {
        self.resolver.world.earlier(kind).map(self.thing())
    }

    /// Those of these of which an attribute was this text. What belonged to one thing is found so without going through all for each.
    pub(super) fn given_up(&self, kind: &'static str, attribute: &'static str, text: &str) -> Vec<Thing<'a>> {
        let mut all = self.given_up.borrow_mut();
        let by_text = all.entry((kind, attribute)).or_insert_with(|| {
            let mut by_text = ByText::new();
            for it in self.earlier(kind) {
                if let Some(text) = it.value(attribute).and_then(Value::text) {
                    by_text.entry(text).or_default().push(it);
                }
            }
            by_text
        });
        by_text.get(text).cloned().unwrap_or_default()
    }

    /// What was read of one type.
    pub(super) fn data(&self, kind: &'static str) -> impl Iterator<Item = Thing<'a>> + use<'a> {
        self.resolver.world.data(kind).map(self.thing())
    }

    /// Those of one type of which an attribute, a text or a list of them, may name what `name` names: all that do, and a few that do not. Whoever asks looks at each.
    pub(super) fn naming(&self, kind: &'static str, path: &'static str, want: Want, name: &str) -> Vec<Thing<'a>> {
        self.indexed(kind, path, name, |it| match it.value(path) {
            Some(Value::List(_)) => it.list(path, want).iter().map(|text| Text::parse(text)).collect(),
            Some(Value::Unknown) => {
                let items = it.list(path, want);
                it.naming(path, want).into_iter().chain(items.iter().map(|text| Text::parse(text))).collect()
            }
            _ => it.naming(path, want).into_iter().collect(),
        })
    }

    /// Those of one type that may have this name or ARN, likewise.
    pub(super) fn called(&self, kind: &'static str, name: &str) -> Vec<Thing<'a>> {
        self.indexed(kind, "", name, |it| vec![it.resolver.arn(it.instance)])
    }

    fn indexed(&self, kind: &'static str, path: &'static str, name: &str, texts: impl Fn(Thing<'a>) -> Vec<Text>) -> Vec<Thing<'a>> {
        if let Some(index) = self.indexes.borrow().get(&(kind, path)) {
            return index.naming(name);
        }
        let Ok(index) = Index::new(self.of_kind(kind), |it| Ok::<_, Infallible>(texts(it)));
        let found = index.naming(name);
        self.indexes.borrow_mut().insert((kind, path), index);
        found
    }
}
