//! Which roles are there to deploy software: told by their trust policies, for neither their names nor what they may do tells them from a developer's.

use std::collections::BTreeSet;

use crate::arn::Arn;
use crate::inventory::{Inventory, Known, Role};
use crate::policy::{Effect, PrincipalEntry, PrincipalKind, Statement};

/// Services that deploy with a role which they are given.
const DEPLOYING: [&str; 5] = [
    "cloudformation.amazonaws.com",
    "codebuild.amazonaws.com",
    "codedeploy.amazonaws.com",
    "codepipeline.amazonaws.com",
    "servicecatalog.amazonaws.com",
];

/// Where build services give out tokens
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html>). A cluster's tokens are those of applications.
const BUILDING: [&str; 7] = [
    "agent.buildkite.com",
    "api.bitbucket.org/",
    "app.terraform.io",
    "gitlab.com",
    "oidc.circleci.com/org/",
    "token.actions.githubusercontent.com",
    "vstoken.dev.azure.com",
];

/// The pipelines' roles of every account that was read.
pub(super) fn find(inventory: &Inventory) -> BTreeSet<&Arn> {
    let read = inventory.accounts.values().filter_map(|account| match &account.identities {
        Known::Value(identities) => Some(identities),
        Known::Unreadable(_) => None,
    });
    read.flat_map(|identities| identities.roles.values()).filter(|role| is_pipeline(role)).map(|role| &role.arn).collect()
}

fn is_pipeline(role: &Role) -> bool {
    let Ok(trust) = role.trust.policy() else { return false };
    let mut allowing = trust.statements().filter(|statement| statement.effect() == Effect::Allow).peekable();
    allowing.peek().is_some() && allowing.all(admits_pipelines_alone)
}

fn admits_pipelines_alone(statement: Statement<'_>) -> bool {
    let mut entries = statement.principals().peekable();
    !statement.is_not_principal()
        && entries.peek().is_some()
        && entries.all(|entry| deploys(entry) || builds(entry) && binds_subject(statement))
}

fn deploys(entry: PrincipalEntry<'_>) -> bool {
    entry.kind() == PrincipalKind::Service && DEPLOYING.contains(&entry.written())
}

fn builds(entry: PrincipalEntry<'_>) -> bool {
    let provider = entry.written().split_once(":oidc-provider/").map_or(entry.written(), |(_, provider)| provider);
    entry.kind() == PrincipalKind::Federated
        && BUILDING.iter().any(|known| provider == *known || known.ends_with('/') && provider.starts_with(known))
}

/// Whether the statement asks which repository the token is for: without that, whoever builds anything there is let in.
fn binds_subject(statement: Statement<'_>) -> bool {
    let mut subjects = statement.conditions().filter(|condition| {
        let key = condition.key().to_ascii_lowercase();
        key.ends_with(":sub") && ["stringequals", "stringlike"].contains(&condition.operator().to_ascii_lowercase().as_str())
    });
    subjects.any(|condition| condition.values().all(|value| !value.trim_start_matches("repo:").starts_with('*')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::clean;
    use crate::policy::Document;

    const GITHUB: &str = r#"{"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}"#;

    fn trusting(principal: &str, condition: &str) -> bool {
        let mut inventory = clean::account().unwrap();
        let account = inventory.accounts.values_mut().next().unwrap();
        let Known::Value(identities) = &mut account.identities else { panic!("the identities of the clean account are known") };
        let role = identities.roles.values_mut().next().unwrap();
        let statement = format!(r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "sts:AssumeRole", "Condition": {condition}}}"#);
        role.trust = Document::new(format!(r#"{{"Version": "2012-10-17", "Statement": [{statement}]}}"#));
        !find(&inventory).is_empty()
    }

    #[test]
    fn a_role_of_a_deploying_service_or_of_builds_of_one_repository_is_a_pipelines() {
        assert!(trusting(r#"{"Service": "cloudformation.amazonaws.com"}"#, "{}"));
        for subject in ["repo:example/shop:ref:refs/heads/main", "repo:example/*"] {
            let condition = format!(r#"{{"StringLike": {{"token.actions.githubusercontent.com:sub": "{subject}"}}}}"#);
            assert!(trusting(GITHUB, &condition), "{subject}");
        }
    }

    #[test]
    fn a_role_that_people_applications_or_anybodys_builds_take_on_is_none() {
        for principal in [
            r#"{"Service": "lambda.amazonaws.com"}"#,
            r#"{"Service": ["cloudformation.amazonaws.com", "ec2.amazonaws.com"]}"#,
            r#"{"AWS": "arn:aws:iam::111122223333:root", "Service": "cloudformation.amazonaws.com"}"#,
            r#"{"Federated": "arn:aws:iam::111122223333:saml-provider/sso"}"#,
            r#""*""#,
            GITHUB,
        ] {
            assert!(!trusting(principal, "{}"), "{principal}");
        }
        for condition in [
            r#"{"StringLike": {"token.actions.githubusercontent.com:sub": "repo:*"}}"#,
            r#"{"StringLike": {"token.actions.githubusercontent.com:sub": ["repo:example/shop:*", "*"]}}"#,
            r#"{"ForAllValues:StringLike": {"token.actions.githubusercontent.com:sub": "repo:example/shop:*"}}"#,
            r#"{"StringNotEquals": {"token.actions.githubusercontent.com:sub": "repo:example/shop:pull_request"}}"#,
            r#"{"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}"#,
        ] {
            assert!(!trusting(GITHUB, condition), "{condition}");
        }
    }
}
