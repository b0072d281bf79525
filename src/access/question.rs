//! The questions that rotations and rules ask: who asks for which action on what, with which further context keys. Questions
//! are data: two equal ones have the same answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use ipnet::IpNet;

use super::names::named;
use crate::arn::{AccountId, Arn, Partition};
use crate::policy::Entry;

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Caller {
    /// The code of a function, in a session of its execution role.
    Function {
        /// The execution role.
        role: Arn,
        /// The function, by the ARN under which it is invoked, qualified or not.
        function: Arn,
        /// How its calls get to Secrets Manager.
        way: Way,
    },
    /// Secrets Manager on behalf of that role (a forward access session), which is how it calls KMS
    /// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html>).
    Forwarded {
        /// The execution role.
        role: Arn,
        /// The function, by the ARN under which it is invoked, qualified or not.
        function: Arn,
    },
    /// An AWS service with its own identity, on account of some resource.
    Service {
        /// The service principal, such as `secretsmanager.amazonaws.com`.
        name: Arc<str>,
        /// The resource for which it calls (`aws:SourceArn`, and its account as `aws:SourceAccount`); `None` when AWS does not
        /// document whether the service says so.
        source: Option<Arn>,
    },
    /// A role (some session of it) or a user of the inventory, who makes a call of their own from anywhere. A session is taken to have no session policy.
    Principal {
        /// Its own ARN, with the path.
        arn: Arn,
    },
    /// Somebody in another account and organization, who may do there whatever they like.
    Outsider {
        /// Their account.
        account: AccountId,
    },
    /// The grantee of a grant on the target key, who has no other permission.
    Grantee {
        /// The grant's id.
        grant: Arc<str>,
    },
}

impl Caller {
    /// Who asks, in words.
    pub fn in_words(&self) -> String {
        match self {
            Self::Function { role, .. } => format!("execution role {}", role.name()),
            Self::Forwarded { role, .. } => format!("Secrets Manager on behalf of execution role {}", role.name()),
            Self::Service { name, source: Some(source) } => format!("{name} for {}", named(source)),
            Self::Service { name, source: None } => name.to_string(),
            Self::Principal { arn } => named(arn),
            Self::Outsider { account } => format!("a role in account {account}"),
            Self::Grantee { grant } => format!("the grantee of grant {grant}"),
        }
    }
}

/// How the calls of a function's code get to Secrets Manager, and so which keys of the network they carry.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// Nobody can tell.
    #[default]
    Unknown,
    /// From a public address that nobody can foretell, whatever AWS service they go to: the function is not attached to a VPC.
    Outside,
    /// From a public address, out of a VPC. Calls to other services may go another way.
    Public,
    /// Through an interface endpoint. Calls to other services may go another way.
    Endpoint {
        /// The account and region whose network holds it, as the inventory names them (`111122223333/eu-west-1`).
        place: Arc<str>,
        /// Its id.
        id: Arc<str>,
        /// The ranges in which the function's own address lies.
        from: Vec<IpNet>,
    },
}

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A secret of the inventory.
    Secret(Arn),
    /// A secret that is not in the inventory: what its owner may have made. In an account of the inventory it has no policy; in a stranger's it has one that
    /// admits everybody.
    ImaginedSecret {
        /// Its ARN.
        arn: Arn,
        /// The rotation function that its owner has set on it.
        rotation_function: Option<Arn>,
    },
    /// A function, by the ARN that the caller uses, qualified or not.
    Function(Arn),
    /// A key of the inventory.
    Key(Arn),
    /// The key `aws/secretsmanager` of an account and region.
    ManagedKey {
        /// The account's id.
        account: Arc<str>,
        /// The region.
        region: Arc<str>,
    },
    /// A key that is not in the inventory. In an account of the inventory it has the default key policy; in a stranger's it has one that admits everybody.
    ImaginedKey(Arn),
    /// A role.
    Role(Arn),
    /// Something else that has no policy of its own, such as a network interface.
    Other(Arn),
    /// No resource: the action knows none, and only `Resource: "*"` covers it.
    Nothing {
        /// The id of the account in which it is asked.
        account: Arc<str>,
        /// The region in which it is asked.
        region: Arc<str>,
    },
}

impl Target {
    /// The ARN, if the target has one.
    pub fn arn(&self) -> Option<&Arn> {
        match self {
            Self::Secret(arn)
            | Self::ImaginedSecret { arn, .. }
            | Self::Function(arn)
            | Self::Key(arn)
            | Self::ImaginedKey(arn)
            | Self::Role(arn)
            | Self::Other(arn) => Some(arn),
            Self::ManagedKey { .. } | Self::Nothing { .. } => None,
        }
    }

    /// The account that owns it.
    pub fn account(&self) -> &str {
        match self {
            Self::ManagedKey { account, .. } | Self::Nothing { account, .. } => account,
            _ => self.arn().map_or("", Arn::account),
        }
    }

    /// The name of the partition that it lies in.
    pub fn partition(&self) -> &str {
        match self {
            Self::ManagedKey { region, .. } | Self::Nothing { region, .. } => Partition::of_region(region).name(),
            _ => self.arn().map_or("aws", Arn::partition_name),
        }
    }

    /// The region that the request goes to; empty for IAM.
    pub fn region(&self) -> &str {
        match self {
            Self::ManagedKey { region, .. } | Self::Nothing { region, .. } => region,
            _ => self.arn().map_or("", Arn::region),
        }
    }
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question {
    /// Who asks.
    pub caller: Caller,
    /// The IAM action.
    pub action: Arc<str>,
    /// On what.
    pub target: Target,
    /// Context keys of this request, beside those that follow from caller and target.
    pub context: BTreeMap<Arc<str>, Entry>,
    /// Which policies have a say.
    pub scope: Scope,
}

/// Which policies have a say in a question. A finding about one link of the chain asks of that link alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// All, as AWS decides.
    #[default]
    Everything,
    /// All, but of what is allowed only what the caller's own identity policies allow. Whom a resource's policy lets in is that resource's fault.
    OwnPermissions,
    /// All but the policy of the VPC endpoint on the way.
    BesideEndpoint,
    /// The policy of the VPC endpoint on the way, and no other.
    Endpoint,
}

impl Question {
    /// `caller` asks for `action` on `target`.
    pub fn new(caller: Caller, action: impl Into<Arc<str>>, target: Target) -> Self {
        Self { caller, action: action.into(), target, context: BTreeMap::new(), scope: Scope::Everything }
    }

    /// The same, where these policies have a say.
    #[must_use]
    pub fn within(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// The same with one more context key.
    #[must_use]
    pub fn with(mut self, key: &str, entry: Entry) -> Self {
        self.context.insert(key.into(), entry);
        self
    }
}
