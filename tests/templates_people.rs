//! Templates over an account to whose users and groups they give policies, or which they put into groups: whoever gets in that way is seen
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html>).

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

#[path = "support/template.rs"]
mod template;

use std::process::Command;

use rotaudit::arn::Arn;
use rotaudit::inventory::{Group, Identities, Inventory, Known, NamedDocument, Permissions, User, clean, snapshot};
use rotaudit::policy::Document;
use serde_json::{Value, json};
use template::{found, over, report, scratch};

/// The rule that names whoever gains the function.
const RULE: &str = "function-code-changeable";

/// Something beside what a test is about: a template without resources is none.
const NOTHING: &str = "  Other: {Type: AWS::SecretsManager::Secret, Properties: {Name: other}}\n";

/// What changes the code of any function, and reads nothing.
const CHANGES: &str =
    "PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'lambda:UpdateFunctionCode', Resource: '*'}]}";

/// What has nothing to do with rotation.
const READS_BUCKETS: &str = "PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:GetObject', Resource: '*'}]}";

/// A template of these resources, with a parameter to which nobody gives a value.
fn template(resources: &str) -> String {
    format!("Parameters: {{Who: {{Type: String}}, Several: {{Type: CommaDelimitedList}}}}\nResources:\n{NOTHING}{resources}")
}

fn resource(id: &str, kind: &str, properties: &str) -> String {
    format!("  {id}: {{Type: AWS::IAM::{kind}, Properties: {{{properties}}}}}\n")
}

fn policy(name: &str, effect: &str, action: &str) -> NamedDocument {
    let statement = json!({"Effect": effect, "Action": action, "Resource": "*"});
    NamedDocument::new(name, Document::new(json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()))
}

fn identities(account: &mut Inventory) -> &mut Identities {
    match &mut account.accounts.get_mut("111122223333").unwrap().identities {
        Known::Value(identities) => identities,
        Known::Unreadable(gap) => panic!("{gap}"),
    }
}

fn user<'a>(account: &'a mut Inventory, name: &str) -> &'a mut User {
    let arn = Arn::parse(&format!("arn:aws:iam::111122223333:user/{name}")).unwrap();
    let new =
        User { arn: arn.clone(), id: format!("AIDA{name}"), permissions: Permissions::default(), groups: Vec::new(), tags: [].into() };
    identities(account).users.entry(arn).or_insert(new)
}

/// The clean account with two users: anna, who may do nothing, and ben, who is a developer. Developers may do nothing with functions, operators may change them.
fn account() -> Inventory {
    let mut account = clean::account().unwrap();
    user(&mut account, "anna");
    user(&mut account, "ben").groups.push("developers".to_owned());
    for (name, inline) in
        [("developers", policy("look", "Allow", "s3:GetObject")), ("operators", policy("operate", "Allow", "lambda:UpdateFunctionCode"))]
    {
        let arn = Arn::parse(&format!("arn:aws:iam::111122223333:group/{name}")).unwrap();
        let permissions = Permissions { inline: vec![inline], ..Permissions::default() };
        identities(&mut account).groups.insert(name.to_owned(), Group { arn, name: name.to_owned(), permissions });
    }
    account
}

/// Who can change the code, as the finding names them.
fn who(report: &Value) -> String {
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == RULE);
    findings.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join("; ")
}

/// The ways in which a template gets a policy to anna, to ben's group, or to a user of its own.
fn ways(policy: &str) -> Vec<(&'static str, String, &'static str)> {
    let inline = format!("PolicyName: p, {policy}");
    vec![
        ("user-of-policy", resource("P", "Policy", &format!("Users: [anna], {inline}")), "user anna"),
        ("user-policy", resource("P", "UserPolicy", &format!("UserName: anna, {inline}")), "user anna"),
        ("user-of-managed", resource("P", "ManagedPolicy", &format!("Users: [anna], {policy}")), "user anna"),
        ("group-of-policy", resource("P", "Policy", &format!("Groups: [developers], {inline}")), "user ben"),
        ("group-policy", resource("P", "GroupPolicy", &format!("GroupName: developers, {inline}")), "user ben"),
        ("group-of-managed", resource("P", "ManagedPolicy", &format!("Groups: [developers], {policy}")), "user ben"),
        (
            "added-to-its-group",
            resource("Devs", "Group", &format!("Policies: [{{{inline}}}]"))
                + &resource("In", "UserToGroupAddition", "GroupName: !Ref Devs, Users: [anna]"),
            "user anna",
        ),
    ]
}

/// The ways in which somebody gets what the operators have.
fn ways_into_operators() -> Vec<(&'static str, String, &'static str)> {
    let dev = |properties: &str| resource("Dev", "User", properties);
    let added = |users: &str| resource("In", "UserToGroupAddition", &format!("GroupName: operators, Users: [{users}]"));
    vec![
        ("added", added("anna"), "user anna"),
        ("made-and-added", dev("UserName: dev") + &added("!Ref Dev"), "user dev"),
        ("made-in-it", dev("UserName: dev, Groups: [operators]"), "user dev"),
        ("nameless-in-it", dev("Groups: [operators]"), "user ⟦Dev⟧"),
    ]
}

#[test]
fn whoever_a_template_gives_a_policy_or_a_group_is_found() {
    let account = account();
    let nothing = over("people-nothing", &account, &template(""));
    assert_eq!((found(&nothing), &nothing["undecided"]), ((vec![], "rotates"), &json!([])), "{nothing:#}");
    for (name, resources, told) in ways(CHANGES).into_iter().chain(ways_into_operators()) {
        let report = over(name, &account, &template(&resources));
        assert_eq!(found(&report).0, [RULE], "{name}: {report:#}");
        assert!(who(&report).contains(told), "{name}: {}", who(&report));
        assert_eq!(report["undecided"], json!([]), "{name}: {:#}", report["undecided"]);
    }
    // What has nothing to do with the rotation changes nothing.
    for (name, resources, _) in ways(READS_BUCKETS) {
        let report = over(name, &account, &template(&resources));
        assert_eq!((found(&report), &report["undecided"]), ((vec![], "rotates"), &json!([])), "{name}: {report:#}");
    }
}

/// Who may read the secret: those who surely do, and what the others hang on.
fn readers(name: &str, account: &Inventory, template: &str) -> (String, String) {
    let (existing, file) = (scratch(&format!("{name}-account.json")), scratch(&format!("{name}.yaml")));
    std::fs::write(&existing, snapshot::to_text(account).unwrap()).unwrap();
    std::fs::write(&file, template).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rotaudit"))
        .args([
            "who-can",
            "secretsmanager:GetSecretValue",
            "prod/db",
            "--account",
            "111122223333",
            "--region",
            "eu-west-1",
            "--format",
            "json",
        ])
        .args(["--template".as_ref(), file.as_os_str(), "--over".as_ref(), existing.as_os_str()])
        .output()
        .unwrap();
    std::fs::remove_file(&existing).unwrap();
    std::fs::remove_file(&file).unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (answer["allowed"].to_string(), answer["undecided"].to_string())
}

#[test]
fn whoever_may_read_the_secret_by_a_policy_of_the_template_is_told() {
    let account = account();
    let reads =
        "PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'secretsmanager:GetSecretValue', Resource: '*'}]}";
    assert!(!readers("readers", &account, &template("")).0.contains("user/"));
    for (name, resources, told) in ways(reads) {
        let arn = format!(":{}\"", told.replace(' ', "/"));
        let (allowed, _) = readers(name, &account, &template(&resources));
        assert!(allowed.contains(&arn), "{name}: {allowed}");
    }
    let (allowed, open) =
        readers("reads-open", &account, &template(&resource("P", "UserPolicy", &format!("UserName: !Ref Who, PolicyName: p, {reads}"))));
    assert!(!allowed.contains("user/") && open.contains("user/anna") && open.contains("parameter Who"), "{allowed} {open}");
}

#[test]
fn a_policy_may_deny_and_takes_the_place_of_one_of_the_same_name() {
    let mut account = account();
    user(&mut account, "anna").permissions.inline.push(policy("change", "Allow", "lambda:UpdateFunctionCode"));
    let nothing = over("denied-nothing", &account, &template(""));
    assert!(who(&nothing).contains("user anna"), "{nothing:#}");
    for (name, resources, told) in ways(&CHANGES.replace("Allow", "Deny")) {
        let denied = over(name, &account, &template(&resources));
        assert_eq!(found(&denied).0.is_empty(), told == "user anna", "{name}: {denied:#}");
    }
    let named = |name: &str| resource("P", "UserPolicy", &format!("UserName: anna, PolicyName: {name}, {READS_BUCKETS}"));
    assert_eq!(found(&over("replaced", &account, &template(&named("change")))), (vec![], "rotates"));
    assert_eq!(found(&over("beside", &account, &template(&named("another")))).0, [RULE]);
    // Of a policy that may be for her, nobody knows whether it takes that place.
    let open = over("maybe-replaced", &account, &template(&named("change").replace("anna", "!Ref Who")));
    assert!(found(&open).0.is_empty() && open["undecided"].to_string().contains("parameter Who"), "{open:#}");
}

/// The ways in which the template does not tell for whom a policy is that changes code, or who gets into the operators.
fn open_ways() -> Vec<(&'static str, String, &'static str)> {
    let of = |kind: &str, whom: &str, name: &str| resource("P", kind, &format!("{whom}, {name}{CHANGES}"));
    let p = "PolicyName: p, ";
    vec![
        ("open-user", of("Policy", "Users: [!Ref Who]", p), "parameter Who"),
        ("open-users", of("Policy", "Users: !Ref Several", p), "parameter Several"),
        ("open-user-policy", of("UserPolicy", "UserName: !Ref Who", p), "parameter Who"),
        ("open-managed", of("ManagedPolicy", "Users: [!ImportValue team]", ""), "export team"),
        ("open-group", of("Policy", "Groups: [!Ref Who]", p), "parameter Who"),
        ("open-group-policy", of("GroupPolicy", "GroupName: !Sub '${Who}-devs'", p), "Who"),
        ("open-managed-group", of("ManagedPolicy", "Groups: [!Ref Who]", ""), "parameter Who"),
        ("open-member", resource("In", "UserToGroupAddition", "GroupName: operators, Users: [!Ref Who]"), "parameter Who"),
        ("open-members", resource("In", "UserToGroupAddition", "GroupName: operators, Users: !Ref Several"), "parameter Several"),
        ("open-into", resource("In", "UserToGroupAddition", "GroupName: !Ref Who, Users: [anna]"), "parameter Who"),
        ("open-both", resource("In", "UserToGroupAddition", "GroupName: !Ref Who, Users: [!Ref Who]"), "parameter Who"),
        ("open-made", resource("Dev", "User", "UserName: dev, Groups: [!Ref Who]"), "parameter Who"),
    ]
}

#[test]
fn where_nobody_knows_whom_a_template_means_it_may_be_anybody() {
    let account = account();
    for (name, resources, missing) in open_ways() {
        let report = over(name, &account, &template(&resources));
        assert_eq!(found(&report), (vec![], "rotates"), "{name}: {report:#}");
        let undecided = report["undecided"].as_array().unwrap();
        assert!(undecided.iter().any(|check| check["rule"] == RULE), "{name}: {undecided:#?}");
        assert!(undecided.iter().all(|check| check.to_string().contains(missing)), "{name}: {undecided:#?}");
        // Once it is told, it is decided.
        let told = report_with(name, &account, &template(&resources), &["Who=nobody", "Several=nobody"]);
        assert!(missing.starts_with("export") || !told["undecided"].to_string().contains("parameter"), "{name}: {told:#}");
    }
    // Only what the policy is about is open. What a group may do is not known where it is not known which it is.
    let knows_group = |resources: &str| !resources.contains("GroupName: !Ref Who, Users") && !resources.contains("Groups: [!Ref Who]}");
    for (name, resources, _) in open_ways().into_iter().filter(|(_, resources, _)| knows_group(resources)) {
        let resources = resources.replace(CHANGES, READS_BUCKETS).replace("operators", "developers");
        let report = over(name, &account_of_developers(), &template(&resources));
        assert_eq!((found(&report), &report["undecided"]), ((vec![], "rotates"), &json!([])), "{name}: {report:#}");
    }
}

/// The account without its operators.
fn account_of_developers() -> Inventory {
    let mut account = account();
    identities(&mut account).groups.remove("operators");
    account
}

fn report_with(name: &str, account: &Inventory, template: &str, parameters: &[&str]) -> Value {
    let existing = scratch(&format!("{name}-told.json"));
    std::fs::write(&existing, snapshot::to_text(account).unwrap()).unwrap();
    let told = parameters.iter().flat_map(|parameter| ["--parameter", *parameter]);
    let line: Vec<&str> = ["--over", existing.to_str().unwrap()].into_iter().chain(told).collect();
    let report = report(name, template, &line);
    std::fs::remove_file(&existing).unwrap();
    report
}

#[test]
fn a_group_that_nobody_has_read_may_allow_anything() {
    let dev = resource("Dev", "User", "UserName: dev, Groups: [nobodys]");
    let alone = report("group-alone", &template(&dev), &[]);
    assert_eq!(alone["findings"], json!([]), "{alone:#}");
    let added = resource("In", "UserToGroupAddition", "GroupName: nobodys, Users: [anna]");
    for (name, resources) in [("group-nobodys", dev), ("added-nobodys", added)] {
        let report = over(name, &account(), &template(&resources));
        let undecided = report["undecided"].to_string();
        assert!(found(&report).0.is_empty() && undecided.contains("group nobodys"), "{name}: {report:#}");
    }
}

#[test]
fn a_template_that_makes_whom_it_means_leaves_nothing_open() {
    let resources = [
        resource("Dev", "User", ""),
        resource("Devs", "Group", &format!("Policies: [{{PolicyName: own, {READS_BUCKETS}}}]")),
        resource("In", "UserToGroupAddition", "GroupName: !Ref Devs, Users: [!Ref Dev]"),
        resource("P", "Policy", &format!("PolicyName: p, Users: [!Ref Dev], Groups: [!Ref Devs], {READS_BUCKETS}")),
        resource("U", "UserPolicy", &format!("PolicyName: u, UserName: !Ref Dev, {READS_BUCKETS}")),
        resource("G", "GroupPolicy", &format!("PolicyName: g, GroupName: !Ref Devs, {READS_BUCKETS}")),
        resource("M", "ManagedPolicy", &format!("Users: [!Ref Dev], Groups: [!Ref Devs], {READS_BUCKETS}")),
    ];
    let report = over("own-people", &account(), &template(&resources.concat()));
    assert_eq!((found(&report), &report["undecided"]), ((vec![], "rotates"), &json!([])), "{report:#}");
    let changing = over("own-changing", &account(), &template(&resources.concat().replace("s3:GetObject", "lambda:UpdateFunctionCode")));
    assert!(found(&changing).0 == [RULE] && !who(&changing).contains("anna") && !who(&changing).contains("ben"), "{changing:#}");
    // A policy for somebody whom nobody knows is no certain way in for whom the template makes.
    let open = resource("Dev", "User", "") + &resource("P", "UserPolicy", &format!("PolicyName: p, UserName: !Ref Who, {CHANGES}"));
    let report = over("own-open", &account(), &template(&open));
    assert_eq!(found(&report), (vec![], "rotates"), "{report:#}");
}
