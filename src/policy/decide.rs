//! The decision: which statements match, and what follows from it.
//!
//! Order: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>; across accounts:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>; KMS keys:
//! <https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html>.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::matching::Question;
use super::model::{Condition, Statement};
use super::naming::Naming;
use super::request::Request;
use super::rows::Effect;
use super::set::{Attached, PolicyKind, PolicySet};
use super::truth::Truth;

/// The answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Surely allowed.
    Allowed,
    /// Surely denied, by a statement that denies it.
    ExplicitDeny,
    /// Surely denied; no statement that surely matches says so, but nothing allows it.
    ImplicitDeny,
    /// It hangs on something that nobody knows.
    Undecided,
}

impl Decision {
    /// Denied in either way.
    pub fn is_denied(self) -> bool {
        matches!(self, Self::ExplicitDeny | Self::ImplicitDeny)
    }

    /// The word that case files and reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ExplicitDeny => "explicit_deny",
            Self::ImplicitDeny => "implicit_deny",
            Self::Undecided => "undecided",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the resource's own policies allow, by how they name who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceAllows {
    /// By the ARN of the user or session, as a service, or as `*` with a condition on `aws:PrincipalArn`.
    pub direct: Truth,
    /// By the ARN of the role: boundary and session policies still limit it.
    pub role: Truth,
    /// By a bare `*`, which no boundary or session policy limits either: `*` names the session itself.
    pub anyone: Truth,
    /// By the account, which leaves it to the account's own policies.
    pub account: Truth,
}

impl ResourceAllows {
    /// In any of the ways.
    pub fn in_any_way(self) -> Truth {
        self.direct.or(self.role).or(self.anyone).or(self.account)
    }
}

impl From<Naming> for ResourceAllows {
    fn from(naming: Naming) -> Self {
        let Naming { direct, role, anyone, account } = naming;
        Self { direct, role, anyone, account }
    }
}

/// What each kind of policy says, and what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evaluation {
    /// Some statement of any kind denies.
    pub deny: Truth,
    /// Every level of service control policies allows.
    pub scps: Truth,
    /// Resource control policies allow; always so, as they work by their denials alone.
    pub rcps: Truth,
    /// The endpoint policy allows, or there is none.
    pub endpoint: Truth,
    /// Identity policies allow; the root user needs none in its own account.
    pub identity: Truth,
    /// The boundary allows, or there is none.
    pub boundary: Truth,
    /// The session policies allow, or there are none.
    pub session: Truth,
    /// What the resource's policies allow.
    pub resource: ResourceAllows,
    /// Identity and resource side together grant it, before denials and outer limits.
    pub granted: Truth,
    pub(super) sides: Sides,
}

/// How the side of who asks and the side of the resource stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sides {
    /// Both belong to one account; `None` when who asks has no account, and so no policies of its own.
    pub(super) same_account: Option<Truth>,
    /// Identity policies count only as far as the resource's policy leaves it to the account.
    pub(super) delegated: bool,
    /// The action is allowed whatever the policies say.
    pub(super) always: bool,
}

impl Evaluation {
    /// The answer.
    pub fn decision(&self) -> Decision {
        self.conclude(self.granted)
    }

    /// The answer when a KMS grant allows the request as well: a third source beside key policy and identity policies, under the same denials and outer limits
    /// (<https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html>). Whether a grant also lifts an implicit denial by a boundary or session
    /// policy is documented nowhere, so then the answer is undecided.
    pub fn with_grant(&self, grant: Truth) -> Decision {
        let limited = self.limits().or(Truth::Unknown);
        self.conclude(self.granted.or(grant.and(limited)))
    }

    /// Whether the answer is Allowed only because a bare `*` in a resource policy is not limited by the implicit denial of a boundary or session policy.
    /// AWS documents that for `*` together with a condition on `aws:PrincipalArn`; that a bare `*` names the session just as directly is the reading here.
    pub fn leans_on_bare_star(&self) -> bool {
        let limits = self.limits();
        let ResourceAllows { direct, role, .. } = self.resource;
        self.decision() == Decision::Allowed && !limits.is_true() && !direct.or(role.and(limits)).is_true()
    }

    /// What identity and resource side together grant.
    pub(super) fn grants(&self) -> Truth {
        match self.sides.same_account {
            None => self.resource.in_any_way(),
            Some(Truth::True) => self.within_account(),
            Some(Truth::False) => self.across_accounts(),
            Some(Truth::Unknown) => self.within_account().agree(self.across_accounts()),
        }
    }

    /// Either side suffices; boundary and session policies limit the identity side and what is granted to a role.
    fn within_account(&self) -> Truth {
        let ResourceAllows { direct, role, anyone, account } = self.resource;
        let identity = if self.sides.delegated { self.identity.and(account) } else { self.identity };
        direct.or(anyone).or(role.or(identity).and(self.limits()))
    }

    /// Both sides are needed.
    fn across_accounts(&self) -> Truth {
        self.identity.and(self.limits()).and(self.resource.in_any_way())
    }

    /// Boundary and session policies, which never grant.
    fn limits(&self) -> Truth {
        self.boundary.and(self.session)
    }

    fn conclude(&self, granted: Truth) -> Decision {
        if self.sides.always {
            return Decision::Allowed;
        }
        if self.deny.is_true() {
            return Decision::ExplicitDeny;
        }
        match granted.and(self.scps).and(self.rcps).and(self.endpoint) {
            Truth::False => Decision::ImplicitDeny,
            Truth::True if self.deny.is_false() => Decision::Allowed,
            _ => Decision::Undecided,
        }
    }
}

/// Answers one request from the policies that have a say in it.
pub fn evaluate(request: &Request, policies: &PolicySet) -> Evaluation {
    let question = Question { request, bounded: policies.boundary.is_some() };
    let mut deny = Truth::False;
    let mut allows = |attached: &[Attached], kind| {
        let said = said_by(question, attached, kind, deny);
        deny = said.denied;
        said.allowed
    };
    let identity = allows(&policies.identity, PolicyKind::Identity);
    let boundary = policies.boundary.as_ref().map_or(Truth::True, |attached| allows(attached, PolicyKind::Boundary));
    let session = policies.session.as_ref().map_or(Truth::True, |attached| allows(attached, PolicyKind::Session));
    let endpoint = policies.endpoint.as_ref().map_or(Truth::True, |attached| allows(attached, PolicyKind::Endpoint));
    let scps = policies.scps.iter().fold(Truth::True, |all, level| all.and(allows(level, PolicyKind::Scp)));
    for level in &policies.rcps {
        allows(level, PolicyKind::Rcp);
    }
    let (naming, deny) = said_by_resource(question, &policies.resource, deny);
    let identity = if request.principal.is_root() { Truth::True } else { identity };
    let resource = naming.into();
    let sides = sides(request, policies);
    let mut evaluation =
        Evaluation { deny, scps, rcps: Truth::True, endpoint, identity, boundary, session, resource, granted: Truth::False, sides };
    evaluation.granted = evaluation.grants();
    evaluation
}

/// Whether some identity policy or resource policy may allow the request, whatever it carries under its condition keys. Where none does, it is denied, and nobody has to find
/// out what it carries. Policies that could not be read may allow anything.
pub fn may_allow(request: &Request, policies: &PolicySet) -> bool {
    let question = Question { request, bounded: policies.boundary.is_some() };
    let may = |attached: &Attached, kind: PolicyKind| {
        let Some(policy) = attached.policy() else { return true };
        policy.statements().any(|statement| statement.effect() == Effect::Allow && relevant(question, statement, kind))
    };
    let identity = || request.principal.is_root() || policies.identity.iter().any(|attached| may(attached, PolicyKind::Identity));
    let resource = || policies.resource.iter().any(|attached| may(attached, PolicyKind::Resource));
    let sides = sides(request, policies);
    sides.always
        || match sides.same_account {
            None => resource(),
            Some(Truth::False) => resource() && identity(),
            Some(Truth::True | Truth::Unknown) => identity() || resource(),
        }
}

/// Whether a statement may match the request, whatever it carries under its condition keys.
pub(super) fn relevant(question: Question<'_>, statement: Statement<'_>, kind: PolicyKind) -> bool {
    !question.action(statement).is_false()
        && !question.resource(statement, kind).is_false()
        && (!kind.has_principals() || !question.principal(statement).at_all().is_false())
}

/// What the policies of one kind say of a request, the denials of those before them included.
struct Said {
    allowed: Truth,
    denied: Truth,
}

fn said_by(question: Question<'_>, attached: &[Attached], kind: PolicyKind, denied: Truth) -> Said {
    let mut said = Said { allowed: Truth::False, denied };
    for attached in attached {
        let Some(policy) = attached.policy() else {
            said.allowed = said.allowed.or(Truth::Unknown);
            said.denied = said.denied.or(Truth::Unknown);
            continue;
        };
        for statement in policy.statements() {
            // A second sure yes adds nothing to the first.
            let known = if statement.effect().denies() { said.denied } else { said.allowed };
            if known.is_true() {
                continue;
            }
            let matched = matched(question, statement, kind);
            match statement.effect() {
                Effect::Allow => said.allowed = said.allowed.or(matched),
                Effect::Deny => said.denied = said.denied.or(matched),
            }
        }
    }
    said
}

/// Whether a statement of a policy of this kind matches.
pub(super) fn matched(question: Question<'_>, statement: Statement<'_>, kind: PolicyKind) -> Truth {
    let matched = question.but_principal(statement, kind);
    if matched.is_false() || !kind.has_principals() { matched } else { matched.and(question.principal(statement).at_all()) }
}

fn said_by_resource(question: Question<'_>, attached: &[Attached], mut denied: Truth) -> (Naming, Truth) {
    let mut allowed = Naming::NOBODY;
    for attached in attached {
        let Some(policy) = attached.policy() else {
            allowed = allowed.or(Naming::each(Truth::Unknown));
            denied = denied.or(Truth::Unknown);
            continue;
        };
        for statement in policy.statements() {
            if statement.effect().denies() && denied.is_true() {
                continue;
            }
            let matched = question.but_principal(statement, PolicyKind::Resource);
            if matched.is_false() {
                continue;
            }
            let naming = question.principal(statement).and(matched);
            match statement.effect() {
                Effect::Allow => allowed = allowed.or(by_condition(statement, naming)),
                Effect::Deny => denied = denied.or(naming.at_all()),
            }
        }
    }
    (allowed, denied)
}

/// `*` with a condition on `aws:PrincipalArn` counts as naming the principal itself
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles>).
pub(super) fn by_condition(statement: Statement<'_>, naming: Naming) -> Naming {
    let named = |condition: Condition<'_>| condition.key().eq_ignore_ascii_case("aws:PrincipalArn") && !condition.is_negated();
    if naming.anyone.is_false() || !statement.conditions().any(named) {
        return naming;
    }
    Naming { direct: naming.direct.or(naming.anyone), anyone: Truth::False, ..naming }
}

fn sides(request: &Request, policies: &PolicySet) -> Sides {
    let same_account =
        request.principal.account().map(|own| request.resource_account.as_ref().map_or(Truth::Unknown, |owner| own.equals(owner)));
    // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    let always = &*request.action == "sts:getcalleridentity";
    Sides { same_account, delegated: needs_delegation(request, policies), always }
}

/// A KMS key's policy and a role's trust policy decide alone: identity policies count only as far as they leave it to the account
/// (<https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>). Aliases and requests for no key at all follow the usual rule.
/// Every key and every role has such a policy; a question about a role that lists none is one in which it plays no part.
fn needs_delegation(request: &Request, policies: &PolicySet) -> bool {
    if request.action.starts_with("kms:") {
        return !request.wildcard_only
            && request.resource.as_literal() != Some("*")
            && !request.resource.literal_prefix().contains(":alias/");
    }
    let assumes = request.action.starts_with("sts:assumerole") || matches!(&*request.action, "sts:tagsession" | "sts:setsourceidentity");
    assumes && !policies.resource.is_empty()
}
