//! Reads the company's account: three rotations as AWS's guide has them, and the roles and users of `account.yaml` around them.

use std::collections::BTreeMap;

use rotaudit::arn::Arn;
use rotaudit::inventory::{Identities, Inventory, Known, NamedDocument, Permissions, Role, User, clean};
use rotaudit::policy::Document;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct People {
    managed: BTreeMap<String, Value>,
    roles: Vec<Written>,
    users: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    name: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    admits: String,
    #[serde(default)]
    may: Vec<String>,
    also: Option<Value>,
}

impl Written {
    /// A role with one inline policy.
    pub(crate) fn role(name: &str, admits: &str, also: Value) -> Self {
        Self { name: name.to_owned(), path: String::new(), admits: admits.to_owned(), may: Vec::new(), also: Some(also) }
    }

    fn arn(&self, kind: &str) -> Arn {
        arn(&format!("arn:aws:iam::{}:{kind}/{}{}", clean::ACCOUNT, self.path, self.name))
    }

    fn id(&self, kind: &str) -> String {
        format!("{kind}{}", self.name.to_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "X"))
    }

    fn permissions(&self) -> Permissions {
        Permissions {
            inline: self.also.iter().map(|also| NamedDocument::new("inline", document(also))).collect(),
            attached: self.may.iter().map(|name| managed(name)).collect(),
            boundary: None,
        }
    }

    fn trust(&self) -> Value {
        let account = |id: &str| json!({"AWS": format!("arn:aws:iam::{id}:root")});
        let (principal, action, condition) = match self.admits.as_str() {
            "sign-on" => (
                json!({"Federated": "arn:aws:iam::111122223333:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE"}),
                json!(["sts:AssumeRoleWithSAML", "sts:TagSession"]),
                json!({"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}),
            ),
            "pipeline" => (
                json!({"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}),
                json!("sts:AssumeRoleWithWebIdentity"),
                json!({"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:example/shop:ref:refs/heads/main"}}),
            ),
            "account" => (account(clean::ACCOUNT), json!("sts:AssumeRole"), json!({})),
            "management" => (account("444455556666"), json!("sts:AssumeRole"), json!({})),
            "security-account" => (account("555566667777"), json!("sts:AssumeRole"), json!({})),
            "vendor" => (account("464622532012"), json!("sts:AssumeRole"), json!({"StringEquals": {"sts:ExternalId": "f00d"}})),
            service => (json!({"Service": service}), json!("sts:AssumeRole"), json!({})),
        };
        json!([{"Effect": "Allow", "Principal": principal, "Action": action, "Condition": condition}])
    }
}

pub(crate) fn arn(text: &str) -> Arn {
    Arn::parse(text).unwrap()
}

fn managed(name: &str) -> Arn {
    arn(&format!("arn:aws:iam::aws:policy/{name}"))
}

fn document(statements: &Value) -> Document {
    Document::new(json!({"Version": "2012-10-17", "Statement": statements}).to_string())
}

/// The account, with nothing wrong in its rotations.
pub(crate) fn company() -> Inventory {
    let mut inventory = clean::account().unwrap();
    let written: People = serde_saphyr::from_str(include_str!("account.yaml")).unwrap();
    *identities(&mut inventory) = Identities::default();
    written.roles.iter().for_each(|role| add_role(&mut inventory, role));
    for user in &written.users {
        let made =
            User { arn: user.arn("user"), id: user.id("AIDA"), permissions: user.permissions(), groups: Vec::new(), tags: BTreeMap::new() };
        identities(&mut inventory).users.insert(made.arn.clone(), made);
    }
    identities(&mut inventory).policies = written.managed.iter().map(|(name, statements)| (managed(name), document(statements))).collect();
    inventory.secrets.retain(|_, secret| secret.owning_service.is_some());
    inventory.functions.clear();
    inventory.keys.clear();
    for name in ["orders", "payments", "crm"] {
        add_rotation(&mut inventory, name);
    }
    inventory
}

/// The roles and users of the account.
pub(crate) fn identities(inventory: &mut Inventory) -> &mut Identities {
    match inventory.accounts.values_mut().next().map(|account| &mut account.identities) {
        Some(Known::Value(identities)) => identities,
        _ => panic!("the identities of the clean account are known"),
    }
}

pub(crate) fn add_role(inventory: &mut Inventory, role: &Written) {
    let made = Role {
        arn: role.arn("role"),
        id: role.id("AROA"),
        trust: document(&role.trust()),
        permissions: role.permissions(),
        tags: BTreeMap::new(),
    };
    identities(inventory).roles.insert(made.arn.clone(), made);
}

/// A rotation of `prod/NAME`: `orders` under the AWS managed key, `payments` under a key with the policy that KMS gives, `crm` under one whose policy names who
/// administers it, as the console writes it.
fn add_rotation(inventory: &mut Inventory, name: &str) {
    let secret = arn(&format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/{name}-Ab3dEf"));
    let function = arn(&format!("arn:aws:lambda:eu-west-1:111122223333:function:SecretsManager-{name}-rotation"));
    let role = arn(&format!("arn:aws:iam::111122223333:role/SecretsManager-{name}-rotation"));
    let key = arn(&format!("arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-4000-8000-00000000{:04}", name.len()));
    let mut links = clean::rotation(&secret, &function, &role, &key, inventory.as_of);
    match name {
        "orders" => (links.secret.kms_key_id, links.secret.key) = (None, Known::Value(None)),
        "crm" => {
            links.key.policies = Known::Value(vec![NamedDocument::new(
                "default",
                document(&with_administrators(&arn("arn:aws:iam::111122223333:role/app/payments-task"))),
            )]);
        }
        _ => {}
    }
    if links.secret.kms_key_id.is_some() {
        inventory.keys.insert(key, links.key);
    }
    inventory.secrets.insert(secret, links.secret);
    inventory.functions.insert(function, links.function);
    identities(inventory).roles.insert(role, links.role);
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
fn with_administrators(user: &Arn) -> Value {
    let administer = [
        "kms:Create*",
        "kms:Describe*",
        "kms:Enable*",
        "kms:List*",
        "kms:Put*",
        "kms:Update*",
        "kms:Revoke*",
        "kms:Disable*",
        "kms:Get*",
        "kms:Delete*",
        "kms:TagResource",
        "kms:UntagResource",
        "kms:ScheduleKeyDeletion",
        "kms:CancelKeyDeletion",
        "kms:RotateKeyOnDemand",
    ];
    let user = json!({"AWS": user.as_str()});
    json!([
        {"Sid": "Enable IAM User Permissions", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"},
        {"Sid": "Allow access for Key Administrators", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/key-administrator"},
         "Action": administer, "Resource": "*"},
        {"Sid": "Allow use of the key", "Effect": "Allow", "Principal": user,
         "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": "*",
         "Condition": {"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}}},
        {"Sid": "Allow attachment of persistent resources", "Effect": "Allow", "Principal": user,
         "Action": ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"], "Resource": "*", "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}}},
    ])
}
