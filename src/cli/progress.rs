//! What a live scan is doing, on stderr: on a terminal a line for each account and one for all, elsewhere a plain line for what is finished. `live` hands it
//! to the collector.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::report::terminal_safe;
use crate::source::Progress;

/// How often lines are drawn on a terminal.
const FRAME: Duration = Duration::from_millis(120);
/// How often a plain line is printed at most.
const LINE: Duration = Duration::from_secs(1);
/// The most accounts that have a line.
const ACCOUNTS: usize = 10;

/// What an account is at, as the exchange of the calls tells it.
pub(super) struct Account {
    pub(super) id: String,
    pub(super) call: &'static str,
    /// Answers to that call.
    pub(super) of_call: u64,
    /// Answers to all its calls.
    pub(super) answers: u64,
    pub(super) throttles: u64,
}

/// What all accounts are at, by account.
type Look = Box<dyn Fn() -> Vec<Account> + Send>;

/// Tells how far the reading is until it is dropped.
pub(super) enum Steps {
    /// Nothing is said.
    Quiet,
    /// Lines that are drawn again and again, and wiped off at the end.
    Drawn(Drawn),
    /// Lines that stay.
    Plain(Plain),
}

impl Steps {
    /// Steps on stderr; `look` says what the accounts are at.
    pub(super) fn on_stderr(quiet: bool, look: impl Fn() -> Vec<Account> + Send + 'static) -> Self {
        let target = ProgressDrawTarget::stderr();
        match (quiet, target.is_hidden()) {
            (true, _) => Self::Quiet,
            (false, true) => Self::Plain(Plain { state: Mutex::new(Finished::default()) }),
            (false, false) => Self::Drawn(Drawn::new(target, Box::new(look))),
        }
    }
}

impl Progress for Steps {
    fn step(&self, what: &str, done: usize, total: Option<usize>) {
        match self {
            Self::Quiet => {}
            Self::Drawn(drawn) => drawn.step(what, done, total),
            Self::Plain(plain) => {
                let line = plain.state.lock().unwrap_or_else(PoisonError::into_inner).step(what, done, total, Instant::now());
                if let Some(line) = line {
                    say(&line);
                }
            }
        }
    }
}

/// Plain lines.
pub(super) struct Plain {
    state: Mutex<Finished>,
}

impl Drop for Plain {
    fn drop(&mut self) {
        if let Some(line) = self.state.lock().unwrap_or_else(PoisonError::into_inner).rest() {
            say(&line);
        }
    }
}

/// A line on stderr. When that is gone nobody looks.
fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Steps that are finished and were not told yet.
#[derive(Debug, Default)]
struct Finished {
    waiting: BTreeMap<String, usize>,
    told_at: Option<Instant>,
}

impl Finished {
    fn step(&mut self, what: &str, done: usize, total: Option<usize>, now: Instant) -> Option<String> {
        if total != Some(done) {
            return None;
        }
        self.waiting.insert(terminal_safe(what, 200), done);
        if self.told_at.is_some_and(|told| now.duration_since(told) < LINE) {
            return None;
        }
        self.told_at = Some(now);
        self.rest()
    }

    fn rest(&mut self) -> Option<String> {
        let finished: Vec<_> = std::mem::take(&mut self.waiting).into_iter().map(|(what, count)| format!("{what} ({count})")).collect();
        (!finished.is_empty()).then(|| format!("read: {}", finished.join(", ")))
    }
}

/// Lines on a terminal, drawn by a thread of their own.
pub(super) struct Drawn {
    total: ProgressBar,
    lines: MultiProgress,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Drawn {
    fn new(target: ProgressDrawTarget, look: Look) -> Self {
        let lines = MultiProgress::with_draw_target(target);
        let total = lines.add(line());
        let over = Arc::new(AtomicBool::new(false));
        let thread = {
            let (lines, total, over) = (lines.clone(), total.clone(), Arc::clone(&over));
            thread::spawn(move || draw(&lines, &total, &over, &look))
        };
        Self { total, lines, over, thread: Some(thread) }
    }

    fn step(&self, what: &str, done: usize, total: Option<usize>) {
        self.total.set_prefix(message(what, done, total));
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // A thread that has panicked has drawn its last line.
        self.thread.take().map(JoinHandle::join).transpose().unwrap_or_default();
        // A terminal that is gone needs no wiping.
        let _ = self.lines.clear();
    }
}

fn line() -> ProgressBar {
    let line = ProgressBar::no_length();
    match ProgressStyle::with_template("{spinner} {prefix} {wide_msg}") {
        Ok(style) => line.with_style(style),
        Err(_) => line,
    }
}

fn draw(lines: &MultiProgress, total: &ProgressBar, over: &AtomicBool, look: &Look) {
    let mut of_accounts: BTreeMap<String, ProgressBar> = BTreeMap::new();
    while !over.load(Ordering::Relaxed) {
        let accounts = look();
        for account in &accounts {
            if !of_accounts.contains_key(&account.id) && of_accounts.len() < ACCOUNTS {
                of_accounts.insert(account.id.clone(), lines.insert_before(total, line()));
            }
            if let Some(bar) = of_accounts.get(&account.id) {
                bar.set_prefix(if account.id.is_empty() { "?".to_owned() } else { account.id.clone() });
                bar.set_message(at(account));
                bar.tick();
            }
        }
        let sum = |of: fn(&Account) -> u64| accounts.iter().map(of).sum();
        let more = accounts.len().saturating_sub(of_accounts.len());
        let more = if more == 0 { String::new() } else { format!(" · {more} more accounts") };
        total.set_message(format!("· {}{more}", counted(sum(|it| it.answers), sum(|it| it.throttles))));
        total.tick();
        thread::sleep(FRAME);
    }
}

/// The call that an account is at, and how far it is.
fn at(account: &Account) -> String {
    format!("{} ({}) · {}", account.call, account.of_call, counted(account.answers, account.throttles))
}

fn counted(answers: u64, throttles: u64) -> String {
    if throttles == 0 { format!("{answers} answers") } else { format!("{answers} answers, {throttles} throttled") }
}

fn message(what: &str, done: usize, total: Option<usize>) -> String {
    let what = terminal_safe(what, 200);
    match (done, total) {
        (_, Some(total)) => format!("{what} ({done} of {total})"),
        (0, None) => what,
        (_, None) => format!("{what} ({done})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_says_how_far_it_is_where_that_is_known() {
        assert_eq!(message("kms:ListGrants", 2, Some(5)), "kms:ListGrants (2 of 5)");
        assert_eq!(message("secretsmanager:ListSecrets", 300, None), "secretsmanager:ListSecrets (300)");
        assert_eq!(message("a\u{1b}[2J", 0, None), "a\\u{1b}[2J");
    }

    #[test]
    fn a_plain_line_tells_what_is_finished_and_not_more_than_one_comes_in_a_second() {
        let mut finished = Finished::default();
        let start = Instant::now();
        let after = |milliseconds| start + Duration::from_millis(milliseconds);
        assert_eq!(finished.step("secrets", 1, Some(3), start), None);
        assert_eq!(finished.step("identities", 1, Some(1), start).as_deref(), Some("read: identities (1)"));
        assert_eq!(finished.step("secrets", 3, Some(3), after(10)), None);
        assert_eq!(finished.step("keys", 2, Some(2), after(999)), None);
        assert_eq!(finished.step("functions", 5, Some(5), after(1000)).as_deref(), Some("read: functions (5), keys (2), secrets (3)"));
        assert_eq!(finished.step("networks", 1, Some(1), after(1001)), None);
        assert_eq!(finished.rest().as_deref(), Some("read: networks (1)"));
        assert_eq!(finished.rest(), None);
    }

    #[test]
    fn an_account_tells_its_call_and_how_often_that_was_answered() {
        let account = Account { id: "111122223333".to_owned(), call: "lambda:GetPolicy", of_call: 5, answers: 90, throttles: 2 };
        assert_eq!(at(&account), "lambda:GetPolicy (5) · 90 answers, 2 throttled");
    }

    #[test]
    fn throttles_are_told_when_there_are_any() {
        assert_eq!(counted(12, 0), "12 answers");
        assert_eq!(counted(12, 1), "12 answers, 1 throttled");
    }
}
