//! Constructs of templates, each with what AWS makes of it: networks, macros, users.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails loudly")]

#[path = "support/template.rs"]
mod template;

use serde_json::Value;
use template::{found, over, report};

const NETWORK: &str = include_str!("templates/cloudformation/network.yaml");
const CLEAN: &str = include_str!("templates/cloudformation/clean.yaml");

/// A template with one text replaced, which it holds.
fn with(template: &str, from: &str, to: &str) -> String {
    assert!(template.contains(from), "the template does not hold {from:?}");
    template.replace(from, to)
}

/// The report of the template in which a database and an endpoint lie in the VPC of the function.
fn network(name: &str, changes: &[(&str, &str)], more: &str) -> Value {
    let template = changes.iter().fold(NETWORK.to_owned(), |template, (from, to)| with(&template, from, to));
    report(name, &format!("{template}{more}"), &[])
}

const ATTACHED: &str = "SubnetIds: [!Ref SubnetA, !Ref SubnetB]";
const NO_PRIVATE_NAMES: (&str, &str) = ("PrivateDnsEnabled: true", "PrivateDnsEnabled: false");

#[test]
fn one_subnet_in_place_of_a_list_attaches_the_function_to_it() {
    let report =
        network("one-subnet", &[(&format!("VpcConfig: {{{ATTACHED}"), "VpcConfig: {SubnetIds: !Ref SubnetA"), NO_PRIVATE_NAMES], "");
    assert_eq!(found(&report), (vec!["function-in-one-zone", "private-names-off"], "fails"), "{report:#}");
}

#[test]
fn subnets_that_a_parameter_looks_up_leave_the_path_open() {
    let template = with(NETWORK, &format!("VpcConfig: {{{ATTACHED}"), "VpcConfig: {SubnetIds: !Ref Looked");
    let parameter = "Parameters: {Looked: {Type: 'AWS::SSM::Parameter::Value<List<AWS::EC2::Subnet::Id>>', Default: /network/subnets}}\n";
    let report = report("looked-up", &format!("{parameter}{}", with(&template, NO_PRIVATE_NAMES.0, NO_PRIVATE_NAMES.1)), &[]);
    assert_eq!(found(&report), (vec![], "undecided"), "{report:#}");
    assert!(report["rotations"][0]["needs"].to_string().contains("parameter Looked"), "{report:#}");
}

#[test]
fn an_endpoint_that_is_not_known_leaves_the_path_open_and_is_named() {
    for (url, says) in [
        ("!Sub ['https://${H}', {H: !Select [1, !Split [':', !Select [0, !GetAtt Endpoint.DnsEntries]]]}]", "DnsEntries of Endpoint"),
        ("!Sub 'https://${Endpoint}.secretsmanager.${AWS::Region}.amazonaws.com'", "secretsmanager.eu-west-1.amazonaws.com"),
    ] {
        let environment = format!("Timeout: 60\n      Environment: {{Variables: {{SECRETS_MANAGER_ENDPOINT: {url}}}}}");
        let report = network("url", &[("Timeout: 60", &environment)], "");
        assert_eq!(found(&report), (vec![], "undecided"), "{report:#}");
        assert!(report["rotations"][0]["needs"].to_string().contains(says), "{report:#}");
    }
}

#[test]
fn addresses_of_version_6_matter_only_to_functions_that_may_use_them() {
    let block = "Ipv6CidrBlock: !Select [0, !Cidr [!Select [0, !GetAtt Vpc.Ipv6CidrBlocks], 8, 64]], AvailabilityZone: !Select [0";
    let dual = ("AvailabilityZone: !Select [0", block);
    let without = network("dual", &[dual], "");
    assert_eq!(found(&without), (vec![], "rotates"), "{without:#}");
    let allowed = "SecurityGroupIds: [!Ref FunctionGroup], Ipv6AllowedForDualStack: true}";
    let report = network("dual-allowed", &[dual, ("SecurityGroupIds: [!Ref FunctionGroup]}", allowed)], "");
    assert_eq!(found(&report), (vec![], "undecided"), "{report:#}");
}

#[test]
fn a_subnet_with_addresses_from_a_pool_leaves_the_path_open() {
    let pool = network("pool", &[("CidrBlock: 10.0.1.0/24", "Ipv4IpamPoolId: ipam-pool-1, Ipv4NetmaskLength: 24")], "");
    assert_eq!(found(&pool), (vec![], "undecided"), "{pool:#}");
}

#[test]
fn a_database_without_groups_has_the_default_one_of_its_vpc() {
    let report = network("no-group", &[("      VPCSecurityGroups: [!Ref DatabaseGroup]\n", "")], "");
    assert_eq!(found(&report), (vec!["target-out-of-reach"], "fails"), "{report:#}");
    assert!(report["rotations"][0].to_string().contains("Vpc.DefaultSecurityGroup"), "{report:#}");
}

/// Instead of the endpoint, a route to the internet from the subnets of the function, through `target`.
fn routed(name: &str, target: &str, more: &str) -> Value {
    let (before, after) = (NETWORK.find("  Endpoint:\n").unwrap(), NETWORK.find("  SubnetGroup:\n").unwrap());
    let template = format!("{}{}", &NETWORK[..before], &NETWORK[after..]);
    let template = with(&template, "DependsOn: [Permission, Endpoint,", "DependsOn: [Permission, Out,");
    let template = with(&template, "DestinationSecurityGroupId: !Ref EndpointGroup", "CidrIp: 0.0.0.0/0");
    let routes = format!(
        "  Public: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref Vpc, CidrBlock: 10.0.9.0/24}}}}
  Internet: {{Type: AWS::EC2::InternetGateway}}
  Attached: {{Type: AWS::EC2::VPCGatewayAttachment, Properties: {{VpcId: !Ref Vpc, InternetGatewayId: !Ref Internet}}}}
  PublicTable: {{Type: AWS::EC2::RouteTable, Properties: {{VpcId: !Ref Vpc}}}}
  PublicOut: {{Type: AWS::EC2::Route, DependsOn: Attached, Properties: {{RouteTableId: !Ref PublicTable, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref Internet}}}}
  OfPublic: {{Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {{SubnetId: !Ref Public, RouteTableId: !Ref PublicTable}}}}
  Nat: {{Type: AWS::EC2::NatGateway, DependsOn: [PublicOut, OfPublic], Properties: {{SubnetId: !Ref Public}}}}
  Table: {{Type: AWS::EC2::RouteTable, Properties: {{VpcId: !Ref Vpc}}}}
  OfA: {{Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {{SubnetId: !Ref SubnetA, RouteTableId: !Ref Table}}}}
  OfB: {{Type: AWS::EC2::SubnetRouteTableAssociation, Properties: {{SubnetId: !Ref SubnetB, RouteTableId: !Ref Table}}}}
  Out: {{Type: AWS::EC2::Route, DependsOn: [OfA, OfB], Properties: {{RouteTableId: !Ref Table, DestinationCidrBlock: 0.0.0.0/0, {target}}}}}
{more}"
    );
    report(name, &format!("{template}{routes}"), &[])
}

const NAT: &str = "NatGatewayId: !Ref Nat";

#[test]
fn block_public_access_of_the_template_counts() {
    let open = routed("nat", NAT, "");
    assert_eq!(found(&open), (vec![], "rotates"), "{open:#}");
    let block = |mode: &str| {
        format!("  Block: {{Type: AWS::EC2::VPCBlockPublicAccessOptions, Properties: {{InternetGatewayBlockMode: {mode}}}}}\n")
    };
    let blocked = routed("blocked", NAT, &block("block-bidirectional"));
    assert_eq!(found(&blocked), (vec!["public-access-blocked"], "fails"), "{blocked:#}");
    let inward = routed("inward", NAT, &block("block-ingress"));
    assert_eq!(found(&inward), (vec![], "rotates"), "{inward:#}");
    let excluded = "  Except: {Type: AWS::EC2::VPCBlockPublicAccessExclusion, Properties: {InternetGatewayExclusionMode: allow-egress, VpcId: !Ref Vpc}}\n";
    let excluded = routed("excluded", NAT, &format!("{}{excluded}", block("block-bidirectional")));
    assert_eq!(found(&excluded), (vec![], "rotates"), "{excluded:#}");
}

#[test]
fn a_gateway_of_which_nobody_knows_the_kind_leaves_the_path_open() {
    let private = "  Private: {Type: AWS::EC2::VPNGateway, Properties: {Type: ipsec.1}}\n";
    let report = routed("private-gateway", "GatewayId: !Ref Private", private);
    assert_eq!(found(&report), (vec![], "undecided"), "{report:#}");
    let public = routed("public-gateway", "GatewayId: !Ref Internet", "");
    assert_eq!(found(&public), (vec!["secrets-manager-out-of-reach"], "fails"), "{public:#}");
}

#[test]
fn a_default_group_that_the_cdk_empties_lets_nothing_out() {
    let changes = [
        (
            "VpcConfig: {SubnetIds: [!Ref SubnetA, !Ref SubnetB], SecurityGroupIds: [!Ref FunctionGroup]}",
            "VpcConfig: {SubnetIds: [!Ref SubnetA, !Ref SubnetB], SecurityGroupIds: [!GetAtt Vpc.DefaultSecurityGroup]}",
        ),
        ("SourceSecurityGroupId: !Ref FunctionGroup", "SourceSecurityGroupId: !GetAtt Vpc.DefaultSecurityGroup"),
    ];
    let full = network("default-group", &changes, "");
    assert_eq!(found(&full), (vec!["security-group-lets-everything-out"], "rotates"), "{full:#}");
    let emptied = "  Emptied:\n    Type: Custom::VpcRestrictDefaultSG\n    Properties: {ServiceToken: x, DefaultSecurityGroupId: !GetAtt Vpc.DefaultSecurityGroup}\n";
    let emptied = network("emptied-group", &changes, emptied);
    assert_eq!(found(&emptied), (vec!["security-group-keeps-function-in", "target-out-of-reach"], "fails"), "{emptied:#}");
}

/// What changes the code of any function, as the policy of a user or a group.
const CHANGES: &str =
    "PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 'lambda:UpdateFunctionCode', Resource: '*'}]}";

#[test]
fn users_and_groups_of_the_template_are_asked_like_its_roles() {
    let user = "  Dev: {Type: AWS::IAM::User, Properties: {UserName: dev}}\n";
    for (name, more) in [
        (
            "user-policy",
            format!("{user}  P: {{Type: AWS::IAM::UserPolicy, Properties: {{UserName: !Ref Dev, PolicyName: p, {CHANGES}}}}}\n"),
        ),
        ("managed", format!("{user}  P: {{Type: AWS::IAM::ManagedPolicy, Properties: {{Users: [!Ref Dev], {CHANGES}}}}}\n")),
        (
            "in-a-group",
            format!(
                "  Devs: {{Type: AWS::IAM::Group, Properties: {{Policies: [{{PolicyName: p, {CHANGES}}}]}}}}\n  Dev: {{Type: AWS::IAM::User, Properties: {{Groups: [!Ref Devs]}}}}\n"
            ),
        ),
        (
            "added",
            format!(
                "{user}  Devs: {{Type: AWS::IAM::Group}}\n  P: {{Type: AWS::IAM::GroupPolicy, Properties: {{GroupName: !Ref Devs, PolicyName: p, {CHANGES}}}}}\n  In: {{Type: AWS::IAM::UserToGroupAddition, Properties: {{GroupName: !Ref Devs, Users: [!Ref Dev]}}}}\n"
            ),
        ),
    ] {
        let report = report(name, &format!("{CLEAN}{more}"), &[]);
        assert_eq!(found(&report), (vec!["function-code-changeable"], "rotates"), "{name}: {report:#}");
    }
    let elsewhere =
        report("group-elsewhere", &format!("{CLEAN}  Dev: {{Type: AWS::IAM::User, Properties: {{Groups: [developers]}}}}\n"), &[]);
    assert!(elsewhere["undecided"].to_string().contains("what group developers may do"), "{elsewhere:#}");
}

#[test]
fn a_policy_for_a_user_is_laid_over_the_account() {
    let user = format!("  Dev: {{Type: AWS::IAM::User, Properties: {{UserName: dev, Policies: [{{PolicyName: p, {CHANGES}}}]}}}}\n");
    let laid = over("user-over", &rotaudit::inventory::clean::account().unwrap(), &format!("{CLEAN}{user}"));
    assert!(found(&laid).0.contains(&"function-code-changeable"), "{laid:#}");
    let without = over("user-over-without", &rotaudit::inventory::clean::account().unwrap(), CLEAN);
    assert!(!found(&without).0.contains(&"function-code-changeable"), "{without:#}");
}

/// A function of SAM in isolated subnets that `Globals` attach it to.
fn serverless(ignores: &str, more: &str) -> String {
    let template = with(CLEAN, "Type: AWS::Lambda::Function\n", &format!("Type: AWS::Serverless::Function\n{ignores}"));
    let template =
        with(&template, "Code: {ZipFile: 'def handler(event, context): pass'}", "InlineCode: 'def handler(event, context): pass'");
    let globals = "Globals: {Function: {VpcConfig: {SubnetIds: [!Ref Subnet], SecurityGroupIds: [!Ref Group]}}}\n";
    format!(
        "Transform: AWS::Serverless-2016-10-31\n{globals}{template}  Vpc: {{Type: AWS::EC2::VPC, Properties: {{CidrBlock: 10.0.0.0/16}}}}
  Subnet: {{Type: AWS::EC2::Subnet, Properties: {{VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}}}
  Group: {{Type: AWS::EC2::SecurityGroup, Properties: {{GroupDescription: function, VpcId: !Ref Vpc}}}}
{more}"
    )
}

#[test]
fn a_function_of_sam_may_ignore_globals() {
    assert_eq!(found(&report("globals", &serverless("", ""), &[])).1, "fails");
    for ignores in ["    IgnoreGlobals: [VpcConfig]\n", "    IgnoreGlobals: '*'\n"] {
        let report = report("ignored", &serverless(ignores, ""), &[]);
        assert_eq!(found(&report), (vec![], "rotates"), "{report:#}");
    }
}

#[test]
fn a_connector_of_sam_lets_its_source_invoke_the_function() {
    let source =
        "  Caller: {Type: AWS::Serverless::Function, IgnoreGlobals: '*', Properties: {Handler: a.b, Runtime: python3.13, InlineCode: x}}\n";
    let end = "Destination: {Id: Function}, Permissions: [Write]";
    let apart = format!("{source}  Calls: {{Type: AWS::Serverless::Connector, Properties: {{Source: {{Id: Caller}}, {end}}}}}\n");
    let within = with(source, ", Properties:", &format!(", Connectors: {{Calls: {{Properties: {{{end}}}}}}}, Properties:"));
    for more in [apart, within] {
        let report = report("connector", &serverless("    IgnoreGlobals: '*'\n", &more), &[]);
        assert_eq!(found(&report), (vec!["function-invocable-directly"], "rotates"), "{report:#}");
    }
}
