//! The account that is compiled in, for a first look and for trying things out: some correct rotations, and others with one fault each, as they are met in
//! real accounts.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::arn::{Arn, ArnError};
use crate::inventory::clean::{self, CleanNetworkError, Links};
use crate::inventory::network::{Peer, Protocol, SecurityGroup, SecurityGroupRule};
use crate::inventory::{FunctionUrl, Gap, Inventory, Known, NamedDocument, SecretVersion};
use crate::policy::Document;

/// One rotation of the demo: the name of its secret, the suffix that AWS would have made up, and what is wrong with it.
type Scene = (&'static str, &'static str, fn(&mut Links));

const SCENES: [Scene; 15] = [
    ("payments/db", "kQ3xTz", |_| {}),
    ("orders/db", "Zr81Lm", |_| {}),
    ("catalog/db", "p0WvNe", through_an_alias),
    ("crm/db", "uH7cYd", nobody_may_invoke),
    ("reporting/db", "aF5sQk", cannot_finish),
    ("billing/db", "Xm29Rb", cannot_encrypt),
    ("search/api-key", "oT4hJw", open_deputy),
    ("sso/signing-key", "Ld6yUc", denied_outside_endpoint),
    ("warehouse/etl", "Vn3gSa", disabled_key),
    ("mail/smtp", "eB8qKx", stuck),
    ("partners/feed", "Gy1zPf", open_secret),
    ("metrics/agent", "Wi7dMt", open_url),
    ("legacy/erp", "sC0jHv", cancelled),
    ("ci/deploy", "Rk5nEo", administrator),
    ("shipping/db", "Nq5tBy", |_| {}),
];

/// The functions that are attached to the VPC, and in which security group. The endpoint admits the first one's.
const IN_VPC: [(&str, &str); 2] = [("orders/db", clean::FUNCTION_GROUP), ("shipping/db", "sg-batch")];

/// The key whose policy the auditor's credentials may not read, and the secret under it.
const LOCKED: (&str, &str) = ("vault/shared", "Jb2aXq");

/// The demo's inventory.
pub fn inventory() -> Result<Inventory, CleanNetworkError> {
    let mut inventory = clean::account()?;
    let as_of = inventory.as_of;
    let managed: BTreeSet<Arn> =
        inventory.secrets.values().filter(|secret| secret.owning_service.is_some()).map(|secret| secret.arn.clone()).collect();
    inventory.secrets.retain(|arn, _| managed.contains(arn));
    inventory.functions.clear();
    inventory.keys.clear();
    for account in inventory.accounts.values_mut() {
        account.identities = Known::default();
    }
    for (index, (name, suffix, fault)) in SCENES.into_iter().enumerate() {
        let mut links = links(name, suffix, index, as_of)?;
        fault(&mut links);
        insert(&mut inventory, links);
    }
    let (name, suffix) = LOCKED;
    let mut locked = links(name, suffix, SCENES.len(), as_of)?;
    let gap = Gap::new("kms:GetKeyPolicy", locked.key.arn.as_str(), "AccessDeniedException");
    locked.key.policies = Known::Unreadable(gap);
    insert(&mut inventory, locked);
    for (name, group) in IN_VPC {
        attach(&mut inventory, name, group)?;
    }
    Ok(inventory)
}

/// Attaches the function of a secret to the VPC, with the database that the secret opens. A group that the clean network does not know lets everything out, and the database
/// admits it; the endpoint does not.
fn attach(inventory: &mut Inventory, name: &str, group: &str) -> Result<(), CleanNetworkError> {
    let short = name.replace('/', "-");
    let function = Arn::parse(&format!("arn:aws:lambda:{}:{}:function:rotate-{short}", clean::REGION, clean::ACCOUNT))?;
    let role = Arn::parse(&format!("arn:aws:iam::{}:role/rotate-{short}", clean::ACCOUNT))?;
    clean::attach_to_vpc(inventory, &function, &role, group)?;
    for secret in inventory.secrets.values_mut().filter(|secret| secret.name == name) {
        secret.tags.insert("aws:rds:primarydbinstancearn".to_owned(), clean::DATABASE.to_owned());
    }
    let groups = inventory.networks.get_mut(clean::PLACE).map(|network| &mut network.security_groups);
    if let Some(Known::Value(groups)) = groups
        && !groups.contains_key(group)
    {
        let everywhere = SecurityGroupRule { protocol: Protocol::All, ports: None, peer: Peer::Cidr("0.0.0.0/0".parse()?) };
        let name = group.trim_start_matches("sg-").to_owned();
        let made = SecurityGroup { name, vpc: clean::VPC.to_owned(), ingress: Vec::new(), egress: vec![everywhere] };
        groups.insert(group.to_owned(), made);
        let admitted = SecurityGroupRule { protocol: Protocol::All, ports: None, peer: Peer::Group(group.to_owned()) };
        if let Some(database) = groups.get_mut(clean::DATABASE_GROUP) {
            database.ingress.push(admitted);
        }
    }
    Ok(())
}

fn links(name: &str, suffix: &str, index: usize, as_of: Timestamp) -> Result<Links, ArnError> {
    let place = format!("{}:{}", clean::REGION, clean::ACCOUNT);
    let short = name.replace('/', "-");
    Ok(clean::rotation(
        &Arn::parse(&format!("arn:aws:secretsmanager:{place}:secret:{name}-{suffix}"))?,
        &Arn::parse(&format!("arn:aws:lambda:{place}:function:rotate-{short}"))?,
        &Arn::parse(&format!("arn:aws:iam::{}:role/rotate-{short}", clean::ACCOUNT))?,
        &Arn::parse(&format!("arn:aws:kms:{place}:key/5c0f{index:04x}-9a7e-4d1b-8f36-2b6d0e4a7c{index:02x}"))?,
        as_of,
    ))
}

fn insert(inventory: &mut Inventory, links: Links) {
    inventory.functions.insert(links.function.arn.clone(), links.function);
    inventory.keys.insert(links.key.arn.clone(), links.key);
    inventory.secrets.insert(links.secret.arn.clone(), links.secret);
    for account in inventory.accounts.values_mut() {
        if let Known::Value(identities) = &mut account.identities {
            identities.roles.insert(links.role.arn.clone(), links.role.clone());
        }
    }
}

/// Changes the JSON of a document.
fn edit(document: &mut Document, change: impl FnOnce(&mut Value)) {
    if let Ok(mut policy) = serde_json::from_str(document.text()) {
        change(&mut policy);
        *document = Document::new(policy.to_string());
    }
}

fn edit_role(links: &mut Links, change: impl FnOnce(&mut Value)) {
    if let Some(policy) = links.role.permissions.inline.first_mut() {
        edit(&mut policy.document, change);
    }
}

/// The secret names an alias of its function, which has a permission and a configuration of its own.
fn through_an_alias(links: &mut Links) {
    let Ok(alias) = Arn::parse(&format!("{}:live", links.function.arn)) else { return };
    let own = links.function.policies.insert(String::new(), Known::Value(None));
    if let Some(Known::Value(Some(mut document))) = own {
        edit(&mut document, |policy| policy["Statement"][0]["Resource"] = json!(alias.as_str()));
        links.function.policies.insert("live".to_owned(), Known::Value(Some(document)));
    }
    links.function.qualified.insert("live".to_owned(), links.function.configuration.clone());
    links.function.provisioned_concurrency.insert("live".to_owned(), Known::Value(None));
    links.secret.rotation.function = Some(alias);
}

/// The function was made again, and its permission was not.
fn nobody_may_invoke(links: &mut Links) {
    links.function.policies.insert(String::new(), Known::Value(None));
}

/// The role may do all but the last step, which comes after the database has the new password.
fn cannot_finish(links: &mut Links) {
    edit_role(links, |policy| {
        policy["Statement"][0]["Action"] =
            json!(["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]);
    });
}

/// Whoever wrote the role thought of reading and forgot writing.
fn cannot_encrypt(links: &mut Links) {
    edit_role(links, |policy| policy["Statement"][2]["Action"] = json!("kms:Decrypt"));
}

/// Any account's Secrets Manager may invoke the function, whose role reaches every secret there is.
fn open_deputy(links: &mut Links) {
    if let Some(Known::Value(Some(document))) = links.function.policies.get_mut("") {
        edit(document, |policy| policy["Statement"][0]["Condition"] = json!({"StringLike": {"aws:SourceAccount": "*"}}));
    }
    edit_role(links, |policy| policy["Statement"][0]["Resource"] = json!("*"));
}

/// A data perimeter that forgot the rotation function, which is in no VPC.
fn denied_outside_endpoint(links: &mut Links) {
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "OnlyThroughOurEndpoint",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "secretsmanager:*",
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718"}},
        }],
    });
    links.secret.policies = Known::Value(vec![NamedDocument::new("default", Document::new(policy.to_string()))]);
}

fn disabled_key(links: &mut Links) {
    if let Known::Value(Some(metadata)) = &mut links.key.metadata {
        "Disabled".clone_into(&mut metadata.state);
    }
}

/// The last rotation made a new version, and failed before it became current. Nobody has looked at the function for long.
fn stuck(links: &mut Links) {
    if let Known::Value(Some(configuration)) = &mut links.function.configuration {
        configuration.runtime = Some("python3.9".to_owned());
    }
    let pending = "b2f0c7a4-5d19-4c58-a6d3-90c2f1e8b7d6".to_owned();
    links.secret.stages.clear();
    links.secret.stages.insert(clean::CURRENT_VERSION.to_owned(), BTreeSet::from(["AWSCURRENT".to_owned()]));
    links.secret.stages.insert(pending.clone(), BTreeSet::from(["AWSPENDING".to_owned()]));
    let long_ago = links.secret.created_at.map(|created| created + SignedDuration::from_hours(24 * 190));
    if let Known::Value(versions) = &mut links.secret.versions {
        versions.push(SecretVersion { id: pending, created_at: long_ago, key_ids: Vec::new() });
    }
}

/// A policy that was meant for one partner, and a schedule that was meant to bother nobody.
fn open_secret(links: &mut Links) {
    (links.secret.rotation.schedule, links.secret.rotation.after_days) = (Some("rate(180 days)".to_owned()), Some(180));
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{"Sid": "Partner", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}],
    });
    links.secret.policies = Known::Value(vec![NamedDocument::new("default", Document::new(policy.to_string()))]);
}

/// A function URL that was tried out in the console, with the permission that the console makes for it.
fn open_url(links: &mut Links) {
    if let Some(Known::Value(Some(document))) = links.function.policies.get_mut("") {
        let anybody = json!({
            "Sid": "FunctionURLAllowPublicAccess",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "lambda:InvokeFunctionUrl",
            "Resource": links.function.arn.as_str(),
            "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
        });
        edit(document, |policy| {
            if let Some(statements) = policy["Statement"].as_array_mut() {
                statements.push(anybody);
            }
        });
    }
    links.function.urls = Known::Value(vec![FunctionUrl { qualifier: None, auth_type: "NONE".to_owned() }]);
}

fn cancelled(links: &mut Links) {
    links.secret.rotation.enabled = false;
    links.secret.rotation.next_rotation = None;
}

/// The role may do with its secret whatever there is to do.
fn administrator(links: &mut Links) {
    edit_role(links, |policy| policy["Statement"][0]["Action"] = json!("secretsmanager:*"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_holds_every_scene() {
        let inventory = inventory().unwrap();
        assert_eq!(inventory.functions.len(), SCENES.len() + 1);
        assert_eq!(inventory.secrets.len(), SCENES.len() + 2, "the scenes, the locked one and the one that RDS manages");
        assert_eq!(inventory.gaps().len(), 1, "the locked key's policy");
    }
}
