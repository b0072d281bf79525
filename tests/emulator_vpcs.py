"""VPCs with one rotation function each: correct ones, and one for each planted fault of the network, correct but for that fault.

emulator_seed.py builds them, each apart from the others, and puts a rotation into each; tests/emulator/traffic.rs holds what a scan must say.
A new fault is one entry of FAULTS; what the entry does not mention stays as in a correct VPC.
"""

import json
from dataclasses import dataclass, field

RANGE, FUNCTIONS, OTHERS, OF_ENDPOINT = "10.0.0.0/16", "10.0.0.0/24", "10.0.1.0/24", "10.0.1.10"
EVERYWHERE = "0.0.0.0/0"
HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
CALLS = ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"]
AWS_TEMPLATE = {"SecretsManagerLambda": "Rotation"}


@dataclass
class Place:
    """Where something is built, and for the secret of which name."""

    account: str
    region: str
    secret: str

    def arn(self, kind, id):
        return f"arn:aws:ec2:{self.region}:{self.account}:{kind}/{id}"


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(actions, **more):
    return {"Effect": "Allow", "Principal": "*", "Action": [f"secretsmanager:{action}" for action in actions], "Resource": "*"} | more


def own_account(place, calls=CALLS):
    """The account's secrets, and GetRandomPassword, which knows no resource."""
    return policy(allow(calls, Condition={"StringEquals": {"aws:ResourceAccount": place.account}}), allow(["GetRandomPassword"]))


def one_secret(place):
    """As in AWS's example: https://docs.aws.amazon.com/secretsmanager/latest/userguide/vpc-endpoint-overview.html"""
    arn = f"arn:aws:secretsmanager:{place.region}:{place.account}:secret:{place.secret}-*"
    return policy(allow(["*"], Resource=arn))


# What a correct VPC is made of: its function goes through an interface endpoint, which lies in the other subnet.
CORRECT = {
    "endpoint": own_account,  # the endpoint's policy for a place, or None: no endpoint
    "admits": True,  # whether the endpoint's security group lets the function's in
    "lets_out": True,  # whether the function's security group lets it out
    "way_out": None,  # what the function's subnet routes everything else to: None, "nat" or "internet gateway"
    "dns_hostnames": True,
    "answers": True,  # whether the network ACL of the function's subnet lets answers in; a VPC's default one does
}


@dataclass
class Planted:
    """A catalogue entry or the name of a correct VPC, what differs from CORRECT, and the function's tags."""

    id: str
    changes: dict
    tags: dict = field(default_factory=dict)


BESIDE_ENDPOINT = Planted("endpoint", {}, AWS_TEMPLATE)
BEHIND_NAT = Planted("nat", {"endpoint": None, "way_out": "nat"})

FAULTS = [
    Planted("NET-01", {"endpoint": None}),
    Planted("NET-02", {"endpoint": None, "way_out": "internet gateway"}),
    Planted("NET-04", {"dns_hostnames": False}),
    Planted("NET-05", {"admits": False}),
    Planted("NET-06", {"lets_out": False}),
    Planted("NET-07", {"answers": False}),
    Planted("NET-08", {"endpoint": lambda place: own_account(place, [call for call in CALLS if call != "UpdateSecretVersionStage"])}),
    Planted("NET-08-RANDOM", {"endpoint": one_secret}, AWS_TEMPLATE),
]


def build(ec2, place, changes):
    """Builds one VPC. Returns the function's VpcConfig, and the ARNs of what a finding may be about."""
    unknown = changes.keys() - CORRECT.keys()
    if unknown:
        raise KeyError(f"no such part of a VPC: {unknown}")
    parts = CORRECT | changes
    vpc = ec2.create_vpc(CidrBlock=RANGE)["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": parts["dns_hostnames"]})
    resolve_as_aws_does(ec2, vpc)
    functions, others = [subnet(ec2, place, vpc, cidr) for cidr in (FUNCTIONS, OTHERS)]
    of_function, of_endpoint = [security_group(ec2, vpc, name) for name in ("function", "endpoint")]
    if parts["lets_out"]:
        to = {"UserIdGroupPairs": [{"GroupId": of_endpoint}]} if parts["endpoint"] else {"IpRanges": [{"CidrIp": EVERYWHERE}]}
        ec2.authorize_security_group_egress(GroupId=of_function, IpPermissions=[HTTPS | to])
    if parts["admits"]:
        ec2.authorize_security_group_ingress(GroupId=of_endpoint, IpPermissions=[HTTPS | {"UserIdGroupPairs": [{"GroupId": of_function}]}])
    arns = {"vpc_arn": place.arn("vpc", vpc), "endpoint_group_arn": place.arn("security-group", of_endpoint)}
    if parts["endpoint"]:
        arns["endpoint_arn"] = place.arn("vpc-endpoint", endpoint(ec2, place, vpc, others, of_endpoint, parts["endpoint"](place)))
    if parts["way_out"]:
        way_out(ec2, vpc, functions, others, parts["way_out"])
    if not parts["answers"]:
        arns["network_acl_arn"] = place.arn("network-acl", acl_that_denies_answers(ec2, vpc, functions))
    return {"SubnetIds": [functions], "SecurityGroupIds": [of_function]}, arns


def resolve_as_aws_does(ec2, vpc):
    # On AWS a new VPC has the region's option set, which names the Amazon resolver; moto's has none.
    options = ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "domain-name-servers", "Values": ["AmazonProvidedDNS"]}])
    ec2.associate_dhcp_options(DhcpOptionsId=options["DhcpOptions"]["DhcpOptionsId"], VpcId=vpc)


def subnet(ec2, place, vpc, cidr):
    return ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=f"{place.region}a")["Subnet"]["SubnetId"]


def security_group(ec2, vpc, name):
    """A group that lets nothing in and nothing out."""
    group = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    everything = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"]
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everything)
    return group


def endpoint(ec2, place, vpc, subnet, group, document):
    made = ec2.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=vpc,
        ServiceName=f"com.amazonaws.{place.region}.secretsmanager",
        SubnetIds=[subnet],
        SecurityGroupIds=[group],
        PrivateDnsEnabled=True,
        PolicyDocument=json.dumps(document),
    )["VpcEndpoint"]
    # moto gives the endpoint's interface the VPC's default security group and an address of no subnet. On AWS it has the endpoint's group and an
    # address of its subnet, and it gets them here.
    (interface,) = made["NetworkInterfaceIds"]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[group])
    wrong = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]["PrivateIpAddress"]
    ec2.assign_private_ip_addresses(NetworkInterfaceId=interface, PrivateIpAddresses=[OF_ENDPOINT])
    ec2.unassign_private_ip_addresses(NetworkInterfaceId=interface, PrivateIpAddresses=[wrong])
    return made["VpcEndpointId"]


def way_out(ec2, vpc, functions, others, to):
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    if to == "internet gateway":
        route_everything(ec2, vpc, functions, GatewayId=gateway)
        return
    route_everything(ec2, vpc, others, GatewayId=gateway)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=others, AllocationId=address)["NatGateway"]["NatGatewayId"]
    route_everything(ec2, vpc, functions, NatGatewayId=nat)


def route_everything(ec2, vpc, subnet, **to):
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock=EVERYWHERE, **to)


def acl_that_denies_answers(ec2, vpc, subnet):
    """Everything is let out, and everything in but what answers go to. The lower number decides."""
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    entry = {"NetworkAclId": acl, "CidrBlock": EVERYWHERE}
    ec2.create_network_acl_entry(RuleNumber=100, Egress=True, RuleAction="allow", Protocol="-1", **entry)
    answers = {"Protocol": "6", "PortRange": {"From": 1024, "To": 65535}}
    ec2.create_network_acl_entry(RuleNumber=100, Egress=False, RuleAction="deny", **answers, **entry)
    ec2.create_network_acl_entry(RuleNumber=200, Egress=False, RuleAction="allow", Protocol="-1", **entry)
    put_into(ec2, subnet, acl)
    return acl


def put_into(ec2, subnet, acl):
    here = [{"Name": "association.subnet-id", "Values": [subnet]}]
    associations = ec2.describe_network_acls(Filters=here)["NetworkAcls"][0]["Associations"]
    old = next(association for association in associations if association["SubnetId"] == subnet)
    ec2.replace_network_acl_association(AssociationId=old["NetworkAclAssociationId"], NetworkAclId=acl)
