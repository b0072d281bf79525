//! The exit codes, the same for every command and every output format. Scripts and pipelines read them.

/// Nothing at or above `--fail-on`.
pub const CLEAN: u8 = 0;
/// It could not run: credentials, network, files.
pub const COULD_NOT_RUN: u8 = 1;
/// Wrong usage, configuration or rule file.
pub const WRONG_USAGE: u8 = 2;
/// Findings at or above `--fail-on`.
pub const FINDINGS: u8 = 10;
/// Something is undecided, and `--on-undecided fail` was given.
pub const UNDECIDED: u8 = 11;
