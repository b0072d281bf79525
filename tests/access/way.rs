//! How a function's calls travel decides which keys of the network they carry, and whether an endpoint's policy has a say.

use super::*;
use rotaudit::inventory::Network;
use rotaudit::inventory::network::VpcEndpoint;

const PLACE: &str = "111122223333/eu-west-1";
const ENDPOINT: &str = "vpce-0a1b";

fn endpoint(policy: Option<Value>) -> VpcEndpoint {
    VpcEndpoint {
        vpc: "vpc-hub".to_owned(),
        owner: "444455556666".to_owned(),
        kind: "Interface".to_owned(),
        service: "com.amazonaws.eu-west-1.secretsmanager".to_owned(),
        service_region: None,
        state: "available".to_owned(),
        private_dns: true,
        private_dns_only_for_inbound_resolver: false,
        subnets: Vec::new(),
        security_groups: Vec::new(),
        interfaces: Vec::new(),
        route_tables: Vec::new(),
        dns_names: Vec::new(),
        policy: policy.map(|policy| Document::new(policy.to_string())),
        firewall: None,
    }
}

fn with_endpoint(inventory: &mut Inventory, policy: Option<Value>) {
    let network = Network { endpoints: Known::Value([(ENDPOINT.to_owned(), endpoint(policy))].into()), ..Network::default() };
    inventory.networks.insert(PLACE.to_owned(), network);
}

fn everything() -> Value {
    json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}})
}

fn through(ranges: &[&str]) -> Way {
    Way::Endpoint { place: PLACE.into(), id: ENDPOINT.into(), from: ranges.iter().map(|range| range.parse().unwrap()).collect() }
}

fn ask(action: &str, target: Target, way: Way) -> Question {
    Question::new(Caller::Function { role: arn(clean::ROLE), function: arn(clean::FUNCTION), way }, action, target)
}

fn get_by(way: Way) -> Question {
    ask("secretsmanager:GetSecretValue", Target::Secret(arn(clean::SECRET)), way)
}

/// The decision when the secret's policy denies everything under this condition, for a call that goes this way.
fn denied_if(condition: &Value, way: Way) -> Decision {
    let inventory = account(|inventory| {
        with_endpoint(inventory, Some(everything()));
        secret_policy(inventory, &json!([{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition}]));
    });
    decided(&inventory, &get_by(way)).0
}

#[test]
fn a_call_through_an_endpoint_carries_the_endpoint_and_its_vpc() {
    let way = || through(&["10.0.1.0/24"]);
    for (condition, decision) in [
        (json!({"StringNotEquals": {"aws:SourceVpce": ENDPOINT}}), Decision::Allowed),
        (json!({"StringNotEquals": {"aws:SourceVpce": "vpce-other"}}), Decision::ExplicitDeny),
        (json!({"StringNotEquals": {"aws:SourceVpc": "vpc-hub"}}), Decision::Allowed),
        (json!({"StringNotEquals": {"aws:SourceVpc": "vpc-spoke"}}), Decision::ExplicitDeny),
        (json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), Decision::ExplicitDeny),
        (json!({"Null": {"aws:SourceIp": "false"}}), Decision::Allowed),
        (json!({"StringNotEquals": {"aws:VpceAccount": "999999999999"}}), Decision::ExplicitDeny),
        (json!({"StringNotEquals": {"aws:VpceAccount": "444455556666"}}), Decision::Undecided),
    ] {
        assert_eq!(denied_if(&condition, way()), decision, "{condition}");
    }
}

#[test]
fn the_private_address_is_some_address_of_the_subnets() {
    let unless_from = |range: &str| json!({"NotIpAddress": {"aws:VpcSourceIp": range}});
    for (range, subnets, decision) in [
        ("10.0.0.0/8", &["10.0.1.0/24", "10.0.2.0/24"][..], Decision::Allowed),
        ("10.0.1.0/24", &["10.0.1.0/24", "10.0.2.0/24"], Decision::Undecided),
        ("10.0.1.64/26", &["10.0.1.0/24"], Decision::Undecided),
        ("10.0.3.0/24", &["10.0.1.0/24", "10.0.2.0/24"], Decision::ExplicitDeny),
        ("10.0.0.0/8", &["2001:db8::/64"], Decision::ExplicitDeny),
        ("10.0.0.0/8", &[], Decision::Undecided),
    ] {
        assert_eq!(denied_if(&unless_from(range), through(subnets)), decision, "{range} {subnets:?}");
    }
}

#[test]
fn a_call_over_the_internet_carries_a_public_address_that_nobody_knows() {
    for way in [Way::Outside, Way::Public] {
        assert_eq!(denied_if(&json!({"StringNotEquals": {"aws:SourceVpce": ENDPOINT}}), way.clone()), Decision::ExplicitDeny);
        assert_eq!(denied_if(&json!({"Null": {"aws:SourceIp": "true"}}), way.clone()), Decision::Allowed);
        assert_eq!(denied_if(&json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}), way), Decision::Undecided);
    }
    assert_eq!(denied_if(&json!({"StringNotEquals": {"aws:SourceVpce": ENDPOINT}}), Way::Unknown), Decision::Undecided);
}

#[test]
fn the_way_to_secrets_manager_says_nothing_of_calls_to_other_services() {
    let inventory = account(|inventory| {
        with_endpoint(inventory, Some(everything()));
        role_policy(
            inventory,
            &json!([{"Effect": "Allow", "Action": "kms:DescribeKey", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceVpce": ENDPOINT}}}]),
        );
    });
    let describe = |way| decided(&inventory, &ask("kms:DescribeKey", Target::Key(arn(clean::KEY)), way)).0;
    assert_eq!(describe(through(&["10.0.1.0/24"])), Decision::Undecided);
    assert_eq!(describe(Way::Public), Decision::Undecided);
    assert_eq!(describe(Way::Outside), Decision::ImplicitDeny);
}

#[test]
fn the_policy_of_the_endpoint_decides_each_call_with_its_principal() {
    let nothing = Target::Nothing { account: clean::ACCOUNT.into(), region: clean::REGION.into() };
    let random = ask("secretsmanager:GetRandomPassword", nothing, through(&["10.0.1.0/24"]));
    let decide = |statement: Value, question: &Question| {
        let policy = json!({"Version": "2012-10-17", "Statement": statement});
        decided(&account(|inventory| with_endpoint(inventory, Some(policy))), question)
    };
    let get = get_by(through(&["10.0.1.0/24"]));
    let on = |resource: &str, principal: Value| json!([{"Effect": "Allow", "Principal": principal, "Action": "secretsmanager:*", "Resource": resource}]);
    assert_eq!(decide(on("*", json!("*")), &get).0, Decision::Allowed);
    assert_eq!(decide(on(clean::SECRET, json!({"AWS": clean::ACCOUNT})), &get).0, Decision::Allowed);
    assert_eq!(decide(on("*", json!({"AWS": clean::ROLE})), &get).0, Decision::Allowed);
    // AWS's own example of a policy for one secret denies GetRandomPassword, which knows no resource.
    let (decision, because) = decide(on(clean::SECRET, json!("*")), &random);
    assert_eq!(decision, Decision::ImplicitDeny);
    assert!(because.contains("endpoint"), "{because}");
    assert_eq!(decide(on("arn:aws:secretsmanager:eu-west-1:111122223333:secret:other-*", json!("*")), &get).0, Decision::ImplicitDeny);
    assert_eq!(decide(on("*", json!({"AWS": "arn:aws:iam::111122223333:role/another"})), &get).0, Decision::ImplicitDeny);
    let organization = json!([{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-ours"}}}]);
    assert_eq!(decide(organization, &get).0, Decision::Undecided);
}

#[test]
fn a_forwarded_call_goes_through_no_endpoint() {
    let inventory = account(|inventory| with_endpoint(inventory, Some(json!({"Statement": []}))));
    assert_eq!(decided(&inventory, &decrypt()).0, Decision::Allowed);
}

#[test]
fn an_endpoint_whose_policy_was_not_shown_leaves_the_call_open_and_names_the_call() {
    let inventory = account(|inventory| with_endpoint(inventory, None));
    let answer = Access::new(&inventory).ask(&get_by(through(&["10.0.1.0/24"])));
    assert_eq!(answer.decision, Decision::Undecided);
    assert_eq!(answer.missing().iter().map(|gap| &*gap.call).collect::<Vec<_>>(), ["ec2:DescribeVpcEndpoints"]);
    let inventory = account(|_| {});
    assert_eq!(decided(&inventory, &get_by(through(&["10.0.1.0/24"]))).0, Decision::Undecided);
}

#[test]
fn a_denial_by_the_network_can_be_replayed() {
    let inventory = account(|inventory| {
        with_endpoint(inventory, Some(everything()));
        let deny = json!([{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"NotIpAddress": {"aws:VpcSourceIp": "192.168.0.0/16"}}}]);
        secret_policy(inventory, &deny);
    });
    let answer = Access::new(&inventory).ask(&get_by(through(&["10.0.1.0/24", "10.0.2.0/24"])));
    assert_eq!(answer.decision, Decision::ExplicitDeny);
    let (request, policies) = serde_json::from_value::<Case>(answer.case()).unwrap().question().unwrap();
    assert_eq!(evaluate(&request, &policies).decision(), Decision::ExplicitDeny);
}

#[test]
fn a_witness_takes_an_address_of_the_subnet() {
    let allowed_from = |range: &str| {
        let inventory = account(|inventory| {
            with_endpoint(inventory, Some(everything()));
            role_policy(
                inventory,
                &json!([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:VpcSourceIp": range}}}]),
            );
        });
        Access::new(&inventory).witness(&get_by(through(&["10.0.1.0/24"]))).decision
    };
    assert_eq!(allowed_from("10.0.1.64/26"), Decision::Allowed);
    assert_eq!(allowed_from("10.0.2.0/24"), Decision::ImplicitDeny);
}

#[test]
fn a_question_can_be_put_to_the_endpoint_alone_and_to_all_but_the_endpoint() {
    let closed = json!({"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}});
    let inventory = account(|inventory| with_endpoint(inventory, Some(closed)));
    let get = || get_by(through(&["10.0.1.0/24"]));
    assert_eq!(decided(&inventory, &get().within(Scope::BesideEndpoint)).0, Decision::Allowed);
    assert_eq!(decided(&inventory, &get().within(Scope::Endpoint)).0, Decision::ExplicitDeny);
    let inventory = account(|inventory| {
        with_endpoint(inventory, Some(everything()));
        role_policy(inventory, &json!([]));
    });
    assert_eq!(decided(&inventory, &get()).0, Decision::ImplicitDeny);
    assert_eq!(decided(&inventory, &get().within(Scope::Endpoint)).0, Decision::Allowed);
}
