//! A former report as the baseline: what it found is known, and only what is new counts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::CliError;
use crate::finding::Fingerprint;
use crate::source::snapshot;

/// What of a JSON report matters here.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Former {
    schema_version: u32,
    findings: Vec<Known>,
    #[serde(default)]
    suppressed: Vec<Suppressed>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Known {
    fingerprint: String,
}

/// A finding that did not count there.
#[derive(Deserialize)]
struct Suppressed {
    suppression: By,
    #[serde(flatten)]
    known: Known,
}

/// Why it did not. What was waived is not known for good: when its waiver ends, it counts.
#[derive(Deserialize)]
struct By {
    by: String,
}

/// The findings of the JSON report in `path`, and those that were in its own baseline.
pub(super) fn read(path: &Path) -> Result<BTreeSet<Fingerprint>, CliError> {
    let text = snapshot::text(path)?;
    let wrong = |problem: &str| {
        CliError::Usage(format!("{}: {problem}\n  A baseline is what `rotaudit scan --format json -o FILE` wrote.", path.display()))
    };
    let former: Former = serde_json::from_slice(&text).map_err(|error| wrong(&format!("this is no JSON report: {error}")))?;
    if former.schema_version != 1 {
        return Err(wrong(&format!("a report of schema version {}, which this build does not know", former.schema_version)));
    }
    let fingerprint = |known: &Known| known.fingerprint.parse().map_err(|_| wrong(&format!("{:?} is no fingerprint", known.fingerprint)));
    let of_its_baseline = former.suppressed.iter().filter(|it| it.suppression.by == "baseline").map(|it| &it.known);
    former.findings.iter().chain(of_its_baseline).map(fingerprint).collect()
}

/// The findings of the report that is named, if one is.
pub(super) fn read_if(path: Option<&PathBuf>) -> Result<BTreeSet<Fingerprint>, CliError> {
    path.map_or(Ok(BTreeSet::new()), |path| read(path))
}
