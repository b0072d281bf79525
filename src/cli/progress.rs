//! What a live scan is doing, on stderr and only when that is a terminal. `sources` hands it to the collector.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::report::terminal_safe;
use crate::source::Progress;

/// A spinner that names the step. It wipes itself off when it is dropped.
pub(super) struct Steps(ProgressBar);

impl Steps {
    /// Steps on stderr; nothing is drawn when that is no terminal.
    pub(super) fn on_stderr() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Self(bar)
    }
}

impl Progress for Steps {
    fn step(&self, what: &str, done: usize, total: Option<usize>) {
        self.0.set_message(message(what, done, total));
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
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
}
