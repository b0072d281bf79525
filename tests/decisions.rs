//! Both suites of decision cases and our own, one question a line. The format is described beside them.

use std::io::Read;
use std::path::Path;

use rotaudit::policy::case::Case;
use rotaudit::policy::{Decision, evaluate};

fn lines(file: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suites/decisions").join(file);
    let bytes = std::fs::read(path).unwrap();
    let mut text = String::new();
    if file.ends_with(".gz") {
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(bytes).unwrap();
    }
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn wrong_answers(file: &str) -> (usize, Vec<String>) {
    let cases: Vec<Case> = lines(file).iter().map(|line| Case::parse(line).unwrap()).collect();
    let wrong = cases.iter().filter_map(|case| {
        let (request, policies) = case.question().unwrap();
        let expected: Decision = case.expected.unwrap();
        let answer = evaluate(&request, &policies).decision();
        (answer != expected).then(|| format!("{}: expected {expected}, answered {answer}", case.id))
    });
    (cases.len(), wrong.collect())
}

#[test]
fn every_case_of_the_public_suite_is_answered_as_expected() {
    let (count, wrong) = wrong_answers("public.jsonl.gz");
    assert_eq!(count, 3000);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_case_of_the_documentation_suite_is_answered_as_expected() {
    let (count, wrong) = wrong_answers("documentation.jsonl.gz");
    assert_eq!(count, 110);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
