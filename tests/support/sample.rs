//! An account in two regions that has everything that a collector can meet: aliases, qualified functions, grants, boundaries,
//! policies that are absent, and things that are gone.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails loudly")]

use std::collections::BTreeMap;

use jiff::Timestamp;
use rotaudit::arn::{AccountId, Arn};
use rotaudit::inventory::{
    Account, Function, FunctionConfiguration, FunctionDetails, FunctionUrl, Grant, Group, Identities, Inventory, Key, KeyMetadata, Known,
    NamedDocument, Network, OrganizationMembership, Permissions, Role, RotationConfiguration, Secret, SecretVersion, User, Variables,
    VpcAttachment,
};
use rotaudit::policy::Document;

use super::networks::network;

/// The account that is read.
pub(crate) const ACCOUNT: &str = "111122223333";
/// An account that is not: a function of it rotates a secret of the first.
const OTHER: &str = "444455556666";

pub(crate) fn arn(text: &str) -> Arn {
    Arn::parse(text).unwrap()
}

fn at(day: i64) -> Timestamp {
    Timestamp::from_millisecond(1_790_000_000_123 + day * 86_400_000).unwrap()
}

fn document(sid: &str) -> Document {
    let statement = format!(r#"{{"Sid":"{sid}","Effect":"Allow","Action":"*","Resource":"a+b c%20d/é<&>\"x"}}"#);
    Document::new(format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#))
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// A secret that nothing is set of.
fn secret(region: &str, name: &str) -> Secret {
    let version = SecretVersion { id: format!("{name}-v1"), created_at: Some(at(0)), key_ids: vec!["DefaultEncryptionKey".to_owned()] };
    Secret {
        arn: arn(&format!("arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{name}-AbCdEf")),
        name: name.to_owned(),
        description: None,
        tags: BTreeMap::new(),
        kms_key_id: None,
        key: Known::Value(None),
        rotation: RotationConfiguration::default(),
        owning_service: None,
        primary_region: None,
        deleted_at: None,
        created_at: Some(at(0)),
        external_type: None,
        stages: BTreeMap::from([(version.id.clone(), ["AWSCURRENT".to_owned()].into())]),
        versions: Known::Value(vec![version]),
        policies: Known::Value(Vec::new()),
        policies_listed: Some(Known::Value(())),
        target: None,
        master: None,
    }
}

/// The secret with its versions under these keys.
fn under(secret: Secret, keys: &[&str]) -> Secret {
    let key_ids: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    let under = |version: SecretVersion| SecretVersion { key_ids: key_ids.clone(), ..version };
    Secret { versions: secret.versions.map(|versions| versions.into_iter().map(under).collect()), ..secret }
}

/// What Secrets Manager calls the policy that it attaches to a replica.
const OF_REPLICATION: &str = "cross-account-replication";

fn policies(names: &[&str]) -> Known<Vec<NamedDocument>> {
    Known::Value(names.iter().map(|name| NamedDocument::new(name, document(name))).collect())
}

fn rotating(function: &str) -> RotationConfiguration {
    RotationConfiguration {
        enabled: true,
        function: Some(arn(function)),
        external_role: None,
        after_days: Some(30),
        schedule: Some("rate(30 days)".to_owned()),
        window: Some("3h".to_owned()),
        last_rotated: Some(at(10)),
        next_rotation: Some(at(40)),
        ..RotationConfiguration::default()
    }
}

fn encrypted(secret: Secret, kms_key_id: &str, key: &str) -> Secret {
    Secret { kms_key_id: Some(kms_key_id.to_owned()), key: Known::Value(Some(arn(key))), ..secret }
}

const EU_KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/0000-eu";
const ALIASED_KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1111-aliased";
/// The key that a secret had before, and its current version still has.
const FORMER_KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/4444-former";
const US_KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/2222-us";
const GONE_KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/3333-gone";
/// No key is behind it, so it stands for itself.
pub(crate) const GONE_ALIAS: &str = "arn:aws:kms:us-east-1:111122223333:alias/gone";
const EU_FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:rotate";
const US_FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:bill";
const GONE_FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:gone";
const FOREIGN_FUNCTION: &str = "arn:aws:lambda:eu-west-1:444455556666:function:central";

/// The stack that made a secret: one for each.
pub(crate) fn stack(region: &str, name: &str) -> String {
    format!("arn:aws:cloudformation:{region}:{ACCOUNT}:stack/{name}/0a1b")
}

fn of_stack(secret: Secret) -> Secret {
    let stack = stack(secret.arn.region(), &secret.name.replace('/', "-"));
    Secret { tags: pairs(&[("aws:cloudformation:stack-id", &stack)]), ..secret }
}

/// What the stacks of these secrets attach them to.
fn attachments(networks: &mut BTreeMap<String, Network>) {
    let secret = |region: &str, name: &str| format!("arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{name}-AbCdEf");
    let database = |id: &str| Known::Value(Some(format!("arn:aws:rds:us-east-1:{ACCOUNT}:{id}")));
    let us = [(secret("us-east-1", "billing"), database("cluster:aurora")), (secret("us-east-1", "orphan"), database("db:new"))];
    networks.get_mut(&format!("{ACCOUNT}/us-east-1")).unwrap().attached_databases = us.into();
    let eu = [(secret("eu-west-1", "prod/api"), Known::Value(None))];
    networks.get_mut(&format!("{ACCOUNT}/eu-west-1")).unwrap().attached_databases = eu.into();
}

fn secrets() -> Vec<Secret> {
    let db = secret("eu-west-1", "prod/db");
    let empty_version = ("prod/db-v2".to_owned(), ["AWSPENDING".to_owned()].into());
    let db = Secret {
        description: Some("the \u{1b}[31mmain\u{202e} database".to_owned()),
        tags: pairs(&[("team", "payments"), ("stage", "<prod>")]),
        rotation: rotating(&format!("{EU_FUNCTION}:live")),
        stages: db.stages.clone().into_iter().chain([empty_version]).collect(),
        policies: policies(&["default"]),
        ..db
    };
    let external = Secret {
        external_type: Some("SalesforceClientSecret".to_owned()),
        rotation: RotationConfiguration {
            enabled: true,
            external_role: Some(arn(&format!("arn:aws:iam::{ACCOUNT}:role/service/External"))),
            after_days: Some(7),
            ..Default::default()
        },
        ..secret("us-east-1", "crm")
    };
    vec![
        encrypted(db, "alias/app", ALIASED_KEY),
        of_stack(encrypted(
            Secret { rotation: rotating(EU_FUNCTION), policies: policies(&["default", OF_REPLICATION]), ..secret("eu-west-1", "prod/api") },
            EU_KEY,
            EU_KEY,
        )),
        encrypted(
            under(secret("eu-west-1", "prod/aliased-by-arn"), &["4444-former", EU_KEY, "alias/aws/secretsmanager"]),
            "arn:aws:kms:eu-west-1:111122223333:alias/app",
            ALIASED_KEY,
        ),
        secret("eu-west-1", "plain"),
        Secret { rotation: rotating(FOREIGN_FUNCTION), policies: policies(&[OF_REPLICATION]), ..secret("eu-west-1", "central") },
        Secret { owning_service: Some("rds".to_owned()), ..secret("eu-west-1", "rds!db-1") },
        of_stack(encrypted(Secret { rotation: rotating(US_FUNCTION), ..secret("us-east-1", "billing") }, "2222-us", US_KEY)),
        of_stack(encrypted(Secret { rotation: rotating(GONE_FUNCTION), ..secret("us-east-1", "orphan") }, "alias/gone", GONE_ALIAS)),
        of_stack(secret("us-east-1", "not-rotated")),
        encrypted(secret("us-east-1", "key-is-gone"), "3333-gone", GONE_KEY),
        Secret { primary_region: Some("eu-west-1".to_owned()), ..secret("us-east-1", "prod/db-copy") },
        Secret { deleted_at: Some(at(20)), ..secret("us-east-1", "old") },
        external,
    ]
}

/// What a function is made of: of everything something, so that nothing gets lost on its way.
fn details(variables: &[&str]) -> FunctionDetails {
    FunctionDetails {
        last_modified: Some(at(3)),
        package_type: Some("Zip".to_owned()),
        memory_mb: Some(256),
        architectures: ["arm64".to_owned()].into(),
        layers: vec![format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:layer:z:2"), format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:layer:a:1")],
        runtime_version: Some(
            "arn:aws:lambda:eu-west-1::runtime:0cdcfbdefbc5e7d3343f73c2e2dd3cba17d61dea0686b404502a0c9ce83931b9".to_owned(),
        ),
        signing_job: Some(format!("arn:aws:signer:eu-west-1:{ACCOUNT}:/signing-jobs/1")),
        dead_letter_target: Some(format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:failed")),
        log_group: Some("/rotation".to_owned()),
        log_format: Some("JSON".to_owned()),
        log_level: Some("DEBUG".to_owned()),
        variables: Known::Value(Variables {
            names: variables.iter().map(|name| (*name).to_owned()).chain(["PASSWORD_LENGTH".to_owned()]).collect(),
            password_settings: pairs(&[("PASSWORD_LENGTH", "20")]),
        }),
    }
}

fn function(name: &str) -> Function {
    let role = format!("arn:aws:iam::{}:role/team/Rotate", arn(name).account());
    let configuration = FunctionConfiguration {
        role: Some(arn(&role)),
        runtime: Some("python3.12".to_owned()),
        timeout_seconds: Some(30),
        state: Some("Active".to_owned()),
        last_update_status: Some("Successful".to_owned()),
        details: Some(details(&["DB_PASSWORD"])),
        ..Default::default()
    };
    Function {
        arn: arn(name),
        configuration: Known::Value(Some(configuration)),
        qualified: BTreeMap::new(),
        policies: BTreeMap::from([(String::new(), Known::Value(Some(document("invoke"))))]),
        reserved_concurrency: Known::Value(None),
        provisioned_concurrency: BTreeMap::new(),
        urls: Known::default(),
        tags: Known::default(),
    }
}

fn functions() -> Vec<Function> {
    let url = |qualifier: Option<&str>, auth: &str| FunctionUrl { qualifier: qualifier.map(str::to_owned), auth_type: auth.to_owned() };
    let mut eu = function(EU_FUNCTION);
    eu.policies.insert("live".to_owned(), Known::Value(None));
    let published = FunctionConfiguration { timeout_seconds: Some(15), ..eu.configuration.value().unwrap().clone().unwrap() };
    eu.qualified.insert("live".to_owned(), Known::Value(Some(published)));
    eu.provisioned_concurrency.insert("live".to_owned(), Known::Value(None));
    eu.urls = Known::Value(vec![url(None, "NONE"), url(Some("live"), "AWS_IAM"), url(Some("old"), "AWS_IAM")]);
    eu.tags = Known::Value(pairs(&[("SecretsManagerLambda", "Rotation")]));
    let mut us = function(US_FUNCTION);
    us.reserved_concurrency = Known::Value(Some(0));
    us.configuration = us.configuration.map(|it| {
        it.map(|it| FunctionConfiguration {
            state: Some("Inactive".to_owned()),
            state_reason_code: Some("Idle".to_owned()),
            last_update_reason_code: Some("EniLimitExceeded".to_owned()),
            environment_key: Some(arn(US_KEY)),
            details: Some(details(&["DB_PASSWORD", "SECRETS_MANAGER_ENDPOINT"])),
            endpoint_variables: pairs(&[("SECRETS_MANAGER_ENDPOINT", "https://secretsmanager.us-east-1.amazonaws.com")]),
            vpc: Some(VpcAttachment {
                vpc_id: "vpc-1".to_owned(),
                subnet_ids: vec!["subnet-2".to_owned(), "subnet-1".to_owned()],
                security_group_ids: vec!["sg-1".to_owned(), "sg-shared".to_owned()],
                ipv6_allowed: true,
            }),
            ..it
        })
    });
    let gone = Function {
        configuration: Known::Value(None),
        policies: BTreeMap::from([(String::new(), Known::Value(None))]),
        ..function(GONE_FUNCTION)
    };
    vec![eu, us, gone, function(FOREIGN_FUNCTION)]
}

fn key(name: &str) -> Key {
    let metadata = KeyMetadata {
        state: "Enabled".to_owned(),
        aws_managed: false,
        spec: Some("SYMMETRIC_DEFAULT".to_owned()),
        usage: Some("ENCRYPT_DECRYPT".to_owned()),
        valid_to: None,
        deletion_at: None,
    };
    Key {
        arn: arn(name),
        metadata: Known::Value(Some(metadata)),
        policies: Known::Value(vec![NamedDocument::new("default", document("key"))]),
        grants: Known::default(),
    }
}

fn grants() -> Vec<Grant> {
    let grant = |id: &str| Grant {
        id: id.to_owned(),
        operations: ["Decrypt".to_owned(), "GenerateDataKey".to_owned()].into(),
        ..Default::default()
    };
    let role = Some(format!("arn:aws:iam::{ACCOUNT}:role/team/Rotate"));
    vec![
        Grant { grantee: role.clone(), encryption_context_subset: Some(pairs(&[("SecretARN", "x")])), ..grant("g1") },
        Grant {
            grantee: role,
            encryption_context_equals: Some(pairs(&[("SecretARN", "x"), ("y", "é")])),
            name: Some("n".to_owned()),
            ..grant("g2")
        },
        Grant { grantee_service: Some("rds.amazonaws.com".to_owned()), source_arn: Some("arn:aws:rds:*".to_owned()), ..grant("g3") },
        Grant { grantee: Some("AROAGONE".to_owned()), issuing_account: Some(format!("arn:aws:iam::{ACCOUNT}:root")), ..grant("g4") },
    ]
}

fn keys() -> Vec<Key> {
    let mut eu = key(EU_KEY);
    eu.policies = Known::Value(vec![NamedDocument::new("default", document("key")), NamedDocument::new("AWS_RAM", document("ram"))]);
    let mut us = key(US_KEY);
    us.grants = Known::Value(grants());
    us.metadata = us.metadata.map(|it| {
        it.map(|it| KeyMetadata { state: "PendingDeletion".to_owned(), valid_to: Some(at(50)), deletion_at: Some(at(51)), ..it })
    });
    let gone = |name: &str| Key { metadata: Known::Value(None), policies: Known::default(), grants: Known::default(), ..key(name) };
    vec![eu, key(ALIASED_KEY), key(FORMER_KEY), us, gone(GONE_KEY), gone(GONE_ALIAS)]
}

fn identities() -> Identities {
    let iam = |resource: &str| arn(&format!("arn:aws:iam::{ACCOUNT}:{resource}"));
    let managed = |name: &str| iam(&format!("policy/team/{name}"));
    let lambda = arn("arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole");
    let permissions = Permissions {
        inline: vec![NamedDocument::new("one", document("one")), NamedDocument::new("two", document("two"))],
        attached: vec![managed("rotate"), lambda.clone()],
        boundary: Some(managed("boundary")),
    };
    let role = |resource: &str, permissions: Permissions| Role {
        arn: iam(resource),
        id: format!("AROA{}", resource.len()),
        trust: document("trust"),
        permissions,
        tags: pairs(&[("team", "payments & <others>")]),
    };
    let user = |resource: &str, groups: &[&str], permissions: Permissions| User {
        arn: iam(resource),
        id: format!("AIDA{}", resource.len()),
        permissions,
        groups: groups.iter().map(|group| (*group).to_owned()).collect(),
        tags: BTreeMap::new(),
    };
    let group = |name: &str| Group {
        arn: iam(&format!("group/{name}")),
        name: name.to_owned(),
        permissions: Permissions { boundary: None, ..permissions.clone() },
    };
    let roles = [
        role("role/team/Rotate", permissions.clone()),
        role("role/service/External", Permissions::default()),
        role("role/x", Permissions::default()),
    ];
    let users = [user("user/ada", &["admins", "readers"], permissions.clone()), user("user/bob", &[], Permissions::default())];
    Identities {
        roles: roles.into_iter().map(|it| (it.arn.clone(), it)).collect(),
        users: users.into_iter().map(|it| (it.arn.clone(), it)).collect(),
        groups: [group("admins"), group("readers")].into_iter().map(|it| (it.name.clone(), it)).collect(),
        policies: [managed("rotate"), managed("boundary"), lambda].into_iter().map(|arn| (arn, document("managed"))).collect(),
    }
}

/// The sample account.
pub(crate) fn sample() -> Inventory {
    debug_assert!(FOREIGN_FUNCTION.contains(OTHER));
    let mut inventory = Inventory::empty(at(30));
    let regions = ["eu-west-1", "us-east-1"].map(|region| (region.to_owned(), Known::Value(())));
    let organization = OrganizationMembership { id: Some("o-sample1234".to_owned()), management: false, path: None };
    let account = Account { organization: Some(Known::Value(organization)), ..Account::new(regions.into(), Known::Value(identities())) };
    inventory.accounts.insert(AccountId::parse(ACCOUNT).unwrap(), account);
    inventory.secrets = secrets().into_iter().map(|it| (it.arn.clone(), it)).collect();
    inventory.functions = functions().into_iter().map(|it| (it.arn.clone(), it)).collect();
    inventory.keys = keys().into_iter().map(|it| (it.arn.clone(), it)).collect();
    inventory.networks.insert(format!("{ACCOUNT}/eu-west-1"), Network::default());
    inventory.networks.insert(format!("{ACCOUNT}/us-east-1"), network());
    attachments(&mut inventory.networks);
    inventory
}
