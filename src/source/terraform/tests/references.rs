//! Unknown values and what they come from.

use super::plan;
use crate::source::terraform::identity::Kind;
use crate::source::terraform::resolve::{Resolver, Want};
use crate::source::terraform::world::World;

const A: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-⟦aws_secretsmanager_secret.a#6⟧";
const B: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:b-⟦aws_secretsmanager_secret.b#6⟧";

/// The rotation whose `secret_id` is asked for, and what it is; the ARN of a secret is shortened to what follows `secret:`.
const SECRETS: [(&str, &str); 32] = [
    ("id", A),
    ("arn", A),
    ("version", A),
    ("version_arn", A),
    ("prefix", "team-⟦aws_secretsmanager_secret.prefix#26⟧-⟦aws_secretsmanager_secret.prefix#6⟧"),
    ("unnamed", "⟦aws_secretsmanager_secret.unnamed⟧-⟦aws_secretsmanager_secret.unnamed#6⟧"),
    ("late", "⟦?aws_secretsmanager_secret.late.name⟧-⟦aws_secretsmanager_secret.late#6⟧"),
    ("counted", "counted-1-⟦aws_secretsmanager_secret.counted[1]#6⟧"),
    ("index[0]", "counted-0-⟦aws_secretsmanager_secret.counted[0]#6⟧"),
    ("index[1]", "counted-1-⟦aws_secretsmanager_secret.counted[1]#6⟧"),
    ("chained[\"x\"]", "each-x-⟦aws_secretsmanager_secret.each['x']#6⟧"),
    ("chained[\"y.z\"]", "each-y.z-⟦aws_secretsmanager_secret.each['y.z']#6⟧"),
    ("key[\"x\"]", "each-x-⟦aws_secretsmanager_secret.each['x']#6⟧"),
    ("key[\"y.z\"]", "each-y.z-⟦aws_secretsmanager_secret.each['y.z']#6⟧"),
    ("tried", "counted-0-⟦aws_secretsmanager_secret.counted[0]#6⟧"),
    ("output", "made-single-⟦module.single.aws_secretsmanager_secret.this[0]#6⟧"),
    ("output_key", "made-n-⟦module.made['n'].aws_secretsmanager_secret.this[0]#6⟧"),
    ("output_each[\"m\"]", "made-m-⟦module.made['m'].aws_secretsmanager_secret.this[0]#6⟧"),
    ("output_object", "made-single-⟦module.single.aws_secretsmanager_secret.this[0]#6⟧"),
    ("module_chained[\"m\"]", "made-m-⟦module.made['m'].aws_secretsmanager_secret.this[0]#6⟧"),
    ("module_chained[\"n\"]", "made-n-⟦module.made['n'].aws_secretsmanager_secret.this[0]#6⟧"),
    ("local", "⟦?aws_secretsmanager_secret_rotation.local.secret_id, made from local.secret; --source shows how⟧"),
    ("local_map[\"x\"]", "⟦?aws_secretsmanager_secret_rotation.local_map['x'].secret_id, made from local.map; --source shows how⟧"),
    ("known", "known-AbCdEf"),
    ("read", "read-GWVmGp"),
    // Two secrets, of which it is one: which, the plan does not tell.
    (
        "either",
        "⟦?aws_secretsmanager_secret_rotation.either.secret_id, made from aws_secretsmanager_secret.a.id, aws_secretsmanager_secret.b.id, var.flag; --source shows how⟧",
    ),
    ("fallback", A),
    ("coalesce", A),
    ("f_alias", B),
    ("f_version", B),
    ("f_late", B),
    ("f_decoy", B),
];

fn asked(address: &str, path: &[&str], want: Want) -> Vec<String> {
    let plan = plan("cases");
    let world = World::after(&plan);
    let resolver = Resolver::new(&world, "111122223333", "eu-west-1");
    let instance = world.instances().find(|instance| instance.address == address).unwrap_or_else(|| panic!("no {address}"));
    let texts = match path {
        [_] => resolver.text(instance, path, want).map(|text| vec![text]),
        _ => resolver.texts(instance, path, want),
    };
    texts.unwrap_or_default().iter().map(|text| text.written().into_owned()).collect()
}

fn secret_of(address: &str) -> String {
    asked(address, &["secret_id"], Want::arn(Kind::Secret)).concat()
}

#[test]
fn an_unknown_secret_is_the_one_that_it_comes_from_or_says_what_is_missing() {
    for (name, expected) in SECRETS {
        let found = secret_of(&format!("aws_secretsmanager_secret_rotation.{name}"));
        let shortened =
            found.strip_prefix("arn:aws:secretsmanager:eu-west-1:111122223333:secret:").filter(|_| !expected.starts_with("arn:"));
        assert_eq!(shortened.unwrap_or(&found), expected, "{name}");
    }
}

#[test]
fn a_value_goes_through_the_variables_of_modules() {
    assert_eq!(secret_of("module.outer.aws_secretsmanager_secret_rotation.outer"), B);
    assert_eq!(secret_of("module.outer.module.inner.aws_secretsmanager_secret_rotation.inner"), B);
}

#[test]
fn functions_are_named_with_version_or_alias_or_not_at_all() {
    let function = "arn:aws:lambda:eu-west-1:111122223333:function";
    let cases = [
        ("f_alias", format!("{function}:splat:live")),
        ("f_version", format!("{function}:splat:⟦aws_lambda_function.splat.version⟧")),
        ("f_late", format!("{function}:⟦?aws_lambda_function.dynamic.function_name⟧")),
        (
            "f_decoy",
            "⟦?aws_secretsmanager_secret_rotation.f_decoy.rotation_lambda_arn, made from aws_s3_bucket.b.id; --source shows how⟧"
                .to_owned(),
        ),
    ];
    for (name, expected) in cases {
        let address = format!("aws_secretsmanager_secret_rotation.{name}");
        assert_eq!(asked(&address, &["rotation_lambda_arn"], Want::arn(Kind::Function)), [expected], "{name}");
    }
}

#[test]
fn roles_and_keys_are_named_by_what_is_known_of_them() {
    let role = |name: &str| asked(&format!("aws_lambda_function.{name}"), &["role"], Want::arn(Kind::Role));
    assert_eq!(role("splat"), ["arn:aws:iam::111122223333:role/team/r"]);
    assert_eq!(role("for"), ["arn:aws:iam::111122223333:role/p-⟦aws_iam_role.p#26⟧"]);
    assert_eq!(role("dynamic"), ["arn:aws:iam::111122223333:role/known"]);
    let key = asked("aws_lambda_function.splat", &["kms_key_arn"], Want::arn(Kind::Key));
    assert_eq!(key, ["⟦aws_kms_key.k⟧"], "the alias leads to what its target names, which is the key's id here");
}

#[test]
fn of_a_set_the_plan_knows_no_item_if_it_does_not_know_one_of_them() {
    let list =
        |name: &str, attribute: &str, kind| asked(&format!("aws_lambda_function.{name}"), &["vpc_config", "0", attribute], Want::id(kind));
    let open =
        |name: &str, path: &str, from: &str| vec![format!("⟦?aws_lambda_function.{name}.vpc_config.0.{path}.0{from}; --source shows how⟧")];
    // All subnets, some of them, or a function of them.
    assert_eq!(list("splat", "subnet_ids", Kind::Subnet), open("splat", "subnet_ids", ", made from aws_subnet.s"));
    assert_eq!(list("for", "subnet_ids", Kind::Subnet), open("for", "subnet_ids", ", made from aws_subnet.s"));
    assert_eq!(list("splat", "security_group_ids", Kind::SecurityGroup), ["⟦aws_security_group.g⟧"]);
    let both = open("for", "security_group_ids", ", made from aws_security_group.g.id, var.groups");
    assert_eq!(list("for", "security_group_ids", Kind::SecurityGroup), both);
    // Of a dynamic block the plan shows no expression.
    assert_eq!(list("dynamic", "subnet_ids", Kind::Subnet), open("dynamic", "subnet_ids", ""));
}
