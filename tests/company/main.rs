//! What is said of a company's account in which every rotation is set up as AWS's guide says: people with power who are meant to have it are no alarm, and a role that is
//! no administrator and can become the rotation is one. Each report was read line by line; the comments say why a line stands there, and what does not.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

mod account;

use std::fmt::Write;

use account::{Written, company};
use rotaudit::audit::audit;
use rotaudit::finding::{Evidence, Severity};
use rotaudit::inventory::Inventory;
use rotaudit::rules::RuleSet;
use serde_json::json;

/// Each finding with those who are named as its proof, and the statement that lets them.
fn told(inventory: &Inventory) -> String {
    let report = audit(inventory, &RuleSet::builtin().unwrap());
    assert!(report.undecided.is_empty(), "{:#?}", report.undecided);
    let mut text = String::new();
    for finding in &report.findings {
        let severity = finding.severity.word();
        writeln!(text, "{severity} {} of {}: {}", finding.rule, finding.resource.name(), finding.message).unwrap();
        for evidence in &finding.evidence {
            match evidence {
                Evidence::Request { actor, action, because, .. } => writeln!(text, "    {actor}: {action} {because}").unwrap(),
                Evidence::Fact { field, value } => writeln!(text, "    {field}: {value}").unwrap(),
            }
        }
    }
    text
}

/// Nobody is named above info but the database administrators of single sign-on. AWS's policy `SecretsManagerReadWrite` has no permission on customers' keys, so these people
/// cannot read `crm` and `payments`; but it lets them give every function whose name begins with `SecretsManager` a layer of theirs, and set another function on a secret. Few know that, and a
/// reviewer wants to. For `orders`, under the AWS managed key, they gain nothing by that.
///
/// Not named are administrators of every kind (single sign-on, the organization's roles, Control Tower, what CloudFormation deploys with for the CDK, the user for
/// emergencies), the key's administrator whom its policy names, those who look on, the applications, and what only stages files. Who deploys, and who may read the secrets
/// anyway (`PowerUserAccess`), is told once for each function, as information.
#[test]
fn what_is_said_of_a_companys_account_was_read_by_somebody() {
    insta::assert_snapshot!("company", told(&company()));
}

#[test]
fn an_account_without_people_who_could_gain_has_no_finding_above_info() {
    let mut inventory = company();
    account::identities(&mut inventory).roles.retain(|arn, _| !arn.name().contains("DatabaseAdministrator"));
    let report = audit(&inventory, &RuleSet::builtin().unwrap());
    assert!(report.findings.iter().all(|finding| finding.severity == Severity::Info), "{:#?}", report.findings);
    assert_eq!(report.findings.len(), 3, "one for each function: {:#?}", report.findings);
}

/// A team's role for its platform may do everything with functions and hand them any role: it becomes any rotation. And whoever runs state machines may invoke every function,
/// which is wider than it has to be and opens no secret by itself.
#[test]
fn a_role_that_is_no_administrator_and_can_become_the_rotation_is_loud() {
    let mut inventory = company();
    let platform = json!([
        {"Effect": "Allow", "Action": ["lambda:*", "logs:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"},
    ]);
    let states = json!({"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"});
    let roles = [("platform", "sign-on", platform), ("checkout-states", "states.amazonaws.com", states)];
    for (name, admits, also) in roles {
        account::add_role(&mut inventory, &Written::role(name, admits, also));
    }
    insta::assert_snapshot!("company-with-a-platform-role", told(&inventory));
}
