//! The configuration file `rotaudit.toml`: what people know of their accounts and AWS does not tell. `scan` and `explain` lay it over the inventory.

use std::path::{Path, PathBuf};

use clap::Args;
use ipnet::IpNet;
use serde::Deserialize;

use super::error::{CliError, complain};
use super::matching::{names, nearest};
use crate::inventory::Inventory;
use crate::inventory::network::DeclaredTarget;

/// The name by which the file is found.
const NAME: &str = "rotaudit.toml";
/// What is told of a target.
const TARGET_KEYS: [&str; 7] = ["secret", "host", "port", "addresses", "vpc", "subnets", "security-groups"];

/// Where the configuration is.
#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    /// The configuration file; without it, `rotaudit.toml` of this folder or the nearest one above it, if there is one
    #[arg(long, value_name = "FILE", help_heading = "Audit")]
    config: Option<PathBuf>,
}

/// What the file says.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Configuration {
    /// What rotation functions connect to, the first entry that names a secret counting for it.
    targets: Vec<TargetEntry>,
}

/// One entry under `targets`.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TargetEntry {
    /// A secret's name, its ARN, or a glob of either.
    secret: String,
    host: Option<String>,
    port: u16,
    #[serde(default)]
    addresses: Vec<IpNet>,
    vpc: Option<String>,
    #[serde(default)]
    subnets: Vec<String>,
    #[serde(default)]
    security_groups: Vec<String>,
}

impl ConfigArgs {
    /// Reads the file that is named, or the one that is found; without either, nothing is configured.
    pub(super) fn read(&self) -> Result<Configuration, CliError> {
        let found = || std::env::current_dir().ok().and_then(|folder| find(&folder));
        match self.config.clone().or_else(found) {
            Some(path) => Configuration::read(&path),
            None => Ok(Configuration::default()),
        }
    }
}

/// The file of this folder, or of the nearest one above it.
fn find(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join(NAME)).find(|path| path.is_file())
}

impl Configuration {
    fn read(path: &Path) -> Result<Self, CliError> {
        let text = std::fs::read_to_string(path).map_err(|error| CliError::read(path, error))?;
        Self::parse(&text).map_err(|problem| CliError::Usage(format!("{}: {problem}", path.display())))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let parsed = toml::from_str::<Self>(text);
        let configuration = parsed.map_err(|error| with_suggestion(text, &error))?;
        for (at, target) in configuration.targets.iter().enumerate() {
            target.check().map_err(|problem| format!("target {} ({:?}): {problem}", at + 1, target.secret))?;
        }
        Ok(configuration)
    }

    /// Tells the inventory what the file says of its secrets. An entry that names none of them is worth a warning: it may be a slip of the pen.
    pub(super) fn apply(&self, inventory: &mut Inventory) {
        let mut used = vec![false; self.targets.len()];
        for secret in inventory.secrets.values_mut() {
            let named = |target: &&TargetEntry| names(&target.secret, &secret.arn, &secret.name);
            for (at, target) in self.targets.iter().enumerate() {
                used[at] |= named(&target);
            }
            secret.target = self.targets.iter().find(named).map(TargetEntry::declared);
        }
        for (target, _) in self.targets.iter().zip(&used).filter(|(_, used)| !**used) {
            complain("warning", &format!("{NAME}: the target of {:?} names no secret that was read", target.secret));
        }
    }
}

impl TargetEntry {
    fn check(&self) -> Result<(), &'static str> {
        if self.port == 0 {
            return Err("port 0 is no port");
        }
        let in_vpc = self.vpc.is_some() || !self.subnets.is_empty() || !self.security_groups.is_empty();
        match (self.addresses.is_empty(), in_vpc) {
            (false, false) => Ok(()),
            (false, true) => Err("give either `addresses`, or `vpc` with `subnets` and `security-groups`, not both"),
            (true, _) if self.vpc.is_some() && !self.subnets.is_empty() => Ok(()),
            (true, _) => Err("say where it is: `addresses`, or `vpc` with `subnets` and `security-groups`"),
        }
    }

    fn declared(&self) -> DeclaredTarget {
        DeclaredTarget {
            host: self.host.clone(),
            port: self.port,
            addresses: self.addresses.clone(),
            vpc: self.vpc.clone(),
            subnets: self.subnets.clone(),
            security_groups: self.security_groups.clone(),
        }
    }
}

/// The error with its place, and for a key that does not exist the one that was probably meant.
fn with_suggestion(text: &str, error: &toml::de::Error) -> String {
    let table = text.parse::<toml::Table>().unwrap_or_default();
    let targets = table.get("targets").and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_table);
    let unknown = unknown_keys(&table, &["targets"]).chain(targets.flat_map(|target| unknown_keys(target, &TARGET_KEYS))).next();
    match unknown {
        Some((key, Some(meant))) => format!("{error}\nThere is no {key:?}; did you mean {meant:?}?"),
        _ => error.to_string(),
    }
}

fn unknown_keys<'a>(table: &'a toml::Table, known: &'a [&'static str]) -> impl Iterator<Item = (&'a str, Option<&'static str>)> {
    let unknown = table.keys().filter(|key| !known.contains(&key.as_str()));
    unknown.map(|key| (key.as_str(), nearest(key, known.iter().copied())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arn::Arn;
    use crate::inventory::clean;

    #[test]
    fn the_first_entry_that_names_a_secret_tells_its_target() {
        let text = "
            [[targets]]
            secret = 'prod/*'
            host = 'db.internal'
            port = 5432
            vpc = 'vpc-1'
            subnets = ['subnet-1']
            security-groups = ['sg-1']

            [[targets]]
            secret = '*'
            port = 3306
            addresses = ['192.0.2.0/24', '2001:db8::/64']
        ";
        let mut inventory = clean::account().unwrap();
        Configuration::parse(text).unwrap().apply(&mut inventory);
        let target = |arn: &str| inventory.secrets[&Arn::parse(arn).unwrap()].target.clone().unwrap();
        assert_eq!((target(clean::SECRET).port, target(clean::SECRET).security_groups), (5432, vec!["sg-1".to_owned()]));
        assert_eq!(target(clean::OTHER_SECRET).addresses.len(), 2);
    }

    #[test]
    fn every_mistake_names_itself_and_the_way_out() {
        for (text, told) in [
            ("[[target]]\nsecret = 'a'", "did you mean \"targets\"?"),
            ("[[targets]]\nsecret = 'a'\nport = 1\nsecurity-group = []", "did you mean \"security-groups\"?"),
            ("[[targets]]\nsecret = 'a'", "missing field `port`"),
            ("[[targets]]\nsecret = 'a'\nport = 70000", "line 3"),
            ("[[targets]]\nsecret = 'a'\nport = 1", "say where it is"),
            ("[[targets]]\nsecret = 'a'\nport = 0\naddresses = ['10.0.0.1/32']", "port 0"),
            ("[[targets]]\nsecret = 'a'\nport = 1\naddresses = ['10.0.0.1/32']\nvpc = 'vpc-1'", "not both"),
            ("[[targets]]\nsecret = 'a'\nport = 1\naddresses = ['10.0.0.0/33']", "line 4"),
            ("targets", "line 1"),
        ] {
            let error = Configuration::parse(text).unwrap_err();
            assert!(error.contains(told), "{text}\n{error}");
        }
        assert_eq!(Configuration::parse("").unwrap(), Configuration::default());
    }

    #[test]
    fn the_file_is_found_above_the_working_directory() {
        let folder = std::env::temp_dir().join(format!("rotaudit-config-{}", std::process::id()));
        let deep = folder.join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(folder.join(NAME), "").unwrap();
        assert_eq!(find(&deep), Some(folder.join(NAME)));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
