//! The IAM actions that `who-can` knows: those about secrets, keys, functions, roles and what keeps a function's calls, so that a slip of the pen does not read as
//! "nobody can".
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_secretsmanager.html>,
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_lambda.html>,
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>

use super::error::CliError;
use super::matching::nearest;

/// The actions of each service that are about one resource, and those that know none.
struct Service {
    name: &'static str,
    of_resource: &'static str,
    of_none: &'static str,
}

const SERVICES: [Service; 6] = [
    Service {
        name: "secretsmanager",
        of_resource: "CancelRotateSecret CreateSecret DeleteResourcePolicy DeleteSecret DescribeSecret GetResourcePolicy GetSecretValue \
             ListResourcePolicies ListSecretVersionIds PutResourcePolicy PutSecretValue RemoveRegionsFromReplication ReplicateSecretToRegions \
             RestoreSecret RotateSecret StopReplicationToReplica TagResource UntagResource UpdateSecret UpdateSecretVersionStage \
             ValidateResourcePolicy",
        of_none: "BatchGetSecretValue GetRandomPassword ListSecrets",
    },
    Service {
        name: "kms",
        of_resource: "CancelKeyDeletion CreateAlias CreateGrant Decrypt DeleteAlias DeleteImportedKeyMaterial DeriveSharedSecret DescribeKey DisableKey \
             DisableKeyRotation EnableKey EnableKeyRotation Encrypt GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext \
             GenerateDataKeyWithoutPlaintext GenerateMac GetKeyPolicy GetKeyRotationStatus GetParametersForImport GetPublicKey ImportKeyMaterial ListGrants ListKeyPolicies \
             ListKeyRotations ListResourceTags PutKeyPolicy ReEncryptFrom ReEncryptTo ReplicateKey RetireGrant RevokeGrant \
             RotateKeyOnDemand ScheduleKeyDeletion Sign TagResource UntagResource UpdateAlias UpdateKeyDescription UpdatePrimaryRegion \
             Verify VerifyMac",
        of_none: "CreateKey GenerateRandom ListAliases ListKeys",
    },
    Service {
        name: "lambda",
        of_resource: "AddPermission CreateAlias CreateFunction CreateFunctionUrlConfig DeleteAlias DeleteFunction \
             DeleteFunctionCodeSigningConfig DeleteFunctionConcurrency DeleteFunctionEventInvokeConfig DeleteFunctionUrlConfig \
             DeleteProvisionedConcurrencyConfig DeleteResourcePolicy GetAlias GetFunction GetFunctionCodeSigningConfig GetFunctionConcurrency \
             GetFunctionConfiguration GetFunctionEventInvokeConfig GetFunctionRecursionConfig GetFunctionUrlConfig GetPolicy \
             GetProvisionedConcurrencyConfig GetResourcePolicy GetRuntimeManagementConfig InvokeAsync InvokeFunction InvokeFunctionUrl \
             ListAliases ListFunctionEventInvokeConfigs ListFunctionUrlConfigs ListProvisionedConcurrencyConfigs ListTags \
             ListVersionsByFunction PublishVersion PutFunctionCodeSigningConfig PutFunctionConcurrency \
             PutFunctionEventInvokeConfig PutFunctionRecursionConfig PutProvisionedConcurrencyConfig PutResourcePolicy \
             PutRuntimeManagementConfig RemovePermission TagResource UntagResource UpdateAlias UpdateFunctionCode \
             UpdateFunctionConfiguration UpdateFunctionEventInvokeConfig UpdateFunctionUrlConfig",
        of_none: "CreateEventSourceMapping GetAccountSettings ListEventSourceMappings ListFunctions ListLayers",
    },
    Service {
        name: "iam",
        of_resource: "AttachRolePolicy CreateRole DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy DetachRolePolicy GetRole \
             GetRolePolicy ListAttachedRolePolicies ListRolePolicies PassRole PutRolePermissionsBoundary PutRolePolicy TagRole \
             UntagRole UpdateAssumeRolePolicy UpdateRole",
        of_none: "GetAccountAuthorizationDetails ListRoles ListUsers",
    },
    Service {
        name: "sts",
        of_resource: "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity SetSourceIdentity TagSession",
        of_none: "DecodeAuthorizationMessage GetCallerIdentity GetFederationToken GetSessionToken",
    },
    Service {
        name: "ec2",
        of_resource: "AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress DeleteSecurityGroup DeleteVpcEndpoints \
             ModifySecurityGroupRules ModifyVpcEndpoint RevokeSecurityGroupEgress RevokeSecurityGroupIngress \
             UpdateSecurityGroupRuleDescriptionsEgress UpdateSecurityGroupRuleDescriptionsIngress",
        of_none: "DescribeSecurityGroups DescribeVpcEndpoints",
    },
];

/// An action as AWS writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Action {
    /// The service's prefix.
    pub(super) service: &'static str,
    /// `service:Name`.
    pub(super) name: String,
    /// Whether it is about a resource.
    pub(super) has_resource: bool,
}

/// The action that somebody typed, in any letter case.
pub(super) fn parse(text: &str) -> Result<Action, CliError> {
    let Some((service, name)) = text.split_once(':').filter(|(service, name)| !service.is_empty() && !name.is_empty()) else {
        return Err(CliError::Usage(format!("{text:?} is no action\nWrite service:Action, such as lambda:UpdateFunctionCode.")));
    };
    let Some(known) = SERVICES.iter().find(|known| known.name.eq_ignore_ascii_case(service)) else {
        let names = SERVICES.map(|service| service.name);
        let meant = nearest(service, names.into_iter()).map(|name| format!("; did you mean {name:?}?")).unwrap_or_default();
        return Err(CliError::Usage(format!("{service:?} is not a service that can be asked about{meant}\nKnown: {}.", names.join(", "))));
    };
    let all =
        || known.of_resource.split_whitespace().map(|name| (name, true)).chain(known.of_none.split_whitespace().map(|name| (name, false)));
    if let Some((action, has_resource)) = all().find(|(action, _)| action.eq_ignore_ascii_case(name)) {
        return Ok(Action { service: known.name, name: format!("{}:{action}", known.name), has_resource });
    }
    let meant = nearest(name, all().map(|(action, _)| action)).map(|action| format!("; did you mean {}:{action}?", known.name));
    let listed: Vec<&str> = all().map(|(action, _)| action).collect();
    Err(CliError::Usage(format!(
        "{text:?} is not an action that is known{}\nKnown of {}: {}.",
        meant.unwrap_or_default(),
        known.name,
        listed.join(", ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_known_in_any_letter_case() {
        let action = parse("LAMBDA:updatefunctioncode").unwrap();
        assert_eq!((action.service, action.name.as_str(), action.has_resource), ("lambda", "lambda:UpdateFunctionCode", true));
        assert!(!parse("secretsmanager:GetRandomPassword").unwrap().has_resource);
    }

    #[test]
    fn a_slip_of_the_pen_is_told_what_was_meant() {
        for (typed, meant) in [
            ("lambda:UpdateFunctionCod", "did you mean lambda:UpdateFunctionCode?"),
            ("secretmanager:GetSecretValue", "did you mean \"secretsmanager\"?"),
            ("s3:GetObject", "Known: secretsmanager, kms"),
            ("GetSecretValue", "Write service:Action"),
            ("lambda:", "Write service:Action"),
            ("lambda:*", "is not an action that is known"),
        ] {
            let error = parse(typed).unwrap_err().to_string();
            assert!(error.contains(meant), "{error}");
        }
    }

    #[test]
    fn no_action_is_listed_twice() {
        for service in &SERVICES {
            let mut names: Vec<&str> = service.of_resource.split_whitespace().chain(service.of_none.split_whitespace()).collect();
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(names.len(), count, "{}", service.name);
        }
    }
}
