//! Whether a statement's Principal or `NotPrincipal` names who asks, and in which way: how a principal is named decides what its grant is worth
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>).

use super::model::{Names, PrincipalEntry, Principals};
use super::request::Principal;
use super::text::Text;
use super::truth::Truth;

/// How surely a principal is named in each of the ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Naming {
    /// By a user's or session's ARN, or as a service.
    pub(super) direct: Truth,
    /// By the ARN of the role behind the session.
    pub(super) role: Truth,
    /// By `*`, or by not being listed under `NotPrincipal`.
    pub(super) anyone: Truth,
    /// By its account.
    pub(super) account: Truth,
}

impl Naming {
    pub(super) const NOBODY: Self = Self::each(Truth::False);

    pub(super) const fn each(truth: Truth) -> Self {
        Self { direct: truth, role: truth, anyone: truth, account: truth }
    }

    /// In any way.
    pub(super) fn at_all(self) -> Truth {
        self.direct.or(self.role).or(self.anyone).or(self.account)
    }

    pub(super) fn and(self, truth: Truth) -> Self {
        Self {
            direct: self.direct.and(truth),
            role: self.role.and(truth),
            anyone: self.anyone.and(truth),
            account: self.account.and(truth),
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self {
            direct: self.direct.or(other.direct),
            role: self.role.or(other.role),
            anyone: self.anyone.or(other.anyone),
            account: self.account.or(other.account),
        }
    }
}

/// How `principals` name `who`. `denies`: in a Deny statement, where `NotPrincipal` spares nobody lightly; `bounded`: who asks has a permissions boundary.
pub(super) fn naming(principals: &Principals, who: &Principal, denies: bool, bounded: bool) -> Naming {
    if principals.negated {
        let spared = if denies { spared(&principals.listed, who, bounded) } else { listed(&principals.listed, who).at_all() };
        return Naming { anyone: spared.not(), ..Naming::NOBODY };
    }
    listed(&principals.listed, who)
}

fn listed(entries: &[PrincipalEntry], who: &Principal) -> Naming {
    entries.iter().fold(Naming::NOBODY, |naming, entry| naming.or(named_by(entry, who)))
}

/// Whether a Deny with `NotPrincipal` spares `who`: only when listed together with its account, and never with a permissions boundary
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>).
fn spared(entries: &[PrincipalEntry], who: &Principal, bounded: bool) -> Truth {
    if bounded && who.account().is_some() {
        return Truth::False;
    }
    let naming = listed(entries, who);
    let itself = naming.direct.or(naming.role);
    let with_account = if who.account().is_some() && !who.is_root() { itself.and(naming.account) } else { itself.or(naming.account) };
    naming.anyone.or(with_account)
}

fn named_by(entry: &PrincipalEntry, who: &Principal) -> Naming {
    let mut naming = Naming::NOBODY;
    match (&entry.names, who) {
        (Names::Everyone, _) => naming.anyone = Truth::True,
        (
            Names::Account(account),
            Principal::User { account: own, .. } | Principal::Session { account: own, .. } | Principal::Role { account: own, .. },
        ) => {
            naming.account = account.equals(own);
        }
        (Names::User(arn), Principal::User { arn: own, .. }) | (Names::Session { arn, .. }, Principal::Session { arn: own, .. }) => {
            naming.direct = arn.equals(own);
        }
        (Names::Session { role_part, .. }, Principal::Role { arn, .. }) => naming.direct = may_be_session_of(role_part, arn),
        (Names::Role(arn), Principal::Session { role_arn: own, .. } | Principal::Role { arn: own, .. }) => naming.role = arn.equals(own),
        (Names::UniqueId(id), Principal::User { unique_id: Some(own), .. }) => naming.direct = id.equals(own),
        (Names::UniqueId(id), Principal::Session { unique_id: Some(own), .. } | Principal::Role { unique_id: Some(own), .. }) => {
            naming.role = id.equals(own);
        }
        (Names::Service(name), Principal::Service(own)) => naming.direct = name.equals(own),
        _ => {}
    }
    naming
}

/// A statement names one session of a role, and the role asks without saying in which session.
fn may_be_session_of(role_part: &str, role_arn: &Text) -> Truth {
    let Some(arn) = role_arn.as_literal() else { return Truth::Unknown };
    let mut parts = arn.splitn(6, ':');
    let (Some(partition), Some(account), Some(resource)) = (parts.nth(1), parts.nth(2), parts.next()) else { return Truth::False };
    let name = resource.rsplit('/').next().unwrap_or(resource);
    let same = role_part == format!("arn:{partition}:sts::{account}:assumed-role/{name}");
    if same { Truth::Unknown } else { Truth::False }
}
