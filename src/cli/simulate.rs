//! `rotaudit simulate`: decide closed questions, one JSON line each. Whoever doubts a finding replays its question here.

use std::io::{self, BufRead, BufReader, Read, Write};

use clap::Args;
use serde::Serialize;

use super::error::{CliError, complain};
use super::exit;
use super::output::to_stdout;
use crate::policy::case::Case;
use crate::policy::{self, Decision, Label, Step, evaluate};
use crate::report;

/// The longest line that is read, in bytes.
const MAX_LINE: u64 = 16 << 20;

/// Decide closed questions from stdin, one JSON line each: request and policies in, decision out
///
/// A line that is no question is told on stderr with its number; the others are still answered, and the exit code is 1.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  rotaudit simulate < cases.jsonl
  rotaudit scan --demo --format json \\
    | jq -c '.findings[].evidence[].case // empty' | rotaudit simulate")]
pub(super) struct Simulate {
    /// Add how each statement was matched
    #[arg(long)]
    explain: bool,
}

impl Simulate {
    pub(super) fn run(&self) -> Result<u8, CliError> {
        let mut outcome = Ok(0);
        to_stdout(|out| {
            let mut input = BufReader::new(io::stdin().lock());
            outcome = answer(&mut input, out, |line| decide(line, self.explain), |message| complain("error", message))?;
            Ok(())
        })?;
        Ok(if outcome? == 0 { exit::CLEAN } else { exit::COULD_NOT_RUN })
    }
}

/// The answer to a question.
#[derive(Debug, Serialize)]
struct Answer {
    /// The question's id.
    id: String,
    /// How AWS decides it.
    decision: Decision,
    /// Why, when that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Trace>,
}

/// Every statement against the request.
#[derive(Debug, Serialize)]
struct Trace {
    /// The statements, in the order of the policies.
    statements: Vec<Step>,
    /// The policies that could not be read, or are malformed.
    unreadable: Vec<Label>,
}

/// Decides the question in `line`.
fn decide(line: &str, explain: bool) -> Result<Answer, String> {
    let case = Case::parse(line).map_err(|error| error.to_string())?;
    let (request, policies) = case.question().map_err(|error| error.to_string())?;
    let trace = explain.then(|| policy::explain(&request, &policies));
    Ok(Answer {
        id: case.id,
        decision: evaluate(&request, &policies).decision(),
        trace: trace.map(|trace| Trace { statements: trace.steps, unreadable: trace.unreadable }),
    })
}

/// Answers every line of `input`, and gives the number of those that are no questions. The outer error is `out`'s.
fn answer(
    input: &mut BufReader<impl Read>,
    out: &mut dyn Write,
    decide: impl Fn(&str) -> Result<Answer, String>,
    complain: impl Fn(&str),
) -> io::Result<Result<usize, CliError>> {
    let mut bad = 0;
    let mut line = Vec::new();
    for number in 1_usize.. {
        // Whoever asks one question at a time waits for its answer.
        if input.buffer().is_empty() {
            out.flush()?;
        }
        let answer = match next_line(input, &mut line) {
            Ok(None) => break,
            Ok(Some(Ok(text))) if text.trim().is_empty() => continue,
            Ok(Some(text)) => text.and_then(&decide),
            Err(error) => return Ok(Err(CliError::Read { place: "stdin".to_owned(), error })),
        };
        match answer {
            Ok(answer) => report::write_json_line(&answer, out)?,
            Err(problem) => {
                bad += 1;
                complain(&format!("line {number}: {problem}"));
            }
        }
    }
    Ok(Ok(bad))
}

/// The next line as text, or what is wrong with it; `None` at the end.
fn next_line<'a>(input: &mut impl BufRead, line: &'a mut Vec<u8>) -> io::Result<Option<Result<&'a str, String>>> {
    line.clear();
    if input.take(MAX_LINE).read_until(b'\n', line)? == 0 {
        return Ok(None);
    }
    if line.len() as u64 == MAX_LINE && !line.ends_with(b"\n") {
        input.skip_until(b'\n')?;
        return Ok(Some(Err(format!("it is longer than {MAX_LINE} bytes"))));
    }
    Ok(Some(std::str::from_utf8(line).map_err(|error| format!("it is not UTF-8: {error}"))))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// Answers with the line itself as the id; a line that begins with `bad` is no question.
    fn answers(input: &[u8]) -> (String, usize, Vec<String>) {
        let complaints = RefCell::new(Vec::new());
        let mut out = Vec::new();
        let decide = |line: &str| match line.trim() {
            bad if bad.starts_with("bad") => Err("no question".to_owned()),
            id => Ok(Answer { id: id.to_owned(), decision: Decision::Allowed, trace: None }),
        };
        let bad = answer(&mut BufReader::new(input), &mut out, decide, |message| complaints.borrow_mut().push(message.to_owned()));
        (String::from_utf8(out).unwrap(), bad.unwrap().unwrap(), complaints.into_inner())
    }

    #[test]
    fn each_line_is_answered_by_a_line() {
        let (out, bad, _) = answers(b"a\n\nb");
        assert_eq!(out, "{\"id\":\"a\",\"decision\":\"allowed\"}\n{\"id\":\"b\",\"decision\":\"allowed\"}\n");
        assert_eq!(bad, 0);
    }

    #[test]
    fn a_bad_line_is_told_by_its_number_and_the_others_are_answered() {
        let (out, bad, complaints) = answers(b"a\nbad\n\xff\nb\n");
        assert_eq!((out.lines().count(), bad), (2, 2));
        assert_eq!(complaints[0], "line 2: no question");
        assert!(complaints[1].starts_with("line 3: it is not UTF-8"), "{complaints:?}");
    }

    #[test]
    fn a_line_without_end_is_skipped_and_not_held() {
        let mut input = vec![b'x'; usize::try_from(MAX_LINE).unwrap() + 10];
        input.extend_from_slice(b"\nb\n");
        let (out, bad, complaints) = answers(&input);
        assert_eq!((out.as_str(), bad), ("{\"id\":\"b\",\"decision\":\"allowed\"}\n", 1));
        assert!(complaints[0].starts_with("line 1: it is longer"), "{complaints:?}");
    }
}
