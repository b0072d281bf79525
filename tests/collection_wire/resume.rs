//! The program, killed and interrupted at moments that are counted in requests, and going on from its spool.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use rotaudit::inventory::{Inventory, Known, clean};
use serde_json::Value;

use super::mock::{Faults, Mock, PLANTED};

const PAGE: usize = 1;

fn account() -> Inventory {
    let mut inventory = clean::account_in_vpc().unwrap();
    for function in inventory.functions.values_mut() {
        let Known::Value(Some(configuration)) = &mut function.configuration else { continue };
        if let Some(Known::Value(variables)) = configuration.details.as_mut().map(|details| &mut details.variables) {
            variables.names.insert("DB_PASSWORD".to_owned());
        }
    }
    inventory
}

fn served(hold_after: Option<usize>) -> Mock {
    Mock::serve(account(), Faults { page: PAGE, hold_after, ..Faults::default() })
}

fn command(mock: &Mock, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rotaudit"));
    command
        .args(arguments)
        .args(["--region", clean::REGION, "--endpoint-url", &mock.endpoint])
        .envs([("AWS_ACCESS_KEY_ID", clean::ACCOUNT), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_EC2_METADATA_DISABLED", "true")])
        .env_remove("AWS_PROFILE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn scratch(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("wire-{}-{name}", std::process::id()));
    for old in [path.clone(), spool_of(&path)] {
        let _ = std::fs::remove_file(old);
    }
    path
}

fn spool_of(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}.spool", path.display()))
}

/// The whole records of a spool, by the format that `docs/collection.md` describes.
fn records(path: &Path) -> Vec<Value> {
    let bytes = std::fs::read(path).unwrap_or_default();
    let mut rest = bytes.strip_prefix(b"rotaudit-spool 1\n").unwrap_or_default();
    let mut records = Vec::new();
    while let Some((frame, after)) = rest.split_first_chunk::<8>() {
        let length = u32::from_le_bytes(frame[..4].try_into().unwrap()) as usize;
        let Some(payload) = after.get(..length) else { break };
        records.push(serde_json::from_slice(payload).unwrap());
        rest = &after[length..];
    }
    records
}

fn answers(path: &Path) -> usize {
    records(path).iter().filter(|record| record.get("Answer").is_some()).count()
}

/// Waits until the mock holds a request; false when the program ends before.
fn held(mock: &Mock, child: &mut Child, after: usize) -> bool {
    while mock.log().len() <= after {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    true
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// A snapshot or report without the time at which it was made, wherever it is told.
fn timeless(text: &str) -> String {
    let (_, rest) = text.split_once("\"as_of\":").unwrap();
    let time = rest.split('"').nth(1).unwrap();
    text.replace(time, "then")
}

/// The snapshot, and how many requests it takes.
fn whole(name: &str) -> (String, usize) {
    let (mock, file) = (served(None), scratch(&format!("whole-{name}.json")));
    let output = command(&mock, &["snapshot", "-o", file.to_str().unwrap()]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(!spool_of(&file).exists(), "the spool goes when the snapshot is whole");
    (std::fs::read_to_string(&file).unwrap(), mock.log().len())
}

#[test]
fn a_snapshot_that_is_killed_at_any_moment_goes_on_and_is_the_same_to_the_byte() {
    let (expected, requests) = whole("killed");
    assert!(requests > 30, "{requests}");
    for moment in 0_usize..20 {
        // A step that is prime to the number of moments, so that they lie anywhere.
        let after = 1 + (moment * 7919 + 13) % (requests - 1);
        let (mock, file) = (served(Some(after)), scratch(&format!("killed-{moment}.json")));
        let mut child = command(&mock, &["snapshot", "-o", file.to_str().unwrap()]).spawn().unwrap();
        assert!(held(&mock, &mut child, after), "request {after}: it ended before: {requests} requests");
        child.kill().unwrap();
        child.wait().unwrap();
        let stored = answers(&spool_of(&file));
        assert!(!file.exists());
        mock.release();
        let output = command(&mock, &["snapshot", "--resume", "--stats", "-o", file.to_str().unwrap()]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        let found = std::fs::read_to_string(&file).unwrap();
        assert_eq!(timeless(&found), timeless(&expected), "killed at request {after}");
        // Who asks is found out by each run; of everything else, what was stored is not asked again. What the killed run sent last may reach the mock
        // only now, so it is the resumed run that counts.
        let said = text(&output.stderr);
        let total: Vec<&str> = said.lines().find(|line| line.starts_with("total ")).unwrap().split_whitespace().collect();
        assert_eq!(total[2], (requests - stored).to_string(), "killed at request {after}, {stored} stored: {said}");
        assert_eq!(total[6], stored.to_string(), "killed at request {after}: {said}");
        assert!(!spool_of(&file).exists());
    }
}

#[test]
fn a_resumed_snapshot_is_as_of_the_first_run_and_a_scan_of_it_reports_the_same() {
    let (mock, spool) = (served(Some(25)), scratch("scan.spool"));
    let arguments = ["scan", "--format", "json", "--quiet", "--spool", spool.to_str().unwrap()];
    let mut child = command(&mock, &arguments).spawn().unwrap();
    assert!(held(&mock, &mut child, 25));
    child.kill().unwrap();
    child.wait().unwrap();
    let begun = records(&spool)[0]["Head"]["as_of"].as_str().unwrap().to_owned();
    assert!(answers(&spool) > 5);
    mock.release();
    let resumed = command(&mock, &[&arguments[..], &["--resume"]].concat()).output().unwrap();
    let fresh = command(&mock, &arguments[..4]).output().unwrap();
    assert_eq!(resumed.status.code(), fresh.status.code(), "{}", text(&resumed.stderr));
    assert_eq!(timeless(&text(&resumed.stdout)), timeless(&text(&fresh.stdout)));
    let report: Value = serde_json::from_slice(&resumed.stdout).unwrap();
    assert_eq!(report["as_of"], begun);
    assert!(!spool.exists(), "it goes when everything was read");
}

#[test]
fn other_options_are_refused_by_name_and_nothing_is_asked() {
    let (mock, spool) = (served(Some(10)), scratch("other.spool"));
    let arguments = ["scan", "--spool", spool.to_str().unwrap()];
    let mut child = command(&mock, &arguments).spawn().unwrap();
    assert!(held(&mock, &mut child, 10));
    child.kill().unwrap();
    child.wait().unwrap();
    let before = mock.log().len();
    let output = command(&mock, &[&arguments[..], &["--resume", "--region", "us-east-1"]].concat()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("--region was \"us-east-1\"") || text(&output.stderr).contains("is \"us-east-1,"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(mock.log().len(), before);
    let output = command(&mock, &["scan", "--resume"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("--spool FILE"));
    std::fs::remove_file(spool).unwrap();
}

#[test]
fn no_value_of_an_environment_is_in_the_spool() {
    let (_, requests) = whole("planted");
    let (mock, file) = (served(Some(requests - 1)), scratch("planted.json"));
    let mut child = command(&mock, &["snapshot", "-o", file.to_str().unwrap()]).spawn().unwrap();
    held(&mock, &mut child, requests - 1);
    child.kill().unwrap();
    child.wait().unwrap();
    let spool = std::fs::read(spool_of(&file)).unwrap();
    let holds = |what: &str| spool.windows(what.len()).any(|window| window == what.as_bytes());
    assert!(holds("lambda:GetFunctionConfiguration") && holds("Environment"), "the configuration is there");
    assert!(!holds(PLANTED) && holds("DB_PASSWORD"), "names are kept, and no value");
    assert!(!holds("Credential=") && !holds("AWS4-HMAC"));
    std::fs::remove_file(spool_of(&file)).unwrap();
}

/// What the program says on stderr until `needle` is in it.
fn until(stderr: &mut impl BufRead, needle: &str) -> String {
    let mut said = String::new();
    while !said.contains(needle) {
        assert!(stderr.read_line(&mut said).unwrap() > 0, "it never said {needle:?}: {said}");
    }
    said
}

#[cfg(unix)]
#[test]
fn the_first_interruption_writes_what_was_read_and_says_how_to_go_on() {
    let (expected, _) = whole("interrupted");
    for name in ["-INT", "-TERM"] {
        let (mock, file) = (served(Some(20)), scratch(&format!("interrupted{name}.json")));
        let mut child = command(&mock, &["snapshot", "-o", file.to_str().unwrap()]).spawn().unwrap();
        assert!(held(&mock, &mut child, 20));
        signal(&child, name);
        let Output { status, stderr, .. } = child.wait_with_output().unwrap();
        let said = text(&stderr);
        assert_eq!(status.code(), Some(0), "{said}");
        assert!(said.contains("--resume") && said.contains("interrupted by SIG"), "{said}");
        assert!(spool_of(&file).exists(), "the spool stays");
        let part: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert!(part["inventory"]["partial"].as_str().unwrap().starts_with("interrupted by SIG"));
        let scan =
            Command::new(env!("CARGO_BIN_EXE_rotaudit")).args(["scan", "--format", "json", "--snapshot"]).arg(&file).output().unwrap();
        let report: Value = serde_json::from_slice(&scan.stdout).unwrap();
        assert!(report["partial"].as_str().unwrap().starts_with("interrupted by SIG"));
        assert!(
            report["coverage"].as_array().unwrap().iter().any(|gap| gap["error"].as_str().unwrap().starts_with("not asked: interrupted"))
        );
        mock.release();
        let output = command(&mock, &["snapshot", "--resume", "-o", file.to_str().unwrap()]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(timeless(&std::fs::read_to_string(&file).unwrap()), timeless(&expected));
        assert!(!spool_of(&file).exists());
    }
}

#[cfg(unix)]
#[test]
fn the_second_interruption_ends_at_once() {
    let (mock, pipe) = (served(Some(20)), scratch("pipe"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // Nobody reads the pipe: the program waits for ever to write what it has read.
    let mut child = command(&mock, &["snapshot", "-o", pipe.to_str().unwrap()]).spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    assert!(held(&mock, &mut child, 20));
    signal(&child, "-INT");
    until(&mut stderr, "not everything was read");
    assert!(child.try_wait().unwrap().is_none());
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    stderr.read_to_string(&mut String::new()).unwrap();
    std::fs::remove_file(pipe).unwrap();
}

#[test]
fn the_numbers_go_to_stderr_and_the_report_stays_as_it_is() {
    let mock = served(None);
    let plain = command(&mock, &["scan", "--format", "json", "--quiet"]).output().unwrap();
    assert_eq!(text(&plain.stderr), "", "with --quiet nothing is said");
    let counted = command(&mock, &["scan", "--format", "json", "--stats"]).output().unwrap();
    assert_eq!(timeless(&text(&plain.stdout)), timeless(&text(&counted.stdout)));
    let said = text(&counted.stderr);
    assert!(said.contains("secretsmanager:ListSecrets") && said.contains("\ntotal "), "{said}");
    assert!(said.contains("read: "), "without a terminal, finished steps are told: {said}");
}
