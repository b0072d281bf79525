//! What the functions of an account's region need: VPCs, security groups, and the names whose resolution matters.

use std::collections::{BTreeMap, BTreeSet};

use super::attachments::StackSecret;
use crate::arn::Arn;
use crate::inventory::{Function, FunctionConfiguration, Known};
use crate::source::aws::accounts::Accounts;

/// What is to be looked at for the functions of one account in one region.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    /// The VPCs of the functions.
    pub(super) vpcs: BTreeSet<String>,
    /// Their security groups, which may belong to another VPC and be associated with theirs.
    pub(super) groups: BTreeSet<String>,
    /// The hosts that their variables name.
    pub(super) hosts: BTreeSet<String>,
    /// The rotating secrets that stacks made.
    pub(super) secrets: BTreeSet<StackSecret>,
}

impl Wanted {
    /// For each account and region that has functions. The network of a function is its account's to tell: where that cannot be asked, nobody tells it.
    pub(super) fn by_place(functions: &BTreeMap<Arn, Function>, accounts: &Accounts) -> BTreeMap<String, Self> {
        Self::of(functions, |account| accounts.can_ask(account))
    }

    fn of(functions: &BTreeMap<Arn, Function>, can_ask: impl Fn(&str) -> bool) -> BTreeMap<String, Self> {
        let mut places: BTreeMap<String, Self> = BTreeMap::new();
        for function in functions.values().filter(|function| can_ask(function.arn.account())) {
            let configurations: Vec<&FunctionConfiguration> =
                [&function.configuration].into_iter().chain(function.qualified.values()).filter_map(Known::value).flatten().collect();
            // A function that does not exist needs no network.
            if configurations.is_empty() {
                continue;
            }
            let wanted = places.entry(format!("{}/{}", function.arn.account(), function.arn.region())).or_default();
            for configuration in configurations {
                wanted.hosts.extend(configuration.endpoint_variables.values().filter_map(|url| host(url)));
                if let Some(vpc) = configuration.vpc.as_ref().filter(|vpc| !vpc.vpc_id.is_empty()) {
                    wanted.vpcs.insert(vpc.vpc_id.clone());
                    wanted.groups.extend(vpc.security_group_ids.iter().cloned());
                }
            }
        }
        places
    }
}

/// The host of a URL.
fn host(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let host = rest.split(['/', ':', '?', '#']).next()?.to_ascii_lowercase();
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::{VpcAttachment, clean};

    #[test]
    fn only_functions_that_exist_in_accounts_that_can_be_asked_are_looked_at() {
        let mut inventory = clean::account().unwrap();
        let ours = |account: &str| account == clean::ACCOUNT;
        let attachment = VpcAttachment { vpc_id: "vpc-1".to_owned(), security_group_ids: vec!["sg-1".to_owned()], ..Default::default() };
        let function = inventory.functions.values_mut().next().unwrap();
        let Known::Value(Some(configuration)) = &mut function.configuration else { panic!("the function of the clean account is known") };
        configuration.vpc = Some(attachment);
        configuration.endpoint_variables.insert("AWS_ENDPOINT_URL".to_owned(), "https://Secrets.Example:8443/x".to_owned());
        let published =
            FunctionConfiguration { vpc: Some(VpcAttachment { vpc_id: "vpc-2".to_owned(), ..Default::default() }), ..Default::default() };
        function.qualified.insert("1".to_owned(), Known::Value(Some(published)));
        let wanted = &Wanted::of(&inventory.functions, ours)[clean::PLACE];
        assert_eq!(wanted.vpcs.iter().map(String::as_str).collect::<Vec<_>>(), ["vpc-1", "vpc-2"]);
        assert!(wanted.groups.contains("sg-1") && wanted.hosts.contains("secrets.example"));
        assert!(Wanted::of(&inventory.functions, |account| !ours(account)).is_empty());
        inventory.functions.values_mut().for_each(|function| {
            function.configuration = Known::Value(None);
            function.qualified.clear();
        });
        assert!(Wanted::of(&inventory.functions, ours).is_empty());
    }
}
