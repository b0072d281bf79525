//! Whatever a plan of Terraform says, the program ends by itself and with one of its exit codes.

#![no_main]

use std::ffi::OsString;
use std::fs;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|plan: &[u8]| {
    let file = std::env::temp_dir().join(format!("rotaudit-fuzz-plan-{}.json", std::process::id()));
    if fs::write(&file, plan).is_err() {
        return;
    }
    let words = ["rotaudit", "snapshot", "--account", "111122223333", "--region", "eu-west-1", "--quiet", "--plan"];
    let to = [OsString::from("-o"), file.with_extension("snapshot.json").into_os_string()];
    let code = rotaudit::cli::run(words.map(OsString::from).into_iter().chain([file.into_os_string()]).chain(to));
    assert!([0, 1, 2].contains(&code), "{code}");
});
