//! One finding with its proof, as text. The table writes all of them so, `explain` those of its rotation.

use std::io;

use super::layout::Page;
use super::neutralise::terminal_safe;
use super::style::of_severity;
use super::words::{NAME, arn, proofs, secrets, sentence};
use crate::finding::Finding;

/// How many pieces of evidence of a finding are printed; the JSON report holds all.
const EVIDENCE: usize = 4;
/// Fields begin under the message.
pub(super) const INDENT: usize = 4;

/// Writes `finding`; its rotations with their places when `places` is set.
pub(super) fn write_finding(finding: &Finding, places: bool, page: &mut Page<'_>) -> io::Result<()> {
    page.lead(2, finding.severity.word(), of_severity(finding.severity), &sentence(&finding.message))?;
    page.field(INDENT, "resource", &arn(finding.resource.as_str()))?;
    if let Some(origin) = &finding.origin {
        page.field(INDENT, "written", &arn(&origin.to_string()))?;
    }
    page.field(INDENT, "only if", &sentence(&finding.only_if.join(", or ")))?;
    page.field(INDENT, "rotations", &secrets(&finding.rotations, places))?;
    let proofs = proofs(&finding.evidence);
    for (index, proof) in proofs.iter().take(EVIDENCE).enumerate() {
        page.field(INDENT, if index == 0 { "proof" } else { "" }, proof)?;
    }
    if let Some(more @ 1..) = proofs.len().checked_sub(EVIDENCE) {
        page.field(INDENT, "", &format!("and {more} more (--format json shows all)"))?;
    }
    page.field(INDENT, "remedy", &sentence(&finding.remedy))?;
    page.field(INDENT, "rule", &format!("{} ({})", terminal_safe(&finding.rule, NAME), finding.confidence))
}
