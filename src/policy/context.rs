//! What is known of each condition key of a request. Callers fill a [`Context`]; condition and variable matching look keys up in it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use smol_str::SmolStr;

use super::text::Text;

/// What a request carries under one condition key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Entry {
    /// The request does not carry the key.
    Absent,
    /// A single-valued key and its value.
    Single(Text),
    /// A multivalued key and its values; no values at all count as an absent key.
    Multi(Vec<Text>),
    /// Nobody knows: absent, or any value.
    Unknown,
    /// One of these, nobody knows which (`aws:ViaAWSService` absent or `false`). Of no alternatives, nothing is known.
    OneOf(Vec<Entry>),
}

impl Entry {
    /// A single-valued key with this value.
    pub fn single(text: impl Into<Text>) -> Self {
        Self::Single(text.into())
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("absent"),
            Self::Single(text) => write!(f, "{:?}", text.written()),
            Self::Multi(texts) => {
                let texts: Vec<_> = texts.iter().map(Text::written).collect();
                write!(f, "{texts:?}")
            }
            Self::Unknown => f.write_str("unknown"),
            Self::OneOf(entries) => {
                let entries: Vec<_> = entries.iter().map(ToString::to_string).collect();
                f.write_str(&entries.join(" or "))
            }
        }
    }
}

/// The hash of a condition key's name, whatever its letter case: names are case-insensitive, also behind the slash or colon of a tag or encryption-context key
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html>).
/// FNV-1a: small, fast on short texts and the same on every machine.
pub(super) fn hash(name: &str) -> u32 {
    let fnv = |hash: u32, byte: u8| (hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193);
    if name.is_ascii() { name.bytes().fold(0x811c_9dc5, fnv) } else { name.to_lowercase().bytes().fold(0x811c_9dc5, fnv) }
}

fn same(one: &str, other: &str) -> bool {
    one == other || one.eq_ignore_ascii_case(other) || !(one.is_ascii() && other.is_ascii()) && one.to_lowercase() == other.to_lowercase()
}

/// `prefix` is in lower case.
fn begins(name: &str, prefix: &str) -> bool {
    if name.is_ascii() {
        name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    } else {
        name.to_lowercase().starts_with(prefix)
    }
}

/// So many keys are set in a context that stands on another.
const USUAL: usize = 20;

#[derive(Debug, Clone)]
struct Listed {
    name: SmolStr,
    entry: Entry,
}

/// The condition keys of a request. A key is looked up by its exact name, then in the longest family that begins it, then as `unlisted`. Most of what requests carry is the
/// same for many of them, so a context may stand on another one: what it does not set itself, that one says.
#[derive(Debug, Clone)]
pub struct Context {
    base: Option<Arc<Context>>,
    // INVARIANT: sorted by the hash of the name, each key once, and written as in `base` if that has it.
    listed: Vec<Listed>,
    // INVARIANT: the hash of each listed key in the same order. Look-ups that find nothing, the most frequent ones, read only these few bytes.
    hashes: Vec<u32>,
    // INVARIANT: longest prefix first, then by name; prefixes are lowercase.
    families: Vec<(Box<str>, Entry)>,
    unlisted: Entry,
}

impl Context {
    /// A context in which every key that is not set is absent.
    pub fn closed() -> Self {
        Self::with_unlisted(Entry::Absent)
    }

    /// A context in which every key that is not set is unknown.
    pub fn open() -> Self {
        Self::with_unlisted(Entry::Unknown)
    }

    /// A context with this default for keys that are not set.
    pub fn with_unlisted(unlisted: Entry) -> Self {
        Self { base: None, listed: Vec::new(), hashes: Vec::new(), families: Vec::new(), unlisted }
    }

    /// A context that says what `base` says, until something is set in it.
    pub fn on(base: &Arc<Self>) -> Self {
        let (listed, hashes) = (Vec::with_capacity(USUAL), Vec::with_capacity(USUAL));
        Self { base: Some(Arc::clone(base)), listed, hashes, families: Vec::new(), unlisted: base.unlisted.clone() }
    }

    /// Sets one key; the last setting counts. Names are case-insensitive.
    pub fn set(&mut self, name: &str, entry: Entry) -> &mut Self {
        let hash = hash(name);
        match self.place(hash, name) {
            Ok(at) => self.listed[at].entry = entry,
            Err(at) => {
                let known = self.base.as_deref().and_then(|base| base.listed(hash, name));
                let name = known.map_or_else(|| name.into(), |known| known.name.clone());
                self.hashes.insert(at, hash);
                self.listed.insert(at, Listed { name, entry });
            }
        }
        self
    }

    /// Sets a key that is not set to what is known of it as one of a family, or by default.
    pub(super) fn set_if_new(&mut self, name: &str) {
        if self.listed(hash(name), name).is_none() {
            let entry = self.get(name).clone();
            self.set(name, entry);
        }
    }

    /// Sets all keys that begin with `prefix` (`aws:PrincipalTag/`) and are not set themselves.
    pub fn set_family(&mut self, prefix: &str, entry: Entry) -> &mut Self {
        let prefix = prefix.to_lowercase().into_boxed_str();
        self.families.retain(|(known, _)| *known != prefix);
        self.families.push((prefix, entry));
        self.families.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self
    }

    /// What is known under this name.
    pub fn get(&self, name: &str) -> &Entry {
        self.look_up(hash(name), name)
    }

    /// Every key that was set by its own name, sorted by that name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        let mut sorted = BTreeMap::new();
        self.add_to(&mut sorted);
        sorted.into_iter()
    }

    /// Adds every key that was set here or below.
    fn add_to<'a>(&'a self, all: &mut BTreeMap<&'a str, &'a Entry>) {
        if let Some(base) = &self.base {
            base.add_to(all);
        }
        all.extend(self.listed.iter().map(|Listed { name, entry }| (&**name, entry)));
    }

    /// What is known under this name, of which the hash is at hand.
    pub(super) fn look_up(&self, hash: u32, name: &str) -> &Entry {
        match self.listed(hash, name) {
            Some(listed) => &listed.entry,
            None => self.family(name).map_or(&self.unlisted, |(_, entry)| entry),
        }
    }

    /// The key, if it was set by its own name.
    fn listed(&self, hash: u32, name: &str) -> Option<&Listed> {
        match self.place(hash, name) {
            Ok(at) => Some(&self.listed[at]),
            Err(_) => self.base.as_deref()?.listed(hash, name),
        }
    }

    /// The longest family that begins the name; of equal ones that which was set last.
    fn family(&self, name: &str) -> Option<&(Box<str>, Entry)> {
        let own = self.families.iter().find(|(prefix, _)| begins(name, prefix));
        let below = self.base.as_deref().and_then(|below| below.family(name));
        match (own, below) {
            (Some(own), Some(below)) if below.0.len() > own.0.len() => Some(below),
            (own, below) => own.or(below),
        }
    }

    /// Where the key is among those set here, or where it belongs.
    fn place(&self, hash: u32, name: &str) -> Result<usize, usize> {
        let mut at = self.hashes.partition_point(|known| *known < hash);
        while self.hashes.get(at) == Some(&hash) {
            if same(&self.listed[at].name, name) {
                return Ok(at);
            }
            at += 1;
        }
        Err(at)
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::closed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_case_insensitive_and_the_last_setting_counts() {
        let mut context = Context::closed();
        context.set("aws:SourceAccount", Entry::single("1")).set("AWS:sourceaccount", Entry::single("2"));
        assert_eq!(context.get("AWS:SOURCEACCOUNT"), &Entry::single("2"));
        assert_eq!(context.get("aws:SourceArn"), &Entry::Absent);
    }

    #[test]
    fn a_key_is_found_exactly_then_in_its_longest_family_then_by_default() {
        let mut context = Context::open();
        context
            .set_family("aws:", Entry::Absent)
            .set_family("aws:PrincipalTag/", Entry::Unknown)
            .set("aws:PrincipalTag/Team", Entry::single("pay"));
        assert_eq!(context.get("aws:principaltag/team"), &Entry::single("pay"));
        assert_eq!(context.get("aws:PrincipalTag/Other"), &Entry::Unknown);
        assert_eq!(context.get("aws:SourceIp"), &Entry::Absent);
        assert_eq!(context.get("kms:ViaService"), &Entry::Unknown);
    }

    #[test]
    fn a_context_on_another_says_what_all_its_settings_in_one_would_say() {
        let lower = |context: &mut Context| {
            context.set_family("aws:", Entry::Unknown).set_family("aws:ResourceTag/", Entry::Unknown).set("aws:SourceArn", Entry::Absent);
            context.set("aws:SecureTransport", Entry::single("true"));
        };
        let upper = |context: &mut Context| {
            context.set_family("aws:ResourceTag/", Entry::Absent).set_family("a", Entry::Absent);
            context.set("AWS:sourcearn", Entry::single("arn")).set("aws:ResourceTag/Team", Entry::single("pay"));
            context.set_if_new("aws:securetransport");
        };
        let mut whole = Context::closed();
        lower(&mut whole);
        let mut base = Context::closed();
        lower(&mut base);
        let mut on_it = Context::on(&Arc::new(base));
        upper(&mut whole);
        upper(&mut on_it);
        for name in
            ["aws:SourceArn", "aws:SecureTransport", "aws:ResourceTag/Team", "aws:resourcetag/other", "aws:SourceIp", "a:b", "kms:x"]
        {
            assert_eq!(on_it.get(name), whole.get(name), "{name}");
        }
        assert_eq!(on_it.iter().collect::<Vec<_>>(), whole.iter().collect::<Vec<_>>());
    }
}
