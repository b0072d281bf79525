//! One account in one region, with the clients that tell its networks. `session` makes it, `network` asks it.

use super::direct::{Client, Environment, Service};
use crate::arn::{AccountId, Partition};

/// The clients of one region, and how its things are named in gaps.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) account: AccountId,
    pub(super) region: String,
    pub(super) ec2: Client,
    pub(super) rds: Client,
    pub(super) cloudformation: Client,
    pub(super) route53: Client,
    pub(super) resolver: Client,
}

impl Place {
    pub(super) fn new(environment: &Environment<'_>) -> Self {
        Self {
            account: environment.account.clone(),
            region: environment.region.to_owned(),
            ec2: Client::new(Service::Ec2, environment),
            rds: Client::new(Service::Rds, environment),
            cloudformation: Client::new(Service::CloudFormation, environment),
            route53: Client::new(Service::Route53, environment),
            resolver: Client::new(Service::Resolver, environment),
        }
    }

    /// The place itself, about which lists are asked.
    pub(super) fn list(&self) -> String {
        format!("{}/{}", self.account, self.region)
    }

    /// The ARN of a thing of EC2.
    pub(super) fn arn(&self, kind: &str, id: &str) -> String {
        format!("arn:{}:ec2:{}:{}:{kind}/{id}", Partition::of_region(&self.region), self.region, self.account)
    }
}
