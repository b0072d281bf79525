//! What a live collection is told: which accounts, where to look and as whom.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use aws_sdk_sts::config::SharedCredentialsProvider;
use jiff::Timestamp;

use super::selector::Selector;
use super::wire::{AskedFor, Exchange};
use crate::arn::Arn;
use crate::inventory::{VpcAttachment, function_named};
use crate::source::error::SourceError;

/// How long AWS may take to begin an answer, unless told otherwise.
const ANSWER_TIME: Duration = Duration::from_secs(30);

/// The name of the sessions of every role that is taken on, unless told otherwise.
const SESSION_NAME: &str = "rotaudit";

/// What `collect` is told.
#[derive(Debug, Clone)]
pub struct Options {
    /// The profile of the AWS configuration files; without it the usual chain decides.
    pub profile: Option<String>,
    /// Which accounts are read.
    pub accounts: Accounts,
    /// What the trust policies of the roles that are taken on may want as `sts:ExternalId`.
    pub external_id: Option<String>,
    /// The name of the sessions of these roles, by which `CloudTrail` shows who asked.
    pub role_session_name: String,
    /// The regions to read, in every account; empty for the region of the usual chain.
    pub regions: Vec<String>,
    /// Read every region that is enabled for an account, `regions` notwithstanding.
    pub all_regions: bool,
    /// Where every service is asked instead of at AWS.
    pub endpoint_url: Option<String>,
    /// The time at which the inventory counts as read.
    pub as_of: Timestamp,
    /// How often one call is tried, the first time included; `None` for what is set for all AWS tools, or eight times.
    pub max_attempts: Option<u32>,
    /// How long AWS may take to begin an answer.
    pub answer_time: Duration,
    /// Rotation functions to read although no secret names them yet, qualified or not.
    pub functions: Vec<Arn>,
    /// Keys to read although no secret is under them yet, by their ARNs or those of their aliases.
    pub keys: Vec<Arn>,
    /// Networks to read although no function of a secret is in them yet.
    pub networks: ProposedNetworks,
    /// A rotation function to read with the secret that it is to rotate.
    pub proposed: Option<ProposedFunction>,
    /// Who asks, instead of the usual chain: tests.
    pub credentials: Option<SharedCredentialsProvider>,
    /// What all calls go through; its numbers can be read while the collection runs and afterwards.
    pub exchange: Exchange,
}

/// A function that is to rotate a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedFunction {
    /// The secret: its name or ARN.
    pub secret: String,
    /// The function as people name it, seen from the secret's account and region ([`function_named`]).
    pub function: String,
}

impl ProposedFunction {
    /// The function, if this is the secret.
    pub(super) fn of(&self, secret: &Arn, name: Option<&str>) -> Option<Arn> {
        let is_it = self.secret == secret.as_str() || name == Some(&self.secret);
        if is_it { function_named(&self.function, secret) } else { None }
    }
}

/// Networks in which functions are to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProposedNetworks {
    /// What functions are to be attached to, by place (`111122223333/eu-west-1`). Their VPCs are found by the subnets; where there are none, the place's databases
    /// are read all the same.
    pub attachments: BTreeMap<String, VpcAttachment>,
    /// Subnets whose VPCs are read, in whichever place they are.
    pub subnets: BTreeSet<String>,
}

/// Which accounts are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accounts {
    /// The one that the credentials belong to.
    Own,
    /// Those of these roles, each read with its role. Of two roles in one account the first counts.
    Roles {
        /// The roles, by ARN.
        roles: Vec<Arn>,
        /// Whether the account of the credentials is read too, with these.
        own: bool,
    },
    /// The active accounts of the organization: the one that asks with its own credentials, every other one with its role of this name.
    Organization {
        /// The name of the role, with its path if it has one; `{account}` stands for the account's id.
        role_name: String,
        /// Only what one of these selects, unless there are none.
        include: Vec<Selector>,
        /// Without what one of these selects.
        exclude: Vec<Selector>,
    },
}

impl Options {
    /// The account, the region and the credentials of the usual chain.
    pub fn new(as_of: Timestamp) -> Self {
        Self {
            profile: None,
            accounts: Accounts::Own,
            external_id: None,
            role_session_name: SESSION_NAME.to_owned(),
            regions: Vec::new(),
            all_regions: false,
            endpoint_url: None,
            as_of,
            max_attempts: None,
            answer_time: ANSWER_TIME,
            functions: Vec::new(),
            keys: Vec::new(),
            networks: ProposedNetworks::default(),
            proposed: None,
            credentials: None,
            exchange: Exchange::default(),
        }
    }

    /// Keeps every answer in a spool, or goes on with the one that an interrupted collection has left: then `as_of` becomes that of the interrupted one.
    /// Gives how many answers there are already.
    ///
    /// # Errors
    /// The file cannot be read or written, another collection uses it, or it was begun with other options.
    pub fn keep(&mut self, spool: &Path, resume: bool) -> Result<usize, SourceError> {
        let (as_of, stored) = self.exchange.spool(spool, resume, self.as_of, self.asked())?;
        self.as_of = as_of;
        Ok(stored)
    }

    /// What decides what is asked. Which profile it is asked with is not part of it: whose credentials they are is found out by asking.
    fn asked(&self) -> AskedFor {
        let Self {
            profile: _,
            accounts,
            external_id: _,
            role_session_name: _,
            regions,
            all_regions,
            endpoint_url,
            as_of: _,
            max_attempts: _,
            answer_time: _,
            functions,
            keys,
            networks,
            proposed,
            credentials: _,
            exchange: _,
        } = self;
        let mut asked = BTreeMap::new();
        let mut say = |name: &str, value: String| {
            if !value.is_empty() {
                asked.insert(name.to_owned(), value);
            }
        };
        match accounts {
            Accounts::Own => {}
            Accounts::Roles { roles, own } => {
                say("--assume-role", roles.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
                say("--own-account", if *own { "given".to_owned() } else { String::new() });
            }
            Accounts::Organization { role_name, include, exclude } => {
                let all = |selectors: &[Selector]| selectors.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
                say("--organization", "given".to_owned());
                say("--role-name", role_name.clone());
                say("--include", all(include));
                say("--exclude", all(exclude));
            }
        }
        say("--region", regions.join(","));
        say("--all-regions", if *all_regions { "given".to_owned() } else { String::new() });
        say("--endpoint-url", endpoint_url.clone().unwrap_or_default());
        let of_secret = proposed.as_ref().map(|it| format!("{} of {}", it.function, it.secret)).unwrap_or_default();
        say("the proposed function", of_secret);
        let all = |arns: &[Arn]| arns.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        say("--function", all(functions));
        say("--key", all(keys));
        let ProposedNetworks { attachments, subnets } = networks;
        say("--subnet", subnets.iter().cloned().collect::<Vec<_>>().join(","));
        let ids = |it: &VpcAttachment| it.subnet_ids.iter().chain(&it.security_group_ids).cloned().collect::<Vec<_>>().join(" ");
        say(
            "the networks of what is laid over",
            attachments.iter().map(|(place, it)| format!("{place} {}", ids(it))).collect::<Vec<_>>().join(","),
        );
        asked
    }
}
