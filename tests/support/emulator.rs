//! The AWS stand-in (moto, seeded with correct and faulty rotations), started once for a test process. Test binaries include this file with
//! `#[cfg(test)] #[path = "support/emulator.rs"] mod support;` and call [`emulator`].

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use serde::Deserialize;

/// What has to be there on the machine, said whenever something is not.
const NEEDS: &str = "the AWS stand-in needs python3 (3.11 or later) with its venv and pip modules (Debian: python3-venv) and, once, network to a \
    Python package index; ROTAUDIT_EMULATOR=skip leaves its tests out";

/// A running stand-in. It listens on 127.0.0.1 and ends with the test process, because it ends when its standard input does.
pub(crate) struct Emulator {
    /// `http://127.0.0.1:PORT`, for `--endpoint-url` or `AWS_ENDPOINT_URL`. Any credentials will do.
    pub(crate) endpoint: String,
    /// What was seeded: `account`, `regions`, `correct` (secret names), `faults` (`id`, `may_also`, `region`, `secret`, `secret_arn`, `function_arn`,
    /// `role_arn`, `key_arn` or null), `not_held` (id to reason), `network` (ids of the parts of one network) and `vpcs` (`region`, `place`, and rotations
    /// in VPCs of their own: `beside_endpoint`, `behind_nat` and `faults`, with the ARNs of what a finding may be about) and `organization` (`region`, `id`,
    /// `root`, `units`, `accounts`, `secrets` and the `keys` of its management account), `gate` (a secret that does not rotate yet) and `guide` (`region`, and
    /// the rotations of `tests/emulator_guide.py`: `setups` and `symptoms`).
    pub(crate) manifest: serde_json::Value,
    log: PathBuf,
    python: PathBuf,
    /// Holds the pipe to the server's standard input open.
    _server: Child,
}

/// One request that the stand-in received after it was seeded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Seen {
    /// The name it was signed for: `secretsmanager`, `lambda`, `kms`, `iam`, `sts`, …; absent if unsigned.
    pub(crate) service: Option<String>,
    /// `ListSecrets`; for a path that no operation of the service has, method and path.
    pub(crate) operation: String,
    /// The region it was signed for.
    pub(crate) region: Option<String>,
    /// The HTTP status of the answer; absent if the server gave up without one.
    pub(crate) status: Option<u16>,
}

/// The line that `tests/emulator.py` prints when it is ready.
#[derive(Deserialize)]
struct Ready {
    port: u16,
    log: PathBuf,
    manifest: serde_json::Value,
}

/// The stand-in of this test process, started at the first call. `None` only with `ROTAUDIT_EMULATOR=skip`, which is said on standard error.
/// It is shared by all tests of the binary: whoever writes to it does so in an account of its own.
pub(crate) fn emulator() -> Option<&'static Emulator> {
    static EMULATOR: LazyLock<Option<Emulator>> = LazyLock::new(|| {
        if std::env::var_os("ROTAUDIT_EMULATOR").is_some_and(|value| value == "skip") {
            // Not with `eprintln!`, which the test harness swallows when a test passes.
            let said = writeln!(io::stderr(), "ROTAUDIT_EMULATOR=skip: nothing is tested against the AWS stand-in");
            said.expect("standard error is open");
            return None;
        }
        Some(Emulator::start())
    });
    EMULATOR.as_ref()
}

impl Emulator {
    fn start() -> Self {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        let python = python_with(&tests.join("requirements.txt"));
        let mut command = Command::new(&python);
        // -B: no __pycache__ in the source tree. No setting of the caller's own moto reaches the seed.
        command.arg("-B").arg(tests.join("emulator.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("MOTO_")) {
            command.env_remove(name);
        }
        let mut server = command.spawn().unwrap_or_else(|error| panic!("{} does not start: {error}; {NEEDS}", python.display()));
        let mut line = String::new();
        BufReader::new(server.stdout.take().expect("standard output is piped"))
            .read_line(&mut line)
            .expect("the stand-in's first line is text");
        let ready: Ready = serde_json::from_str(&line)
            .unwrap_or_else(|error| panic!("tests/emulator.py ended before it was ready, its message is above ({error}); {NEEDS}"));
        Self { endpoint: format!("http://127.0.0.1:{}", ready.port), manifest: ready.manifest, log: ready.log, python, _server: server }
    }

    /// Does to the account what `tests/emulator_gate.py` calls `step`; the log does not hold its requests.
    pub(crate) fn change(&self, step: &str) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emulator_gate.py");
        run(Command::new(&self.python).arg("-B").arg(script).args([&self.endpoint, step]), "tests/emulator_gate.py");
    }

    /// The requests received so far, in the order of their answers. A request is in it before its answer reaches the client.
    pub(crate) fn log(&self) -> Vec<Seen> {
        let text = fs::read_to_string(&self.log).expect("the stand-in's log is readable while it runs");
        text.lines().map(|line| serde_json::from_str(line).expect("a line of the log is a request")).collect()
    }
}

/// The interpreter of a virtual environment that holds these requirements. It is built once for a target folder and kept; test processes that
/// want it at the same time wait for one of them to build it.
fn python_with(requirements: &Path) -> PathBuf {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(scratch).expect("the target folder is writable");
    let lock = File::create(scratch.join("emulator.lock")).expect("the target folder is writable");
    lock.lock().expect("a lock in the target folder");

    let environment = scratch.join("emulator-venv");
    let python = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let stamp = environment.join("stamp.txt");
    // The interpreter's version belongs to the stamp: an environment made by one that was replaced does not run.
    let version = run(Command::new("python3").arg("--version"), "python3 --version");
    let wanted = version + &fs::read_to_string(requirements).expect("tests/requirements.txt is in the source tree");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) && python.exists() {
        return python;
    }
    if environment.exists() {
        fs::remove_dir_all(&environment).expect("an outdated or half-built environment can be removed");
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&environment), "python3 -m venv");
    let pip = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--requirement"];
    run(Command::new(&python).args(pip).arg(requirements), "pip install");
    // Written last, so that an environment without it is a half-built one.
    fs::write(&stamp, wanted).expect("the target folder is writable");
    python
}

/// Runs a command to its end and returns what it printed.
fn run(command: &mut Command, what: &str) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{what} does not start: {error}; {NEEDS}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{what} failed:\n{said}{}\n{NEEDS}", String::from_utf8_lossy(&output.stderr));
    said
}
