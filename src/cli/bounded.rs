//! Reads the files that arguments name, none further than a file of its kind goes: a device or a pipe may never end, and must not fill the memory. Commands and their
//! argument groups call it; snapshots and reports have a reader of their own, which unpacks.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::error::CliError;

/// What a file is read as.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    /// With its article.
    what: &'static str,
    /// How many megabytes of it are read.
    most_mb: u64,
    /// What somebody does who has a longer one.
    way_out: &'static str,
}

/// CloudFormation takes 1 MB, and what a template is read as in the end has a bound of its own, which names the place.
pub(super) const TEMPLATE: Kind =
    Kind { what: "a template", most_mb: 64, way_out: "CloudFormation takes templates of 1 MB: nest stacks, or name the right file" };
/// CloudFormation takes 200 parameters of 4,096 bytes, which is less than 1 MB.
pub(super) const PARAMETERS: Kind =
    Kind { what: "a file of parameters or exports", most_mb: 16, way_out: "name the file that the tools of AWS take or print" };
/// The reader of plans takes 256 MB.
pub(super) const PLAN: Kind =
    Kind { what: "a plan", most_mb: 256, way_out: "name what `terraform show -json` prints, or plan less at a time (-target)" };
/// A waiver is about 200 bytes, so this is some eighty thousand of them.
pub(super) const CONFIGURATION: Kind =
    Kind { what: "a configuration", most_mb: 16, way_out: "name a rotaudit.toml; `rotaudit init` writes one" };
/// Rules of our own are shorter than 10,000 bytes.
pub(super) const RULE: Kind = Kind { what: "a rule file", most_mb: 1, way_out: "cut it into several, or take it out of the folder" };

/// The bytes of the file in `path`, which may be a pipe as well.
pub(super) fn bytes(path: &Path, kind: Kind) -> Result<Vec<u8>, CliError> {
    let file = File::open(path).map_err(|error| CliError::read(path, error))?;
    let limit = kind.most_mb << 20;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| CliError::read(path, error))?;
    if bytes.len() as u64 > limit {
        let Kind { what, most_mb, way_out } = kind;
        return Err(CliError::TooLong { place: path.display().to_string(), what, most_mb, way_out });
    }
    Ok(bytes)
}

/// The same as text.
pub(super) fn text(path: &Path, kind: Kind) -> Result<String, CliError> {
    let no_text = |_| CliError::Encoding { place: path.display().to_string(), what: kind.what };
    String::from_utf8(bytes(path, kind)?).map_err(no_text)
}
