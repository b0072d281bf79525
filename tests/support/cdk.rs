//! The faults of `tests/templates.rs` in what the CDK writes of the same rotation (`tests/templates/cdk/named`), in the same order.

use serde_json::{Value, json};

/// What the CDK writes.
pub(crate) const NAMED: &str = include_str!("../templates/cdk/named/Named.template.json");

/// The properties of a resource, by its logical id.
fn properties<'t>(template: &'t mut Value, id: &str) -> &'t mut Value {
    &mut template["Resources"][id]["Properties"]
}

/// A statement of the role's policy: of the secret, of passwords, of the key.
fn statement(template: &mut Value, index: usize) -> &mut Value {
    &mut properties(template, "Role1ABCC5F0")["Policies"][0]["PolicyDocument"]["Statement"][index]
}

fn take(of: &mut Value, name: &str) {
    of.as_object_mut().and_then(|fields| fields.remove(name)).map_or_else(|| panic!("there is no {name}"), drop);
}

/// One change each.
pub(crate) const FAULTS: [fn(&mut Value); 13] = [
    |it| properties(it, "Permission")["Principal"] = "s3.amazonaws.com".into(),
    |it| {
        statement(it, 0)["Action"]
            .as_array_mut()
            .into_iter()
            .for_each(|actions| actions.retain(|it| it != "secretsmanager:PutSecretValue"));
    },
    |it| statement(it, 0)["Resource"] = json!({"Fn::Join": ["", [{"Ref": "SecretA720EF05"}, "x"]]}),
    |it| statement(it, 2)["Action"] = "kms:Decrypt".into(),
    |it| statement(it, 2)["Condition"] = json!({"StringEquals": {"kms:CallerAccount": "111122223333"}}),
    |it| statement(it, 0)["Resource"] = "*".into(),
    |it| properties(it, "Function76856677")["ReservedConcurrentExecutions"] = 0.into(),
    |it| properties(it, "Function76856677")["Runtime"] = "python3.7".into(),
    |it| properties(it, "Role1ABCC5F0")["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"] = "ec2.amazonaws.com".into(),
    |it| properties(it, "Schedule")["RotationRules"] = json!({"ScheduleExpression": "rate(3000 days)", "Duration": "3h"}),
    |it| take(&mut it["Resources"]["Schedule"], "DependsOn"),
    |it| {
        take(properties(it, "Key961B73FD"), "EnableKeyRotation");
        properties(it, "Key961B73FD")["Enabled"] = false.into();
    },
    |it| ["SourceAccount", "SourceArn"].into_iter().for_each(|name| take(properties(it, "Permission"), name)),
];
