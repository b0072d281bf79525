//! The read-only IAM policy that `rotaudit permissions` prints.

use serde::Serialize;

use super::api::Api;
use super::table::WhoAsks;

/// The actions that the printed policy denies, so that nobody who holds the auditor's credentials can read a value or code.
pub const NEVER: [&str; 3] = ["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "lambda:GetFunction"];

/// A policy as IAM writes it, fields in the order in which people read them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PermissionsPolicy {
    version: &'static str,
    statement: Vec<PermissionsStatement>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PermissionsStatement {
    sid: &'static str,
    effect: &'static str,
    action: Vec<&'static str>,
    resource: String,
}

/// The read-only IAM policy that the auditor needs in each account: every action of the table, and a denial of what must never happen.
/// The actions stand on `*`, because the auditor does not know beforehand what exists.
pub fn policy_json() -> String {
    written(in_each_account())
}

/// The policy of whoever reads a whole organization from its own account: as `policy_json`, the calls that find the accounts and their control policies, and
/// that it may take on the role of this name in each of them (in other partitions than `aws`, their name goes into its ARN). The role itself needs `policy_json`
/// alone.
pub fn organization_policy_json(role_name: &str) -> String {
    let mut statements = in_each_account();
    statements.push(statement("ReadTheOrganization", "Allow", of(WhoAsks::Organization), "*"));
    let roles = format!("arn:aws:iam::*:role/{role_name}");
    statements.push(statement("OnlyForWhoeverAsksAssumeTheReadRoles", "Allow", of(WhoAsks::Caller), &roles));
    written(statements)
}

fn in_each_account() -> Vec<PermissionsStatement> {
    vec![
        statement("ReadWhatRotationHangsOn", "Allow", of(WhoAsks::EachAccount), "*"),
        statement("NeverReadValuesOrCode", "Deny", NEVER.to_vec(), "*"),
    ]
}

fn of(who: WhoAsks) -> Vec<&'static str> {
    Api::ALL.into_iter().map(Api::spec).filter(|spec| spec.asked_by == who).filter_map(|spec| spec.action).collect()
}

fn statement(sid: &'static str, effect: &'static str, mut action: Vec<&'static str>, resource: &str) -> PermissionsStatement {
    action.sort_unstable();
    PermissionsStatement { sid, effect, action, resource: resource.to_owned() }
}

fn written(statement: Vec<PermissionsStatement>) -> String {
    // Strings and arrays of strings: nothing in it can fail to be written.
    serde_json::to_string_pretty(&PermissionsPolicy { version: "2012-10-17", statement }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_reads_but_the_one_that_takes_on_a_role_and_none_reads_a_value_or_code() {
        for api in Api::ALL {
            let action = api.spec().name.split_once(':').unwrap().1;
            let reads = ["Get", "List", "Describe", "Search"].iter().any(|verb| action.starts_with(verb));
            assert!(reads || (api == Api::AssumeRole && api.spec().asked_by == WhoAsks::Caller), "{action}");
            assert!(!NEVER.contains(&api.spec().name));
            assert_eq!(Api::named(api.spec().name), Some(api));
        }
    }

    fn actions(policy: &serde_json::Value, statement: usize) -> Vec<String> {
        serde_json::from_value(policy["Statement"][statement]["Action"].clone()).unwrap()
    }

    #[test]
    fn the_printed_policy_allows_the_table_and_denies_values_and_code() {
        let text = policy_json();
        let policy: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut table = of(WhoAsks::EachAccount);
        table.sort_unstable();
        assert_eq!(actions(&policy, 0), table);
        assert!(!table.contains(&"sts:GetCallerIdentity"), "it needs no permission");
        assert_eq!(policy["Statement"][0]["Effect"], "Allow");
        assert_eq!(policy["Statement"][1]["Effect"], "Deny");
        assert!(NEVER.iter().all(|action| actions(&policy, 1).iter().any(|denied| denied == action)));
        assert!(text.starts_with("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n"), "{text}");
        assert!(!text.contains("sts:AssumeRole") && !text.contains("ListRoots"), "they are no business of the accounts that are read");
    }

    #[test]
    fn who_reads_an_organization_needs_the_whole_table_and_may_take_on_one_role_alone() {
        let policy: serde_json::Value = serde_json::from_str(&organization_policy_json("path/auditor")).unwrap();
        assert_eq!(actions(&policy, 3), ["sts:AssumeRole"]);
        assert_eq!(policy["Statement"][3]["Resource"], "arn:aws:iam::*:role/path/auditor");
        let mut allowed: Vec<String> = [0, 2, 3].into_iter().flat_map(|at| actions(&policy, at)).collect();
        allowed.sort_unstable();
        let mut table: Vec<_> = Api::ALL.iter().filter_map(|api| api.spec().action).collect();
        table.sort_unstable();
        assert_eq!(allowed, table);
    }
}
