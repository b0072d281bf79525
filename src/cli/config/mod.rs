//! The configuration file `rotaudit.toml`: what people know of their accounts and AWS does not tell, and what they want to be left alone with. `scan`,
//! `gate`, `explain` and `diff` go by it.

mod masters;
mod targets;
mod template;
mod waivers;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;

use super::bounded::{self, CONFIGURATION};
use super::error::CliError;
use super::matching::nearest;
use crate::arn::AccountId;
use crate::finding::{ROTATION_FAILS, Severity, Waiver, waiver_rules};
use crate::inventory::Inventory;
use crate::rules::RuleSet;
use masters::MasterEntry;
use targets::TargetEntry;
pub(crate) use template::TEMPLATE;
use waivers::WaiverEntry;

/// The name by which the file is found.
const NAME: &str = "rotaudit.toml";
/// What the file may say.
const KEYS: [&str; 6] = ["fail-on", "master-secrets", "rules", "targets", "trusted-accounts", "waivers"];

/// Where the configuration is.
#[derive(Debug, Args)]
pub(super) struct ConfigArgs {
    /// The configuration file; without it, `rotaudit.toml` of this folder or the nearest one above it, if there is one
    #[arg(long, value_name = "FILE", help_heading = "Audit")]
    config: Option<PathBuf>,
}

/// What the file says.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Configuration {
    /// The severity from which findings count, unless the command line says it.
    pub(super) fail_on: Option<FailOn>,
    /// How bad findings of a rule are, by its id.
    rules: BTreeMap<String, Change>,
    /// What rotation functions connect to, the first entry that names a secret counting for it.
    targets: Vec<TargetEntry>,
    /// With what they log in, the first entry that is for a secret counting for it.
    masters: Vec<MasterEntry>,
    /// Accounts that may be let in, beside those that are read; `None` where the file does not say.
    trusted_accounts: Option<BTreeSet<AccountId>>,
    /// Exceptions.
    pub(super) waivers: Vec<Waiver>,
    /// Where it stands.
    path: Option<PathBuf>,
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct Written {
    fail_on: Option<FailOn>,
    rules: BTreeMap<String, Change>,
    targets: Vec<TargetEntry>,
    master_secrets: Vec<MasterEntry>,
    trusted_accounts: Option<BTreeSet<AccountId>>,
    waivers: Vec<WaiverEntry>,
}

/// From which severity findings count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum FailOn {
    /// None does.
    Never,
    /// From this one.
    Severity(Severity),
}

impl TryFrom<String> for FailOn {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        Ok(severity_or("never", &word)?.map_or(Self::Never, Self::Severity))
    }
}

/// What becomes of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
enum Change {
    /// It does not run.
    Off,
    /// Its findings are as bad as this.
    Severity(Severity),
}

impl TryFrom<String> for Change {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        Ok(severity_or("off", &word)?.map_or(Self::Off, Self::Severity))
    }
}

/// The severity of this name; `None` for the word that may stand in its place.
fn severity_or(other: &'static str, word: &str) -> Result<Option<Severity>, String> {
    let severities = [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
    if word == other {
        return Ok(None);
    }
    let words = || severities.map(Severity::word).into_iter().chain([other]);
    let meant = || nearest(word, words()).map_or_else(String::new, |meant| format!("; did you mean {meant:?}?"));
    let unknown = || format!("{word:?} is none of {}{}", words().collect::<Vec<_>>().join(", "), meant());
    severities.into_iter().find(|severity| severity.word() == word).map(Some).ok_or_else(unknown)
}

impl ConfigArgs {
    /// Reads the file that is named, or the one that is found; without either, nothing is configured.
    pub(super) fn read(&self) -> Result<Configuration, CliError> {
        let found = || std::env::current_dir().ok().and_then(|folder| find(&folder));
        match self.config.clone().or_else(found) {
            Some(path) => Configuration::read(path),
            None => Ok(Configuration::default()),
        }
    }
}

/// The file of this folder, or of the nearest one above it.
fn find(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join(NAME)).find(|path| path.is_file())
}

impl Configuration {
    fn read(path: PathBuf) -> Result<Self, CliError> {
        let text = bounded::text(&path, CONFIGURATION)?;
        match Self::parse(&text) {
            Ok(configuration) => Ok(Self { path: Some(path), ..configuration }),
            Err(problem) => Err(CliError::Usage(format!("{}: {problem}", path.display()))),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let written: Written = toml::from_str(text).map_err(|error| with_suggestion(text, &error))?;
        for (at, target) in written.targets.iter().enumerate() {
            target.check().map_err(|problem| format!("target {} ({:?}): {problem}", at + 1, target.secret))?;
        }
        for (at, master) in written.master_secrets.iter().enumerate() {
            master.check().map_err(|problem| format!("master secret {} ({:?}): {problem}", at + 1, master.secret))?;
        }
        let waiver = |(at, entry): (usize, &WaiverEntry)| {
            entry.read().map_err(|problem| format!("waiver {} (of {:?}): {problem}", at + 1, entry.name()))
        };
        let waivers = written.waivers.iter().enumerate().map(waiver).collect::<Result<_, _>>()?;
        let Written { fail_on, rules, targets, master_secrets: masters, trusted_accounts, .. } = written;
        Ok(Self { fail_on, rules, targets, masters, trusted_accounts, waivers, path: None })
    }

    /// Changes the rules as the file says. A rule that is not there is an error: its findings would count although somebody thinks that they do not.
    pub(super) fn change(&self, rules: &mut RuleSet) -> Result<(), CliError> {
        for (at, waiver) in self.waivers.iter().enumerate() {
            let is_known = rules.get(&waiver.rule).is_some()
                || waiver.rule == ROTATION_FAILS
                || waiver_rules().iter().any(|info| info.id == waiver.rule);
            if !is_known && !waiver.rule.contains(['*', '?']) {
                return Err(self.no_rule(&format!("in waiver {}", at + 1), &waiver.rule, rules));
            }
        }
        for (id, change) in &self.rules {
            let severity = match change {
                Change::Off => None,
                Change::Severity(severity) => Some(*severity),
            };
            if !rules.change(id, severity) {
                return Err(self.no_rule("under [rules]", id, rules));
            }
        }
        Ok(())
    }

    fn no_rule(&self, place: &str, id: &str, rules: &RuleSet) -> CliError {
        let meant = nearest(id, rules.infos().map(|info| info.id.as_str())).map(|id| format!("; did you mean {id:?}?"));
        let file = self.path.as_ref().map_or(NAME.into(), |path| path.display().to_string());
        let way_out = meant.unwrap_or_else(|| "; `rotaudit rules list` lists them".to_owned());
        CliError::Usage(format!("{file}: {place}, there is no rule {id:?}{way_out}"))
    }

    /// Tells the inventory what the file says of its secrets, and of other accounts.
    pub(super) fn apply(&self, inventory: &mut Inventory) {
        inventory.trusted_accounts.clone_from(&self.trusted_accounts);
        targets::apply(&self.targets, inventory);
        masters::apply(&self.masters, inventory);
    }
}

/// The error with its place, and for a key that does not exist the one that was probably meant.
fn with_suggestion(text: &str, error: &toml::de::Error) -> String {
    let table = text.parse::<toml::Table>().unwrap_or_default();
    let tables = |name: &str| table.get(name).and_then(toml::Value::as_array).into_iter().flatten().filter_map(toml::Value::as_table);
    let mut unknown = unknown_keys(&table, &KEYS)
        .chain(tables("targets").flat_map(|target| unknown_keys(target, &targets::KEYS)))
        .chain(tables("master-secrets").flat_map(|master| unknown_keys(master, &masters::KEYS)))
        .chain(tables("waivers").flat_map(|waiver| unknown_keys(waiver, &waivers::KEYS)));
    match unknown.next() {
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
            ("[[master-secret]]\nsecret = 'a'\nfor = ['b']", "did you mean \"master-secrets\"?"),
            ("[[master-secrets]]\nsecrets = 'a'\nfor = ['b']", "did you mean \"secret\"?"),
            ("[[master-secrets]]\nsecret = 'a*'\nfor = ['b']", "no glob"),
            ("[[master-secrets]]\nsecret = 'a'\nfor = []", "say under `for`"),
            ("[[master-secrets]]\nsecret = 'a'", "missing field `for`"),
            ("trusted-acounts = ['111122223333']", "did you mean \"trusted-accounts\"?"),
            ("trusted-accounts = ['1111']", "line 1"),
            ("trusted-accounts = '111122223333'", "line 1"),
            ("fail_on = 'high'", "did you mean \"fail-on\"?"),
            ("fail-on = 'hihg'", "line 1"),
            ("fail-on = 'hihg'", "is none of info, low, medium, high, critical, never; did you mean \"high\"?"),
            ("[rules]\nx = 'of'", "line 2"),
            ("[rules]\nx = 'of'", "did you mean \"off\"?"),
            ("[[waivers]]\nrule = 'a'\naccount = '1111'\nreason = 'b'\nowner = 'c'\nexpires = '2026-12-31'", "12 digits"),
            ("[[waivers]]\nrule = 'a'\nreason = 'b'\nowner = 'c'", "missing field `expires`"),
            ("[[waivers]]\nrule = 'a'\nreason = 'b'\nowner = 'c'\nexpires = '31.12.2026'", "such as \"2027-01-31\""),
            ("[[waivers]]\nrule = 'a'\nreason = ' '\nowner = 'c'\nexpires = '2026-12-31'", "`reason` is empty"),
            ("[[waivers]]\nrule = 'a'\nreasons = 'b'\nowner = 'c'\nexpires = '2026-12-31'", "did you mean \"reason\"?"),
        ] {
            let error = Configuration::parse(text).unwrap_err();
            assert!(error.contains(told), "{text}\n{error}");
        }
        assert_eq!(Configuration::parse("").unwrap(), Configuration::default());
    }

    #[test]
    fn a_rule_is_switched_off_or_made_as_bad_as_somebody_wants() {
        let mut rules = RuleSet::builtin().unwrap();
        let all = rules.len();
        let text = "[rules]\nkey-not-usable = 'low'\nendpoint-policy-open = 'off'";
        Configuration::parse(text).unwrap().change(&mut rules).unwrap();
        assert_eq!((rules.len(), rules.get("key-not-usable").unwrap().severity), (all - 1, Severity::Low));
        let error = Configuration::parse("[rules]\nkey-not-usabel = 'low'").unwrap().change(&mut rules).unwrap_err().to_string();
        assert!(error.contains("did you mean \"key-not-usable\"?"), "{error}");
        let waiver = |rule: &str| {
            let text = format!("[[waivers]]\nrule = '{rule}'\nreason = 'b'\nowner = 'c'\nexpires = '2026-12-31'");
            Configuration::parse(&text).unwrap().change(&mut rules)
        };
        let [known, glob, own, wrong] = ["key-not-usable", "nothing-*", "waiver-expired", "key-not-usabel"].map(waiver);
        assert!(known.is_ok() && glob.is_ok() && own.is_ok());
        let error = wrong.unwrap_err().to_string();
        assert!(error.contains("in waiver 1, there is no rule \"key-not-usabel\"; did you mean"), "{error}");
    }

    #[test]
    fn a_waiver_is_read_with_all_that_it_names() {
        let text = "
            fail-on = 'never'
            [[waivers]]
            rule = 'secret-*'
            account = '1111*'
            tags = {stage = 'test'}
            reason = 'a test account'
            owner = 'platform'
            expires = '2027-01-31'
        ";
        let configuration = Configuration::parse(text).unwrap();
        let [waiver] = configuration.waivers.as_slice() else { panic!("there is one") };
        assert_eq!(configuration.fail_on, Some(FailOn::Never));
        assert_eq!((waiver.rule.as_str(), waiver.account.as_deref(), waiver.tags["stage"].as_str()), ("secret-*", Some("1111*"), "test"));
        assert_eq!(waiver.expires.to_string(), "2027-01-31");
        assert_eq!(Configuration::parse("fail-on = 'low'").unwrap().fail_on, Some(FailOn::Severity(Severity::Low)));
    }

    #[test]
    fn a_master_secret_is_told_to_all_that_it_is_for_and_not_to_itself() {
        let text = "
            [[master-secrets]]
            secret = 'rds!cluster-4f1c'
            for = ['*']
        ";
        let mut inventory = clean::account().unwrap();
        Configuration::parse(text).unwrap().apply(&mut inventory);
        let master = |arn: &str| inventory.secrets[&Arn::parse(arn).unwrap()].master.clone();
        assert_eq!((master(clean::SECRET).as_deref(), master(clean::OTHER_SECRET)), (Some("rds!cluster-4f1c"), None));
        let found = inventory.master_of(&inventory.secrets[&Arn::parse(clean::SECRET).unwrap()]);
        assert_eq!(found.map(|secret| secret.arn.as_str()), Some(clean::OTHER_SECRET));
    }

    #[test]
    fn trusted_accounts_are_told_apart_from_none_that_were_named() {
        let trusted = |text: &str| {
            let mut inventory = clean::account().unwrap();
            Configuration::parse(text).unwrap().apply(&mut inventory);
            inventory.trusted_accounts
        };
        assert_eq!(trusted(""), None);
        assert_eq!(trusted("trusted-accounts = []"), Some(BTreeSet::new()));
        assert_eq!(trusted("trusted-accounts = ['444455556666']"), Some(BTreeSet::from([AccountId::parse("444455556666").unwrap()])));
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
