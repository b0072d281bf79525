//! An inventory as text: the versioned envelope of a snapshot. `source` reads and writes the files that hold it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use thiserror::Error;

use super::Inventory;

/// The version of the schema that this build writes, and the only one that it reads.
pub const SCHEMA_VERSION: u32 = 1;

/// The word by which a snapshot is known from any other JSON.
const FORMAT: &str = "rotaudit-inventory";

/// A text cannot be read as a snapshot. Places are lines and columns, from 1; a snapshot is one line, so the column is its byte.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SnapshotError {
    /// It is something else.
    #[error("not a snapshot of rotaudit: {0}")]
    NotASnapshot(String),
    /// Its end is missing.
    #[error("the snapshot is cut off {place}: it was not written or copied to its end; take it again with `rotaudit snapshot`")]
    Truncated {
        /// Where it ends.
        place: String,
    },
    /// A newer (or impossible) version wrote it.
    #[error(
        "the snapshot has schema version {found}, and this build of rotaudit reads version {SCHEMA_VERSION}: take it again, or use the rotaudit that wrote it"
    )]
    Version {
        /// The version that it says.
        found: u64,
    },
    /// A field is not what it has to be.
    #[error("the snapshot is not valid at {member} (line {line}, column {column}): {problem}")]
    Invalid {
        /// The member of the JSON, such as `inventory.secrets.arn:….name`.
        member: String,
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// Two of its parts contradict each other.
    #[error("the snapshot contradicts itself: {place} holds {key:?}, and what is there calls itself {inside:?}")]
    Inconsistent {
        /// The map, such as `secrets`.
        place: String,
        /// The key in that map.
        key: String,
        /// The name inside the value.
        inside: String,
    },
}

/// What a snapshot looks like.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Snapshot")]
struct Envelope<I> {
    /// Always `rotaudit-inventory`.
    format: String,
    /// The version of this schema.
    schema_version: u32,
    /// The rotaudit that wrote it.
    tool_version: String,
    /// What was read.
    inventory: I,
}

/// What is looked at first, so that a snapshot of another version is not judged by the fields of this one.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Header {
    format: Option<String>,
    schema_version: Option<u64>,
}

/// The snapshot of `inventory`: one line of JSON, the same bytes for the same facts.
pub fn to_text(inventory: &Inventory) -> Result<String, SnapshotError> {
    let tool_version = env!("CARGO_PKG_VERSION").to_owned();
    let envelope = Envelope { format: FORMAT.to_owned(), schema_version: SCHEMA_VERSION, tool_version, inventory };
    serde_json::to_string(&envelope).map_err(|error| of_json("what was to be written", &error))
}

/// The inventory of a snapshot.
pub fn from_text(text: &[u8]) -> Result<Inventory, SnapshotError> {
    // Nearly every text is a snapshot of this version, and one pass over it suffices.
    let envelope = serde_json::from_slice::<Envelope<Inventory>>(text);
    if let Ok(envelope) = envelope
        && envelope.format == FORMAT
        && envelope.schema_version == SCHEMA_VERSION
    {
        let Envelope { mut inventory, .. } = envelope;
        check(&inventory)?;
        inventory.share();
        return Ok(inventory);
    }
    Err(why_not(text))
}

/// Why a text is no snapshot of this version: it is something else, or of another version, or its fields are wrong.
fn why_not(text: &[u8]) -> SnapshotError {
    let header = serde_json::from_slice::<Header>(text).map_err(|error| match error.classify() {
        Category::Eof if !text.is_empty() => of_json("its head", &error),
        _ if text.is_empty() => SnapshotError::NotASnapshot("the file is empty".to_owned()),
        _ => SnapshotError::NotASnapshot(error.to_string()),
    });
    let header = match header {
        Ok(header) => header,
        Err(error) => return error,
    };
    match (header.format.as_deref(), header.schema_version) {
        (Some(FORMAT), Some(version)) if version == u64::from(SCHEMA_VERSION) => {
            // Slower than the first pass, and it knows where it is.
            let mut reader = serde_json::Deserializer::from_slice(text);
            match serde_path_to_error::deserialize::<_, Envelope<Inventory>>(&mut reader) {
                Err(error) => of_json(&error.path().to_string(), error.inner()),
                // The head was read to the end of the text, so nothing stands behind it.
                Ok(_) => SnapshotError::NotASnapshot("its head contradicts itself".to_owned()),
            }
        }
        (Some(FORMAT), Some(found)) => SnapshotError::Version { found },
        (Some(FORMAT), None) => SnapshotError::NotASnapshot("it has no \"schema_version\"".to_owned()),
        _ => SnapshotError::NotASnapshot(format!("it does not say \"format\": \"{FORMAT}\"")),
    }
}

/// The JSON Schema of a snapshot.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(Envelope<Inventory>).to_value()
}

/// `serde_json`'s error at a member, with its place told by us, in words of JSON, and no longer than people read: it may repeat a value of any length.
fn of_json(member: &str, error: &serde_json::Error) -> SnapshotError {
    let (line, column) = (error.line(), error.column());
    if error.classify() == Category::Eof {
        return SnapshotError::Truncated { place: format!("at line {line}, column {column}") };
    }
    let text = error.to_string();
    let problem = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text);
    // "expected struct Role" names a type of ours, which is an object to whoever reads JSON.
    let problem = match problem.split_once("expected struct ") {
        Some((before, name)) => {
            format!("{before}expected an object{}", name.trim_start_matches(|it: char| it.is_alphanumeric() || it == '_'))
        }
        None => problem.to_owned(),
    };
    SnapshotError::Invalid { member: shortened(member), line, column, problem: shortened(&problem) }
}

/// The text, or its two ends where it is long.
fn shortened(text: &str) -> String {
    const ENDS: usize = 120;
    let count = text.chars().count();
    if count <= 2 * ENDS {
        return text.to_owned();
    }
    let (start, end): (String, String) = (text.chars().take(ENDS).collect(), text.chars().skip(count - ENDS).collect());
    format!("{start} … {end}")
}

/// A key of a map and the name inside the value must be the same; whoever looks something up trusts that.
fn check(inventory: &Inventory) -> Result<(), SnapshotError> {
    let agree = |place: &str, key: &str, inside: &str| {
        if key == inside {
            return Ok(());
        }
        Err(SnapshotError::Inconsistent { place: place.to_owned(), key: key.to_owned(), inside: inside.to_owned() })
    };
    inventory.secrets.iter().try_for_each(|(key, it)| agree("secrets", key.as_str(), it.arn.as_str()))?;
    inventory.keys.iter().try_for_each(|(key, it)| agree("keys", key.as_str(), it.arn.as_str()))?;
    inventory.functions.iter().try_for_each(|(key, it)| {
        agree("functions", key.as_str(), it.arn.as_str())?;
        agree("functions", key.as_str(), it.arn.split_qualifier().0.as_str())
    })?;
    for identities in inventory.accounts.values().filter_map(|account| account.identities.value()) {
        identities.roles.iter().try_for_each(|(key, it)| agree("roles", key.as_str(), it.arn.as_str()))?;
        identities.users.iter().try_for_each(|(key, it)| agree("users", key.as_str(), it.arn.as_str()))?;
        identities.groups.iter().try_for_each(|(key, it)| agree("groups", key, &it.name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::arn::{AccountId, Arn};
    use crate::inventory::{
        Account, ControlPolicies, Function, FunctionConfiguration, Gap, Group, Identities, Key, Known, NamedDocument, Permissions,
        RotationConfiguration, Secret,
    };
    use crate::policy::Document;

    /// A small inventory in which every text that AWS could give is one of `words`.
    fn inventory(words: &[String], second: i64) -> Inventory {
        let word = |index: usize| words[index % words.len()].clone();
        let arn = |text: &str| Arn::parse(text).unwrap();
        let at = Timestamp::from_second(second).unwrap();
        let secret = Secret {
            arn: arn("arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"),
            name: word(0),
            description: Some(word(1)),
            tags: BTreeMap::from([(word(2), word(3))]),
            kms_key_id: Some(word(4)),
            key: Known::Value(None),
            rotation: RotationConfiguration { enabled: true, schedule: Some(word(5)), next_rotation: Some(at), ..Default::default() },
            owning_service: None,
            primary_region: None,
            deleted_at: Some(at),
            created_at: None,
            external_type: None,
            stages: BTreeMap::from([(word(6), [word(7)].into())]),
            versions: Known::Unreadable(Gap::new("secretsmanager:ListSecretVersionIds", &word(0), &word(1))),
            policies: Known::Value(vec![NamedDocument::new(&word(2), Document::new(word(3)))]),
            policies_listed: None,
            target: None,
            master: None,
        };
        let function = Function {
            arn: arn("arn:aws:lambda:eu-west-1:111122223333:function:rotate"),
            configuration: Known::Value(Some(FunctionConfiguration { runtime: Some(word(4)), ..Default::default() })),
            qualified: BTreeMap::new(),
            policies: BTreeMap::from([(word(5), Known::Value(None)), (String::new(), Known::Value(Some(Document::new(word(6)))))]),
            reserved_concurrency: Known::Value(Some(0)),
            provisioned_concurrency: BTreeMap::from([(word(5), Known::Value(Some(10)))]),
            urls: Known::default(),
            tags: Known::default(),
        };
        let key = Key {
            arn: arn("arn:aws:kms:eu-west-1:111122223333:key/1"),
            metadata: Known::Value(None),
            policies: Known::default(),
            grants: Known::default(),
        };
        let group = Group { arn: arn("arn:aws:iam::111122223333:group/g"), name: word(7), permissions: Permissions::default() };
        let identities = Identities { groups: BTreeMap::from([(word(7), group)]), ..Default::default() };
        let account = Account {
            regions: BTreeMap::from([(word(0), Known::Value(()))]),
            identities: Known::Value(identities),
            enabled_regions: Some(Gap::new("ec2:DescribeRegions", &word(1), &word(2))),
            organization: Some(Known::default()),
            control_policies: Some(ControlPolicies {
                service: Known::Value(vec![vec![NamedDocument::new(&word(3), Document::new(word(4)))]]),
                ..Default::default()
            }),
        };
        let mut inventory = Inventory::empty(at);
        inventory.accounts.insert(AccountId::parse("111122223333").unwrap(), account);
        inventory.secrets.insert(secret.arn.clone(), secret);
        inventory.functions.insert(function.arn.clone(), function);
        inventory.keys.insert(key.arn.clone(), key);
        inventory
    }

    fn plain() -> String {
        to_text(&inventory(&["word".to_owned()], 1_700_000_000)).unwrap()
    }

    proptest! {
        #[test]
        fn a_snapshot_is_read_as_it_was_written(words in prop::collection::vec(any::<String>(), 1..9), second in 0_i64..4_000_000_000) {
            let inventory = inventory(&words, second);
            let text = to_text(&inventory).unwrap();
            let read = from_text(text.as_bytes()).unwrap();
            prop_assert_eq!(&read, &inventory);
            prop_assert_eq!(to_text(&read).unwrap(), text);
        }

        #[test]
        fn no_prefix_of_a_snapshot_is_a_snapshot(end in 1_usize..2000) {
            let text = plain();
            let end = end.min(text.len() - 1);
            let error = from_text(&text.as_bytes()[..end]).unwrap_err();
            prop_assert!(matches!(error, SnapshotError::Truncated { .. }), "{}", error);
            prop_assert!(error.to_string().contains("at line 1, column "), "{}", error);
        }

        #[test]
        fn nonsense_is_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(from_text(&bytes).is_err());
        }
    }

    #[test]
    fn other_files_are_not_snapshots() {
        for text in ["", "[]", "{}", "null", "AWSTemplateFormatVersion: x", r#"{"format":"x","schema_version":1}"#, "\u{feff}{}"] {
            assert!(matches!(from_text(text.as_bytes()), Err(SnapshotError::NotASnapshot(_))), "{text}");
        }
        let deep = format!(r#"{{"format":"rotaudit-inventory","schema_version":1,"inventory":{}"#, "[".repeat(1_000_000));
        assert!(from_text(deep.as_bytes()).is_err());
    }

    #[test]
    fn a_newer_snapshot_says_which_version_this_build_reads() {
        let text = plain().replace(r#""schema_version":1"#, r#""schema_version":2"#).replace("as_of", "as_of_new");
        let error = from_text(text.as_bytes()).unwrap_err();
        assert_eq!(error, SnapshotError::Version { found: 2 });
        assert!(error.to_string().contains("reads version 1"));
    }

    #[test]
    fn an_unknown_field_is_named_with_its_place() {
        let error = from_text(plain().replace("reserved_concurrency", "concurrency").as_bytes()).unwrap_err();
        assert!(matches!(&error, SnapshotError::Invalid { line: 1, problem, .. } if problem.contains("`concurrency`")), "{error}");
        assert_eq!(error.to_string().matches("column").count(), 1);
        assert!(
            error.to_string().contains("inventory.functions.arn:aws:lambda:eu-west-1:111122223333:function:rotate.concurrency"),
            "{error}"
        );
    }

    #[test]
    fn a_wrong_value_is_told_by_its_member_in_words_of_json_and_not_at_full_length() {
        let long = format!(r#""reserved_concurrency":["{}"],"other":"#, "x".repeat(100_000));
        let text = plain().replace(r#""reserved_concurrency":"#, &long);
        let error = from_text(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("rotate.reserved_concurrency") && error.len() < 700, "{error}");
        let error = from_text(plain().replace(r#""rotation":"#, r#""rotation":"x","other":"#).as_bytes()).unwrap_err().to_string();
        assert!(error.contains("an object") && !error.contains("struct"), "{error}");
        let error = from_text(format!("{} x", plain()).as_bytes()).unwrap_err().to_string();
        assert!(error.contains("trailing characters"), "{error}");
    }

    #[test]
    fn a_map_whose_key_lies_is_refused() {
        for (place, key) in [
            ("secrets", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"),
            ("functions", "arn:aws:lambda:eu-west-1:111122223333:function:rotate"),
            ("keys", "arn:aws:kms:eu-west-1:111122223333:key/1"),
            ("groups", "word"),
        ] {
            let lie = key.replace("111122223333", "444455556666").replace("word", "other");
            let error = from_text(plain().replace(&format!(r#"{{"{key}":{{"#), &format!(r#"{{"{lie}":{{"#)).as_bytes()).unwrap_err();
            assert!(matches!(&error, SnapshotError::Inconsistent { place: found, .. } if found == place), "{place}: {error}");
        }
        let qualified = plain().replace("function:rotate", "function:rotate:live");
        assert!(matches!(from_text(qualified.as_bytes()), Err(SnapshotError::Inconsistent { .. })));
    }

    #[test]
    fn the_schema_describes_what_is_written() {
        let schema = json_schema();
        let written: serde_json::Value = serde_json::from_str(&plain()).unwrap();
        for field in written.as_object().unwrap().keys() {
            assert!(schema["properties"].get(field).is_some(), "{field}");
        }
        for field in written["inventory"].as_object().unwrap().keys() {
            assert!(schema["$defs"]["Inventory"]["properties"].get(field).is_some(), "{field}");
        }
    }
}
