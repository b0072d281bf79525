//! The resources that a plan leaves behind and the data that was read, by type and by what they name. The readers of resource types go through them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::thing::Thing;
use crate::policy::Text;
use crate::source::terraform::code::Evaluator;
use crate::source::terraform::resolve::{Resolver, Want};
use crate::source::terraform::value::Value;
use crate::source::terraform::world::Instance;

/// The resources of a plan.
pub(super) struct Stack<'a> {
    pub(super) resolver: &'a Resolver<'a>,
    pub(super) code: Option<&'a Evaluator<'a>>,
    /// Whether what exists is known, so that additions to it count.
    pub(super) over: bool,
    /// By type and attribute (none: the ARN), once somebody asks.
    named: RefCell<BTreeMap<(&'static str, &'static str), Rc<Named<'a>>>>,
}

/// The resources of one type by what one of their attributes names.
struct Named<'a> {
    things: Vec<Thing<'a>>,
    /// By the short name.
    by_name: BTreeMap<String, Vec<usize>>,
    /// Those that may name anything.
    open: Vec<usize>,
}

impl<'a> Stack<'a> {
    /// The resources of the resolver's world.
    pub(super) fn new(resolver: &'a Resolver<'a>, code: Option<&'a Evaluator<'a>>, over: bool) -> Self {
        Self { resolver, code, over, named: RefCell::default() }
    }

    fn thing(&self) -> impl Fn(&'a Instance) -> Thing<'a> + use<'a> {
        let (resolver, code) = (self.resolver, self.code);
        move |instance| Thing { resolver, instance, code }
    }

    /// Those of one type.
    pub(super) fn of_kind(&self, kind: &'static str) -> impl Iterator<Item = Thing<'a>> + use<'a> {
        self.resolver.world.of_kind(kind).map(self.thing())
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
        let known = self.named.borrow().get(&(kind, path)).map(Rc::clone);
        let named = known.unwrap_or_else(|| {
            let named = Rc::new(Named::new(self.of_kind(kind).collect(), texts));
            self.named.borrow_mut().insert((kind, path), Rc::clone(&named));
            named
        });
        let mut found: Vec<usize> = named.by_name.get(short(name)).into_iter().flatten().chain(&named.open).copied().collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|at| named.things[at]).collect()
    }
}

impl<'a> Named<'a> {
    fn new(things: Vec<Thing<'a>>, texts: impl Fn(Thing<'a>) -> Vec<Text>) -> Self {
        let (mut by_name, mut open) = (BTreeMap::<String, Vec<usize>>::new(), Vec::new());
        for (at, it) in things.iter().enumerate() {
            for text in texts(*it) {
                if text.has_unknown() {
                    open.push(at);
                } else {
                    by_name.entry(short(&text.written()).to_owned()).or_default().push(at);
                }
            }
        }
        Self { things, by_name, open }
    }
}

/// What the texts that may name one thing have in common: the name of a function, role or key, whether it stands alone, with a qualifier, or in an ARN.
fn short(written: &str) -> &str {
    let name = written.rsplit_once(":function:").map_or(written, |(_, name)| name);
    let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
    if name.starts_with("arn:") { name } else { name.split(':').next().unwrap_or(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_name_one_thing_has_one_short_name() {
        let function =
            ["rotate", "rotate:live", "111122223333:function:rotate", "arn:aws:lambda:eu-west-1:111122223333:function:rotate:live"];
        assert!(function.iter().all(|text| short(text) == "rotate"));
        assert!(
            ["rotate", "arn:aws:iam::111122223333:role/rotate", "arn:aws:iam::111122223333:role/db/rotate"]
                .iter()
                .all(|text| short(text) == "rotate")
        );
        let symbol = "⟦module.db['a/b:c'].aws_iam_role.rotate⟧";
        assert_eq!(short(symbol), short(&format!("arn:aws:iam::111122223333:role/{symbol}")));
        assert_eq!(short(symbol), short(&format!("arn:aws:lambda:eu-west-1:111122223333:function:{symbol}")));
        let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf";
        assert_eq!(short(secret), secret);
    }
}
