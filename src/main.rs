//! The program: hands its arguments to `cli` and its answer to the shell.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(rotaudit::cli::run(std::env::args_os()))
}
