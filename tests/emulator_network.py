"""The network of the one seeded function that is in a VPC: an interface endpoint beside a way through a NAT gateway, a peering connection, a private
hosted zone and a database. emulator_seed.py calls `build`; tests/emulator.rs compares what it returns with what is collected.
"""

import json

from moto.awslambda.models import LambdaFunction
from moto.ec2.models import ec2_backends

ENDPOINT_POLICY = {
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*", "Condition": {"StringEquals": {"a": "<&>"}}}]
}


def tell_the_vpc_of_functions():
    """moto names the same VPC for every function; the subnet says which it is."""
    as_it_is = LambdaFunction.vpc_config.fget

    def vpc_config(function):
        config = as_it_is(function)
        if config and config.get("SubnetIds"):
            subnet = ec2_backends[function.account_id][function.region].get_subnet(config["SubnetIds"][0])
            config = config | {"VpcId": subnet.vpc_id}
        return config

    LambdaFunction.vpc_config = property(vpc_config)


def build(aws, region):
    """Builds the network and returns the ids of its parts."""
    ec2 = aws.client("ec2", region)
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    private, public = subnets(ec2, region, vpc)
    options = ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "domain-name-servers", "Values": ["AmazonProvidedDNS", "10.20.0.7"]}])
    options = options["DhcpOptions"]["DhcpOptionsId"]
    ec2.associate_dhcp_options(DhcpOptionsId=options, VpcId=vpc)
    ids = {"vpc": vpc, "private_subnet": private, "public_subnet": public, "dhcp_options": options}
    ids |= groups(ec2, vpc)
    ids |= routes(ec2, vpc, private, public)
    ids |= {"network_acl": network_acl(ec2, vpc, private)}
    ids |= transit(ec2, vpc, private, ids["private_table"])
    ids |= endpoint(ec2, region, vpc, private, ids["endpoint_group"])
    ids |= names(aws, region, vpc)
    return ids | databases(aws, region, private, public, ids["endpoint_group"])


def subnets(ec2, region, vpc):
    zones = [f"{region}a", f"{region}b"]
    made = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.20.{n}.0/24", AvailabilityZone=zone) for n, zone in enumerate(zones)]
    return [subnet["Subnet"]["SubnetId"] for subnet in made]


def groups(ec2, vpc):
    function, of_endpoint = [
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"] for name in ("function", "endpoint")
    ]
    entries = [{"Cidr": f"198.51.100.{n}/32", "Description": "one of ours"} for n in range(3)]
    prefixes = ec2.create_managed_prefix_list(PrefixListName="ours", Entries=entries, MaxEntries=5, AddressFamily="IPv4")
    prefixes = prefixes["PrefixList"]["PrefixListId"]
    everything = ec2.describe_security_groups(GroupIds=[function])["SecurityGroups"][0]["IpPermissionsEgress"]
    ec2.revoke_security_group_egress(GroupId=function, IpPermissions=everything)
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    to = {"UserIdGroupPairs": [{"GroupId": of_endpoint}], "PrefixListIds": [{"PrefixListId": prefixes}], "IpRanges": [{"CidrIp": "10.20.0.0/16"}]}
    ec2.authorize_security_group_egress(GroupId=function, IpPermissions=[https | to])
    ec2.authorize_security_group_ingress(GroupId=of_endpoint, IpPermissions=[https | {"UserIdGroupPairs": [{"GroupId": function}]}])
    return {"function_group": function, "endpoint_group": of_endpoint, "prefix_list": prefixes}


def routes(ec2, vpc, private, public):
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    inward = ec2.create_egress_only_internet_gateway(VpcId=vpc)["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=public, AllocationId=address)["NatGateway"]["NatGatewayId"]
    other = ec2.create_vpc(CidrBlock="10.30.0.0/16")["Vpc"]["VpcId"]
    peering = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=other)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    tables = [ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2)]
    for table, subnet in zip(tables, (private, public)):
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    ec2.create_route(RouteTableId=tables[0], DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    ec2.create_route(RouteTableId=tables[0], DestinationIpv6CidrBlock="::/0", EgressOnlyInternetGatewayId=inward)
    ec2.create_route(RouteTableId=tables[0], DestinationCidrBlock="10.30.0.0/16", VpcPeeringConnectionId=peering)
    ec2.create_route(RouteTableId=tables[1], DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    return {
        "internet_gateway": gateway,
        "egress_only_gateway": inward,
        "nat_gateway": nat,
        "peering": peering,
        "other_vpc": other,
        "private_table": tables[0],
        "public_table": tables[1],
    }


def transit(ec2, vpc, subnet, table):
    made = ec2.create_transit_gateway(Options={"SecurityGroupReferencingSupport": "enable"})["TransitGateway"]
    gateway, of_gateway = made["TransitGatewayId"], made["Options"]["AssociationDefaultRouteTableId"]
    attachment = ec2.create_transit_gateway_vpc_attachment(TransitGatewayId=gateway, VpcId=vpc, SubnetIds=[subnet])
    attachment = attachment["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"]
    route = {"DestinationCidrBlock": "10.20.0.0/16", "TransitGatewayRouteTableId": of_gateway}
    ec2.create_transit_gateway_route(TransitGatewayAttachmentId=attachment, **route)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.40.0.0/16", TransitGatewayId=gateway)
    return {"transit_gateway": gateway, "attachment": attachment, "transit_table": of_gateway}


def network_acl(ec2, vpc, subnet):
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    entry = {"NetworkAclId": acl, "Protocol": "6", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"}
    ec2.create_network_acl_entry(RuleNumber=100, Egress=True, PortRange={"From": 443, "To": 443}, **entry)
    ec2.create_network_acl_entry(RuleNumber=110, Egress=False, PortRange={"From": 1024, "To": 65535}, **entry)
    here = [{"Name": "association.subnet-id", "Values": [subnet]}]
    associations = ec2.describe_network_acls(Filters=here)["NetworkAcls"][0]["Associations"]
    old = next(association for association in associations if association["SubnetId"] == subnet)
    ec2.replace_network_acl_association(AssociationId=old["NetworkAclAssociationId"], NetworkAclId=acl)
    return acl


def endpoint(ec2, region, vpc, subnet, group):
    made = ec2.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=vpc,
        ServiceName=f"com.amazonaws.{region}.secretsmanager",
        SubnetIds=[subnet],
        SecurityGroupIds=[group],
        PrivateDnsEnabled=True,
        PolicyDocument=json.dumps(ENDPOINT_POLICY),
    )["VpcEndpoint"]
    return {"endpoint_policy": ENDPOINT_POLICY, "endpoint": made["VpcEndpointId"], "interface": made["NetworkInterfaceIds"][0]}


def names(aws, region, vpc):
    route53 = aws.client("route53", region)
    here = {"VPCRegion": region, "VPCId": vpc}
    zone = route53.create_hosted_zone(Name="amazonaws.com", VPC=here, CallerReference="zone", HostedZoneConfig={"PrivateZone": True})
    zone = zone["HostedZone"]["Id"]
    record = {"Name": "*.amazonaws.com", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "10.20.0.9"}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]})
    route53.create_hosted_zone(Name="corp.example", VPC=here, CallerReference="other", HostedZoneConfig={"PrivateZone": True})
    resolver = aws.client("route53resolver", region)
    rule = resolver.create_resolver_rule(CreatorRequestId="1", Name="own", RuleType="SYSTEM", DomainName="corp.example")["ResolverRule"]["Id"]
    resolver.associate_resolver_rule(ResolverRuleId=rule, VPCId=vpc)
    return {"hosted_zone": zone.rpartition("/")[2], "resolver_rule": rule}


def databases(aws, region, private, public, group):
    rds = aws.client("rds", region)
    rds.create_db_subnet_group(DBSubnetGroupName="vault", DBSubnetGroupDescription="vault", SubnetIds=[private, public])
    where = {"DBSubnetGroupName": "vault", "VpcSecurityGroupIds": [group]}
    instance = rds.create_db_instance(
        DBInstanceIdentifier="vault", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20, ManageMasterUserPassword=True,
        MasterUsername="app", **where,
    )
    cluster = rds.create_db_cluster(
        DBClusterIdentifier="vault", Engine="aurora-mysql", MasterUsername="app", MasterUserPassword="not-a-secret", **where
    )
    return {"instance": instance["DBInstance"]["DBInstanceArn"], "cluster": cluster["DBCluster"]["DBClusterArn"]}
