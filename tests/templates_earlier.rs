//! Templates over the account that an earlier version of them has left behind: what that wrote and the template does not, the update deletes, unless it is retained
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

#[path = "support/template.rs"]
mod template;

use std::collections::BTreeMap;

use rotaudit::arn::Arn;
use rotaudit::inventory::network::{NetworkAcl, NetworkAclRule, Protocol};
use rotaudit::inventory::{Group, Inventory, Known, NamedDocument, Permissions, User, clean, snapshot};
use rotaudit::policy::Document;
use serde_json::{Value, json};
use template::{found, over, report, scratch};

/// Something beside what a test is about: a template without resources is none.
const NOTHING: &str = "  Other: {Type: AWS::SecretsManager::Secret, Properties: {Name: other}}\n";

/// A template of these resources.
fn template(resources: &str) -> String {
    format!("Resources:\n{NOTHING}{resources}")
}

/// The same with a deletion policy for each resource but the first.
fn retained(resources: &str, policy: &str) -> String {
    template(&resources.replace("    Properties:", &format!("    DeletionPolicy: {policy}\n    Properties:")))
}

/// The report of a template with these resources over an account in which an earlier version of it is deployed.
fn after(name: &str, account: &Inventory, now: &str, earlier: &str, more: &[&str]) -> Value {
    let (existing, before) = (scratch(&format!("{name}-account.json")), scratch(&format!("{name}-earlier.yaml")));
    std::fs::write(&existing, snapshot::to_text(account).unwrap()).unwrap();
    std::fs::write(&before, earlier).unwrap();
    let line = ["--over", existing.to_str().unwrap(), "--earlier", before.to_str().unwrap()];
    let report = report(name, &template(now), &[&line[..], more].concat());
    std::fs::remove_file(&existing).unwrap();
    std::fs::remove_file(&before).unwrap();
    report
}

/// The verdict of the clean account's rotation, with what it rests on.
fn verdict(report: &Value) -> (&str, String) {
    let rotation = report["rotations"].as_array().unwrap().iter().find(|it| it["secret"] == clean::SECRET).unwrap();
    (rotation["verdict"].as_str().unwrap(), format!("{}{}", rotation["because"], rotation["needs"]))
}

/// What becomes of the rotation when the stack loses these resources, when it loses and retains them, and where nobody gives the earlier version.
fn fates(name: &str, account: &Inventory, resources: &str) -> [String; 3] {
    let of = |earlier: &str| verdict(&after(name, account, "", earlier, &[])).0.to_owned();
    [of(&template(resources)), of(&retained(resources, "Retain")), verdict(&over(name, account, &template(""))).0.to_owned()]
}

fn document(statement: &Value) -> Document {
    Document::new(json!({"Version": "2012-10-17", "Statement": [statement]}).to_string())
}

const PERMISSION: &str = "  Permission:
    Type: AWS::Lambda::Permission
    Properties: {FunctionName: rotate-db, Action: 'lambda:InvokeFunction', Principal: secretsmanager.amazonaws.com, SourceAccount: !Ref 'AWS::AccountId'}
";

/// The account in which the stack has let Secrets Manager in.
fn invoked_by_stack() -> Inventory {
    let mut account = clean::account().unwrap();
    let statement = json!({
        "Sid": "stack-Permission-AbCdEfGhIjKl", "Effect": "Allow", "Principal": {"Service": "secretsmanager.amazonaws.com"}, "Action": "lambda:InvokeFunction",
        "Resource": clean::FUNCTION, "Condition": {"StringEquals": {"AWS:SourceAccount": "111122223333"}},
    });
    let function = account.functions.get_mut(&Arn::parse(clean::FUNCTION).unwrap()).unwrap();
    function.policies = [(String::new(), Known::Value(Some(document(&statement))))].into();
    account
}

#[test]
fn a_permission_that_the_template_does_not_write_any_more_is_taken_away() {
    let account = invoked_by_stack();
    assert_eq!(fates("permission", &account, PERMISSION), ["fails", "rotates", "rotates"]);
    // A policy of deletion that is a function of the language extensions is not looked into.
    let open = format!("Transform: AWS::LanguageExtensions\n{}", retained(PERMISSION, "!If [Never, Retain, Delete]"));
    let open = format!("Conditions: {{Never: !Equals [a, b]}}\n{open}");
    let report = after("permission-open", &account, "", &open, &[]);
    let (verdict, why) = verdict(&report);
    assert!(verdict == "undecided" && why.contains("is in the policy of function rotate-db now"), "{verdict} {why}");
    // With the permission still there nothing happens.
    assert_eq!(self::verdict(&after("permission-kept", &account, PERMISSION, &template(PERMISSION), &[])).0, "rotates");
}

#[test]
fn a_diff_shows_the_rotation_that_breaks() {
    let account = scratch("diff-account.json");
    std::fs::write(&account, snapshot::to_text(&invoked_by_stack()).unwrap()).unwrap();
    let (now, before) = (scratch("diff-now.yaml"), scratch("diff-before.yaml"));
    std::fs::write(&now, template("")).unwrap();
    std::fs::write(&before, template(PERMISSION)).unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_rotaudit"))
        .args(["diff", "--account", "111122223333", "--region", "eu-west-1", "--format", "json"])
        .args(["--template".as_ref(), now.as_os_str(), "--earlier".as_ref(), before.as_os_str(), "--over".as_ref(), account.as_os_str()])
        .output()
        .unwrap();
    let changes: Value = serde_json::from_slice(&output.stdout).unwrap();
    let change = &changes["verdicts"][0];
    assert_eq!((&change["old"], &change["new"]), (&"rotates".into(), &"fails".into()), "{changes:#}");
    assert_eq!((&changes["new"][0]["rule"], output.status.code()), (&"secrets-manager-cannot-invoke".into(), Some(10)), "{changes:#}");
    for file in [account, now, before] {
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn a_policy_that_the_template_does_not_give_any_more_is_taken_away() {
    let mut account = clean::account().unwrap();
    let Known::Value(identities) = &mut account.accounts.get_mut("111122223333").unwrap().identities else { return };
    let role = identities.roles.get_mut(&Arn::parse(clean::ROLE).unwrap()).unwrap();
    let own = role.permissions.inline[0].clone();
    let written = format!(
        "  Policy:\n    Type: AWS::IAM::Policy\n    Properties: {{PolicyName: {}, Roles: [rotate-db], PolicyDocument: {}}}\n",
        own.name,
        own.document.text()
    );
    assert_eq!(fates("inline", &account, &written), ["fails", "rotates", "rotates"]);
    // The same of a managed policy, which is deleted with the resource.
    let arn = Arn::parse("arn:aws:iam::111122223333:policy/rotation").unwrap();
    let Known::Value(identities) = &mut account.accounts.get_mut("111122223333").unwrap().identities else { return };
    let role = identities.roles.get_mut(&Arn::parse(clean::ROLE).unwrap()).unwrap();
    role.permissions.inline.clear();
    role.permissions.attached.push(arn.clone());
    identities.policies.insert(arn, own.document.clone());
    let written = format!(
        "  Policy:\n    Type: AWS::IAM::ManagedPolicy\n    Properties: {{ManagedPolicyName: rotation, Roles: [rotate-db], PolicyDocument: {}}}\n",
        own.document.text()
    );
    assert_eq!(fates("managed", &account, &written), ["fails", "rotates", "rotates"]);
    // Whether it is deleted while somebody else has attached it to the role is not documented.
    let alone = written.replace("Roles: [rotate-db], ", "");
    assert_eq!(fates("managed-elsewhere", &account, &alone), ["undecided", "rotates", "rotates"]);
}

const ROLE: &str = "  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: rotate-db
      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]}
";
const FUNCTION: &str = "  Function:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: rotate-db, Runtime: python3.13, Handler: index.handler, Role: 'arn:aws:iam::111122223333:role/rotate-db', Code: {ZipFile: x}}
";

#[test]
fn a_role_and_a_function_that_the_template_does_not_make_any_more_are_deleted() {
    let account = clean::account().unwrap();
    for (name, resource) in [("role", ROLE), ("function", FUNCTION)] {
        assert_eq!(fates(name, &account, resource), ["fails", "rotates", "rotates"], "{name}");
    }
    // What is replaced is deleted too.
    let renamed = FUNCTION.replace("FunctionName: rotate-db", "FunctionName: rotate-anew");
    let replaced = after("replaced", &account, &renamed, &template(FUNCTION), &[]);
    assert_eq!(verdict(&replaced).0, "fails", "{replaced:#}");
    let outlives = template(&FUNCTION.replace("    Properties:", "    UpdateReplacePolicy: Retain\n    Properties:"));
    assert_eq!(verdict(&after("outlives", &account, &renamed, &outlives, &[])).0, "rotates");
    assert_eq!(verdict(&after("outlives-not", &account, "", &outlives, &[])).0, "fails", "it is not replaced");
    // Of a role that is retained, what is beside it goes.
    let Known::Value(identities) = &account.accounts["111122223333"].identities else { return };
    let own = &identities.roles[&Arn::parse(clean::ROLE).unwrap()].permissions.inline[0];
    let policy = format!(
        "  Policy:\n    Type: AWS::IAM::Policy\n    Properties: {{PolicyName: {}, Roles: [!Ref Role], PolicyDocument: {}}}\n",
        own.name,
        own.document.text()
    );
    let earlier = format!("{}{policy}", retained(ROLE, "Retain"));
    assert_eq!(verdict(&after("role-retained", &account, "", &earlier, &[])).0, "fails");
}

#[test]
fn what_is_made_in_some_cases_only_is_open() {
    let earlier = format!(
        "Parameters: {{Stage: {{Type: String}}}}\nConditions: {{IsProd: !Equals [!Ref Stage, prod]}}\n{}",
        template(&FUNCTION.replace("    Properties:", "    Condition: IsProd\n    Properties:"))
    );
    let report = after("open", &clean::account().unwrap(), "", &earlier, &[]);
    let (verdict, why) = verdict(&report);
    assert!(verdict == "undecided" && why.contains("the earlier version of the template makes it in some cases"), "{verdict} {why}");
}

#[test]
fn a_key_is_scheduled_for_deletion() {
    let list = scratch("key-list.json");
    let key = clean::KEY.rsplit('/').next().unwrap();
    let summary = json!({"LogicalResourceId": "Key", "ResourceType": "AWS::KMS::Key", "PhysicalResourceId": key, "ResourceStatus": "CREATE_COMPLETE"});
    std::fs::write(&list, json!({"StackResourceSummaries": [summary]}).to_string()).unwrap();
    let policy = "{Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: 'arn:aws:iam::111122223333:root'}, Action: 'kms:*', Resource: '*'}]}";
    let own = format!("  Key:\n    Type: AWS::KMS::Key\n    Properties: {{KeyPolicy: {policy}}}\n");
    let more = ["--stack-name", "shop", "--stack-resources", list.to_str().unwrap()];
    let deleted = after("key", &clean::account().unwrap(), "", &template(&own), &more);
    assert_eq!(verdict(&deleted).0, "fails", "{deleted:#}");
    assert!(found(&deleted).0.contains(&"key-not-usable"), "{:#}", deleted["findings"]);
    let kept = after("key-kept", &clean::account().unwrap(), "", &retained(&own, "Retain"), &more);
    assert_eq!(verdict(&kept).0, "rotates", "{kept:#}");
    std::fs::remove_file(&list).unwrap();
}

const SCHEDULE: &str = "  Schedule:
    Type: AWS::SecretsManager::RotationSchedule
    Properties: {SecretId: prod/db, RotationLambdaARN: 'arn:aws:lambda:eu-west-1:111122223333:function:rotate-db', RotationRules: {AutomaticallyAfterDays: 30}}
";

#[test]
fn a_rotation_whose_schedule_is_not_written_any_more_is_cancelled() {
    let account = clean::account().unwrap();
    assert_eq!(fates("schedule", &account, SCHEDULE), ["not_judged", "rotates", "rotates"]);
    let report = after("cancelled", &account, "", &template(SCHEDULE), &[]);
    assert_eq!(report["findings"][0]["rule"], "rotation-cancelled", "{report:#}");
}

#[test]
fn a_policy_of_a_secret_goes_with_its_resource() {
    let mut account = clean::account().unwrap();
    let deny = json!({"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:PutSecretValue", "Resource": "*"});
    let secret = account.secrets.get_mut(&Arn::parse(clean::SECRET).unwrap()).unwrap();
    secret.policies = Known::Value(vec![NamedDocument::new("default", document(&deny))]);
    let written = format!(
        "  Frozen:\n    Type: AWS::SecretsManager::ResourcePolicy\n    Properties: {{SecretId: prod/db, ResourcePolicy: {}}}\n",
        document(&deny).text()
    );
    assert_eq!(fates("secret-policy", &account, &written), ["rotates", "fails", "fails"]);
    // In a template that makes the secret it may be somebody else's or not.
    let own = format!(
        "  Secret:\n    Type: AWS::SecretsManager::Secret\n    Properties: {{Name: prod/db, KmsKeyId: '{}', GenerateSecretString: {{PasswordLength: 40}}}}\n",
        clean::KEY
    );
    let of = |earlier: &str| verdict(&after("secret-own", &account, &own, earlier, &[])).0.to_owned();
    let report = over("secret-open", &account, &template(&own));
    let (open, why) = verdict(&report);
    assert!(
        open == "undecided" && why.contains("policy default is on secret prod/db now, and the template does not write it"),
        "{open} {why}"
    );
    assert_eq!(of(&template(&own)), "fails");
    assert_eq!(of(&template(&format!("{own}{written}"))), "rotates");
}

#[test]
fn rules_that_the_stack_had_added_to_groups_of_others_are_taken_away() {
    let account = clean::account_in_vpc().unwrap();
    let rule = |kind: &str, group: &str, peer: &str| {
        format!(
            "  Rule:\n    Type: AWS::EC2::SecurityGroup{kind}\n    Properties: {{GroupId: {group}, {peer}, IpProtocol: tcp, FromPort: 443, ToPort: 443}}\n"
        )
    };
    let out = rule("Egress", clean::FUNCTION_GROUP, &format!("DestinationSecurityGroupId: {}", clean::ENDPOINT_GROUP));
    assert_eq!(fates("egress", &account, &out), ["fails", "rotates", "rotates"]);
    let let_in = rule("Ingress", clean::ENDPOINT_GROUP, &format!("SourceSecurityGroupId: {}", clean::FUNCTION_GROUP));
    assert_eq!(fates("ingress", &account, &let_in), ["fails", "rotates", "rotates"]);
    // A rule of somebody else stays, and the one that the template still has.
    let another = rule("Ingress", clean::ENDPOINT_GROUP, "CidrIp: 10.9.0.0/16");
    assert_eq!(fates("another", &account, &another), ["rotates", "rotates", "rotates"]);
    assert_eq!(verdict(&after("rule-kept", &account, &let_in, &template(&let_in), &[])).0, "rotates");
    // One that may be for the group is open.
    let some = rule("Ingress", clean::ENDPOINT_GROUP, "SourceSecurityGroupId: !Ref Group");
    let some = format!("{some}  Group: {{Type: AWS::EC2::SecurityGroup, Properties: {{GroupDescription: x, VpcId: {}}}}}\n", clean::VPC);
    let report = after("some", &account, "", &template(&some), &[]);
    let (verdict, why) = verdict(&report);
    assert!(verdict == "undecided" && why.contains("a rule is in security group sg-endpoint now"), "{verdict} {why}");
}

#[test]
fn entries_and_associations_of_network_acls_that_the_stack_had_made_are_taken_away() {
    let account = clean::account_in_vpc().unwrap();
    let with = |change: &dyn Fn(&mut BTreeMap<String, NetworkAcl>)| {
        let mut account = account.clone();
        if let Known::Value(acls) = &mut account.networks.get_mut(clean::PLACE).unwrap().network_acls {
            change(acls);
        }
        account
    };
    let cidr = "0.0.0.0/0".parse().unwrap();
    let shut = NetworkAclRule { number: 50, egress: true, allow: false, protocol: Protocol::All, ports: None, cidr };
    let denied = with(&|acls| acls.get_mut("acl-0").unwrap().rules.push(shut.clone()));
    let entry = "  Shut:
    Type: AWS::EC2::NetworkAclEntry
    Properties: {NetworkAclId: acl-0, RuleNumber: 50, Egress: true, RuleAction: deny, Protocol: -1, CidrBlock: 0.0.0.0/0}\n";
    assert_eq!(fates("entry", &denied, entry), ["rotates", "fails", "fails"]);
    // Without its own list a subnet gets the default one of the VPC.
    let moved = with(&|acls| {
        let subnets = std::mem::take(&mut acls.get_mut("acl-0").unwrap().subnets);
        acls.insert("acl-1".to_owned(), NetworkAcl { vpc: clean::VPC.to_owned(), default: false, subnets, rules: Vec::new() });
    });
    let given = clean::SUBNETS.iter().enumerate().map(|(index, subnet)| {
        format!(
            "  Acl{index}:\n    Type: AWS::EC2::SubnetNetworkAclAssociation\n    Properties: {{NetworkAclId: acl-1, SubnetId: {subnet}}}\n"
        )
    });
    assert_eq!(fates("association", &moved, &given.collect::<String>()), ["rotates", "fails", "fails"]);
}

#[test]
fn an_alias_that_the_template_does_not_make_any_more_is_none() {
    let mut account = invoked_by_stack();
    let arn = Arn::parse(clean::FUNCTION).unwrap();
    let function = account.functions.get_mut(&arn).unwrap();
    let configuration = function.configuration.clone();
    let policy = function.policies[""]
        .clone()
        .map(|it| it.map(|document| Document::new(document.text().replace(clean::FUNCTION, &format!("{}:live", clean::FUNCTION)))));
    function.qualified.insert("live".to_owned(), configuration);
    function.policies.insert("live".to_owned(), policy);
    let secret = account.secrets.get_mut(&Arn::parse(clean::SECRET).unwrap()).unwrap();
    secret.rotation.function = Some(Arn::parse(&format!("{}:live", clean::FUNCTION)).unwrap());
    let own = "  Function:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: rotate-db, Runtime: python3.13, Handler: index.handler, Timeout: 30, Role: 'arn:aws:iam::111122223333:role/rotate-db', Code: {ZipFile: x}}
";
    let alias = "  Live: {Type: AWS::Lambda::Alias, Properties: {Name: live, FunctionName: !Ref Function, FunctionVersion: '1'}}\n";
    let of = |now: &str, earlier: &str| verdict(&after("alias", &account, now, &template(earlier), &[])).0.to_owned();
    assert_eq!(of(own, own), "rotates");
    assert_eq!(of(own, &format!("{own}{alias}")), "fails");
}

const CHANGES: &str = "{Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'lambda:UpdateFunctionCode', Resource: '*'}]}";

/// The clean account with anna, who has this policy inline and attached, or is in the group that has it.
fn with_anna(inline: bool, attached: bool, member: bool) -> Inventory {
    let mut account = clean::account().unwrap();
    let Known::Value(identities) = &mut account.accounts.get_mut("111122223333").unwrap().identities else { panic!("they are known") };
    let arn = |rest: &str| Arn::parse(&format!("arn:aws:iam::111122223333:{rest}")).unwrap();
    let changes = document(&json!({"Effect": "Allow", "Action": "lambda:UpdateFunctionCode", "Resource": "*"}));
    let has = |inline: bool, attached: bool| Permissions {
        inline: inline.then(|| NamedDocument::new("change", changes.clone())).into_iter().collect(),
        attached: attached.then(|| arn("policy/change")).into_iter().collect(),
        boundary: None,
    };
    let groups = if member { vec!["operators".to_owned()] } else { Vec::new() };
    let (user, group) = if member { (has(false, false), has(inline, attached)) } else { (has(inline, attached), has(false, false)) };
    let anna = User { arn: arn("user/anna"), id: "AIDA1".to_owned(), permissions: user, groups, tags: BTreeMap::new() };
    identities.users.insert(anna.arn.clone(), anna);
    let operators = Group { arn: arn("group/operators"), name: "operators".to_owned(), permissions: group };
    identities.groups.insert(operators.name.clone(), operators);
    if attached {
        identities.policies.insert(arn("policy/change"), changes.clone());
    }
    account
}

fn is_found(report: &Value) -> bool {
    found(report).0.contains(&"function-code-changeable")
}

#[test]
fn what_users_and_groups_are_not_given_any_more_is_taken_away() {
    let (inline, managed) = ("PolicyName: change, ", "ManagedPolicyName: change, ");
    let of = |kind: &str, properties: &str| format!("  P:\n    Type: AWS::IAM::{kind}\n    Properties: {{{properties}}}\n");
    let given = |kind: &str, name: &str, whom: &str| of(kind, &format!("{name}{whom}, PolicyDocument: {CHANGES}"));
    for (name, account, resource) in [
        ("user-policy", with_anna(true, false, false), given("UserPolicy", inline, "UserName: anna")),
        ("users", with_anna(true, false, false), given("Policy", inline, "Users: [anna]")),
        ("managed-user", with_anna(false, true, false), given("ManagedPolicy", managed, "Users: [anna]")),
        ("group-policy", with_anna(true, false, true), given("GroupPolicy", inline, "GroupName: operators")),
        ("groups", with_anna(true, false, true), given("Policy", inline, "Groups: [operators]")),
        ("managed-group", with_anna(false, true, true), given("ManagedPolicy", managed, "Groups: [operators]")),
        ("member", with_anna(true, false, true), of("UserToGroupAddition", "GroupName: operators, Users: [anna]")),
    ] {
        let report = |now: &str, earlier: &str| after(name, &account, now, earlier, &[]);
        let gone = report("", &template(&resource));
        assert!(!is_found(&gone) && gone["undecided"] == json!([]), "{name}: {gone:#}");
        assert!(is_found(&report("", &retained(&resource, "Retain"))), "{name} is retained");
        assert!(is_found(&report("", &template(""))), "{name} is somebody else's");
        assert!(is_found(&report(&resource, &template(&resource))), "{name} is given still");
        assert!(is_found(&over(name, &account, &template(""))), "{name}: nobody tells what the stack gave");
        // Which user or group it was given to is not known, so it may be this one.
        let unknown = resource.replace("operators", "!Ref Who").replace("anna", "!Ref Who");
        let open = report("", &format!("Parameters: {{Who: {{Type: String}}}}\n{}", template(&unknown)));
        assert!(!is_found(&open), "{name}: {open:#}");
        let told = open["undecided"].to_string();
        assert!(told.contains("user anna") || told.contains("group operators"), "{name}: {told}");
        assert!(told.contains("now, and the template does not write it"), "{name}: {told}");
    }
}

#[test]
fn a_group_that_a_user_of_the_template_is_in_by_hand_may_stay() {
    let account = with_anna(true, false, true);
    let anna = |groups: &str| format!("  Anna:\n    Type: AWS::IAM::User\n    Properties: {{UserName: anna{groups}}}\n");
    let open = over("by-hand", &account, &template(&anna("")));
    let told = open["undecided"].to_string();
    assert!(!is_found(&open) && told.contains("user anna is in group operators now, and the template does not write it"), "{open:#}");
    assert!(is_found(&after("by-hand-stays", &account, &anna(""), &template(&anna("")), &[])));
    let own = anna(", Groups: [operators]");
    let added =
        format!("{}  In: {{Type: AWS::IAM::UserToGroupAddition, Properties: {{GroupName: operators, Users: [!Ref Anna]}}}}\n", anna(""));
    for (name, earlier) in [("own", own), ("added", added)] {
        let goes = after(name, &account, &anna(""), &template(&earlier), &[]);
        assert!(!is_found(&goes) && goes["undecided"] == json!([]), "{name}: {goes:#}");
        assert!(is_found(&after(name, &account, &earlier, &template(&earlier), &[])), "{name} is written still");
    }
}
