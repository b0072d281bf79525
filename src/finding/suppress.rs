//! What keeps a finding from counting: a waiver, which somebody has signed and which ends, or the baseline, which knew it before. `audit` asks here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use super::fingerprint::Fingerprint;
use super::found::{Evidence, Finding, Undecided};
use super::glob::{glob, names};
use super::rule_info::{About, Category, Class, Confidence, RuleInfo, Severity};
use crate::arn::{AccountId, Arn, ArnError};
use crate::inventory::Inventory;

/// An exception that somebody has signed. It holds for findings of which everything fits that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The rule's id, or a glob.
    pub rule: String,
    /// The account of the resource, or a glob; absent for any.
    pub account: Option<String>,
    /// The region of the resource, or a glob; absent for any.
    pub region: Option<String>,
    /// The resource's ARN, its name, or a glob of either; absent for any.
    pub resource: Option<String>,
    /// Tags that the resource must have, by key; the values may be globs.
    pub tags: BTreeMap<String, String>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it holds.
    pub expires: Date,
}

/// What keeps a finding from counting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Suppression {
    /// A waiver.
    Waiver {
        /// Why.
        reason: String,
        /// Who answers for it.
        owner: String,
        /// The last day on which it holds.
        #[schemars(with = "String")]
        expires: Date,
    },
    /// The report that was given as the baseline has it too.
    Baseline,
}

/// A finding that does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Suppressed {
    /// What keeps it from counting.
    pub suppression: Suppression,
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
}

/// What people know and want to be left alone with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exceptions {
    /// Waivers, in the order of their file.
    pub waivers: Vec<Waiver>,
    /// The findings of a former report.
    pub baseline: BTreeSet<Fingerprint>,
}

impl Exceptions {
    /// Takes out of `findings` those that do not count on the day `today`, and adds what is wrong with the waivers themselves.
    pub fn apply(&self, findings: &mut Vec<Finding>, undecided: &[Undecided], inventory: &Inventory, today: Date) -> Vec<Suppressed> {
        let mut suppressed = Vec::new();
        let mut used = vec![false; self.waivers.len()];
        findings.retain(|finding| {
            let fitting = self.waivers.iter().enumerate().filter(|(_, waiver)| waiver.covers(finding, inventory));
            let mut waived = None;
            for (at, waiver) in fitting {
                used[at] = true;
                waived = waived.or((waiver.expires >= today).then_some(waiver));
            }
            let suppression = waived.map(Waiver::suppression);
            let suppression = suppression.or_else(|| self.baseline.contains(&finding.fingerprint).then_some(Suppression::Baseline));
            let counts = suppression.is_none();
            suppressed.extend(suppression.map(|suppression| Suppressed { suppression, finding: finding.clone() }));
            counts
        });
        for (waiver, used) in self.waivers.iter().zip(used) {
            let found = if waiver.expires < today {
                waiver.finding(&expired(), format!("The waiver of {waiver} ended on {}", waiver.expires))
            } else if !used && !waiver.may_still_fit(inventory, undecided) {
                waiver.finding(&unmatched(), format!("The waiver of {waiver} fits no finding any more"))
            } else {
                continue;
            };
            let Ok(found) = found else { continue };
            if self.baseline.contains(&found.fingerprint) {
                suppressed.push(Suppressed { suppression: Suppression::Baseline, finding: found });
            } else if !findings.contains(&found) {
                findings.push(found);
            }
        }
        suppressed
    }
}

impl Waiver {
    fn suppression(&self) -> Suppression {
        Suppression::Waiver { reason: self.reason.clone(), owner: self.owner.clone(), expires: self.expires }
    }

    fn covers(&self, finding: &Finding, inventory: &Inventory) -> bool {
        let fits = |pattern: &Option<String>, text: &str| pattern.as_deref().is_none_or(|pattern| glob(pattern, text));
        glob(&self.rule, &finding.rule)
            && fits(&self.account, &finding.account)
            && fits(&self.region, &finding.region)
            && self.resource.as_deref().is_none_or(|pattern| names(pattern, &finding.resource, finding.resource.name()))
            && self.tags.iter().all(|(key, value)| has_tag(inventory, &finding.resource, key, value))
    }

    /// Whether it may fit something that this audit did not look at, or could not decide.
    fn may_still_fit(&self, inventory: &Inventory, undecided: &[Undecided]) -> bool {
        let looked_at = |account: &AccountId, region: &str| {
            let fits = |pattern: &Option<String>, text: &str| pattern.as_deref().is_none_or(|pattern| glob(pattern, text));
            let [of_account, of_region] = self.components();
            fits(&self.account, account.as_str())
                && fits(&self.region, region)
                && of_account.is_none_or(|pattern| glob(pattern, account.as_str()))
                && of_region.is_none_or(|pattern| glob(pattern, region))
        };
        let places = inventory.accounts.iter().flat_map(|(account, held)| {
            // What has no region is looked at with every account.
            held.regions.keys().map(String::as_str).chain([""]).map(move |region| (account, region))
        });
        let somewhere_else = !places.into_iter().any(|(account, region)| looked_at(account, region));
        let open = |check: &Undecided| {
            glob(&self.rule, &check.rule)
                && self.resource.as_deref().is_none_or(|pattern| names(pattern, &check.resource, check.resource.name()))
        };
        somewhere_else || undecided.iter().any(open)
    }

    /// The account and the region in the pattern of an ARN; an empty one says nothing.
    fn components(&self) -> [Option<&str>; 2] {
        let pattern = self.resource.as_deref().filter(|pattern| pattern.starts_with("arn:"));
        let component = |at: usize| pattern.and_then(|pattern| pattern.split(':').nth(at)).filter(|component| !component.is_empty());
        [component(4), component(3)]
    }

    fn finding(&self, rule: &RuleInfo, message: String) -> Result<Finding, ArnError> {
        let part = |text: &Option<String>| text.as_deref().unwrap_or("*").to_owned();
        let name = [self.rule.clone(), part(&self.account), part(&self.region), part(&self.resource)].join("/");
        let resource = Arn::parse(&format!("arn:aws:rotaudit:::waiver/{name}"))?;
        let facts =
            [("waiver.owner", self.owner.clone()), ("waiver.reason", self.reason.clone()), ("waiver.expires", self.expires.to_string())];
        Ok(Finding {
            fingerprint: Fingerprint::of(&rule.id, &resource),
            rule: rule.id.clone(),
            severity: rule.severity,
            class: rule.class,
            confidence: rule.confidence,
            about: rule.about,
            account: String::new(),
            region: String::new(),
            resource,
            rotations: BTreeSet::new(),
            message,
            evidence: facts.map(|(field, value)| Evidence::Fact { field: field.to_owned(), value }).into(),
            remedy: rule.remedy.clone(),
            fix: None,
            origin: None,
            only_if: Vec::new(),
        })
    }
}

impl std::fmt::Display for Waiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.rule)?;
        if let Some(resource) = &self.resource {
            write!(f, " for {resource}")?;
        }
        let places = [("account", &self.account), ("region", &self.region)];
        places
            .into_iter()
            .filter_map(|(what, value)| Some((what, value.as_ref()?)))
            .try_for_each(|(what, value)| write!(f, " in {what} {value}"))
    }
}

fn has_tag(inventory: &Inventory, resource: &Arn, key: &str, value: &str) -> bool {
    let of_secret = inventory.secrets.get(resource).map(|secret| &secret.tags);
    let of_function = || inventory.functions.get(resource).and_then(|function| function.tags.value());
    let of_role = || inventory.role(resource).value().copied().flatten().map(|role| &role.tags);
    let tags = of_secret.or_else(of_function).or_else(of_role);
    tags.and_then(|tags| tags.get(key)).is_some_and(|found| glob(value, found))
}

/// What is told about the findings that waivers themselves lead to, by id.
pub fn waiver_rules() -> [RuleInfo; 2] {
    [expired(), unmatched()]
}

fn expired() -> RuleInfo {
    let why = "An exception that nobody renews is forgotten, and what it kept quiet is still there: from its last day on it counts again.";
    let remedy = "Mend what was waived; or decide again, and move the date.";
    info("waiver-expired", "A waiver has expired", Severity::Medium, why, remedy)
}

fn unmatched() -> RuleInfo {
    let why = "What was waived is mended or gone. A waiver that stays would keep quiet about the same fault when it comes back.";
    let remedy = "Take the waiver out of the configuration; if it was to fit something, check its patterns.";
    info("waiver-unmatched", "A waiver fits no finding", Severity::Low, why, remedy)
}

fn info(id: &str, title: &str, severity: Severity, why: &str, remedy: &str) -> RuleInfo {
    RuleInfo {
        id: id.to_owned(),
        title: title.to_owned(),
        category: Category::Configuration,
        class: Class::Hygiene,
        severity,
        confidence: Confidence::Certain,
        about: About::Configuration,
        why: why.to_owned(),
        remedy: remedy.to_owned(),
        references: Vec::new(),
        maps: None,
        fix: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::clean;

    fn arn(text: &str) -> Arn {
        Arn::parse(text).unwrap()
    }

    fn found(rule: &str, resource: &str) -> Finding {
        let resource = arn(resource);
        Finding {
            fingerprint: Fingerprint::of(rule, &resource),
            rule: rule.to_owned(),
            severity: Severity::High,
            class: Class::Breaks,
            confidence: Confidence::Certain,
            about: About::Secret,
            account: resource.account().to_owned(),
            region: resource.region().to_owned(),
            rotations: BTreeSet::new(),
            message: String::new(),
            evidence: Vec::new(),
            remedy: String::new(),
            fix: None,
            origin: None,
            only_if: Vec::new(),
            resource,
        }
    }

    fn waiver(rule: &str) -> Waiver {
        Waiver {
            rule: rule.to_owned(),
            account: None,
            region: None,
            resource: None,
            tags: BTreeMap::new(),
            reason: "until the migration".to_owned(),
            owner: "db-team".to_owned(),
            expires: Date::constant(2026, 12, 31),
        }
    }

    /// The ids of what counts, and how many findings do not, on a day.
    fn left(waivers: Vec<Waiver>, baseline: &[Fingerprint], today: &str) -> (Vec<String>, usize) {
        let mut inventory = clean::account().unwrap();
        let secret = inventory.secrets.get_mut(&arn(clean::SECRET)).unwrap();
        secret.tags.insert("stage".to_owned(), "prod".to_owned());
        let mut findings = vec![found("a", clean::SECRET), found("b", clean::FUNCTION)];
        let exceptions = Exceptions { waivers, baseline: baseline.iter().copied().collect() };
        let suppressed = exceptions.apply(&mut findings, &[], &inventory, today.parse().unwrap());
        (findings.into_iter().map(|finding| finding.rule).collect(), suppressed.len())
    }

    fn owned(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn a_waiver_holds_where_everything_fits_that_it_names() {
        let with = |change: fn(&mut Waiver)| {
            let mut waiver = waiver("a");
            change(&mut waiver);
            left(vec![waiver], &[], "2026-11-01")
        };
        let fitting: [fn(&mut Waiver); 7] = [
            |_| {},
            |it| it.rule = "?".to_owned(),
            |it| it.account = Some("1111*".to_owned()),
            |it| it.region = Some("eu-*".to_owned()),
            |it| it.resource = Some("prod/*".to_owned()),
            |it| it.resource = Some("arn:aws:secretsmanager:*:*:secret:prod/db".to_owned()),
            |it| drop(it.tags.insert("stage".to_owned(), "pro*".to_owned())),
        ];
        for fitting in fitting {
            assert!(with(fitting).1 >= 1);
        }
        let strange: [fn(&mut Waiver); 5] = [
            |it| it.rule = "c".to_owned(),
            |it| it.account = Some("1111".to_owned()),
            |it| it.resource = Some("test/*".to_owned()),
            |it| drop(it.tags.insert("stage".to_owned(), "test".to_owned())),
            |it| drop(it.tags.insert("team".to_owned(), "*".to_owned())),
        ];
        for strange in strange {
            let (findings, suppressed) = with(strange);
            assert_eq!((&findings[..2], suppressed), (owned(&["a", "b"]).as_slice(), 0));
        }
    }

    #[test]
    fn on_its_last_day_a_waiver_holds_and_the_day_after_it_is_a_finding_itself() {
        assert_eq!(left(vec![waiver("a")], &[], "2026-12-31"), (owned(&["b"]), 1));
        assert_eq!(left(vec![waiver("a")], &[], "2027-01-01"), (owned(&["a", "b", "waiver-expired"]), 0));
        // Another one that has not ended still holds.
        let renewed = Waiver { expires: Date::constant(2027, 6, 1), ..waiver("*") };
        assert_eq!(left(vec![waiver("a"), renewed], &[], "2027-01-01"), (owned(&["waiver-expired"]), 2));
    }

    #[test]
    fn a_waiver_that_fits_nothing_is_a_finding_unless_it_is_about_what_was_not_looked_at() {
        assert_eq!(left(vec![waiver("c")], &[], "2026-11-01"), (owned(&["a", "b", "waiver-unmatched"]), 0));
        let elsewhere: [fn(&mut Waiver); 4] = [
            |it| it.account = Some("999999999999".to_owned()),
            |it| it.region = Some("us-*".to_owned()),
            |it| it.resource = Some("arn:aws:secretsmanager:us-east-1:*:secret:x".to_owned()),
            |it| it.resource = Some("arn:aws:iam::999999999999:role/x".to_owned()),
        ];
        for change in elsewhere {
            let mut waiver = waiver("a");
            change(&mut waiver);
            assert_eq!(left(vec![waiver], &[], "2026-11-01").0, owned(&["a", "b"]));
        }
    }

    #[test]
    fn a_check_that_could_not_be_decided_keeps_its_waiver() {
        let check = Undecided {
            rule: "c".to_owned(),
            about: About::Secret,
            resource: arn(clean::SECRET),
            rotations: BTreeSet::new(),
            missing: BTreeSet::new(),
            hinges: BTreeSet::new(),
        };
        let mut findings = Vec::new();
        let exceptions = Exceptions { waivers: vec![waiver("c")], baseline: BTreeSet::new() };
        exceptions.apply(&mut findings, &[check], &clean::account().unwrap(), Date::constant(2026, 11, 1));
        assert_eq!(findings, []);
    }

    #[test]
    fn what_the_baseline_has_does_not_count() {
        let known = Fingerprint::of("a", &arn(clean::SECRET));
        assert_eq!(left(Vec::new(), &[known], "2026-11-01"), (owned(&["b"]), 1));
    }
}
