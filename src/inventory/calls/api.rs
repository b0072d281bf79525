//! The names of the API calls that a live audit makes. `table` says what each of them is for.

/// An API call of the collector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Api {
    /// `sts:GetCallerIdentity`
    GetCallerIdentity,
    /// `iam:GetAccountAuthorizationDetails`
    GetAccountAuthorizationDetails,
    /// `secretsmanager:ListSecrets`
    ListSecrets,
    /// `secretsmanager:ListSecretVersionIds`
    ListSecretVersionIds,
    /// `secretsmanager:ListResourcePolicies`
    ListSecretPolicies,
    /// `secretsmanager:GetResourcePolicy`
    GetSecretPolicy,
    /// `lambda:GetFunctionConfiguration`
    GetFunctionConfiguration,
    /// `lambda:GetPolicy`
    GetFunctionPolicy,
    /// `lambda:GetFunctionConcurrency`
    GetFunctionConcurrency,
    /// `lambda:GetProvisionedConcurrencyConfig`
    GetProvisionedConcurrency,
    /// `lambda:ListFunctionUrlConfigs`
    ListFunctionUrlConfigs,
    /// `lambda:ListTags`
    ListFunctionTags,
    /// `kms:DescribeKey`
    DescribeKey,
    /// `kms:GetKeyPolicy`
    GetKeyPolicy,
    /// `kms:ListGrants`
    ListGrants,
    /// `ec2:DescribeVpcs`
    DescribeVpcs,
    /// `ec2:DescribeVpcAttribute`
    DescribeVpcAttribute,
    /// `ec2:DescribeSubnets`
    DescribeSubnets,
    /// `ec2:DescribeDhcpOptions`
    DescribeDhcpOptions,
    /// `ec2:DescribeRouteTables`
    DescribeRouteTables,
    /// `ec2:DescribeNatGateways`
    DescribeNatGateways,
    /// `ec2:DescribeInternetGateways`
    DescribeInternetGateways,
    /// `ec2:DescribeEgressOnlyInternetGateways`
    DescribeEgressOnlyInternetGateways,
    /// `ec2:DescribeNetworkAcls`
    DescribeNetworkAcls,
    /// `ec2:DescribeSecurityGroups`
    DescribeSecurityGroups,
    /// `ec2:DescribeVpcEndpoints`
    DescribeVpcEndpoints,
    /// `ec2:DescribeNetworkInterfaces`
    DescribeNetworkInterfaces,
    /// `ec2:DescribeManagedPrefixLists`
    DescribeManagedPrefixLists,
    /// `ec2:GetManagedPrefixListEntries`
    GetManagedPrefixListEntries,
    /// `ec2:DescribeVpcPeeringConnections`
    DescribeVpcPeeringConnections,
    /// `ec2:DescribeTransitGateways`
    DescribeTransitGateways,
    /// `ec2:DescribeTransitGatewayAttachments`
    DescribeTransitGatewayAttachments,
    /// `ec2:DescribeTransitGatewayVpcAttachments`
    DescribeTransitGatewayVpcAttachments,
    /// `ec2:SearchTransitGatewayRoutes`
    SearchTransitGatewayRoutes,
    /// `ec2:DescribeVpcBlockPublicAccessOptions`
    DescribeBlockPublicAccess,
    /// `ec2:DescribeVpcBlockPublicAccessExclusions`
    DescribeBlockPublicAccessExclusions,
    /// `route53:ListHostedZonesByVPC`
    ListHostedZonesByVpc,
    /// `route53:ListResourceRecordSets`
    ListRecordSets,
    /// `route53resolver:ListResolverRuleAssociations`
    ListResolverRuleAssociations,
    /// `route53resolver:ListResolverRules`
    ListResolverRules,
    /// `rds:DescribeDBInstances`
    DescribeDbInstances,
    /// `rds:DescribeDBClusters`
    DescribeDbClusters,
    /// `rds:DescribeDBSubnetGroups`
    DescribeDbSubnetGroups,
    /// `cloudformation:ListStackResources`
    ListStackResources,
    /// `cloudformation:GetTemplate`
    GetTemplate,
    /// `cloudformation:DescribeStacks`
    DescribeStacks,
    /// `ec2:DescribeRegions`
    DescribeRegions,
    /// `organizations:DescribeOrganization`
    DescribeOrganization,
    /// `organizations:ListRoots`
    ListRoots,
    /// `organizations:ListOrganizationalUnitsForParent`
    ListOrganizationalUnits,
    /// `organizations:ListAccountsForParent`
    ListAccountsForParent,
    /// `organizations:ListTagsForResource`
    ListAccountTags,
    /// `organizations:ListPolicies`
    ListControlPolicies,
    /// `organizations:ListTargetsForPolicy`
    ListTargetsForPolicy,
    /// `organizations:DescribePolicy`
    DescribeControlPolicy,
    /// `sts:AssumeRole`
    AssumeRole,
}

impl Api {
    /// Every call: those about an account in the order in which a scan makes them, then those that find the accounts.
    pub const ALL: [Self; 56] = [
        Self::GetCallerIdentity,
        Self::GetAccountAuthorizationDetails,
        Self::ListSecrets,
        Self::ListSecretVersionIds,
        Self::ListSecretPolicies,
        Self::GetSecretPolicy,
        Self::GetFunctionConfiguration,
        Self::GetFunctionPolicy,
        Self::GetFunctionConcurrency,
        Self::GetProvisionedConcurrency,
        Self::ListFunctionUrlConfigs,
        Self::ListFunctionTags,
        Self::DescribeKey,
        Self::GetKeyPolicy,
        Self::ListGrants,
        Self::DescribeVpcs,
        Self::DescribeVpcAttribute,
        Self::DescribeSubnets,
        Self::DescribeDhcpOptions,
        Self::DescribeRouteTables,
        Self::DescribeNatGateways,
        Self::DescribeInternetGateways,
        Self::DescribeEgressOnlyInternetGateways,
        Self::DescribeNetworkAcls,
        Self::DescribeSecurityGroups,
        Self::DescribeVpcEndpoints,
        Self::DescribeNetworkInterfaces,
        Self::DescribeManagedPrefixLists,
        Self::GetManagedPrefixListEntries,
        Self::DescribeVpcPeeringConnections,
        Self::DescribeTransitGateways,
        Self::DescribeTransitGatewayAttachments,
        Self::DescribeTransitGatewayVpcAttachments,
        Self::SearchTransitGatewayRoutes,
        Self::DescribeBlockPublicAccess,
        Self::DescribeBlockPublicAccessExclusions,
        Self::ListHostedZonesByVpc,
        Self::ListRecordSets,
        Self::ListResolverRuleAssociations,
        Self::ListResolverRules,
        Self::DescribeDbInstances,
        Self::DescribeDbClusters,
        Self::DescribeDbSubnetGroups,
        Self::ListStackResources,
        Self::GetTemplate,
        Self::DescribeStacks,
        Self::DescribeRegions,
        Self::DescribeOrganization,
        Self::ListRoots,
        Self::ListOrganizationalUnits,
        Self::ListAccountsForParent,
        Self::ListAccountTags,
        Self::ListControlPolicies,
        Self::ListTargetsForPolicy,
        Self::DescribeControlPolicy,
        Self::AssumeRole,
    ];
}
