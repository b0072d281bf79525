//! The table of API calls: the IAM actions they need and the facts they feed.

use super::api::Api;

/// Whose credentials make a call, and so whose policy has to allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhoAsks {
    /// Those with which an account is read: in each account its own.
    EachAccount,
    /// Whoever reads a whole organization: only the account from which that is done.
    Organization,
    /// Whoever takes on the roles with which other accounts are read.
    Caller,
}

/// What is to be known of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallSpec {
    /// As coverage and gaps name it: `service:Operation`.
    pub name: &'static str,
    /// The IAM action that allows it, where it needs one (`GetCallerIdentity` needs none).
    pub action: Option<&'static str>,
    /// The facts that it feeds.
    pub feeds: &'static str,
    /// What stays undecided without it.
    pub without: &'static str,
    /// Whose credentials make it.
    pub asked_by: WhoAsks,
}

impl Api {
    /// The row of this call.
    #[expect(clippy::too_many_lines, reason = "a table: one row for each call")]
    pub const fn spec(self) -> CallSpec {
        const fn row(name: &'static str, feeds: &'static str, without: &'static str) -> CallSpec {
            CallSpec { name, action: Some(name), feeds, without, asked_by: WhoAsks::EachAccount }
        }
        const fn of_organization(name: &'static str, feeds: &'static str, without: &'static str) -> CallSpec {
            CallSpec { asked_by: WhoAsks::Organization, ..row(name, feeds, without) }
        }
        match self {
            Self::GetCallerIdentity => CallSpec {
                name: "sts:GetCallerIdentity",
                action: None,
                feeds: "the account and partition that the credentials belong to",
                without: "the scan cannot start",
                asked_by: WhoAsks::EachAccount,
            },
            Self::GetAccountAuthorizationDetails => row(
                "iam:GetAccountAuthorizationDetails",
                "roles, users, groups, managed policies, boundaries, trust policies",
                "whether the execution role may make the calls of a rotation",
            ),
            Self::ListSecrets => row(
                "secretsmanager:ListSecrets",
                "secrets, their rotation settings, dates, keys, tags and staging labels",
                "every secret of that region",
            ),
            Self::ListSecretVersionIds => row(
                "secretsmanager:ListSecretVersionIds",
                "the versions that hold a value, their dates and keys",
                "whether a rotation is stuck on an empty version",
            ),
            Self::ListSecretPolicies => row(
                "secretsmanager:ListResourcePolicies",
                "the names of the secret's resource policies",
                "what the policies beside the default one, which Secrets Manager writes for replication, open to other accounts",
            ),
            Self::GetSecretPolicy => row(
                "secretsmanager:GetResourcePolicy",
                "the secret's resource policies",
                "every request to the secret: a statement there may deny it",
            ),
            Self::GetFunctionConfiguration => row(
                "lambda:GetFunctionConfiguration",
                "the function's execution role, state, time limit, VPC, runtime, layers, logs, names of its variables, endpoint and password settings",
                "everything that the function does",
            ),
            Self::GetFunctionPolicy => row(
                "lambda:GetPolicy",
                "the function's resource-based policy, per qualifier",
                "who may invoke the function, Secrets Manager included",
            ),
            Self::GetFunctionConcurrency => row(
                "lambda:GetFunctionConcurrency",
                "reserved concurrency",
                "whether the function is switched off by a reserved concurrency of 0",
            ),
            Self::GetProvisionedConcurrency => row(
                "lambda:GetProvisionedConcurrencyConfig",
                "provisioned concurrency of the version or alias that a secret names",
                "whether invocations are throttled by a small provisioned concurrency",
            ),
            Self::ListFunctionUrlConfigs => {
                row("lambda:ListFunctionUrlConfigs", "function URLs and their authentication", "whether a URL opens the function")
            }
            Self::ListFunctionTags => row("lambda:ListTags", "the function's tags", "which template the function was made from"),
            Self::DescribeKey => row(
                "kms:DescribeKey",
                "the key behind an alias, its state, kind and manager",
                "whether the key is usable, and every request to it",
            ),
            Self::GetKeyPolicy => {
                row("kms:GetKeyPolicy", "the key's policy, and that of Resource Access Manager", "every request to the key")
            }
            Self::ListGrants => row("kms:ListGrants", "the key's grants", "whether a grant allows what no policy allows"),
            Self::DescribeVpcs => row(
                "ec2:DescribeVpcs",
                "VPCs of functions, their owners, address ranges and DHCP options",
                "whether a function in a VPC reaches anything",
            ),
            Self::DescribeVpcAttribute => row(
                "ec2:DescribeVpcAttribute",
                "whether DNS is supported, and private names of endpoints with it",
                "which address the name of Secrets Manager has in the VPC",
            ),
            Self::DescribeSubnets => row(
                "ec2:DescribeSubnets",
                "subnets, their zones, address ranges and free addresses",
                "whether a function in a VPC reaches anything",
            ),
            Self::DescribeDhcpOptions => {
                row("ec2:DescribeDhcpOptions", "which resolver the VPC uses", "which address the name of Secrets Manager has in the VPC")
            }
            Self::DescribeRouteTables => row(
                "ec2:DescribeRouteTables",
                "routes, and which subnet uses which",
                "whether a function in a VPC reaches anything outside its subnet",
            ),
            Self::DescribeNatGateways => row(
                "ec2:DescribeNatGateways",
                "NAT gateways and their state",
                "whether a function reaches Secrets Manager through the internet",
            ),
            Self::DescribeInternetGateways => row(
                "ec2:DescribeInternetGateways",
                "internet gateways and what they are attached to",
                "whether a function reaches Secrets Manager through the internet",
            ),
            Self::DescribeEgressOnlyInternetGateways => row(
                "ec2:DescribeEgressOnlyInternetGateways",
                "egress-only internet gateways",
                "whether a function reaches Secrets Manager over IPv6",
            ),
            Self::DescribeNetworkAcls => {
                row("ec2:DescribeNetworkAcls", "network ACLs and the subnets they guard", "whether packets pass between subnets")
            }
            Self::DescribeSecurityGroups => {
                row("ec2:DescribeSecurityGroups", "security groups and their rules", "whether a function may send and its peer may receive")
            }
            Self::DescribeVpcEndpoints => row(
                "ec2:DescribeVpcEndpoints",
                "VPC endpoints, their state, DNS and policies",
                "whether Secrets Manager is reached through an endpoint, and what the endpoint lets pass",
            ),
            Self::DescribeNetworkInterfaces => row(
                "ec2:DescribeNetworkInterfaces",
                "addresses and security groups of interface endpoints",
                "whether a function reaches an interface endpoint",
            ),
            Self::DescribeManagedPrefixLists => row(
                "ec2:DescribeManagedPrefixLists",
                "prefix lists that routes and security groups name",
                "what a rule or route with a prefix list means",
            ),
            Self::GetManagedPrefixListEntries => row(
                "ec2:GetManagedPrefixListEntries",
                "the addresses of these prefix lists",
                "what a rule or route with a prefix list means",
            ),
            Self::DescribeVpcPeeringConnections => row(
                "ec2:DescribeVpcPeeringConnections",
                "peering connections that routes lead to",
                "whether anything is reached through a peering connection",
            ),
            Self::DescribeTransitGateways => row(
                "ec2:DescribeTransitGateways",
                "transit gateways that routes lead to",
                "whether anything is reached through a transit gateway",
            ),
            Self::DescribeTransitGatewayAttachments => row(
                "ec2:DescribeTransitGatewayAttachments",
                "what is attached to these transit gateways",
                "whether anything is reached through a transit gateway",
            ),
            Self::DescribeTransitGatewayVpcAttachments => row(
                "ec2:DescribeTransitGatewayVpcAttachments",
                "the subnets and options of these attachments",
                "whether a transit gateway is reached from a zone",
            ),
            Self::SearchTransitGatewayRoutes => {
                row("ec2:SearchTransitGatewayRoutes", "the routes of these transit gateways", "where a transit gateway sends packets")
            }
            Self::DescribeBlockPublicAccess => row(
                "ec2:DescribeVpcBlockPublicAccessOptions",
                "whether the account keeps its VPCs from the internet",
                "whether a function reaches Secrets Manager through the internet",
            ),
            Self::DescribeBlockPublicAccessExclusions => row(
                "ec2:DescribeVpcBlockPublicAccessExclusions",
                "the VPCs and subnets that are excluded from that",
                "whether a function reaches Secrets Manager through the internet",
            ),
            Self::ListHostedZonesByVpc => row(
                "route53:ListHostedZonesByVPC",
                "private hosted zones that may answer for AWS's names",
                "which address the name of Secrets Manager has in the VPC",
            ),
            Self::ListRecordSets => row(
                "route53:ListResourceRecordSets",
                "the records of these zones",
                "which address the name of Secrets Manager has in the VPC",
            ),
            Self::ListResolverRuleAssociations => row(
                "route53resolver:ListResolverRuleAssociations",
                "which resolver rules a VPC uses",
                "which address the name of Secrets Manager has in the VPC",
            ),
            Self::ListResolverRules => row(
                "route53resolver:ListResolverRules",
                "the domains of these rules",
                "which address the name of Secrets Manager has in the VPC",
            ),
            Self::DescribeDbInstances => row(
                "rds:DescribeDBInstances",
                "databases, their addresses, networks and managed secrets",
                "whether a function reaches its database",
            ),
            Self::DescribeDbClusters => row(
                "rds:DescribeDBClusters",
                "database clusters, their addresses and managed secrets",
                "whether a function reaches its database",
            ),
            Self::DescribeDbSubnetGroups => {
                row("rds:DescribeDBSubnetGroups", "the networks of database clusters", "whether a function reaches its database")
            }
            Self::ListStackResources => row(
                "cloudformation:ListStackResources",
                "whether the stack of a secret attaches it to a database",
                "which database the secret opens, so whether its function reaches it",
            ),
            Self::GetTemplate => row(
                "cloudformation:GetTemplate",
                "which database such a stack attaches a secret to; nothing else of the template is kept",
                "which database the secret opens, so whether its function reaches it",
            ),
            Self::DescribeStacks => row(
                "cloudformation:DescribeStacks",
                "the parameter by which such a template names the database; no other is kept",
                "which database the secret opens, so whether its function reaches it",
            ),
            Self::DescribeRegions => row(
                "ec2:DescribeRegions",
                "the regions that are enabled, where all of them are to be read",
                "every secret of a region that this build does not know",
            ),
            Self::DescribeOrganization => row(
                "organizations:DescribeOrganization",
                "the organization of the account, and whether it is its management account",
                "conditions on the organization, such as aws:PrincipalOrgID",
            ),
            Self::ListRoots => of_organization(
                "organizations:ListRoots",
                "the root of the organization, and which types of policies are switched on",
                "which accounts there are",
            ),
            Self::ListOrganizationalUnits => {
                of_organization("organizations:ListOrganizationalUnitsForParent", "the organizational units", "which accounts there are")
            }
            Self::ListAccountsForParent => of_organization(
                "organizations:ListAccountsForParent",
                "the accounts, their state and where they stand",
                "everything in that account",
            ),
            Self::ListAccountTags => of_organization(
                "organizations:ListTagsForResource",
                "the tags of accounts, where they decide which are read",
                "whether the account was meant to be read",
            ),
            Self::ListControlPolicies => of_organization(
                "organizations:ListPolicies",
                "the service and resource control policies of the organization",
                "every request that a control policy may deny",
            ),
            Self::ListTargetsForPolicy => of_organization(
                "organizations:ListTargetsForPolicy",
                "what each of these policies is attached to",
                "every request that a control policy may deny",
            ),
            Self::DescribeControlPolicy => of_organization(
                "organizations:DescribePolicy",
                "the documents of these policies",
                "every request that a control policy may deny",
            ),
            Self::AssumeRole => CallSpec {
                asked_by: WhoAsks::Caller,
                ..row("sts:AssumeRole", "the credentials with which another account is read", "everything in that account")
            },
        }
    }

    /// The row of the call of that name, for gaps that come from a snapshot.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|api| api.spec().name == name)
    }
}
