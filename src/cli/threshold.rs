//! What makes a report fail: the severity from which findings count, and what undecided checks do. Commands that end in a
//! verdict share these arguments.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::config::FailOn;
use super::error::complain;
use super::exit;
use crate::audit::Report;
use crate::finding::Severity;
use crate::inventory::Api;
use crate::rotation::Verdict;

/// When to exit with another code than 0.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Exit code")]
pub(super) struct Threshold {
    /// Exit with 10 when a finding is this severe or worse; `never` to exit with 0 whatever is found [default: the configuration's, or high]
    #[arg(long, value_name = "SEVERITY", value_parser = fail_on())]
    fail_on: Option<FailOn>,
    /// What a check does that could not be decided: exit with 11, say so on stderr, or nothing
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = OnUndecided::Warn)]
    on_undecided: OnUndecided,
}

/// What undecided checks do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OnUndecided {
    /// Exit with 11.
    Fail,
    /// Say so on stderr.
    Warn,
    /// Nothing.
    Ignore,
}

pub(super) fn fail_on() -> impl TypedValueParser<Value = FailOn> {
    let severities = [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
    let words = severities.map(Severity::word).into_iter().chain(["never"]);
    PossibleValuesParser::new(words)
        .map(move |word| severities.into_iter().find(|severity| severity.word() == word).map_or(FailOn::Never, FailOn::Severity))
}

/// Whether a finding of this severity counts, from where findings do; from high where nobody says it.
pub(super) fn counts(from: Option<FailOn>, severity: Severity) -> bool {
    matches!(from.unwrap_or(FailOn::Severity(Severity::High)), FailOn::Severity(least) if severity >= least)
}

impl Threshold {
    /// The exit code of `report`. Findings come before what is undecided: they are certain. `configured` is from where they count unless the arguments say it.
    pub(super) fn exit_code(self, report: &Report, configured: Option<FailOn>) -> u8 {
        let from = self.fail_on.or(configured);
        if report.findings.iter().any(|finding| counts(from, finding.severity)) {
            exit::FINDINGS
        } else if self.on_undecided == OnUndecided::Fail && undecided(report) > 0 {
            exit::UNDECIDED
        } else {
            exit::CLEAN
        }
    }

    /// What to say on stderr about undecided checks, if anything.
    pub(super) fn warning(self, report: &Report) -> Option<String> {
        let kinds = undecided_of(report).into_iter().filter(|(number, ..)| *number > 0);
        let told: Vec<String> = kinds.map(|(number, one, many)| format!("{number} {}", if number == 1 { one } else { many })).collect();
        self.on_undecided.warning(undecided(report), &told.join(" and "))
    }
}

impl OnUndecided {
    /// What to say of so many undecided things, which are `told` in words, if anything.
    fn warning(self, number: usize, told: &str) -> Option<String> {
        let are = if number == 1 { "is" } else { "are" };
        let way_out = format!("--on-undecided fail makes it exit with {}", exit::UNDECIDED);
        (self == Self::Warn && number > 0).then(|| format!("{told} {are} undecided, which is not a pass ({way_out})"))
    }

    /// The exit code when nothing but so many undecided things can be amiss; says so on stderr where that is wanted.
    pub(super) fn exit_code(self, number: usize) -> u8 {
        let told = if number == 1 { "1 answer".to_owned() } else { format!("{number} answers") };
        if let Some(warning) = self.warning(number, &told) {
            complain("warning", &warning);
        }
        if self == Self::Fail && number > 0 { exit::UNDECIDED } else { exit::CLEAN }
    }
}

/// How many things could not be decided.
fn undecided(report: &Report) -> usize {
    undecided_of(report).into_iter().map(|(number, ..)| number).sum()
}

/// Checks and rotations that could not be decided, lists of secrets that were not given, because nobody knows what rotates there, and for the same reason what was
/// read in part alone: a template whose nested stacks or macros are hidden. Each with its name for one and for many.
fn undecided_of(report: &Report) -> [(usize, &'static str, &'static str); 4] {
    let rotations = report.rotations.iter().filter(|judgement| matches!(judgement.verdict, Verdict::Undecided { .. }));
    let finds_secrets = [Api::ListSecrets, Api::AssumeRole, Api::DescribeRegions, Api::ListAccountTags].map(|api| api.spec().name);
    let lists = report.coverage.iter().filter(|entry| finds_secrets.contains(&&*entry.gap.call));
    [
        (report.undecided.len(), "check", "checks"),
        (rotations.count(), "rotation", "rotations"),
        (lists.count(), "list of secrets", "lists of secrets"),
        (usize::from(report.partial.is_some()), "part that was not read", "parts that were not read"),
    ]
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::audit::CoverageEntry;
    use crate::inventory::Gap;
    use crate::report::sample;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        threshold: Threshold,
    }

    fn code(worst: Option<Severity>, undecided: bool, arguments: &[&str]) -> u8 {
        let mut report = sample::report();
        report.findings.retain(|finding| finding.severity == Severity::High);
        report.findings.retain_mut(|finding| worst.inspect(|worst| finding.severity = *worst).is_some());
        if !undecided {
            report.undecided.clear();
            report.rotations.clear();
        }
        let line = Line::parse_from([&["rotaudit"], arguments].concat());
        line.threshold.exit_code(&report, None)
    }

    #[test]
    fn the_exit_code_follows_from_findings_thresholds_and_what_is_undecided() {
        use Severity::{Critical, High, Low, Medium};
        let table: [(Option<Severity>, bool, &[&str], u8); 13] = [
            (None, false, &[], 0),
            (Some(Critical), false, &[], 10),
            (Some(High), false, &[], 10),
            (Some(Medium), false, &[], 0),
            (Some(Medium), false, &["--fail-on", "medium"], 10),
            (Some(High), false, &["--fail-on", "critical"], 0),
            (Some(Low), false, &["--fail-on", "info"], 10),
            (Some(Critical), false, &["--fail-on", "never"], 0),
            (None, true, &[], 0),
            (None, true, &["--on-undecided", "ignore"], 0),
            (None, true, &["--on-undecided", "fail"], 11),
            (None, false, &["--on-undecided", "fail"], 0),
            (Some(High), true, &["--on-undecided", "fail"], 10),
        ];
        for (worst, undecided, arguments, expected) in table {
            assert_eq!(code(worst, undecided, arguments), expected, "{worst:?}, undecided: {undecided}, {arguments:?}");
        }
    }

    #[test]
    fn the_command_line_goes_before_the_configuration() {
        let report = sample::report();
        let code =
            |arguments: &[&str], configured| Line::parse_from([&["rotaudit"], arguments].concat()).threshold.exit_code(&report, configured);
        assert_eq!(code(&[], Some(FailOn::Never)), exit::CLEAN);
        assert_eq!(code(&["--fail-on", "info"], Some(FailOn::Never)), exit::FINDINGS);
        assert_eq!(code(&["--fail-on", "never"], Some(FailOn::Severity(Severity::Info))), exit::CLEAN);
    }

    #[test]
    fn an_undecided_rotation_alone_is_undecided() {
        let report = Report { findings: Vec::new(), undecided: Vec::new(), ..sample::report() };
        let line = Line::parse_from(["rotaudit", "--on-undecided", "fail"]);
        assert_eq!(line.threshold.exit_code(&report, None), exit::UNDECIDED);
        assert!(Line::parse_from(["rotaudit"]).threshold.warning(&report).unwrap().starts_with("1 rotation is undecided"));
        let told = Line::parse_from(["rotaudit"]).threshold.warning(&sample::report()).unwrap();
        assert!(told.starts_with("1 check and 1 rotation are undecided, which is not a pass"), "{told}");
        assert_eq!(line.threshold.warning(&report), None);
    }

    #[test]
    fn a_region_or_account_whose_secrets_were_not_listed_is_undecided() {
        let code = |call: &str| {
            let coverage = vec![CoverageEntry { gap: Gap::new(call, "111122223333", "AccessDenied"), effect: String::new() }];
            let report = Report { findings: Vec::new(), undecided: Vec::new(), rotations: Vec::new(), coverage, ..sample::report() };
            Line::parse_from(["rotaudit", "--on-undecided", "fail"]).threshold.exit_code(&report, None)
        };
        for call in ["secretsmanager:ListSecrets", "sts:AssumeRole", "ec2:DescribeRegions", "organizations:ListTagsForResource"] {
            assert_eq!(code(call), exit::UNDECIDED, "{call}");
        }
        // Nothing rotates in an account that was closed.
        assert_eq!(code("organizations:ListAccountsForParent"), exit::CLEAN);
    }

    #[test]
    fn what_was_read_in_part_is_undecided() {
        let whole = Report { findings: Vec::new(), undecided: Vec::new(), rotations: Vec::new(), coverage: Vec::new(), ..sample::report() };
        let part = Report { partial: Some("what a nested stack makes is not known".to_owned()), ..whole.clone() };
        let line = Line::parse_from(["rotaudit", "--on-undecided", "fail"]);
        assert_eq!((line.threshold.exit_code(&whole, None), line.threshold.exit_code(&part, None)), (exit::CLEAN, exit::UNDECIDED));
        assert!(Line::parse_from(["rotaudit"]).threshold.warning(&part).unwrap().starts_with("1 part that was not read is undecided"));
    }

    #[test]
    fn an_unknown_severity_is_told_the_known_ones() {
        let error = Line::try_parse_from(["rotaudit", "--fail-on", "hihg"]).err().unwrap().to_string();
        assert!(error.contains("info, low, medium, high, critical, never") && error.contains("'high'"), "{error}");
    }
}
