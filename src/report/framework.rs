//! A report seen from a compliance framework: for each control that a rule speaks to, what was found, waived and undecided, and which rotations pass. The renderers that
//! group by control ask here.
//!
//! A control asks for more than rotaudit looks at, so a rotation that passes says only that none of the control's rules has anything against it.

use std::collections::{BTreeMap, BTreeSet};

use crate::arn::Arn;
use crate::audit::Report;
use crate::finding::{Finding, MapSource, Suppressed, Undecided};
use crate::rotation::{Judgement, Verdict};

/// A framework, and the report by its controls.
#[derive(Debug)]
pub struct Framework<'a> {
    /// Its id, as rule files write it.
    pub(super) id: &'a str,
    /// Its controls, in the order in which people count them.
    pub(super) controls: Vec<Control<'a>>,
    /// The findings of rules that speak to none of them.
    pub(super) elsewhere: Vec<&'a Finding>,
}

/// What the report says of a control.
#[derive(Debug)]
pub(super) struct Control<'a> {
    /// Its id in the framework.
    pub(super) id: &'a str,
    /// The rules that speak to it, by id, and whose reading that is.
    pub(super) rules: BTreeMap<&'a str, MapSource>,
    /// Their findings, worst first.
    pub(super) findings: Vec<&'a Finding>,
    /// Their findings that do not count.
    pub(super) suppressed: Vec<&'a Suppressed>,
    /// Their checks that could not be decided.
    pub(super) undecided: Vec<&'a Undecided>,
    /// The secrets of the judged rotations that nothing of this touches. One whose verdict is undecided does not pass.
    pub(super) passing: Vec<&'a Arn>,
}

impl<'a> Framework<'a> {
    /// `report` by the controls of the framework `id`; `None` when no rule of the report speaks to it.
    pub fn of(report: &'a Report, id: &'a str) -> Option<Self> {
        let mut rules = BTreeMap::<&str, BTreeMap<&str, MapSource>>::new();
        for rule in report.rules.values() {
            let Some(maps) = &rule.maps else { continue };
            for control in maps.controls.get(id).into_iter().flatten() {
                rules.entry(control).or_default().insert(&rule.id, maps.source);
            }
        }
        let mapped: BTreeSet<&str> = rules.values().flat_map(|ids| ids.keys().copied()).collect();
        let mut controls: Vec<Control<'_>> = rules.into_iter().map(|(control, rules)| Control::of(control, rules, report)).collect();
        controls.sort_by_cached_key(|control| counted(control.id));
        let elsewhere = report.findings.iter().filter(|finding| !mapped.contains(finding.rule.as_str())).collect();
        (!controls.is_empty()).then_some(Self { id, controls, elsewhere })
    }
}

impl<'a> Control<'a> {
    fn of(id: &'a str, rules: BTreeMap<&'a str, MapSource>, report: &'a Report) -> Self {
        let speaks = |rule: &String| rules.contains_key(rule.as_str());
        let findings: Vec<&Finding> = report.findings.iter().filter(|finding| speaks(&finding.rule)).collect();
        let suppressed: Vec<&Suppressed> = report.suppressed.iter().filter(|it| speaks(&it.finding.rule)).collect();
        let undecided: Vec<&Undecided> = report.undecided.iter().filter(|check| speaks(&check.rule)).collect();
        let of_findings = findings.iter().copied().chain(suppressed.iter().map(|it| &it.finding)).flat_map(|finding| &finding.rotations);
        let touched: BTreeSet<&Arn> = of_findings.chain(undecided.iter().flat_map(|check| &check.rotations)).collect();
        let passes = |judgement: &&Judgement| {
            matches!(judgement.verdict, Verdict::Rotates | Verdict::Fails { .. }) && !touched.contains(&judgement.secret)
        };
        let passing = report.rotations.iter().filter(passes).map(|judgement| &judgement.secret).collect();
        Self { id, rules, findings, suppressed, undecided, passing }
    }

    /// Whose reading it is that its rules speak to it: AWS's, ours, or of some rules the one and of others the other.
    pub(super) fn mapping(&self) -> String {
        let sources: BTreeSet<MapSource> = self.rules.values().copied().collect();
        sources.into_iter().map(MapSource::word).collect::<Vec<_>>().join(" and ")
    }

    /// Whose reading it is that `rule` speaks to it.
    pub(super) fn mapping_of(&self, rule: &str) -> &'static str {
        self.rules.get(rule).map_or("", |source| source.word())
    }
}

/// A key that sorts `AC-3` before `AC-21`, and both before `AC-21(1)`: numbers count as numbers.
fn counted(id: &str) -> Vec<(u64, String)> {
    let mut parts = vec![(0_u64, String::new())];
    for c in id.chars() {
        let Some((number, text)) = parts.last_mut() else { break };
        match c.to_digit(10) {
            // A number comes before the text that follows it.
            Some(digit) if text.is_empty() => *number = number.saturating_mul(10).saturating_add(digit.into()),
            Some(digit) => parts.push((digit.into(), String::new())),
            None => text.push(c),
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Maps;
    use crate::report::sample;

    /// The sample, in which two rules speak to a framework.
    fn report() -> Report {
        let mut report = sample::report();
        let maps = |source, controls: &[&str]| {
            let controls = controls.iter().map(|control| (*control).to_owned()).collect();
            Some(Maps { source, controls: BTreeMap::from([("f".to_owned(), controls)]) })
        };
        let mut add = |id: &str, maps| {
            let rule = crate::finding::RuleInfo { maps, ..sample::rule(id, "t") };
            report.rules.insert(id.to_owned(), rule);
        };
        add("key-policy-open", maps(MapSource::Ours, &["AC-21", "AC-3"]));
        add("role-lacks-data-key", maps(MapSource::Aws, &["AC-3"]));
        add("never-found", maps(MapSource::Aws, &["AC-3(7)"]));
        report
    }

    fn names(arns: &[&Arn]) -> Vec<String> {
        arns.iter().map(|arn| arn.name().to_owned()).collect()
    }

    #[test]
    fn a_control_has_what_its_rules_found_and_left_undecided_and_the_rotations_that_neither_touches() {
        let report = report();
        let framework = Framework::of(&report, "f").unwrap();
        let ids: Vec<&str> = framework.controls.iter().map(|control| control.id).collect();
        assert_eq!(ids, ["AC-3", "AC-3(7)", "AC-21"]);
        let [both, none, one] = framework.controls.as_slice() else { panic!("there are three") };
        assert_eq!((both.findings.len(), both.undecided.len(), both.mapping().as_str()), (1, 1, "aws and ours"));
        assert_eq!(names(&both.passing), ["prod/search"]);
        // The failing rotation passes a control whose rules have nothing against it; the undecided one does not, nor does one that nobody judged.
        assert_eq!(
            (none.mapping().as_str(), names(&none.passing)),
            ("aws", vec!["prod/payments/database".to_owned(), "prod/search".to_owned()])
        );
        assert_eq!((one.findings.len(), one.undecided.len()), (0, 1));
        assert_eq!(framework.elsewhere.len(), report.findings.len() - 1);
    }

    #[test]
    fn a_framework_that_no_rule_speaks_to_is_none() {
        assert!(Framework::of(&report(), "g").is_none());
    }

    #[test]
    fn what_is_waived_does_not_pass() {
        let mut report = report();
        let mut waived = report.suppressed[0].clone();
        waived.finding.rule = "never-found".to_owned();
        waived.finding.rotations = BTreeSet::from([sample::secret("prod/search")]);
        report.suppressed.push(waived);
        let framework = Framework::of(&report, "f").unwrap();
        assert_eq!(
            (framework.controls[1].suppressed.len(), names(&framework.controls[1].passing)),
            (1, vec!["prod/payments/database".to_owned()])
        );
    }

    #[test]
    fn no_text_leaves_its_place_in_a_report_by_control() {
        use std::io::Write;
        for text in sample::hostile_texts() {
            let mut report = sample::hostile(&text);
            let controls = BTreeMap::from([(text.clone(), vec![text.clone()])]);
            report.rules.values_mut().for_each(|rule| rule.maps = Some(Maps { source: MapSource::Ours, controls: controls.clone() }));
            let framework = Framework::of(&report, &text).unwrap();
            let style = crate::report::Style { color: false, width: 100 };
            let render = |write: &dyn Fn(&mut dyn Write) -> std::io::Result<()>| {
                let mut out = Vec::new();
                write(&mut out).unwrap();
                let text = String::from_utf8(out).unwrap().replace("\r\n", "\n");
                assert!(!text.chars().any(sample::is_raw), "{text}");
                text
            };
            render(&|out| crate::report::table_by_control(&report, &framework, style, out));
            let rows = render(&|out| crate::report::csv_by_control(&report, &framework, out));
            assert_eq!(rows.lines().count(), 2 + report.findings.len() + report.suppressed.len() + report.undecided.len());
            let markdown = render(&|out| crate::report::markdown_by_control(&report, &framework, out));
            // What stands between backticks is shown as it is, and an escaped one is text.
            let markdown = markdown.replace("\\`", "");
            assert!(!markdown.split('`').step_by(2).any(|prose| prose.contains("<b>")), "{markdown}");
            let json = render(&|out| crate::report::json_by_control(&report, &framework, out));
            assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap()["framework"]["id"], text);
        }
    }
}
