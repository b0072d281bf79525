//! Why a path is blocked, open or worth a remark: one code for each cause, the component at fault, and a sentence.

use std::fmt;

use crate::inventory::Gap;

/// Writes the enum and its two tables from one list, so that no code can lack a text.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal, $ra:expr;)+) => {
        /// A cause. Beside each stands the explanation code with which VPC Reachability Analyzer tells the same, where it has one
        /// (<https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html>).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The code as findings and reports write it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// The explanation code of VPC Reachability Analyzer for the same.
            pub const fn ra_code(self) -> Option<&'static str> {
                match self { $(Self::$name => $ra),+ }
            }
        }
    };
}

codes! {
    /// The function is not attached to a VPC: it runs in Lambda's own network, which has the internet
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html>).
    FunctionNotInVpc = "NET_FUNCTION_NOT_IN_VPC", None;
    /// The target has private addresses only and the function is not in a VPC
    /// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotation-function-network-access.html>).
    FunctionOutsideVpc = "NET_FUNCTION_OUTSIDE_VPC", None;
    /// Some of the function's subnets reach the target and some do not. Lambda chooses among them freely, so rotations fail now and then
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html>).
    SubnetInconsistent = "NET_SUBNET_INCONSISTENT", None;
    /// No target is known for this secret, or it has none: nothing is judged.
    TargetNone = "NET_TARGET_NONE", None;
    /// Some subnets in which the database may lie are reachable and some are not; which one it lies in is not known
    /// (<https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html>).
    TargetSubnetInconsistent = "NET_TARGET_SUBNET_INCONSISTENT", None;
    /// Nothing in the inventory carries the target's address, so what admits it there is not known.
    TargetUnplaced = "NET_TARGET_UNPLACED", None;

    /// No route leads to the destination (<https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html>).
    NoRoute = "NET_NO_ROUTE", Some("NO_ROUTE_TO_DESTINATION");
    /// The target of the route was deleted (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Route.html>).
    RouteBlackhole = "NET_ROUTE_BLACKHOLE", Some("BAD_STATE_ROUTE");
    /// Routes lead in a circle.
    RouteLoop = "NET_ROUTE_LOOP", None;
    /// Parts of the addresses go different ways, not all of them through, and which part the destination is in is not known
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>).
    SplitRoutes = "NET_SPLIT_ROUTES", Some("MORE_SPECIFIC_ROUTE");
    /// Two routes of equal rank compete; which one counts is not documented
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html>).
    AmbiguousRoute = "NET_AMBIGUOUS_ROUTE", None;
    /// No route leads back (<https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html>).
    ReturnRoute = "NET_RETURN_ROUTE", Some("NO_ROUTE_TO_DESTINATION");
    /// The destination's address lies in the ranges of a VPC that it is not in: the packet stays there
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Route_Tables.html>).
    AddressOverlap = "NET_ADDRESS_OVERLAP", Some("VPC_LOCAL_ROUTE_CIDR_RESTRICTION");
    /// The route leads to something whose further way is not known here.
    UnknownTarget = "NET_UNKNOWN_TARGET", Some("UNSUPPORTED_COMPONENT");
    /// The way leads out of what was read: a VPN, a Direct Connect, another account.
    LeavesSnapshot = "NET_LEAVES_SNAPSHOT", Some("UNKNOWN_RESOURCE");
    /// The way leads through a network interface, such as a NAT instance, whose work cannot be read
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/VPC_NAT_Instance.html>).
    Appliance = "NET_APPLIANCE", Some("UNSUPPORTED_COMPONENT");
    /// There is more to follow than is ever allowed to exist.
    TooLarge = "NET_TOO_LARGE", None;
    /// Something that this hangs on was not read.
    NotCollected = "NET_NOT_COLLECTED", Some("UNKNOWN_RESOURCE");

    /// A Lambda function has no public address, so an internet gateway passes nothing of it
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html>).
    IgwNoPublicIp = "NET_IGW_NO_PUBLIC_IP", Some("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS");
    /// The internet gateway is not attached to the VPC.
    IgwDetached = "NET_IGW_DETACHED", Some("BAD_STATE_ATTACHMENT");
    /// The NAT gateway is not available (<https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html>).
    NatState = "NET_NAT_STATE", Some("BAD_STATE");
    /// A private NAT gateway does not lead to the internet (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html>).
    NatPrivate = "NET_NAT_PRIVATE", None;
    /// The subnet of the NAT gateway does not lead on to an internet gateway
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html>).
    NatSubnetNoIgw = "NET_NAT_SUBNET_NO_IGW", Some("NO_ROUTE_TO_DESTINATION");
    /// A regional NAT gateway does not serve the zone (<https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html>).
    RegionalNatAz = "NET_REGIONAL_NAT_AZ", Some("REGIONAL_NGW_ROUTE_AZ_RESTRICTION");
    /// VPC Block Public Access keeps the traffic from the internet gateway
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html>).
    VpcBpa = "NET_VPC_BPA", Some("VPC_BLOCK_PUBLIC_ACCESS_ENABLED");

    /// The function may not use IPv6, by which alone there would be a way
    /// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-ipv6>).
    Ipv6NotAllowed = "NET_IPV6_NOT_ALLOWED", None;
    /// The two ends have no IP version in common.
    IpFamily = "NET_IP_FAMILY", None;

    /// The function's security groups let nothing out at all (<https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>).
    SgEgressNone = "NET_SG_EGRESS_NONE", Some("SG_HAS_NO_RULES");
    /// The function's security groups do not let this out (<https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>).
    SgEgress = "NET_SG_EGRESS", Some("ENI_SG_RULES_MISMATCH");
    /// The function's security groups let this out to prefix lists only, which do not hold the destination
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html>).
    SgEgressPrefixList = "NET_SG_EGRESS_PREFIX_LIST", Some("ENI_SG_RULES_MISMATCH");
    /// The target's security groups do not admit the function (<https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>).
    SgIngress = "NET_SG_INGRESS", Some("ENI_SG_RULES_MISMATCH");
    /// The endpoint's security groups do not admit the function
    /// (<https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html>).
    VpceSgIngress = "NET_VPCE_SG_INGRESS", Some("ENI_SG_RULES_MISMATCH");
    /// A rule names a security group, and the way does not keep that identity: another region, a NAT gateway, a transit gateway without referencing
    /// (<https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-security-groups.html>,
    /// <https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html>).
    SgRefNotPreserved = "NET_SG_REF_NOT_PRESERVED", Some("SG_REFERENCES_NOT_PRESERVED");

    /// The network ACL of the function's subnet lets nothing out to there (<https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html>).
    NaclEgress = "NET_NACL_EGRESS", Some("SUBNET_ACL_RESTRICTION");
    /// The network ACL of the target's subnet does not admit the function.
    NaclIngress = "NET_NACL_INGRESS", Some("SUBNET_ACL_RESTRICTION");
    /// A network ACL stops the answers: it keeps no state, and answers go to ports 1024–65535
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports>).
    NaclReturn = "NET_NACL_RETURN", Some("SUBNET_ACL_RESTRICTION");
    /// A network ACL lets answers through to some of the ports 1024–65535 only, so connections fail now and then.
    NaclEphemeralPartial = "NET_NACL_EPHEMERAL_PARTIAL", Some("SUBNET_ACL_RESTRICTION");
    /// The network ACL of the NAT gateway's subnet stops the traffic in one of its four directions
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html>).
    NaclNatSubnet = "NET_NACL_NAT_SUBNET", Some("SUBNET_ACL_RESTRICTION");
    /// The network ACL of a subnet in which a transit gateway is attached stops the traffic
    /// (<https://docs.aws.amazon.com/vpc/latest/tgw/tgw-nacls.html>).
    NaclTransitSubnet = "NET_NACL_TRANSIT_SUBNET", Some("SUBNET_ACL_RESTRICTION");

    /// `enableDnsSupport` is off: no name resolves (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html>).
    DnsSupportOff = "NET_DNS_SUPPORT_OFF", None;
    /// `enableDnsHostnames` is off: private names of endpoints and private hosted zones do not count
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html>).
    DnsHostnamesOff = "NET_DNS_HOSTNAMES_OFF", None;
    /// The name is resolved by something else than the Amazon resolver, whose answer is not known.
    DnsCustom = "NET_DNS_CUSTOM", None;
    /// A private hosted zone covers the name and has no record for it, which means that there is no such name
    /// (<https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-considerations.html>).
    DnsPhzNoRecord = "NET_DNS_PHZ_NO_RECORD", None;
    /// A private hosted zone has the name, but is not associated with the VPC.
    DnsPhzNotAssociated = "NET_DNS_PHZ_NOT_ASSOCIATED", None;
    /// A private hosted zone answers differently from case to case, or in a way that cannot be followed.
    DnsVarying = "NET_DNS_VARYING", None;

    /// The endpoint does not answer to the service's name, which leads elsewhere
    /// (<https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html>).
    VpcePrivateDnsOff = "NET_VPCE_PRIVATE_DNS_OFF", None;
    /// The endpoint is not available (<https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html>).
    VpceState = "NET_VPCE_STATE", Some("BAD_STATE");
    /// There is an endpoint for Secrets Manager, but under another name than the one that the function asks for (FIPS and not FIPS).
    VpceOtherName = "NET_VPCE_OTHER_NAME", None;
    /// Some network interfaces of the endpoint are reachable and some are not; the name leads to all of them in turn.
    VpceEniInconsistent = "NET_VPCE_ENI_INCONSISTENT", None;
    /// The name of a single zone was given, and which network interface that is cannot be told.
    VpceZoneUnknown = "NET_VPCE_ZONE_UNKNOWN", None;
    /// There is an endpoint for Secrets Manager, and the function does not go through it.
    VpceUnused = "NET_VPCE_UNUSED", None;
    /// The traffic crosses availability zones: it costs more, and hangs on two zones.
    CrossAz = "NET_CROSS_AZ", Some("AVAILABILITY_ZONE_CROSSED");

    /// Peering does not lead on to somewhere else (<https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html>).
    PeeringNotTransitive = "NET_PEERING_NOT_TRANSITIVE", Some("PCX_REQUIRES_ADDRESS_IN_VPC_CIDR");
    /// The peering connection is not active.
    PeeringState = "NET_PEERING_STATE", Some("BAD_STATE");
    /// The transit gateway drops these addresses.
    TgwBlackhole = "NET_TGW_BLACKHOLE", Some("TGW_RTB_BAD_STATE_ROUTE");
    /// The transit gateway has no route to the destination.
    TgwNoRoute = "NET_TGW_NO_ROUTE", Some("TGW_RTB_NO_ROUTE_TO_TGW_ATTACHMENT");
    /// The transit gateway has no attachment in the subnet's zone (<https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html>).
    TgwAz = "NET_TGW_AZ", Some("TGW_ROUTE_AZ_RESTRICTION");
    /// The attachment of the transit gateway is not available.
    TgwState = "NET_TGW_STATE", Some("BAD_STATE_ATTACHMENT");
    /// A stateless rule of the Network Firewall drops the traffic.
    FirewallDrop = "NET_FIREWALL_DROP", Some("FIREWALL_RULES_RESTRICTION");
    /// A firewall decides by rules that are not evaluated here.
    FirewallUnsupportedRule = "NET_FIREWALL_UNSUPPORTED_RULE", Some("FIREWALL_UNSUPPORTED_HIGHER_PRIORITY_RULE_GROUP_TYPE");

    /// The endpoint that the function was given is no URL of an endpoint: boto3 refuses it
    /// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_available-rotation-templates.html>).
    EndpointUrlBad = "NET_ENDPOINT_URL_BAD", None;
    /// The endpoint that the function was given lies in another region than the secret.
    EndpointRegionMismatch = "NET_ENDPOINT_REGION_MISMATCH", None;
    /// The endpoint's host, scheme or port is none that AWS documents for Secrets Manager.
    EndpointUnverified = "NET_ENDPOINT_UNVERIFIED", None;
    /// The endpoint's host is not one of AWS.
    EndpointNotAws = "NET_ENDPOINT_NOT_AWS", None;
    /// The function was given several endpoints, and they do not come out alike.
    EndpointsDisagree = "NET_ENDPOINTS_DISAGREE", None;
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much a code weighs where it stands beside a verdict and does not decide it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Good to know.
    Info,
    /// Rotations may fail now and then.
    Warning,
}

impl Code {
    /// Why a name leads elsewhere than to the endpoint that is there, or to one that takes no calls: what blocks the other way is not what has to be mended.
    const fn leads_astray(self) -> bool {
        matches!(self, Self::DnsHostnamesOff | Self::DnsPhzNotAssociated | Self::VpceOtherName | Self::VpcePrivateDnsOff | Self::VpceState)
    }

    /// That something is blocked on a part of the ways, which other reasons explain.
    const fn sums_up(self) -> bool {
        matches!(self, Self::SubnetInconsistent | Self::TargetSubnetInconsistent | Self::VpceEniInconsistent)
    }

    /// The weight of a remark with this code.
    pub const fn level(self) -> Level {
        match self {
            Self::NaclEphemeralPartial => Level::Warning,
            _ => Level::Info,
        }
    }
}

/// One cause of a verdict, or a remark beside it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// The cause.
    pub code: Code,
    /// The id of what is at fault (`rtb-…`, `sg-…`), or the name of the missing call's resource.
    pub component: String,
    /// One sentence about it.
    pub detail: String,
    /// The call that did not answer, if that is the cause.
    pub gap: Option<Gap>,
}

impl Reason {
    pub(super) fn new(code: Code, component: &str, detail: impl Into<String>) -> Self {
        Self { code, component: component.to_owned(), detail: detail.into(), gap: None }
    }

    /// Something was not read.
    pub(super) fn missing(gap: Gap) -> Self {
        Self { code: Code::NotCollected, component: gap.resource.to_string(), detail: gap.to_string(), gap: Some(gap) }
    }

    /// The explanation code of VPC Reachability Analyzer for the same.
    pub const fn ra_code(&self) -> Option<&'static str> {
        self.code.ra_code()
    }
}

/// Those reasons that are faults of their own: neither what follows from another one, nor what only sums others up.
pub(super) fn faults(reasons: &[Reason]) -> Vec<&Reason> {
    let astray: Vec<&Reason> = reasons.iter().filter(|reason| reason.code.leads_astray()).collect();
    if !astray.is_empty() {
        return astray;
    }
    let own: Vec<&Reason> = reasons.iter().filter(|reason| !reason.code.sums_up()).collect();
    if own.is_empty() { reasons.iter().collect() } else { own }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_a_text_of_its_own() {
        let texts: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        assert!(texts.iter().all(|text| text.starts_with("NET_")));
    }
}
