//! One side of a comparison: what of an audit is compared, out of a report or of the JSON that a report was written as.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::arn::Arn;
use crate::audit::Report;
use crate::finding::{Class, Fingerprint, ROTATION_FAILS, Severity};
use crate::inventory::Api;
use crate::rotation::Verdict;

/// The version of JSON reports that is read.
const REPORT_VERSION: u32 = 1;

/// A text is no JSON report that this build reads.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// It is something else, or damaged.
    #[error("neither a snapshot nor a JSON report of rotaudit: {0}")]
    NotAReport(String),
    /// Another version wrote it.
    #[error("a report of schema version {0}, and this build of rotaudit reads version {REPORT_VERSION}")]
    Version(u32),
    /// A finding is named by something that is no fingerprint.
    #[error("{0:?} is no fingerprint")]
    Fingerprint(String),
}

/// What of an audit is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    pub(super) as_of: Timestamp,
    pub(super) findings: BTreeMap<Fingerprint, Seen>,
    pub(super) suppressed: BTreeSet<Fingerprint>,
    pub(super) verdicts: BTreeMap<Name, Judged>,
    pub(super) undecided: Checks,
    /// Rotations of which something that breaks them does not count, because of a waiver or a baseline.
    pub(super) excused: BTreeSet<Name>,
    /// Places (`111122223333/eu-west-1`) whose secrets could not be listed.
    unlisted: BTreeSet<String>,
}

/// A secret by account, region and name: made again it has another ARN.
pub(super) type Name = (String, String, String);
/// Checks by the fingerprint that their finding would have.
pub(super) type Checks = BTreeMap<Fingerprint, Check>;

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Seen {
    /// The same for the same fault of the same-named resource.
    pub(crate) fingerprint: String,
    /// The id of the rule.
    pub(crate) rule: String,
    /// How bad it is.
    pub(crate) severity: Severity,
    /// The resource to fix.
    pub(crate) resource: Arn,
    /// What is wrong, in one sentence.
    pub(crate) message: String,
    /// The open conditions of a template under which it holds, where it does not hold under all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) only_if: Vec<String>,
}

/// A check that could not be decided.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Check {
    /// The id of the rule.
    pub(crate) rule: String,
    /// The resource that was checked.
    pub(crate) resource: Arn,
}

/// A rotation and its verdict, as the JSON report words it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Judged {
    pub(super) secret: Arn,
    pub(super) verdict: String,
    #[serde(default)]
    pub(super) because: Option<String>,
    #[serde(default)]
    needs: Vec<String>,
}

/// A JSON report, as far as it is compared.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Written {
    schema_version: u32,
    as_of: Timestamp,
    findings: Vec<Seen>,
    #[serde(default)]
    suppressed: Vec<Known>,
    rotations: Vec<Judged>,
    undecided: Vec<Check>,
    #[serde(default)]
    coverage: Vec<Unread>,
}

#[derive(Deserialize)]
struct Known {
    fingerprint: String,
    #[serde(default)]
    class: Option<Class>,
    #[serde(default)]
    rotations: Vec<Arn>,
}

#[derive(Deserialize)]
struct Unread {
    call: String,
    resource: String,
}

impl Seen {
    /// Worst first, then by rule and resource.
    pub(super) fn order(&self) -> (Reverse<Severity>, &str, &Arn) {
        (Reverse(self.severity), &self.rule, &self.resource)
    }
}

impl Seen {
    /// Whether this holds under conditions under which `former` did not.
    pub(super) fn holds_further_than(&self, former: &Self) -> bool {
        let further = self.only_if.is_empty() || self.only_if.iter().any(|condition| !former.only_if.contains(condition));
        further && !former.only_if.is_empty()
    }
}

impl Judged {
    /// With what would decide it as the reason, where there is no other.
    fn told(mut self) -> Self {
        if self.because.is_none() && !self.needs.is_empty() {
            self.because = Some(std::mem::take(&mut self.needs).join("; "));
        }
        self
    }
}

impl Side {
    /// That of a report.
    pub fn of(report: &Report) -> Self {
        let seen = |finding: &crate::finding::Finding| Seen {
            fingerprint: finding.fingerprint.to_string(),
            rule: finding.rule.clone(),
            severity: finding.severity,
            resource: finding.resource.clone(),
            message: finding.message.clone(),
            only_if: finding.only_if.clone(),
        };
        let judged = |judgement: &crate::rotation::Judgement| {
            let (verdict, because, needs) = match &judgement.verdict {
                Verdict::Rotates => ("rotates", None, Vec::new()),
                Verdict::Fails { because, .. } => ("fails", Some(because.clone()), Vec::new()),
                Verdict::Undecided { needs } => ("undecided", None, needs.clone()),
                Verdict::NotJudged => ("not_judged", None, Vec::new()),
            };
            Judged { secret: judgement.secret.clone(), verdict: verdict.to_owned(), because, needs }
        };
        Self {
            as_of: report.as_of,
            findings: report.findings.iter().map(|finding| (finding.fingerprint, seen(finding))).collect(),
            suppressed: report.suppressed.iter().map(|suppressed| suppressed.finding.fingerprint).collect(),
            verdicts: named(report.rotations.iter().map(judged)),
            undecided: keyed(report.undecided.iter().map(|check| Check { rule: check.rule.clone(), resource: check.resource.clone() })),
            excused: excused(report.suppressed.iter().map(|it| (Some(it.finding.class), it.finding.rotations.iter()))),
            unlisted: unlisted(report.coverage.iter().map(|entry| (&*entry.gap.call, &*entry.gap.resource))),
        }
    }

    /// That of a JSON report.
    pub fn read(text: &[u8]) -> Result<Self, ReadError> {
        let written: Written = serde_json::from_slice(text).map_err(|error| ReadError::NotAReport(error.to_string()))?;
        if written.schema_version != REPORT_VERSION {
            return Err(ReadError::Version(written.schema_version));
        }
        let parse = |text: &str| text.parse::<Fingerprint>().map_err(|_| ReadError::Fingerprint(text.to_owned()));
        let with_print = |seen: Seen| Ok((parse(&seen.fingerprint)?, seen));
        Ok(Self {
            as_of: written.as_of,
            findings: written.findings.into_iter().map(with_print).collect::<Result<_, _>>()?,
            suppressed: written.suppressed.iter().map(|known| parse(&known.fingerprint)).collect::<Result<_, _>>()?,
            excused: excused(written.suppressed.iter().map(|known| (known.class, known.rotations.iter()))),
            verdicts: named(written.rotations),
            undecided: keyed(written.undecided),
            unlisted: unlisted(written.coverage.iter().map(|unread| (unread.call.as_str(), unread.resource.as_str()))),
        })
    }

    /// Why this audit cannot tell whether a finding of another one is still there; `None` where it looked and could decide.
    pub(super) fn cannot_tell(&self, fingerprint: &Fingerprint, seen: &Seen) -> Option<String> {
        if self.undecided.contains_key(fingerprint) {
            return Some("the check could not be decided".to_owned());
        }
        let is_of_the_verdict = seen.rule == ROTATION_FAILS;
        if is_of_the_verdict && self.verdicts.get(&name_of(&seen.resource)).is_some_and(|judged| judged.verdict == "undecided") {
            return Some("the verdict could not be decided".to_owned());
        }
        let (account, region) = (seen.resource.account(), seen.resource.region());
        let there = |place: &str| match place.split_once('/') {
            Some((id, name)) => id == account && (name == region || region.is_empty()),
            None => false,
        };
        if let Some(place) = self.unlisted.iter().find(|place| there(place)) {
            return Some(format!("the secrets of {place} could not be listed"));
        }
        let looked = self.verdicts.keys().any(|(id, name, _)| id == account && (name == region || region.is_empty()));
        (!looked).then(|| format!("there is no rotation of {} any more, or it was not looked at", format!("{account} {region}").trim()))
    }
}

fn named(judged: impl IntoIterator<Item = Judged>) -> BTreeMap<Name, Judged> {
    judged.into_iter().map(|judged| (name_of(&judged.secret), judged.told())).collect()
}

/// The rotations of those findings that break them.
fn excused<'a>(suppressed: impl Iterator<Item = (Option<Class>, impl Iterator<Item = &'a Arn>)>) -> BTreeSet<Name> {
    suppressed.filter(|(class, _)| *class == Some(Class::Breaks)).flat_map(|(_, rotations)| rotations).map(name_of).collect()
}

fn name_of(secret: &Arn) -> Name {
    (secret.account().to_owned(), secret.region().to_owned(), secret.name().to_owned())
}

fn keyed(checks: impl IntoIterator<Item = Check>) -> Checks {
    checks.into_iter().map(|check| (Fingerprint::of(&check.rule, &check.resource), check)).collect()
}

fn unlisted<'a>(unread: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeSet<String> {
    unread.filter(|(call, _)| *call == Api::ListSecrets.spec().name).map(|(_, resource)| resource.to_owned()).collect()
}
