//! Things by what they are called, or by what they name. The readers of templates and of plans look here for what belongs to a function, role or key, in place of going through all for each.

use std::collections::BTreeMap;

use crate::policy::Text;

/// Things by the texts of one of their attributes.
pub(crate) struct Index<T> {
    things: Vec<T>,
    /// By the short name.
    by_name: BTreeMap<String, Vec<usize>>,
    /// Those that may name anything.
    open: Vec<usize>,
}

impl<T: Copy> Index<T> {
    /// An index of these things by the texts that `texts` gives for each.
    pub(crate) fn new<E>(things: impl IntoIterator<Item = T>, texts: impl Fn(T) -> Result<Vec<Text>, E>) -> Result<Self, E> {
        let mut index = Self { things: Vec::new(), by_name: BTreeMap::new(), open: Vec::new() };
        for (at, thing) in things.into_iter().enumerate() {
            for text in texts(thing)? {
                if text.has_unknown() {
                    index.open.push(at);
                } else {
                    index.by_name.entry(short(&text.written()).to_owned()).or_default().push(at);
                }
            }
            index.things.push(thing);
        }
        Ok(index)
    }

    /// The things, in their order, of which a text may name what `name` names: all that do, and a few that do not. Whoever asks looks at each.
    pub(crate) fn naming(&self, name: &str) -> Vec<T> {
        let mut found: Vec<usize> = self.by_name.get(short(name)).into_iter().flatten().chain(&self.open).copied().collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|at| self.things[at]).collect()
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
        let role = ["rotate", "arn:aws:iam::111122223333:role/rotate", "arn:aws:iam::111122223333:role/db/rotate"];
        assert!(role.iter().all(|text| short(text) == "rotate"));
        let symbol = "⟦module.db['a/b:c'].aws_iam_role.rotate⟧";
        assert_eq!(short(symbol), short(&format!("arn:aws:iam::111122223333:role/{symbol}")));
        assert_eq!(short(symbol), short(&format!("arn:aws:lambda:eu-west-1:111122223333:function:{symbol}")));
        let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf";
        assert_eq!(short(secret), secret);
    }

    #[test]
    fn what_names_something_unknown_may_name_anything() {
        let texts = |written: &'static str| Ok::<_, ()>(written.split(' ').map(Text::parse).collect());
        let index = Index::new(["a b", "⟦?Role⟧", "c ⟦?Other⟧", "b"], texts).unwrap();
        assert_eq!(index.naming("arn:aws:iam::111122223333:role/b"), ["a b", "⟦?Role⟧", "c ⟦?Other⟧", "b"]);
        assert_eq!(index.naming("c"), ["⟦?Role⟧", "c ⟦?Other⟧"]);
    }
}
