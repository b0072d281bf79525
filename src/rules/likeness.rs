//! Which rotations a rule cannot tell apart: those of one function, where the rule looks at nothing of the secret. The runner asks, and evaluates such a rule for the
//! first of them alone.

use std::sync::Arc;

use super::fields::{Focus, View};
use super::foreign::Surroundings;
use super::rule::{Given, Request, Rule};
use super::words::{Asker, Object, Stand};
use crate::finding::About;
use crate::rotation::Rotation;

/// The beginnings of the fields that are the same for all rotations of a function.
const OF_FUNCTION: [&str; 3] = ["function.", "role.", "trusted."];

/// What a rule looks at.
pub(super) struct Likeness {
    /// Nothing of the secret but where it lies.
    past_secrets: bool,
    /// Outsiders, who are chosen by the policies around the rotation.
    outsiders: bool,
}

impl Likeness {
    /// That of this rule.
    pub(super) fn of(rule: &Rule) -> Self {
        let assertions = &rule.assertions;
        let requests = || assertions.unless.iter().chain(assertions.requests());
        let mut fields = rule.when.iter().chain(&assertions.expect).flat_map(|expression| expression.fields());
        let past_secrets = assertions.path.is_none()
            && rule.info.about != About::Endpoint
            && fields.all(|field| OF_FUNCTION.iter().any(|beginning| field.starts_with(beginning)))
            && requests().all(looks_past_secret);
        Self { past_secrets, outsiders: requests().any(Request::is_foreign) }
    }

    /// Whether the rule says the same of both.
    pub(super) fn is_between(&self, one: &View<'_>, other: &View<'_>) -> bool {
        self.past_secrets && are_of_one_function(one.rotation, other.rotation) && are_whole(one, other) && self.meet_the_same(one, other)
    }

    fn meet_the_same(&self, one: &View<'_>, other: &View<'_>) -> bool {
        !self.outsiders || Surroundings::of(one).is_some_and(|one| Surroundings::of(other).is_some_and(|other| one == other))
    }
}

/// Whether who asks, for what and with what is the same for all rotations of a function whose secrets lie in one place.
fn looks_past_secret(request: &Request) -> bool {
    let asker = match request.asker {
        Asker::ExecutionRole
        | Asker::LambdaAsExecutionRole
        | Asker::Lambda
        | Asker::SecretsManagerForAnotherSecret
        | Asker::SecretsManagerForAnotherAccount
        | Asker::SecretsManagerForUntrustedAccount
        | Asker::AnotherService
        | Asker::AnotherAccount
        | Asker::UntrustedAccount
        | Asker::OtherPrincipals
        | Asker::PrincipalsLetIn => true,
        // Who gains by something hangs on who may read the secret.
        Asker::PrincipalsWhoGain
        | Asker::PrincipalsWhoGainNothing
        | Asker::ExecutionRoleAtEndpoint
        | Asker::SecretsManagerForExecutionRole
        | Asker::SecretsManager
        | Asker::ExternalRole
        | Asker::Grantees => false,
    };
    let object = match request.object {
        Object::Function
        | Object::FunctionItself
        | Object::Role
        | Object::RolePolicies
        | Object::AnyRole
        | Object::AnyPolicy
        | Object::AnyFunction
        | Object::AnotherSecret
        | Object::AnotherKey
        | Object::ForeignSecret
        | Object::ForeignKey
        | Object::EveryOtherSecret
        | Object::OtherSecretsNamed
        | Object::OtherSecretsNotNamed
        | Object::OtherMasters
        | Object::NetworkInterface
        | Object::FunctionSubnets
        | Object::FunctionSecurityGroups
        | Object::Nothing => true,
        Object::Secret | Object::Master | Object::MasterKey | Object::Key | Object::Endpoint => false,
    };
    let given = |given: &Given| match given {
        Given::Literal(_) | Given::Stand(Stand::NewVersion | Stand::AnotherFunction | Stand::ForeignSecret) => true,
        Given::Stand(Stand::ThisSecret | Stand::AnotherSecret) => false,
    };
    asker && object && request.context.values().all(given)
}

/// Whether both rotate through one function, by one ARN and on one path, for secrets in one place: then all that they hang on beside secret and key is the same.
fn are_of_one_function(one: &Rotation<'_>, other: &Rotation<'_>) -> bool {
    let (secret, another) = (&one.secret.arn, &other.secret.arn);
    let one_place =
        secret.partition_name() == another.partition_name() && secret.region() == another.region() && secret.account() == another.account();
    let one_path = match (&one.connections, &other.connections) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        (None, None) => true,
        _ => false,
    };
    one.is_lambda() && other.is_lambda() && one.function_arn.is_some() && one.function_arn == other.function_arn && one_path && one_place
}

fn are_whole(one: &View<'_>, other: &View<'_>) -> bool {
    [one, other].iter().all(|view| matches!(view.focus, Focus::Whole))
}
