//! What the configuration tells and the plan does not.

use std::path::Path;

use super::plan;
use crate::inventory::Inventory;
use crate::source::terraform::code::{self, Evaluator, Made};
use crate::source::terraform::resolve::Resolver;
use crate::source::terraform::stack;
use crate::source::terraform::world::World;

const A: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-⟦aws_secretsmanager_secret.a#6⟧";
const B: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:b-⟦aws_secretsmanager_secret.b#6⟧";

/// What an attribute of a plan comes to.
fn made(address: &str, path: &[&str]) -> Option<Made> {
    let plan = plan("cases");
    let world = World::after(&plan);
    let code = code::read(Path::new("tests/plans/cases"), &world).unwrap();
    let resolver = Resolver::new(&world, "111122223333", "eu-west-1");
    let instance = world.instances().find(|instance| instance.address == address).unwrap_or_else(|| panic!("no {address}"));
    Evaluator::new(&code, &resolver, stack::document).attribute(instance, path)
}

fn secret_of(name: &str) -> String {
    match made(&format!("aws_secretsmanager_secret_rotation.{name}"), &["secret_id"]) {
        Some(Made::Text(text)) => text.to_string(),
        other => format!("{other:?}"),
    }
}

#[test]
fn expressions_are_followed_where_the_plan_shows_references_alone() {
    for (name, expected) in
        [("id", A), ("local", A), ("local_map[\"x\"]", A), ("either", A), ("fallback", A), ("coalesce", A), ("f_alias", B)]
    {
        assert_eq!(secret_of(name), expected, "{name}");
    }
    let decoy = made("aws_secretsmanager_secret_rotation.f_decoy", &["rotation_lambda_arn"]);
    assert_eq!(decoy, Some(Made::Open("aws_s3_bucket.b.id".to_owned())));
}

#[test]
fn lists_and_dynamic_blocks_come_out_item_by_item() {
    let list = |name: &str, attribute| {
        let made = made(&format!("aws_lambda_function.{name}"), &["vpc_config", "0", attribute]).unwrap();
        made.texts().map(|texts| texts.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let both = Some(vec!["⟦aws_subnet.s[0]⟧".to_owned(), "⟦aws_subnet.s[1]⟧".to_owned()]);
    assert_eq!(list("splat", "subnet_ids"), both);
    assert_eq!(list("dynamic", "subnet_ids"), Some(vec!["⟦aws_subnet.s[0]⟧".to_owned(), "subnet-9".to_owned()]));
    assert_eq!(list("for", "security_group_ids"), Some(vec!["⟦aws_security_group.g⟧".to_owned(), "sg-0a".to_owned()]));
}

fn inventory() -> Inventory {
    inventory_with(Path::new("tests/plans/documents"))
}

/// The inventory of the plan `documents`, read with the configuration in this folder.
fn inventory_with(folder: &Path) -> Inventory {
    let plan = plan("documents");
    let world = World::after(&plan);
    let code = code::read(folder, &world).unwrap();
    let resolver = Resolver::new(&world, "111122223333", "eu-west-1");
    stack::inventory(&resolver, Some(&Evaluator::new(&code, &resolver, stack::document)), false, jiff::Timestamp::UNIX_EPOCH)
}

#[test]
fn a_policy_that_the_plan_hides_is_read_from_its_expression() {
    let inventory = inventory();
    let identities = inventory.accounts["111122223333"].identities.value().unwrap();
    let role = identities.roles.values().next().unwrap();
    for name in ["encoded", "heredoc"] {
        let policy = role.permissions.inline.iter().find(|policy| policy.name == format!("aws_iam_role_policy.{name}")).unwrap();
        let document: serde_json::Value = serde_json::from_str(policy.document.text()).unwrap();
        let expected = serde_json::json!([{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": A}]);
        assert_eq!(document["Statement"], expected, "{name}");
    }
    let two = role.permissions.inline.iter().find(|policy| policy.name == "aws_iam_role_policy.two_in_one").unwrap();
    let document: serde_json::Value = serde_json::from_str(two.document.text()).unwrap();
    assert_eq!(document["Statement"][0]["Resource"][0], format!("{A}/{B}"));
}

/// What the policy `heredoc` says of resources, when its expression is this one.
fn resource_of(name: &str, expression: &str, policy: &str) -> serde_json::Value {
    let text = std::fs::read_to_string("tests/plans/documents/main.tf").unwrap();
    let at = text.find("policy = <<-EOT").unwrap();
    let end = at + text[at..].find("  EOT\n").unwrap() + "  EOT\n".len();
    let main = [&text[..at], "policy = ", expression, "\n", &text[end..]].concat();
    resource_with(name, &[("main.tf", &main), ("policy.json.tftpl", policy)])
}

/// What the policy `heredoc` says of resources, when these files stand beside the others or in their places.
fn resource_with(name: &str, files: &[(&str, &str)]) -> serde_json::Value {
    let folder = std::env::temp_dir().join(format!("rotaudit-code-{}-{name}", std::process::id()));
    std::fs::create_dir_all(folder.join("policies")).unwrap();
    for file in ["head.tf", "main.tf", "policies/main.tf"] {
        std::fs::copy(Path::new("tests/plans/documents").join(file), folder.join(file)).unwrap();
    }
    for (file, text) in files {
        std::fs::write(folder.join(file), text).unwrap();
    }
    let inventory = inventory_with(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
    let identities = inventory.accounts["111122223333"].identities.value().unwrap();
    let policies = &identities.roles.values().next().unwrap().permissions.inline;
    let policy = policies.iter().find(|policy| policy.name == "aws_iam_role_policy.heredoc").unwrap();
    let document: serde_json::Value = serde_json::from_str(policy.document.text()).unwrap_or_default();
    document["Statement"][0]["Resource"].clone()
}

#[test]
fn a_file_of_overrides_goes_over_the_others_in_either_syntax() {
    let policy =
        "jsonencode({ Statement = [{ Effect = \"Allow\", Action = \"*\", Resource = [\"${aws_secretsmanager_secret.a.arn}-x\"] }] })";
    let native = format!("resource \"aws_iam_role_policy\" \"heredoc\" {{\n  policy = {policy}\n}}\n");
    let json = serde_json::json!({"resource": [{"aws_iam_role_policy": {"heredoc": {"//": "why", "policy": format!("${{{policy}}}")}}}]});
    let over = serde_json::json!([format!("{A}-x")]);
    assert_eq!(resource_with("native", &[("override.tf", &native)]), over);
    assert_eq!(resource_with("json", &[("a_override.tf.json", &json.to_string())]), over);
    // The last one counts, a file of OpenTofu's does not in a plan of Terraform, and a backup never.
    assert_eq!(resource_with("both", &[("override.tf", &native.replace("-x", "-y")), ("z_override.tf.json", &json.to_string())]), over);
    for file in ["override.tofu", ".override.tf", "override.tf~"] {
        assert_eq!(resource_with(file, &[(file, &native)]), A, "{file}");
    }
}

#[test]
fn policies_in_files_are_read_with_what_is_put_into_them() {
    let with = |resource: &str| {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "{resource}"}}]}}"#
        )
    };
    let template = r#"templatefile("${path.module}/policy.json.tftpl", { secret = aws_secretsmanager_secret.a.arn })"#;
    assert_eq!(resource_of("template", template, &with("${secret}")), A);
    assert_eq!(resource_of("pattern", template, &with("${secret}-*")), format!("{A}-*"));
    let replaced = r#"replace(file("${path.module}/policy.json.tftpl"), "SECRET", aws_secretsmanager_secret.a.arn)"#;
    assert_eq!(resource_of("replaced", replaced, &with("SECRET")), A);
    let directives = with("%{ if secret != null ~} \n%{ for name in [secret] }${name}%{ endfor }%{ else }*%{ endif }");
    assert_eq!(resource_of("directives", template, &directives), A);
    // What hangs on something unknown, what lies elsewhere and what a regular expression finds stay open.
    for (name, expression, policy) in [
        ("directive", template, with("%{ if data.aws_vpc.x.main }${secret}%{ endif }")),
        ("recursive", template, format!("{}${{{template}}}${{{template}}}", with("${secret}"))),
        ("elsewhere", &*template.replace("${path.module}", "/etc"), with("${secret}")),
        ("regular", &*replaced.replace("SECRET", "/SECRET/"), with("SECRET")),
    ] {
        assert_ne!(resource_of(name, expression, &policy), A, "{name}");
    }
}

#[test]
fn resources_are_found_in_their_files() {
    let inventory = inventory();
    let (_, origin) = inventory.origins.iter().find(|(arn, _)| arn.as_str() == A).unwrap();
    assert_eq!(
        (origin.file.as_str(), origin.column, origin.name.as_str()),
        ("tests/plans/documents/main.tf", 1, "aws_secretsmanager_secret.a")
    );
    let line = std::fs::read_to_string(&origin.file).unwrap().lines().nth(origin.line - 1).unwrap().to_owned();
    assert_eq!(line, "resource \"aws_secretsmanager_secret\" \"a\" {");
}
