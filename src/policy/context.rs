//! What is known of each condition key of a request. Callers fill a [`Context`]; condition and variable matching look keys up in it.

use std::collections::BTreeMap;
use std::fmt;

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

/// The name of a condition key, ready for look-up: names are case-insensitive, also behind the slash or colon of a tag or encryption-context
/// key (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html>).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    hash: u32,
    lower: SmolStr,
}

impl Key {
    pub(super) fn new(name: &str) -> Self {
        let lower = SmolStr::from(if name.is_ascii() { name.to_ascii_lowercase() } else { name.to_lowercase() });
        Self { hash: fnv(lower.as_bytes()), lower }
    }

    pub(super) fn lower(&self) -> &str {
        &self.lower
    }
}

/// FNV-1a: small, fast on short texts and the same on every machine.
fn fnv(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[derive(Debug, Clone)]
struct Listed {
    key: Key,
    name: SmolStr,
    entry: Entry,
}

/// The condition keys of a request. A key is looked up by its exact name, then in the longest family that begins it, then as `unlisted`.
#[derive(Debug, Clone)]
pub struct Context {
    // INVARIANT: sorted by key, each key once.
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
        Self { listed: Vec::new(), hashes: Vec::new(), families: Vec::new(), unlisted }
    }

    /// Sets one key; the last setting counts. Names are case-insensitive.
    pub fn set(&mut self, name: &str, entry: Entry) -> &mut Self {
        let key = Key::new(name);
        match self.listed.binary_search_by(|listed| listed.key.cmp(&key)) {
            Ok(at) => self.listed[at].entry = entry,
            Err(at) => {
                self.hashes.insert(at, key.hash);
                self.listed.insert(at, Listed { key, name: name.into(), entry });
            }
        }
        self
    }

    /// Sets a key that is not set to what is known of it as one of a family, or by default.
    pub(super) fn set_if_new(&mut self, name: &str) {
        let key = Key::new(name);
        if self.listed.binary_search_by(|listed| listed.key.cmp(&key)).is_err() {
            let entry = self.look_up(&key).clone();
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
        self.look_up(&Key::new(name))
    }

    /// Every key that was set by its own name, sorted by that name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        let sorted: BTreeMap<&str, &Entry> = self.listed.iter().map(|listed| (&*listed.name, &listed.entry)).collect();
        sorted.into_iter()
    }

    pub(super) fn look_up(&self, key: &Key) -> &Entry {
        let from = self.hashes.partition_point(|hash| *hash < key.hash);
        let alike = self.hashes[from..].iter().zip(&self.listed[from..]).take_while(|(hash, _)| **hash == key.hash);
        if let Some((_, listed)) = alike.into_iter().find(|(_, listed)| listed.key.lower == key.lower) {
            return &listed.entry;
        }
        self.families.iter().find(|(prefix, _)| key.lower.starts_with(&**prefix)).map_or(&self.unlisted, |(_, entry)| entry)
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
}
