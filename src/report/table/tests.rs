//! How the table looks at two widths, and what it does with hostile text and with nothing at all.

use super::*;
use crate::report::sample;

fn rendered(report: &Report, style: Style) -> String {
    let mut out = Vec::new();
    table(report, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

const fn plain(width: usize) -> Style {
    Style { color: false, width }
}

#[test]
fn it_reads_well_in_80_columns() {
    let text = rendered(&sample::report(), plain(80));
    let too_long = text.lines().find(|line| line.chars().count() > 80 && !line.contains("arn:aws:"));
    assert_eq!(too_long, None, "only an ARN may be longer");
    insta::assert_snapshot!(text);
}

#[test]
fn it_reads_well_in_160_columns() {
    insta::assert_snapshot!(rendered(&sample::report(), plain(160)));
}

#[test]
fn what_fails_comes_before_who_can_reach_and_that_before_what_is_too_wide() {
    let text = rendered(&sample::report(), plain(100));
    let order =
        ["VERDICT", "Rotations that will fail", "What breaks", "Who can reach", "What is wider", "Undecided (", "Not read (", "Summary"];
    let places: Vec<_> = order.map(|heading| text.find(heading).unwrap()).into();
    assert!(places.is_sorted(), "{text}");
}

#[test]
fn colour_changes_nothing_but_the_colour() {
    let coloured = rendered(&sample::report(), Style { color: true, width: 100 });
    assert!(coloured.contains("\u{1b}[1m\u{1b}[31mhigh\u{1b}[0m"), "{coloured:?}");
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), rendered(&sample::report(), plain(100)));
}

#[test]
fn more_than_one_region_is_told_apart() {
    let mut report = sample::report();
    assert!(!rendered(&report, plain(120)).contains("ACCOUNT AND REGION"));
    let elsewhere = sample::arn("arn:aws:secretsmanager:us-east-1:444455556666:secret:prod/other-AbCdEf");
    report.rotations.push(sample::judgement(elsewhere, crate::rotation::Verdict::Rotates));
    let text = rendered(&report, plain(120));
    assert!(text.contains("ACCOUNT AND REGION") && text.contains("444455556666 us-east-1"), "{text}");
    assert!(text.contains("prod/search (111122223333 eu-west-1)"), "{text}");
}

#[test]
fn an_account_without_rotations_says_so_and_what_to_do() {
    let report = Report { rotations: Vec::new(), findings: Vec::new(), ..sample::report() };
    let text = rendered(&report, plain(100));
    assert!(text.contains("No secret rotates here") && text.contains("rotating-secrets.html"), "{text}");
    let text = rendered(&Report { secrets: 0, ..report }, plain(100));
    assert!(text.contains("No secret was found") && text.contains("--region"), "{text}");
}

#[test]
fn the_summary_counts_what_the_report_holds() {
    let text = rendered(&sample::report(), plain(200));
    assert!(
        text.ends_with(
            "Summary  4 rotations: 1 rotate, 1 fail, 1 undecided, 1 not judged · findings: 1 critical, 1 high, 1 low · not counted: 1 waived, \
             1 in the baseline · undecided: 1 check · not read: 3 calls\n"
        ),
        "{text}"
    );
}

#[test]
fn a_report_of_several_snapshots_says_where_they_differ() {
    let report = Report {
        partial: Some("a.json: interrupted\u{1b}[2J".to_owned()),
        conflicts: (0..10).map(|number| format!("a.json and b.json differ in place {number}.")).collect(),
        ..sample::report()
    };
    let text = rendered(&report, plain(100));
    assert!(text.contains("before everything was asked: a.json: interrupted\\u{1b}[2J"), "{text}");
    assert!(text.contains("Snapshots that differ (10 places)") && text.contains("and 2 more"), "{text}");
    assert!(text.trim_end().ends_with("partial"), "{text}");
}

#[test]
fn nothing_that_a_terminal_obeys_comes_from_a_name() {
    for hostile in sample::hostile_texts() {
        for width in [0, 80, 160] {
            let text = rendered(&sample::hostile(&hostile), plain(width));
            assert_eq!(text.chars().find(|c| sample::is_raw(*c)), None);
            assert!(text.len() < 400_000, "one name fills the screen: {}", text.len());
        }
    }
}

#[test]
fn a_name_cannot_forge_a_line() {
    let text = rendered(&sample::hostile("x\nSummary  all is well"), plain(400));
    assert_eq!(text.lines().filter(|line| line.starts_with("Summary")).count(), 1, "{text}");
}

#[test]
fn a_report_of_what_was_read_in_part_says_so_even_when_no_call_is_missing() {
    let part = Report { partial: Some("interrupted".to_owned()), coverage: Vec::new(), ..sample::report() };
    assert!(rendered(&part, plain(100)).contains("reading ended before everything was asked: interrupted"));
}

#[test]
fn a_change_marks_what_is_new_and_says_what_it_mends() {
    let report = sample::change();
    let text = rendered(&report, plain(120));
    assert_eq!(text.matches("    change     new\n").count(), 1, "{text}");
    let (_, section) = text.split_once("\nWhat the change adds and removes\n").unwrap();
    let section = section.split("\n\n").next().unwrap();
    for line in ["  new  critical anyone-may-invoke on ", "  fixed  medium mended on ", "rotates → fails", "1 new, 1 fixed, 2 unchanged"]
    {
        assert!(section.contains(line), "{line}: {section}");
    }
    assert!(!rendered(&sample::report(), plain(120)).contains("What the change"));
}

#[test]
fn hostile_text_of_before_reaches_no_terminal_either() {
    for text in sample::hostile_texts() {
        let (hostile, plain_one) = (sample::hostile(&text), sample::report());
        let pairs = [(hostile.clone(), plain_one.clone()), (plain_one, hostile)];
        for (before, after) in pairs {
            let written = rendered(&Report { before: Some(Box::new(before)), ..after }, plain(100));
            assert!(!written.chars().any(|c| c != '\n' && sample::is_raw(c)), "{written:?}");
        }
    }
}
