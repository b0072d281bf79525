//! Both suites of decision cases and our own, one question a line. The format is described beside them.

#![expect(clippy::unwrap_used, reason = "a test whose cases cannot be read must fail")]

use std::io::Read;
use std::path::Path;

use rotaudit::policy::case::Case;
use rotaudit::policy::{Context, Decision, Request, evaluate, explain, may_allow};

fn lines(file: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suites/decisions").join(file);
    let bytes = std::fs::read(&path).unwrap();
    let mut text = String::new();
    if path.extension().is_some_and(|extension| extension == "gz") {
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

#[test]
fn every_case_of_our_own_is_answered_as_expected() {
    let (count, wrong) = wrong_answers("own.jsonl");
    assert!(count > 30);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_case_survives_being_read_and_written_as_a_question() {
    for line in lines("documentation.jsonl.gz").iter().chain(&lines("own.jsonl")) {
        let case = Case::parse(line).unwrap();
        let (request, policies) = case.question().unwrap();
        let again = Case::parse(&Case::of("again", &request, &policies).unwrap().to_line().unwrap()).unwrap();
        let (request, policies) = again.question().unwrap();
        assert_eq!(evaluate(&request, &policies).decision(), case.expected.unwrap(), "{}", case.id);
    }
}

/// Explaining asks the same matchers as deciding, so the statements must add up to the decision.
#[test]
fn the_explanation_of_every_case_names_what_decided_it() {
    for line in lines("public.jsonl.gz").iter().chain(&lines("documentation.jsonl.gz")).chain(&lines("own.jsonl")) {
        let case = Case::parse(line).unwrap();
        let (request, policies) = case.question().unwrap();
        let trace = explain(&request, &policies);
        let (id, decision) = (&case.id, trace.decision());
        let always = request.action.eq_ignore_ascii_case("sts:getcalleridentity") || request.principal.is_root();
        assert_eq!(trace.deciding().is_empty(), !matches!(decision, Decision::Allowed | Decision::ExplicitDeny) || always, "{id}");
        assert_eq!(trace.hinges().is_empty(), decision != Decision::Undecided, "{id}");
        assert!(trace.steps.iter().all(|step| step.matched.is_true() == step.misses.is_empty()), "{id}");
        assert!(trace.steps.iter().all(|step| step.misses.iter().any(|miss| miss.truth.is_false()) == step.matched.is_false()), "{id}");
    }
}

/// What is told without the context: where no policy may allow, the decision is a denial, and it tells that of most denials for want of an Allow.
#[test]
fn what_no_policy_may_allow_is_denied() {
    let (mut denied, mut told) = (0, 0);
    for line in lines("public.jsonl.gz").iter().chain(&lines("documentation.jsonl.gz")).chain(&lines("own.jsonl")) {
        let (request, policies) = Case::parse(line).unwrap().question().unwrap();
        let bare = Request { context: Context::open(), ..request.clone() };
        let decision = evaluate(&request, &policies).decision();
        assert!(may_allow(&bare, &policies) || decision.is_denied(), "{line}");
        denied += usize::from(decision.is_denied());
        told += usize::from(!may_allow(&bare, &policies));
    }
    assert!(told * 10 > denied, "{told} of {denied}");
}

#[test]
fn a_line_that_is_no_case_says_what_is_wrong_with_it() {
    let error = |line: &str| Case::parse(line).and_then(|case| case.question().map(drop)).unwrap_err().to_string();
    assert!(error("{").contains("no decision case"));
    assert!(error(r#"{"id":"a","request":{"principal":{"type":"user"},"action":"a:b","resource":{"arn":"*"}}}"#).contains("\"arn\""));
    assert!(
        error(r#"{"id":"a","request":{"principal":{"type":"anonymous"},"action":"a:b","resource":{"arn":"*"},"context":{"k":{}}}}"#)
            .contains("\"k\"")
    );
    assert!(error(r#"{"id":"a","requst":{}}"#).contains("requst"));
}
