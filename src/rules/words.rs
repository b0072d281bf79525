//! The vocabulary of requests in rule files: who asks, on what, and with what in the context. The loader reads these words, `requests` turns them
//! into questions.

use schemars::JsonSchema;
use serde::Deserialize;

/// Who makes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Asker {
    /// The code of the rotation function, in a session of its execution role.
    ExecutionRole,
    /// The same, where the policy of the VPC endpoint on the way has a say and no other.
    ExecutionRoleAtEndpoint,
    /// Lambda in a session of the execution role: how it attaches the function to its VPC.
    LambdaAsExecutionRole,
    /// Secrets Manager on behalf of the execution role: how it uses the secret's key.
    SecretsManagerForExecutionRole,
    /// Secrets Manager, on account of this secret.
    SecretsManager,
    /// Secrets Manager, on account of another secret of the same account.
    SecretsManagerForAnotherSecret,
    /// Secrets Manager, on account of a secret that somebody in a foreign account made for this purpose.
    SecretsManagerForAnotherAccount,
    /// The role through which a managed external secret rotates.
    ExternalRole,
    /// Lambda, which starts the function.
    Lambda,
    /// Any AWS service but Secrets Manager.
    AnotherService,
    /// A role in a foreign account and organization, whose owner lets it do everything there.
    AnotherAccount,
    /// Somebody outside whom a policy names and nobody trusts: a role or user by its ARN, or any role of an account by its id. And a stranger whom none names.
    UntrustedAccount,
    /// Secrets Manager, on account of a secret in such an account.
    SecretsManagerForUntrustedAccount,
    /// Each grantee of a grant on the secret's key, with nothing but that grant.
    Grantees,
    /// Every role and user of the inventory but administrators, service-linked roles and the rotation's own role, and every other account that the resource's policy lets in.
    OtherPrincipals,
    /// Those of them whom only the resource's own policy lets in.
    PrincipalsLetIn,
    /// Those of the other principals to whom it gives what nobody meant them to have: not pipelines, nor whoever may read the secret, and what it rotates with, anyway, nor whom the policy of
    /// the key that it is about names for it.
    PrincipalsWhoGain,
    /// The rest of them: pipelines, and whoever may read the secret anyway.
    PrincipalsWhoGainNothing,
}

impl Asker {
    /// Whether it is everybody beside the rotation.
    pub(crate) fn is_others(self) -> bool {
        matches!(self, Self::OtherPrincipals | Self::PrincipalsLetIn | Self::PrincipalsWhoGain | Self::PrincipalsWhoGainNothing)
    }
}

/// Where a path leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Destination {
    /// The API of Secrets Manager.
    SecretsManager,
    /// What the secret opens.
    Target,
    /// Another service of AWS that the template calls from which the function was made.
    TemplateService,
}

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Object {
    /// The secret that rotates.
    Secret,
    /// A secret of the same account and region that does not exist yet and has no rotation function.
    AnotherSecret,
    /// Every secret of the inventory that this function does not rotate. Only what the caller's own policies allow counts: whom such a secret lets in is its fault.
    EveryOtherSecret,
    /// Those of them that no policy of the execution role names in full, but the master secrets with which rotations of this function log in.
    OtherSecretsNotNamed,
    /// Those of them that a policy of the execution role names in full, but the same.
    OtherSecretsNamed,
    /// Each master secret of the inventory with which none of the rotations of this function logs in, as people told. Only what the caller's own policies allow counts.
    OtherMasters,
    /// The master secret with which this rotation logs in, as people told.
    Master,
    /// The key of that secret.
    MasterKey,
    /// A secret in a foreign account, whose owner has set this function as its rotation function.
    ForeignSecret,
    /// The function, by the ARN that the secret names.
    Function,
    /// The function, without version or alias.
    FunctionItself,
    /// The secret's key.
    Key,
    /// A key of the same account and region that is not in the inventory, under the default key policy.
    AnotherKey,
    /// A key in a foreign account that admits everybody.
    ForeignKey,
    /// The execution role.
    Role,
    /// Each customer managed policy that is attached to the execution role.
    RolePolicies,
    /// A role of the execution role's account that is not in the inventory.
    AnyRole,
    /// A managed policy of the execution role's account that is not in the inventory.
    AnyPolicy,
    /// A function of the execution role's account that is not in the inventory.
    AnyFunction,
    /// A network interface of the function's account and region.
    NetworkInterface,
    /// Each subnet that the function is attached to.
    FunctionSubnets,
    /// Each security group of the function.
    FunctionSecurityGroups,
    /// The VPC endpoint that the rule looks at.
    Endpoint,
    /// Nothing: for actions that know no resource.
    Nothing,
}

impl Object {
    /// Whether it is secrets that this function does not rotate.
    pub(crate) fn is_other_secrets(self) -> bool {
        matches!(self, Self::EveryOtherSecret | Self::OtherSecretsNamed | Self::OtherSecretsNotNamed | Self::OtherMasters)
    }
}

/// A value under `with` that stands for something of the rotation. Every other value is taken as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stand {
    /// The secret's ARN.
    ThisSecret,
    /// The ARN of a secret that is not this one: the imagined one, and those under the same key that the function does not rotate.
    AnotherSecret,
    /// The ARN of the foreign secret.
    ForeignSecret,
    /// The id of the version that a rotation makes, which is new each time.
    NewVersion,
    /// The ARN of a function that does not exist yet.
    AnotherFunction,
}

impl Stand {
    /// Every such word.
    pub(crate) const ALL: [(&'static str, Self); 5] = [
        ("this-secret", Self::ThisSecret),
        ("another-secret", Self::AnotherSecret),
        ("foreign-secret", Self::ForeignSecret),
        ("new-version", Self::NewVersion),
        ("another-function", Self::AnotherFunction),
    ];

    /// The meaning of `word`, if it is one.
    pub(crate) fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find_map(|(name, stand)| (name == word).then_some(stand))
    }
}
