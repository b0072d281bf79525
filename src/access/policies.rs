//! Which policies apply to a question: those of the caller, those of the target, and the control policies of both accounts.

use std::collections::BTreeMap;

use super::control;
use super::estate::Estate;
use super::given;
use super::identities::OfIdentity;
use super::question::{Caller, Question, Scope, Target, Way};
use super::services::is_secrets_manager;
use crate::arn::Arn;
use crate::inventory::{Gap, Inventory, Known, NamedDocument};
use crate::policy::{Attached, Document, Label, PolicyKind, PolicySet};

/// The policies of one question, and for each that could not be read, the call that did not answer.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) set: PolicySet,
    pub(super) gaps: BTreeMap<Label, Gap>,
    /// What may allow beside the set, and denies nothing.
    pub(super) opening: Option<Attached>,
}

impl Gathered {
    fn readable(kind: PolicyKind, name: &str, document: &Document) -> Attached {
        Attached::document(kind, name, document.clone())
    }

    /// A policy that may be there and may say anything, because `gap` did not answer.
    fn unreadable(&mut self, kind: PolicyKind, name: &str, gap: &Gap) -> Attached {
        let attached = Attached::unreadable(kind, name);
        self.gaps.insert(attached.label.clone(), gap.clone());
        attached
    }

    /// What a role or user has.
    fn add(&mut self, of_identity: &OfIdentity) {
        self.gaps.extend(of_identity.gaps.iter().cloned());
        self.set.identity.extend(of_identity.policies.iter().cloned());
        self.set.boundary.clone_from(&of_identity.boundary);
    }

    /// The documents of `owner`, or one unreadable policy in their place.
    fn resource_policies(&mut self, owner: impl Fn() -> String, policies: Known<&Vec<NamedDocument>>) {
        match policies {
            Known::Value(named) => {
                let label =
                    |policy: &NamedDocument| if policy.name == "default" { owner() } else { format!("{} {}", policy.name, owner()) };
                self.set.resource.extend(named.iter().map(|policy| Self::readable(PolicyKind::Resource, &label(policy), &policy.document)));
            }
            Known::Unreadable(gap) => {
                let attached = self.unreadable(PolicyKind::Resource, &owner(), &gap);
                self.set.resource.push(attached);
            }
        }
    }
}

/// Gathers what applies to `question`.
pub(super) fn gather(inventory: &Estate<'_>, question: &Question) -> Gathered {
    let mut gathered = Gathered::default();
    if let Caller::Function { way, .. } = &question.caller
        && question.scope != Scope::BesideEndpoint
    {
        endpoint_policy(&mut gathered, inventory, &question.action, way);
    }
    if question.scope == Scope::Endpoint {
        return gathered;
    }
    match &question.caller {
        Caller::Function { role, .. } | Caller::Forwarded { role, .. } => {
            gathered.add(&inventory.of_identity(role));
            service_control_policies(&mut gathered, inventory, role);
        }
        Caller::Principal { arn } => {
            if matches!(inventory.identity(arn), Known::Value(None)) {
                gathered.add(&OfIdentity::unread(arn, "the account has no such role or user"));
            } else {
                gathered.add(&inventory.of_identity(arn));
            }
            service_control_policies(&mut gathered, inventory, arn);
        }
        Caller::Outsider { account } => {
            gathered.set.identity.push(given::administrator(account.as_str()));
        }
        Caller::Grantee { grant } => policies_of_grantee(&mut gathered, inventory, &question.target, grant),
        Caller::Service { .. } => {}
    }
    target_policies(&mut gathered, inventory, question);
    resource_control_policies(&mut gathered, inventory, question);
    gathered
}

/// What denies a grantee who is a role of an account that was read. Elsewhere nobody but the grantee's own administrators denies it anything.
fn policies_of_grantee(gathered: &mut Gathered, inventory: &Estate<'_>, target: &Target, id: &str) {
    let grants = target.arn().map(|arn| inventory.key(arn).and_then(|key| key.grants.as_ref()));
    let grant = grants.as_ref().and_then(Known::value).and_then(|grants| grants.iter().find(|grant| grant.id == id));
    let Some(role) = grant.and_then(|grant| Arn::parse(grant.grantee.as_deref()?).ok()) else { return };
    if matches!(inventory.role(&role), Known::Value(Some(_))) {
        gathered.add(&inventory.of_identity(&role));
        service_control_policies(gathered, inventory, &role);
    }
}

/// The policy of the endpoint that the call goes through. A forwarded call goes through none.
fn endpoint_policy(gathered: &mut Gathered, inventory: &Inventory, action: &str, way: &Way) {
    let Way::Endpoint { place, id, .. } = way else { return };
    if !is_secrets_manager(action) {
        return;
    }
    let name = format!("of endpoint {id}");
    let policy = inventory.endpoint(place, id).and_then(|endpoint| match &endpoint.policy {
        Some(document) => Known::Value(document),
        None => Known::Unreadable(Gap::new("ec2:DescribeVpcEndpoints", id, "the endpoint's policy was not shown")),
    });
    let attached = match policy {
        Known::Value(document) => Gathered::readable(PolicyKind::Endpoint, &name, document),
        Known::Unreadable(gap) => gathered.unreadable(PolicyKind::Endpoint, &name, &gap),
    };
    gathered.set.endpoint = Some(vec![attached]);
}

/// The policies of one type that reach an account: none where nobody asked for them, which is taken as allowing everything.
fn control_policies(gathered: &mut Gathered, inventory: &Inventory, account: &str, kind: PolicyKind) -> Vec<Vec<Attached>> {
    let of_account = inventory.accounts.get(account).filter(|account| account.is_under_control_policies());
    let Some(policies) = of_account.and_then(|account| account.control_policies.as_ref()) else { return Vec::new() };
    match if kind == PolicyKind::Scp { &policies.service } else { &policies.resource } {
        Known::Value(levels) => levels
            .iter()
            .map(|level| level.iter().map(|policy| Gathered::readable(kind, &policy.name, &policy.document)).collect())
            .collect(),
        Known::Unreadable(gap) => vec![vec![gathered.unreadable(kind, &format!("of account {account}"), gap)]],
    }
}

/// What service control policies say of a role or user.
fn service_control_policies(gathered: &mut Gathered, inventory: &Inventory, principal: &Arn) {
    if control::binds_principal(principal) {
        gathered.set.scps = control_policies(gathered, inventory, principal.account(), PolicyKind::Scp);
    }
}

/// What resource control policies say of a request, whoever makes it.
fn resource_control_policies(gathered: &mut Gathered, inventory: &Inventory, question: &Question) {
    let account = question.target.account();
    if inventory.accounts.get(account).is_some_and(|account| account.control_policies.is_some()) && control::reaches_request(question) {
        gathered.set.rcps = control_policies(gathered, inventory, account, PolicyKind::Rcp);
    }
}

fn target_policies(gathered: &mut Gathered, inventory: &Estate<'_>, question: &Question) {
    match &question.target {
        Target::Secret(arn) => secret_policies(gathered, inventory, &question.caller, arn),
        Target::ImaginedSecret { arn, .. } => {
            if inventory.is_stranger(arn.account()) {
                gathered.set.resource.push(given::open_to_all(&format!("that the owner of {} wrote", arn.name())));
            }
        }
        Target::Function(arn) => function_policy(gathered, inventory, arn),
        Target::Key(arn) => {
            let policies = inventory.key(arn).and_then(|key| key.policies.as_ref());
            gathered.resource_policies(|| format!("of key {}", arn.name()), policies);
        }
        Target::ManagedKey { account, region } => gathered.set.resource.push(inventory.managed_key(account, region)),
        Target::ImaginedKey(arn) => {
            let stranger = inventory.is_stranger(arn.account());
            let policy = if stranger {
                given::open_to_all(&format!("that the owner of key {} wrote", arn.name()))
            } else {
                inventory.default_key(arn)
            };
            gathered.set.resource.push(policy);
        }
        Target::Role(arn) => match inventory.role(arn) {
            Known::Value(Some(role)) if question.action.starts_with("sts:") => {
                let name = format!("(trust policy) of role {}", arn.name());
                gathered.set.resource.push(Gathered::readable(PolicyKind::Resource, &name, &role.trust));
            }
            Known::Unreadable(gap) if question.action.starts_with("sts:") => {
                let attached = gathered.unreadable(PolicyKind::Resource, &format!("(trust policy) of role {}", arn.name()), &gap);
                gathered.set.resource.push(attached);
            }
            _ => {}
        },
        Target::Other(_) | Target::Nothing { .. } => {}
    }
}

fn secret_policies(gathered: &mut Gathered, inventory: &Inventory, caller: &Caller, arn: &Arn) {
    let secret = inventory.secrets.get(arn);
    let policies = match secret {
        Some(secret) => secret.policies.as_ref(),
        None => Known::Unreadable(Gap::not_collected("secretsmanager:GetResourcePolicy", arn.as_str())),
    };
    gathered.resource_policies(|| format!("of secret {}", arn.name()), policies);
    // Beside the default policy a secret has only what Secrets Manager attaches to a replica, so that another account can write to it; that denies nobody anything, and
    // is not about the secret's own account (https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_cross-account-replication.html).
    let unlisted = secret.and_then(|secret| secret.policies_listed.as_ref()).and_then(Known::gap);
    if let Some(gap) = unlisted.filter(|_| is_elsewhere(caller, arn.account())) {
        let attached = gathered.unreadable(PolicyKind::Resource, &format!("(other than default) of secret {}", arn.name()), gap);
        gathered.opening = Some(attached);
    }
}

/// Whether a caller is of another account than `account`, or may be.
fn is_elsewhere(caller: &Caller, account: &str) -> bool {
    match caller {
        Caller::Function { role: arn, .. } | Caller::Forwarded { role: arn, .. } | Caller::Principal { arn } => arn.account() != account,
        Caller::Service { .. } | Caller::Outsider { .. } | Caller::Grantee { .. } => true,
    }
}

/// The policy of the function itself, for a call of one of its versions or aliases.
pub(super) fn function_level(inventory: &Inventory, arn: &Arn) -> Gathered {
    let mut gathered = Gathered::default();
    function_policy(&mut gathered, inventory, arn);
    gathered
}

fn function_policy(gathered: &mut Gathered, inventory: &Inventory, arn: &Arn) {
    let (_, qualifier) = arn.split_qualifier();
    let name = || format!("of function {}", arn.name());
    let policy = inventory.function(arn).and_then(|function| match function.policy(qualifier) {
        Some(policy) => policy.as_ref(),
        None => Known::Unreadable(Gap::not_collected("lambda:GetPolicy", arn.as_str())),
    });
    match policy {
        Known::Value(Some(document)) => gathered.set.resource.push(Gathered::readable(PolicyKind::Resource, &name(), document)),
        Known::Value(None) => {}
        Known::Unreadable(gap) => {
            let attached = gathered.unreadable(PolicyKind::Resource, &name(), &gap);
            gathered.set.resource.push(attached);
        }
    }
}
