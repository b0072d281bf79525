//! Whatever a template says, the program ends by itself and with one of its exit codes. A second document, after a line of `---`, lies beside the first as `child.yaml`.

#![no_main]

use std::ffi::OsString;
use std::fs;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let folder = std::env::temp_dir().join(format!("rotaudit-fuzz-template-{}", std::process::id()));
    let (main, child) = text.split_once("\n---\n").unwrap_or((text, ""));
    let written = fs::create_dir_all(&folder)
        .and_then(|()| fs::write(folder.join("main.yaml"), main))
        .and_then(|()| fs::write(folder.join("child.yaml"), child));
    if written.is_err() {
        return;
    }
    let words = ["rotaudit", "snapshot", "--account", "111122223333", "--region", "eu-west-1", "--quiet", "--template"];
    let to = [OsString::from("-o"), folder.join("snapshot.json").into_os_string()];
    let code = rotaudit::cli::run(words.map(OsString::from).into_iter().chain([folder.join("main.yaml").into_os_string()]).chain(to));
    assert!([0, 1, 2].contains(&code), "{code}");
});
