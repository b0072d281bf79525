//! Answers that are not AWS's: each is a gap of its list, whatever it holds.

use rotaudit::inventory::{Gap, Known};

use super::US;
use super::collecting::collected;
use super::mock::{Fault, Faults};
use super::sample::sample;

fn gap<T>(known: &Known<T>) -> &Gap {
    known.gap().unwrap_or_else(|| panic!("the list was read"))
}

/// What the gap of a call says when it answers with this text.
fn told(operation: &str, text: String) -> String {
    let (found, _) = collected(&sample(), Faults::one(operation, Fault::Text(text)));
    let found = found.unwrap();
    let gaps: Vec<Gap> = found.gaps().into_iter().filter(|gap| gap.call.as_ref() == operation).collect();
    let others: Vec<Gap> = found.gaps().into_iter().filter(|gap| gap.call.as_ref() != operation).collect();
    // The sample's own gaps are those of functions and keys that are not there.
    assert_eq!(others, sample().gaps().into_iter().collect::<Vec<_>>(), "{operation}");
    gaps.first().map(|gap| gap.error.to_string()).unwrap_or_default()
}

#[test]
fn a_value_of_another_form_is_a_gap_of_its_list_that_names_it() {
    let subnet = |cidr: &str, vpc: &str| {
        format!(
            "<DescribeSubnetsResponse><subnetSet><item><subnetId>subnet-1</subnetId>{vpc}<ownerId>1</ownerId>\
             <availabilityZoneId>z</availabilityZoneId><cidrBlock>{cidr}</cidrBlock></item></subnetSet></DescribeSubnetsResponse>"
        )
    };
    let vpc = "<vpcId>vpc-1</vpcId>";
    assert_eq!(told("ec2:DescribeSubnets", subnet("10.0.0.0/24", vpc)), "");
    for cidr in ["10.0.0.0/33", "10.0.0", "::/129", "\u{202e}<b/>"] {
        let told = told("ec2:DescribeSubnets", subnet(cidr, vpc));
        assert!(told.starts_with("the answer is not AWS's (HTTP 200): cidrBlock cannot be") || cidr.contains("<b/>"), "{told}");
    }
    assert_eq!(told("ec2:DescribeSubnets", subnet("10.0.0.0/24", "")), "the answer is not AWS's (HTTP 200): item has no vpcId");
    let attribute = "<DescribeVpcAttributeResponse><enableDnsSupport/><enableDnsHostnames/></DescribeVpcAttributeResponse>";
    assert_eq!(
        told("ec2:DescribeVpcAttribute", attribute.to_owned()),
        "the answer lacks what this call always gives: it is probably not AWS's"
    );
    let ports = "<DescribeNetworkAclsResponse><networkAclSet><item><networkAclId>a</networkAclId><vpcId>v</vpcId><entrySet><item>\
         <ruleNumber>1</ruleNumber><protocol>6</protocol><ruleAction>allow</ruleAction><cidrBlock>0.0.0.0/0</cidrBlock>\
         <portRange><from>1</from><to>70000</to></portRange></item></entrySet></item></networkAclSet></DescribeNetworkAclsResponse>";
    assert_eq!(told("ec2:DescribeNetworkAcls", ports.to_owned()), "the answer is not AWS's (HTTP 200): ports cannot be 1 to 70000");
    let routes = "<SearchTransitGatewayRoutesResponse><routeSet/><additionalRoutesAvailable>true</additionalRoutesAvailable></SearchTransitGatewayRoutesResponse>";
    assert_eq!(
        told("ec2:SearchTransitGatewayRoutes", routes.to_owned()),
        "the answer is not AWS's (HTTP 200): it holds only a part of the routes"
    );
    let records = "<ListResourceRecordSetsResponse><ResourceRecordSets/><IsTruncated>true</IsTruncated></ListResourceRecordSetsResponse>";
    let problem = "the answer is not AWS's (HTTP 200): it has more records and does not say where";
    assert_eq!(told("route53:ListResourceRecordSets", records.to_owned()), problem);
    let rules = r#"{"ResolverRuleAssociations": [{"Status": 7, "VPCId": ["vpc-1"]}]}"#;
    assert_eq!(
        told("route53resolver:ListResolverRuleAssociations", rules.to_owned()),
        "the answer is not AWS's (HTTP 200): item has no ResolverRuleId"
    );
}

#[test]
fn a_rule_that_is_in_use_and_not_listed_is_a_gap() {
    let told = told("route53resolver:ListResolverRules", r#"{"ResolverRules": []}"#.to_owned());
    assert_eq!(told, "rslvr-rr-1 is in use and not listed");
}

#[test]
fn an_answer_that_is_not_the_operations_is_no_empty_list() {
    let foreign = "the answer is not AWS's (HTTP 200)";
    for body in [
        "",
        "<html><body>Log in</body></html>",
        "<DescribeVpcsResponse/>",
        "<DescribeSubnetsResponse>",
        "<DescribeSubnetsResponse><subnetSet></DescribeSubnetsResponse>",
        "{}",
    ] {
        assert_eq!(told("ec2:DescribeSubnets", body.to_owned()), foreign, "{body}");
    }
    let empty = "<DescribeSubnetsResponse><requestId>0</requestId></DescribeSubnetsResponse>";
    assert_eq!(told("ec2:DescribeSubnets", empty.to_owned()), format!("{foreign}: DescribeSubnetsResponse has no subnetSet"));
    let unwrapped = "<DescribeDBClustersResponse><DBClusters/></DescribeDBClustersResponse>";
    let (found, _) = collected(&sample(), Faults::one("rds:DescribeDBClusters", Fault::Text(unwrapped.to_owned())));
    assert_eq!(gap(&found.unwrap().networks[US].databases).error.as_ref(), foreign);
    assert_eq!(told("route53resolver:ListResolverRules", "[]".to_owned()), foreign);
}

#[test]
fn an_answer_that_is_made_to_exhaust_memory_is_a_gap() {
    let foreign = "the answer is not AWS's (HTTP 200)";
    let entities = "<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><DescribeSubnetsResponse><subnetSet>&b;</subnetSet></DescribeSubnetsResponse>";
    assert_eq!(told("ec2:DescribeSubnets", entities.to_owned()), foreign);
    let deep = format!("<DescribeSubnetsResponse>{}", "<subnetSet>".repeat(200_000));
    assert_eq!(told("ec2:DescribeSubnets", deep), foreign);
    let long = format!("<DescribeSubnetsResponse><subnetSet/><!--{}--></DescribeSubnetsResponse>", "x".repeat(33 << 20));
    assert_eq!(told("ec2:DescribeSubnets", long), "the answer is longer than any of AWS");
    let deep = format!("{{\"ResolverRules\": {}", "[".repeat(200_000));
    assert_eq!(told("route53resolver:ListResolverRules", deep), foreign);
}

#[test]
fn a_list_of_ec2_that_never_ends_is_a_gap() {
    let faults = Faults { page: 1, ..Faults::one("ec2:DescribeSubnets", Fault::Loop) };
    let (found, _) = collected(&sample(), faults);
    assert_eq!(gap(&found.unwrap().networks[US].subnets).error.as_ref(), "the same page was offered twice");
}
