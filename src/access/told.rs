//! An answer in words alone, for those who tell of many: without its closed question, which needs all that the request carries. `rotation` asks here for each call.

use super::answer::Answer;
use super::ask::Access;
use super::grants::GrantAnswer;
use super::policies::Gathered;
use super::principal;
use super::question::{Question, Target};
use crate::policy::{Decision, looks_at_context};

/// What [`Access::ask`] answers, as far as words go.
#[derive(Debug, Clone)]
pub struct Told(Answer);

impl Told {
    /// The decision.
    pub fn decision(&self) -> Decision {
        self.0.decision
    }

    /// Who asks, as [`Answer::actor`] says it.
    pub fn actor(&self) -> String {
        self.0.actor()
    }

    /// What is asked for, as [`Answer::subject`] says it.
    pub fn subject(&self) -> String {
        self.0.subject()
    }

    /// What is asked for, as [`Answer::resource`] says it.
    pub fn resource(&self) -> String {
        self.0.resource()
    }

    /// Why, as [`Answer::because`] says it.
    pub fn because(&self) -> String {
        self.0.because()
    }

    /// What it hangs on, as [`Answer::open_points`] says it.
    pub fn open_points(&self) -> Vec<String> {
        self.0.open_points()
    }
}

impl Access<'_> {
    /// How AWS decides the question, as [`ask`](Self::ask) says. Where no policy looks at condition keys, nobody finds out what the request carries under them.
    pub fn tell(&self, question: &Question) -> Told {
        let Gathered { set, gaps, opening } = self.gather(question);
        let request = principal::bare_request(self.estate(), question);
        let looks = opening.is_some() || matches!(question.target, Target::Key(_)) || looks_at_context(&set);
        if looks || self.has_other_means(question) {
            return Told(self.answer(question, request, Gathered { set, gaps, opening }));
        }
        Told(self.settled(question, request, Gathered { set, gaps, opening }, GrantAnswer::NONE))
    }
}
