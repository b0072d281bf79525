//! Whether a statement's Principal or `NotPrincipal` names who asks, and in which way: how a principal is named decides what its grant is worth
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>).

use super::model::Statement;
use super::request::Principal;
use super::rows::Names;
use super::text::Text;
use super::truth::Truth;
use super::value::PrincipalEntry;

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

/// How a statement's principals name `who`. In a Deny, `NotPrincipal` spares nobody lightly; `bounded`: who asks has a permissions boundary.
pub(super) fn naming(statement: Statement<'_>, who: &Principal, bounded: bool) -> Naming {
    if statement.is_not_principal() {
        let spared = if statement.effect().denies() { spared(statement, who, bounded) } else { listed(statement, who).at_all() };
        return Naming { anyone: spared.not(), ..Naming::NOBODY };
    }
    listed(statement, who)
}

fn listed(statement: Statement<'_>, who: &Principal) -> Naming {
    statement.principals().fold(Naming::NOBODY, |naming, entry| naming.or(named_by(entry, who)))
}

/// Whether a Deny with `NotPrincipal` spares `who`: only when listed together with its account, and never with a permissions boundary
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>).
fn spared(statement: Statement<'_>, who: &Principal, bounded: bool) -> Truth {
    if bounded && who.account().is_some() {
        return Truth::False;
    }
    let naming = listed(statement, who);
    let itself = naming.direct.or(naming.role);
    let with_account = if who.account().is_some() && !who.is_root() { itself.and(naming.account) } else { itself.or(naming.account) };
    naming.anyone.or(with_account)
}

fn named_by(entry: PrincipalEntry<'_>, who: &Principal) -> Naming {
    let mut naming = Naming::NOBODY;
    let is = |own: &Text| equals(entry, entry.written(), own);
    match (entry.names(), who) {
        (Names::Everyone, _) => naming.anyone = Truth::True,
        (
            Names::Account,
            Principal::User { account: own, .. } | Principal::Session { account: own, .. } | Principal::Role { account: own, .. },
        ) => naming.account = entry.delegates_to().map_or(Truth::False, |account| equals(entry, account, own)),
        (Names::Session, Principal::Role { arn, .. }) => naming.direct = may_be_session_of(entry.written(), arn),
        (Names::User, Principal::User { arn: own, .. })
        | (Names::UniqueId, Principal::User { unique_id: Some(own), .. })
        | (Names::Session, Principal::Session { arn: own, .. })
        | (Names::Service, Principal::Service(own)) => naming.direct = is(own),
        (Names::Role, Principal::Session { role_arn: own, .. } | Principal::Role { arn: own, .. })
        | (Names::UniqueId, Principal::Session { unique_id: Some(own), .. } | Principal::Role { unique_id: Some(own), .. }) => {
            naming.role = is(own);
        }
        _ => {}
    }
    naming
}

/// Whether what an entry names is the same text.
fn equals(entry: PrincipalEntry<'_>, named: &str, own: &Text) -> Truth {
    match own.as_literal() {
        _ if entry.is_open() => Text::parse(named).equals(own),
        Some(own) => (named == own).into(),
        None => Text::literal(named).equals(own),
    }
}

/// A statement names one session of a role, and the role asks without saying in which session.
fn may_be_session_of(session: &str, role_arn: &Text) -> Truth {
    let role_part = session.rfind('/').map_or(session, |slash| &session[..slash]);
    let Some(arn) = role_arn.as_literal() else { return Truth::Unknown };
    let mut parts = arn.splitn(6, ':');
    let (Some(partition), Some(account), Some(resource)) = (parts.nth(1), parts.nth(2), parts.next()) else { return Truth::False };
    let name = resource.rsplit('/').next().unwrap_or(resource);
    let same = role_part == format!("arn:{partition}:sts::{account}:assumed-role/{name}");
    if same { Truth::Unknown } else { Truth::False }
}
