//! How long it takes to know who can do something, in an account with many principals and secrets: sorting the principals, then asking for every secret who may read it and
//! who may have it rotated, and for every function who may change it. `-- 500 2500` measures 500 principals and 2,500 secrets; without arguments, four sizes.

use std::error::Error;
use std::io::{self, Write};
use std::time::Instant;

use rotaudit::access::{Access, Everyone, Matter, Target};
use rotaudit::arn::Arn;
use rotaudit::inventory::{Inventory, Known, NamedDocument, Permissions, Role, User};
use rotaudit::policy::Document;
use serde_json::{Value, json};

#[path = "../tests/support/generate.rs"]
mod generate;

use generate::{Made, Shape};

/// Principals and secrets.
const SIZES: [(usize, usize); 4] = [(500, 2_500), (1_000, 5_000), (2_000, 5_000), (2_000, 10_000)];

fn main() -> Result<(), Box<dyn Error>> {
    let numbers: Result<Vec<usize>, _> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).map(|word| word.parse()).collect();
    let sizes = match numbers?.as_slice() {
        [principals, secrets] => vec![(*principals, *secrets)],
        _ => SIZES.to_vec(),
    };
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{:>10}{:>10}{:>8}{:>10}{:>12}{:>12}{:>12}{:>12}",
        "principals", "secrets", "kinds", "sort s", "read s", "rotate s", "change s", "decisions"
    )?;
    for (principals, secrets) in sizes {
        writeln!(out, "{}", measure(principals, secrets)?)?;
    }
    Ok(())
}

/// One row of the table.
fn measure(principals: usize, secrets: usize) -> Made<String> {
    let inventory = account(principals, secrets)?;
    let access = Access::new(&inventory);
    let start = Instant::now();
    let everyone = Everyone::new(&access);
    let sorted = start.elapsed();
    let ask = |action: &str, targets: &mut dyn Iterator<Item = Target>| {
        let start = Instant::now();
        let found: usize = targets.map(|target| everyone.who(&Matter::new(action, target)).len()).sum();
        (start.elapsed(), found)
    };
    let (read, _) = ask("secretsmanager:GetSecretValue", &mut inventory.secrets.keys().cloned().map(Target::Secret));
    let (rotate, _) = ask("secretsmanager:RotateSecret", &mut inventory.secrets.keys().cloned().map(Target::Secret));
    let (change, found) = ask("lambda:UpdateFunctionCode", &mut inventory.functions.keys().cloned().map(Target::Function));
    if found == 0 {
        return Err("nobody may change a function, so nothing was measured".into());
    }
    let seconds = [sorted, read, rotate, change].map(|time| time.as_secs_f64());
    Ok(format!(
        "{:>10}{:>10}{:>8}{:>10.2}{:>12.2}{:>12.2}{:>12.2}{:>12}",
        everyone.len(),
        inventory.secrets.len(),
        everyone.kinds(),
        seconds[0],
        seconds[1],
        seconds[2],
        seconds[3],
        access.asked()
    ))
}

/// One account: the roles of its rotations, and people and pipelines beside them up to so many principals.
fn account(principals: usize, secrets: usize) -> Made<Inventory> {
    let mut inventory = generate::inventory(Shape { accounts: 1, roles: 1, ..Shape::of(secrets) })?;
    let Some(Known::Value(identities)) = inventory.accounts.values_mut().next().map(|account| &mut account.identities) else {
        return Err("the account was made without identities".into());
    };
    let id = identities.roles.keys().next().map(|arn| arn.account().to_owned()).unwrap_or_default();
    let managed = [
        ("Administrators", json!({"Action": "*", "Resource": "*"})),
        ("PowerUsers", json!({"NotAction": ["iam:*", "organizations:*"], "Resource": "*"})),
        ("Readers", json!({"Action": ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], "Resource": "*"})),
        ("Storage", json!({"Action": "s3:*", "Resource": "*"})),
        ("OwnKeys", json!({"Action": "iam:*AccessKey*", "Resource": "arn:aws:iam::*:user/${aws:username}"})),
    ];
    for (name, statement) in &managed {
        identities.policies.insert(Arn::parse(&format!("arn:aws:iam::{id}:policy/{name}"))?, document(statement));
    }
    for number in identities.roles.len()..principals {
        let of_managed = |name: &str| Arn::parse(&format!("arn:aws:iam::{id}:policy/{name}"));
        let attached = match number % 20 {
            0 => vec![of_managed("Administrators")?],
            1..=3 => vec![of_managed("PowerUsers")?, of_managed("OwnKeys")?],
            4..=6 => vec![of_managed("Readers")?, of_managed("OwnKeys")?],
            _ => vec![of_managed("Storage")?, of_managed("OwnKeys")?],
        };
        let team = json!({"Action": "secretsmanager:*", "Resource": format!("arn:aws:secretsmanager:*:*:secret:app{}/*", number % 100)});
        let inline = if number.is_multiple_of(4) { vec![NamedDocument::new("team", document(&team))] } else { Vec::new() };
        let permissions = Permissions { inline, attached, boundary: None };
        if number.is_multiple_of(2) {
            let arn = Arn::parse(&format!("arn:aws:iam::{id}:user/user-{number}"))?;
            let user = User { arn: arn.clone(), id: format!("AIDA{number:08}"), permissions, groups: Vec::new(), tags: [].into() };
            identities.users.insert(arn, user);
        } else {
            let arn = Arn::parse(&format!("arn:aws:iam::{id}:role/role-{number}"))?;
            let trust = Document::new(json!({"Version": "2012-10-17", "Statement": []}).to_string());
            identities.roles.insert(arn.clone(), Role { arn, id: format!("AROA{number:08}"), trust, permissions, tags: [].into() });
        }
    }
    Ok(inventory)
}

fn document(statement: &Value) -> Document {
    let mut statement = statement.clone();
    statement["Effect"] = json!("Allow");
    Document::new(json!({"Version": "2012-10-17", "Statement": [statement]}).to_string())
}
