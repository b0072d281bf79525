//! The read-only IAM policy that `rotaudit permissions` prints.

use serde::Serialize;

use super::api::Api;

/// The actions that the printed policy denies, so that nobody who holds the auditor's credentials can read a value or code.
pub const NEVER: [&str; 3] = ["secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "lambda:GetFunction"];

/// A policy as IAM writes it, fields in the order in which people read them.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PermissionsPolicy {
    version: &'static str,
    statement: [PermissionsStatement; 2],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PermissionsStatement {
    sid: &'static str,
    effect: &'static str,
    action: Vec<&'static str>,
    resource: &'static str,
}

/// The read-only IAM policy that the auditor needs: every action of the table, and a denial of what must never happen.
/// The actions stand on `*`, because the auditor does not know beforehand what exists.
pub fn policy_json() -> String {
    let statement = |sid, effect, mut action: Vec<&'static str>| {
        action.sort_unstable();
        PermissionsStatement { sid, effect, action, resource: "*" }
    };
    let policy = PermissionsPolicy {
        version: "2012-10-17",
        statement: [
            statement("ReadWhatRotationHangsOn", "Allow", Api::ALL.into_iter().filter_map(|api| api.spec().action).collect()),
            statement("NeverReadValuesOrCode", "Deny", NEVER.to_vec()),
        ],
    };
    // Strings and arrays of strings: nothing in it can fail to be written.
    serde_json::to_string_pretty(&policy).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_reads_and_none_reads_a_value_or_code() {
        for api in Api::ALL {
            let action = api.spec().name.split_once(':').unwrap().1;
            assert!(["Get", "List", "Describe", "Search"].iter().any(|verb| action.starts_with(verb)), "{action}");
            assert!(!NEVER.contains(&api.spec().name));
            assert_eq!(Api::named(api.spec().name), Some(api));
        }
    }

    #[test]
    fn the_printed_policy_allows_the_table_and_denies_values_and_code() {
        let text = policy_json();
        let policy: serde_json::Value = serde_json::from_str(&text).unwrap();
        let actions = |index: usize| -> Vec<String> { serde_json::from_value(policy["Statement"][index]["Action"].clone()).unwrap() };
        let mut table: Vec<_> = Api::ALL.iter().filter_map(|api| api.spec().action).collect();
        table.sort_unstable();
        assert_eq!(actions(0), table);
        assert!(!table.contains(&"sts:GetCallerIdentity"), "it needs no permission");
        assert_eq!(policy["Statement"][0]["Effect"], "Allow");
        assert_eq!(policy["Statement"][1]["Effect"], "Deny");
        assert!(NEVER.iter().all(|action| actions(1).iter().any(|denied| denied == action)));
        assert!(text.starts_with("{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n"), "{text}");
    }
}
