//! `rotaudit snapshot`: read a source once, audit it many times.

use std::path::PathBuf;

use clap::Args;

use super::error::{CliError, complain};
use super::exit;
use super::reading::MoreToRead;
use super::sources::SourceArgs;
use crate::arn::Arn;
use crate::inventory::function_named;
use crate::source;

/// Read a source once and write it to a file, to audit it many times and elsewhere
///
/// A snapshot holds policies, names and dates; never a secret's value, never code, of environment variables the names, and the
/// values of those that decide an endpoint or how passwords are made. While a live account is read, FILE.spool keeps what AWS has answered: after an interruption, --resume goes
/// on from it. An interrupted snapshot holds what was read, and says that it is partial.
#[derive(Debug, Args)]
#[command(mut_arg("snapshot", |arg| arg.num_args(1..)), after_help = "\
Examples:
  rotaudit snapshot --region eu-west-1 -o account.json.zst
  # After an interruption:
  rotaudit snapshot --region eu-west-1 -o account.json.zst --resume
  rotaudit snapshot --organization --role-name security/auditor -o all.json.zst
  rotaudit snapshot --region eu-west-1 -o account.json.zst \\
    --function arn:aws:lambda:eu-west-1:111122223333:function:rotate-db
  rotaudit snapshot --snapshot a.json.zst b.json.zst -o both.json.zst
  rotaudit scan --snapshot account.json.zst")]
pub(super) struct Snapshot {
    #[command(flatten)]
    source: SourceArgs,
    /// Read this function too, although no secret names it yet, for `rotaudit gate`: its ARN; give it again for more
    #[arg(long, value_name = "ARN", value_parser = function, conflicts_with = "demo", help_heading = "Reading a live account")]
    function: Vec<Arn>,
    /// Read this key too, although no secret is under it yet, for `scan --template` or `--plan` with --over: its ARN, or that of an alias; give it again for more
    #[arg(long, value_name = "ARN", value_parser = key, conflicts_with = "demo", help_heading = "Reading a live account")]
    key: Vec<Arn>,
    /// Read the VPC of this subnet too, although no rotation function is in it yet, for the same: its id; give it again for more
    #[arg(long, value_name = "ID", value_parser = subnet, conflicts_with = "demo", help_heading = "Reading a live account")]
    subnet: Vec<String>,
    /// The file to write; compressed when its name ends in .zst
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: PathBuf,
}

impl Snapshot {
    pub(super) fn run(&self) -> Result<u8, CliError> {
        let further = [("--function", self.function.len()), ("--key", self.key.len()), ("--subnet", self.subnet.len())];
        if let Some((option, _)) = further.iter().find(|(_, given)| *given > 0 && self.source.is_a_file()) {
            return Err(CliError::Usage(format!(
                "{option} is read from a live account, and a snapshot holds what it holds: leave out --snapshot"
            )));
        }
        let more = MoreToRead {
            functions: self.function.clone(),
            keys: self.key.clone(),
            subnets: self.subnet.iter().cloned().collect(),
            ..MoreToRead::default()
        };
        let read = self.source.read_for(Some(&self.output), &more)?;
        source::snapshot::write(&self.output, &read.inventory)?;
        let gaps = read.done()?.gaps().len();
        if gaps > 0 {
            let (calls, them) = if gaps == 1 { ("call", "it") } else { ("calls", "them") };
            complain("warning", &format!("{gaps} {calls} did not answer; `rotaudit scan --snapshot` lists {them} as not read"));
        }
        Ok(exit::CLEAN)
    }
}

/// The ARN of a function.
fn function(text: &str) -> Result<Arn, String> {
    let arn = Arn::parse(text).map_err(|error| error.to_string())?;
    function_named(text, &arn).ok_or_else(|| "it is not the ARN of a function, arn:aws:lambda:REGION:ACCOUNT:function:NAME".to_owned())
}

/// The id of a subnet.
fn subnet(text: &str) -> Result<String, String> {
    let is_id = text.strip_prefix("subnet-").is_some_and(|id| !id.is_empty() && id.bytes().all(|letter| letter.is_ascii_alphanumeric()));
    if is_id { Ok(text.to_owned()) } else { Err("it is not the id of a subnet, subnet-0123456789abcdef0".to_owned()) }
}

/// The ARN of a key or alias.
fn key(text: &str) -> Result<Arn, String> {
    let arn = Arn::parse(text).map_err(|error| error.to_string())?;
    let is_key = arn.service() == "kms"
        && ["key/", "alias/"].iter().any(|kind| arn.resource().len() > kind.len() && arn.resource().starts_with(kind));
    if is_key { Ok(arn) } else { Err("it is not the ARN of a key, arn:aws:kms:REGION:ACCOUNT:key/ID, or of an alias".to_owned()) }
}
