//! Who is told the same answer, and how sure it is.

use std::sync::Arc;

use crate::access::answer::Answer;
use crate::access::names::named;
use crate::access::question::Caller;
use crate::arn::{AccountId, Arn};
use crate::policy::Decision;

/// A role that no account has: it stands for everybody of an account whose roles and users were not read.
const SOME_ROLE: &str = "role/any-role-of-this-account";

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Party {
    /// Roles and users of the inventory between whom no policy tells the difference; never none.
    Principals(Vec<Arn>),
    /// Every role and user of an account that was not read.
    Unread(Arn),
    /// A role or user of an account that was not read, whom the resource's policy names.
    Elsewhere(Arn),
    /// Whoever an account outside of the inventory lets ask.
    Account(AccountId),
    /// Whoever has an AWS account.
    Anybody(AccountId),
    /// An AWS service, on account of nobody knows what.
    Service(Arc<str>),
}

impl Party {
    /// Everybody of an account that was not read.
    pub(super) fn unread(partition: &str, account: &str) -> Option<Self> {
        Arn::parse(&format!("arn:{partition}:iam::{account}:{SOME_ROLE}")).ok().map(Self::Unread)
    }

    /// Who puts the question for all of them.
    pub(super) fn caller(&self) -> Option<Caller> {
        Some(match self {
            Self::Principals(arns) => Caller::Principal { arn: arns.first()?.clone() },
            Self::Unread(arn) | Self::Elsewhere(arn) => Caller::Principal { arn: arn.clone() },
            Self::Account(account) | Self::Anybody(account) => Caller::Outsider { account: account.clone() },
            Self::Service(name) => Caller::Service { name: Arc::clone(name), source: None },
        })
    }

    /// The names of its members, in words.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Principals(arns) => arns.iter().map(named).collect(),
            Self::Unread(arn) => vec![format!("any role or user of account {}, which was not read", arn.account())],
            Self::Elsewhere(arn) => vec![format!("{} of account {}", named(arn), arn.account())],
            Self::Account(account) => vec![format!("whomever account {account} lets")],
            Self::Anybody(_) => vec!["anybody with an AWS account".to_owned()],
            Self::Service(name) => vec![format!("the service {name}")],
        }
    }

    /// The roles and users of the inventory that it is made of.
    pub fn principals(&self) -> &[Arn] {
        if let Self::Principals(arns) = self { arns } else { &[] }
    }
}

/// How sure a permission is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// They may, whatever the values that nobody knows.
    Surely,
    /// They may under some of these values.
    Possibly,
    /// Whether they may hangs on something that was not read, or that AWS does not document.
    Undecided,
}

/// A party, and what it is told.
#[derive(Debug, Clone)]
pub struct Group {
    /// Who.
    pub party: Party,
    /// How sure it is.
    pub certainty: Certainty,
    /// The answer to the first of them; for one who may possibly, under the values that allow it.
    pub answer: Answer,
    /// What it hangs on, in words, unless it is sure.
    pub hinges: Vec<String>,
}

impl Group {
    /// The group of what was answered when values were looked for that allow it; none for those who are denied. `hinges` are those of the answer before the search.
    pub(super) fn of(party: Party, answer: Answer, hinges: Vec<String>) -> Option<Self> {
        let certainty = match answer.decision {
            Decision::Allowed if hinges.is_empty() => Certainty::Surely,
            Decision::Allowed => Certainty::Possibly,
            Decision::Undecided => Certainty::Undecided,
            Decision::ExplicitDeny | Decision::ImplicitDeny => return None,
        };
        Some(Self { party, certainty, answer, hinges })
    }
}
