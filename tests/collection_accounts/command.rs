//! The program over several accounts, as a user runs it.

use std::path::Path;
use std::process::{Command, Output};

use rotaudit::inventory::{Inventory, snapshot};

use super::mock::{Faults, Mock};
use super::sample::ACCOUNT;
use super::world::{FUNCTIONS, KEYS, NETWORK, world};

fn rotaudit(arguments: &[&str], more: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rotaudit"))
        .args(arguments)
        .env_clear()
        .envs([("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_MAX_ATTEMPTS", "1"), ("HOME", env!("CARGO_TARGET_TMPDIR"))])
        .envs(more.iter().copied())
        .output()
        .unwrap()
}

const KEYS_OF_OURS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", ACCOUNT), ("AWS_SECRET_ACCESS_KEY", "test")];

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn scratch(name: &str) -> String {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("accounts-{}-{name}", std::process::id())).to_str().unwrap().to_owned()
}

/// The snapshot that is taken with these arguments, and what was said.
fn snapshot(name: &str, arguments: &[&str], more: &[(&str, &str)]) -> Inventory {
    let mock = Mock::serve(world(), Faults::default());
    let file = scratch(name);
    let all = [&["snapshot", "--region", "eu-west-1", "--endpoint-url", &mock.endpoint, "-o", &file], arguments].concat();
    let output = rotaudit(&all, more);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let read = snapshot::from_text(&std::fs::read(&file).unwrap()).unwrap();
    std::fs::remove_file(&file).unwrap();
    read
}

fn accounts(inventory: &Inventory) -> Vec<&str> {
    inventory.accounts.keys().map(rotaudit::arn::AccountId::as_str).collect()
}

#[test]
fn roles_are_read_alone_unless_the_own_account_is_wanted_too() {
    let role = format!("arn:aws:iam::{FUNCTIONS}:role/rotaudit");
    assert_eq!(accounts(&snapshot("roles.json", &["--assume-role", &role], &KEYS_OF_OURS)), [FUNCTIONS]);
    assert_eq!(accounts(&snapshot("own.json", &["--assume-role", &role, "--own-account"], &KEYS_OF_OURS)), [ACCOUNT, FUNCTIONS]);
}

#[test]
fn an_organization_is_read_with_a_role_in_each_account() {
    let found = snapshot("organization.json", &["--organization", "--include", "ou:network", "--include", KEYS], &KEYS_OF_OURS);
    assert_eq!(accounts(&found), [KEYS, NETWORK]);
    assert!(found.accounts.values().all(|account| account.identities.gap().is_none()));
}

#[test]
fn a_profile_with_a_role_of_its_own_is_read_as_ever() {
    let config = scratch("config");
    let role = format!("arn:aws:iam::{FUNCTIONS}:role/rotaudit");
    let text = format!(
        "[profile base]\naws_access_key_id = {ACCOUNT}\naws_secret_access_key = test\n\n[profile there]\nrole_arn = {role}\nsource_profile = base\n"
    );
    std::fs::write(&config, text).unwrap();
    let mock_of_sts = Mock::serve(world(), Faults::default());
    let more = [("AWS_CONFIG_FILE", config.as_str()), ("AWS_ENDPOINT_URL_STS", &mock_of_sts.endpoint)];
    let found = snapshot("profile.json", &["--profile", "there"], &more);
    std::fs::remove_file(&config).unwrap();
    assert_eq!(accounts(&found), [FUNCTIONS]);
}

#[test]
fn what_cannot_be_meant_is_wrong_usage_and_says_how_it_is_written() {
    let told = |arguments: &[&str]| {
        let output =
            rotaudit(&[&["scan", "--region", "eu-west-1", "--endpoint-url", "http://127.0.0.1:1"], arguments].concat(), &KEYS_OF_OURS);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stderr)
    };
    for (arguments, says) in [
        (&["--assume-role", "rotaudit"][..], "arn:aws:iam::111122223333:role/rotaudit"),
        (&["--assume-role", "arn:aws:sts::111122223333:assumed-role/auditor/me"], "a session of the role auditor"),
        (&["--assume-role", "arn:aws:iam::111122223333:role/a,arn:aws:iam::111122223333:role/b"], "in one account"),
        (&["--assume-role", "arn:aws:iam::111122223333:role/a", "--role-session-name", "me and you"], "--role-session-name"),
        (&["--assume-role", "arn:aws:iam::111122223333:role/a", "--organization"], "cannot be used with"),
        (&["--external-id", "x"], "--assume-role or --organization"),
        (&["--own-account"], "--assume-role"),
        (&["--include", "ou:prod"], "--organization"),
        (&["--organization", "--include", "prod"], "tag:KEY=VALUE"),
        (&["--organization", "--role-name", "arn:aws:iam::111122223333:role/a"], "is not the name of a role"),
        (&["--organization", "--snapshot", "x.json"], "cannot be used with"),
    ] {
        let said = told(arguments);
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
}
