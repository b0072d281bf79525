//! Makes inventories of any size: seeded, with faults about as frequent as they are in public code, many roles under the same documents, functions in VPCs, customer
//! keys and links into other accounts. The benchmark `offline` and the tests that count work include this file by its path.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use rotaudit::arn::{AccountId, Arn};
use rotaudit::inventory::{
    Account, Function, FunctionConfiguration, Gap, Identities, Inventory, Known, NamedDocument, Network, Permissions, Role, Secret,
    VpcAttachment, clean,
};
use rotaudit::policy::Document;
use serde_json::{Value, json};

pub(crate) type Made<T> = Result<T, Box<dyn std::error::Error>>;

/// How many of what. Things are spread evenly over accounts and regions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) secrets: usize,
    pub(crate) functions: usize,
    pub(crate) roles: usize,
    pub(crate) accounts: usize,
    pub(crate) seed: u64,
}

impl Shape {
    /// The usual shares: a function for twenty secrets, a role for ten, an account for two thousand.
    pub(crate) fn of(secrets: usize) -> Self {
        Self { secrets, functions: (secrets / 20).max(1), roles: (secrets / 10).max(1), accounts: secrets.div_ceil(2_000), seed: 7 }
    }
}

const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];
/// Every account and region has one VPC of this name.
const VPC: &str = "vpc-shared";

/// `SplitMix64` (<https://prng.di.unimi.it/splitmix64.c>): the same numbers on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// True `percent` times in a hundred.
    fn in_hundred(&mut self, percent: u64) -> bool {
        self.roll() % 100 < percent
    }

    /// One of these, each as often as its weight says.
    fn one_of<T: Copy>(&mut self, choices: &[(u64, T)]) -> Option<T> {
        let mut rest = self.roll() % choices.iter().map(|(weight, _)| weight).sum::<u64>().max(1);
        for (weight, choice) in choices {
            if rest < *weight {
                return Some(*choice);
            }
            rest -= weight;
        }
        None
    }

    /// The six characters after a secret's name.
    fn suffix(&mut self) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let letter = |at: u64| usize::try_from(at % 62).map_or('A', |at| char::from(LETTERS[at]));
        (0..6).map(|_| letter(self.roll())).collect()
    }
}

/// How a role says which secrets it rotates.
#[derive(Debug, Clone, Copy)]
enum Reach {
    Listed,
    Prefix,
    Everything,
    OwnByCondition,
    WrongSecret,
}

/// Where things of one function lie.
struct Spot {
    account: String,
    region: &'static str,
    number: usize,
}

impl Spot {
    fn of(shape: &Shape, number: usize) -> Self {
        let account = account_id(number % shape.accounts);
        Self { account, region: REGIONS[number / shape.accounts % REGIONS.len()], number }
    }

    fn arn(&self, service: &str, resource: &str) -> Made<Arn> {
        let region = if service == "iam" { "" } else { self.region };
        Ok(Arn::parse(&format!("arn:aws:{service}:{region}:{}:{resource}", self.account))?)
    }
}

fn account_id(number: usize) -> String {
    format!("{:012}", 100_000_000_001_u64 + number as u64)
}

fn document(policy: &Value) -> Document {
    Document::new(policy.to_string())
}

fn statements(statements: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// An inventory of this shape.
pub(crate) fn inventory(shape: Shape) -> Made<Inventory> {
    let mut dice = Dice(shape.seed);
    let as_of = "2026-11-01T00:00:00Z".parse()?;
    let mut inventory = Inventory::empty(as_of);
    for number in 0..shape.accounts {
        let regions = REGIONS.map(|region| (region.to_owned(), Known::Value(()))).into();
        let account = Account::new(regions, Known::Value(Identities::default()));
        inventory.accounts.insert(AccountId::parse(&account_id(number))?, account);
    }
    for number in 0..shape.functions {
        rotations_of(&mut inventory, &shape, &Spot::of(&shape, number), &mut dice)?;
    }
    for number in inventory.functions.len()..shape.roles {
        bystander(&mut inventory, &Spot::of(&shape, number))?;
    }
    let mut number = 0;
    while inventory.secrets.len() < shape.secrets {
        let secret = resting(&Spot::of(&shape, number), &mut dice)?;
        inventory.secrets.insert(secret.arn.clone(), secret);
        number += 1;
    }
    Ok(inventory)
}

/// A function with its role, key and the secrets that it rotates: six of ten secrets rotate so.
fn rotations_of(inventory: &mut Inventory, shape: &Shape, spot: &Spot, dice: &mut Dice) -> Made<()> {
    let number = spot.number;
    let count = (shape.secrets * 6 / 10 / shape.functions).max(1);
    let arns: Vec<Arn> = (0..count)
        .map(|index| spot.arn("secretsmanager", &format!("secret:app{number}/db{index}-{}", dice.suffix())))
        .collect::<Made<_>>()?;
    let elsewhere = Spot { account: account_id(0), region: spot.region, number };
    let function = if dice.in_hundred(2) { &elsewhere } else { spot }.arn("lambda", &format!("function:rotate-app{number}"))?;
    let role = Arn::parse(&format!("arn:aws:iam::{}:role/rotate-app{number}", function.account()))?;
    let key_id = format!("key/00000000-0000-4000-8000-{number:012}");
    let key = if dice.in_hundred(3) { &elsewhere } else { spot }.arn("kms", &key_id)?;
    let customer = dice.in_hundred(25);
    let Some(first) = arns.first() else { return Ok(()) };
    let mut links = clean::rotation(first, &function, &role, &key, inventory.as_of);
    let id = format!("7d1f6d5e-0c4b-4a55-9a57-{number:012}");
    for arn in &arns {
        let mut secret = Secret { arn: arn.clone(), name: arn.name().to_owned(), ..links.secret.clone() };
        if !customer {
            (secret.key, secret.kms_key_id) = (Known::Value(None), None);
        }
        secret.stages = BTreeMap::from([(id.clone(), ["AWSCURRENT".to_owned(), "AWSPENDING".to_owned()].into())]);
        if let Known::Value(versions) = &mut secret.versions {
            for version in versions {
                version.id.clone_from(&id);
            }
        }
        secret.tags.insert("app".to_owned(), format!("app{number}"));
        if dice.in_hundred(4) {
            secret.policies = Known::Value(vec![NamedDocument::new("default", document(&guard()))]);
        }
        if dice.roll().is_multiple_of(1_000) {
            let gap = Gap::new("secretsmanager:GetResourcePolicy", arn.as_str(), "AccessDeniedException");
            secret.policies = Known::Unreadable(gap);
        }
        if dice.in_hundred(2) {
            secret.rotation.next_rotation = Some("2026-09-01T00:00:00Z".parse()?);
        }
        inventory.secrets.insert(arn.clone(), secret);
    }
    links.function.policies = BTreeMap::from([(String::new(), Known::Value(permission(&function, first, dice).as_ref().map(document)))]);
    if let Known::Value(Some(configuration)) = &mut links.function.configuration {
        attach(configuration, inventory, &function, dice)?;
    }
    links.role.permissions = permissions(&arns, &function, customer.then_some(&key), dice)?;
    if customer {
        if dice.in_hundred(1) {
            links.key.policies = Known::Unreadable(Gap::new("kms:GetKeyPolicy", key.as_str(), "AccessDeniedException"));
        }
        inventory.keys.insert(key, links.key);
    }
    insert(inventory, &function, links.function, links.role)
}

fn insert(inventory: &mut Inventory, arn: &Arn, function: Function, role: Role) -> Made<()> {
    identities(inventory, arn.account())?.roles.insert(role.arn.clone(), role);
    inventory.functions.insert(arn.clone(), function);
    Ok(())
}

fn identities<'a>(inventory: &'a mut Inventory, account: &str) -> Made<&'a mut Identities> {
    match inventory.accounts.get_mut(account).map(|account| &mut account.identities) {
        Some(Known::Value(identities)) => Ok(identities),
        _ => Err("the account was made without identities".into()),
    }
}

/// A secret's policy that keeps strangers and unencrypted calls out; the same for every secret that has one.
fn guard() -> Value {
    statements(&json!([{"Sid": "Encrypted", "Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]))
}

/// Who may invoke a function: 71 of 100 functions admit all of Secrets Manager, 6 have no policy.
fn permission(function: &Arn, secret: &Arn, dice: &mut Dice) -> Option<Value> {
    let (account, arn) = (json!({"AWS:SourceAccount": secret.account()}), json!({"AWS:SourceArn": secret.as_str()}));
    let condition = match dice.one_of(&[(71, 0), (17, 1), (6, 2), (6, 3)])? {
        0 => json!({}),
        1 => json!({"ArnLike": arn}),
        2 => json!({"ArnLike": arn, "StringEquals": account}),
        _ => return None,
    };
    Some(statements(&json!([{"Sid": "SecretsManager", "Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"},
        "Action": "lambda:InvokeFunction", "Resource": function.as_str(), "Condition": condition}])))
}

/// What the execution role may do, and the managed policies that thousands of roles share.
fn permissions(secrets: &[Arn], function: &Arn, key: Option<&Arn>, dice: &mut Dice) -> Made<Permissions> {
    let reach = dice.one_of(&[
        (37, Reach::Listed),
        (19, Reach::Prefix),
        (25, Reach::Everything),
        (16, Reach::OwnByCondition),
        (3, Reach::WrongSecret),
    ]);
    let mut actions = vec![
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
    ];
    if dice.in_hundred(3) {
        actions.pop();
    }
    let names: Vec<&str> = secrets.iter().map(Arn::as_str).collect();
    let prefix = names.first().and_then(|name| name.rsplit_once('/')).map(|(prefix, _)| format!("{prefix}/*"));
    let (resource, condition) = match reach.unwrap_or(Reach::Listed) {
        Reach::Listed => (json!(names), json!({})),
        Reach::Prefix => (json!(prefix), json!({})),
        Reach::Everything => (json!("*"), json!({})),
        Reach::OwnByCondition => {
            (json!("*"), json!({"StringEquals": {"secretsmanager:resource/AllowRotationLambdaArn": function.as_str()}}))
        }
        Reach::WrongSecret => (json!(format!("{}x", names.first().copied().unwrap_or_default())), json!({})),
    };
    let mut list = vec![json!({"Sid": "Rotate", "Effect": "Allow", "Action": actions, "Resource": resource, "Condition": condition})];
    if dice.in_hundred(50) {
        list.push(json!({"Effect": "Allow", "Action": "secretsmanager:GetRandomPassword", "Resource": "*"}));
    }
    if let Some(key) = key.filter(|_| dice.in_hundred(70)) {
        let resource = if dice.in_hundred(36) { "*" } else { key.as_str() };
        list.push(json!({"Sid": "Key", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": resource}));
    }
    let attached = ["AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole"];
    let attached = attached.iter().map(|name| Ok(Arn::parse(&format!("arn:aws:iam::aws:policy/service-role/{name}"))?));
    let inline = vec![NamedDocument::new("rotate", document(&statements(&json!(list))))];
    Ok(Permissions { inline, attached: attached.collect::<Made<_>>()?, boundary: None })
}

/// Four functions of ten are in the VPC of their account and region.
fn attach(configuration: &mut FunctionConfiguration, inventory: &mut Inventory, function: &Arn, dice: &mut Dice) -> Made<()> {
    shared_policies(identities(inventory, function.account())?)?;
    if !dice.in_hundred(40) {
        return Ok(());
    }
    configuration.vpc = Some(VpcAttachment {
        vpc_id: VPC.to_owned(),
        subnet_ids: (0..3).map(|number| format!("subnet-{number}")).collect(),
        security_group_ids: vec![if dice.in_hundred(10) { "sg-closed" } else { "sg-shared" }.to_owned()],
        ipv6_allowed: false,
    });
    let place = format!("{}/{}", function.account(), function.region());
    if let Entry::Vacant(missing) = inventory.networks.entry(place) {
        missing.insert(network(function, dice.in_hundred(31))?);
    }
    Ok(())
}

fn shared_policies(identities: &mut Identities) -> Made<()> {
    let eni = [
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ];
    let logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];
    let both: Vec<&str> = logs.iter().chain(&eni).copied().collect();
    for (name, actions) in [("AWSLambdaBasicExecutionRole", logs.to_vec()), ("AWSLambdaVPCAccessExecutionRole", both)] {
        let arn = Arn::parse(&format!("arn:aws:iam::aws:policy/service-role/{name}"))?;
        let policy = statements(&json!([{"Effect": "Allow", "Action": actions, "Resource": "*"}]));
        identities.policies.entry(arn).or_insert_with(|| document(&policy));
    }
    Ok(())
}

/// One VPC with three private subnets, a NAT gateway, and perhaps an endpoint for Secrets Manager.
fn network(function: &Arn, with_endpoint: bool) -> Made<Network> {
    let (account, region) = (function.account(), function.region());
    let read = |list: Value| json!({"value": list});
    let subnets: serde_json::Map<String, Value> = (0..4)
        .map(|number| {
            let subnet = json!({"vpc": VPC, "owner": account, "zone_id": format!("az{number}"), "cidrs": [format!("10.0.{number}.0/24")]});
            (format!("subnet-{number}"), subnet)
        })
        .collect();
    let local = json!({"destination": {"cidr": "10.0.0.0/16"}, "target": "local"});
    let default = |target: Value| json!({"destination": {"cidr": "0.0.0.0/0"}, "target": target});
    let rule = |egress: bool| json!({"number": 100, "egress": egress, "allow": true, "protocol": "all", "cidr": "0.0.0.0/0"});
    let names: Vec<&String> = subnets.keys().collect();
    let acl = json!({"vpc": VPC, "default": true, "subnets": names, "rules": [rule(false), rule(true)]});
    let group = |ingress: Value, egress: Value| json!({"name": "group", "vpc": VPC, "ingress": ingress, "egress": egress});
    let endpoint = json!({"vpce-1": {"vpc": VPC, "owner": account, "kind": "Interface", "service": format!("com.amazonaws.{region}.secretsmanager"),
        "state": "available", "private_dns": true, "subnets": ["subnet-0"], "security_groups": ["sg-endpoint"], "interfaces": ["eni-1"],
        "policy": statements(&json!([{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}])).to_string()}});
    let endpoints = if with_endpoint { endpoint } else { json!({}) };
    Ok(serde_json::from_value(json!({
        "vpcs": read(json!({VPC: {"owner": account, "cidrs": ["10.0.0.0/16"], "dhcp_options": "dopt-1", "dns_support": {"value": true},
            "dns_hostnames": {"value": true}}})),
        "dhcp_options": read(json!({"dopt-1": {"domain_name_servers": ["AmazonProvidedDNS"]}})),
        "route_tables": read(json!({
            "rtb-private": {"vpc": VPC, "main": true, "routes": [local, default(json!({"nat_gateway": "nat-1"}))]},
            "rtb-public": {"vpc": VPC, "subnets": ["subnet-3"], "routes": [local, default(json!({"internet_gateway": "igw-1"}))]},
        })),
        "subnets": read(Value::Object(subnets.clone())),
        "nat_gateways": read(json!({"nat-1": {"vpc": VPC, "subnet": "subnet-3", "state": "available", "connectivity": "public"}})),
        "internet_gateways": read(json!({"igw-1": {"vpcs": [VPC]}})),
        "network_acls": read(json!({"acl-1": acl})),
        "security_groups": read(json!({
            "sg-shared": group(json!([]), json!([{"peer": {"cidr": "0.0.0.0/0"}}])),
            "sg-closed": group(json!([]), json!([])),
            "sg-endpoint": group(json!([{"protocol": "tcp", "ports": {"from": 443, "to": 443}, "peer": {"cidr": "10.0.0.0/16"}}]), json!([])),
        })),
        "endpoints": read(endpoints),
        "interfaces": read(json!({"eni-1": {"subnet": "subnet-0", "addresses": ["10.0.0.10"], "security_groups": ["sg-endpoint"]}})),
    }))?)
}

/// A role that rotates nothing. All of these say the same.
fn bystander(inventory: &mut Inventory, spot: &Spot) -> Made<()> {
    let policy = statements(&json!([{"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::data/*"}]));
    let trust = statements(&json!([{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]));
    let role = Role {
        arn: spot.arn("iam", &format!("role/task-{}", spot.number))?,
        id: format!("AROATASK{:08}", spot.number),
        trust: document(&trust),
        permissions: Permissions { inline: vec![NamedDocument::new("task", document(&policy))], ..Permissions::default() },
        tags: BTreeMap::new(),
    };
    identities(inventory, &spot.account)?.roles.insert(role.arn.clone(), role);
    Ok(())
}

/// A secret without a rotation of its own: one of four is managed by RDS.
fn resting(spot: &Spot, dice: &mut Dice) -> Made<Secret> {
    let managed = dice.in_hundred(25);
    let name = if managed { format!("rds!cluster-{}", spot.number) } else { format!("static/{}", spot.number) };
    let arn = spot.arn("secretsmanager", &format!("secret:{name}-{}", dice.suffix()))?;
    let mut secret = clean::bare_secret(&arn, "2026-01-01T00:00:00Z".parse()?);
    if managed {
        secret.owning_service = Some("rds".to_owned());
        secret.rotation.enabled = true;
        (secret.rotation.after_days, secret.rotation.schedule) = (Some(7), None);
    }
    Ok(secret)
}
