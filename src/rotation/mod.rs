//! One rotation: the calls that it makes of AWS, how each is decided, and the verdict whether it will work.

mod calls;
mod chain;
mod external;
mod judge;
mod keys;
mod late;
mod master;
mod paths;
mod schedule;
mod targets;
mod threads;
mod turn_on;
mod verdict;

pub use calls::{Call, assume_role};
pub use chain::{Rotation, RotationKind, resting, rotations};
pub use judge::{denied_request, judge, judge_proposed};
pub use keys::KeyInUse;
pub use late::late_and_needed;
pub use master::Master;
pub use paths::Connections;
pub use schedule::{Cron, Schedule, ScheduleError};
pub use threads::side_by_side;
pub use verdict::{JudgedCall, Judgement, Step, Verdict};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Access;
    use crate::arn::Arn;
    use crate::inventory::{Inventory, Known, clean};
    use crate::policy::Decision;

    fn judged(change: impl FnOnce(&mut Inventory)) -> Judgement {
        let mut inventory = clean::account().unwrap();
        change(&mut inventory);
        let secret = Arn::parse(clean::SECRET).unwrap();
        let rotations = rotations(&inventory);
        let rotation = rotations.iter().find(|rotation| rotation.secret.arn == secret).unwrap();
        judge(rotation, &Access::new(&inventory), None)
    }

    #[test]
    fn the_clean_rotation_rotates() {
        let judgement = judged(|_| {});
        for call in &judgement.calls {
            assert_eq!(call.decision, Decision::Allowed, "{} on {}: {}", call.action, call.resource, call.because);
        }
        assert_eq!(judgement.verdict, Verdict::Rotates);
        assert_eq!(judgement.calls.len(), 11);
    }

    #[test]
    fn a_missing_invoke_permission_fails_at_invoke() {
        let judgement = judged(|inventory| {
            inventory.functions.values_mut().for_each(|function| function.policies = [(String::new(), Known::Value(None))].into());
        });
        assert!(matches!(judgement.verdict, Verdict::Fails { step: Step::Invoke, .. }), "{:?}", judgement.verdict);
    }

    fn with_master(change: impl FnOnce(&mut Inventory)) -> Judgement {
        judged(|inventory| {
            inventory.secrets.get_mut(&Arn::parse(clean::SECRET).unwrap()).unwrap().master = Some("rds!cluster-4f1c".to_owned());
            change(inventory);
        })
    }

    fn allow_role(inventory: &mut Inventory, statement: &serde_json::Value) {
        let policy = serde_json::json!({"Version": "2012-10-17", "Statement": statement}).to_string();
        let account = inventory.accounts.values_mut().next().unwrap();
        let Known::Value(identities) = &mut account.identities else { panic!("the identities of the clean account are known") };
        let role = identities.roles.get_mut(&Arn::parse(clean::ROLE).unwrap()).unwrap();
        role.permissions.inline.push(crate::inventory::NamedDocument::new("master", crate::policy::Document::new(policy)));
    }

    #[test]
    fn a_rotation_with_a_master_secret_needs_to_read_that_too() {
        let actions = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"];
        let statement = |actions: &[&str]| serde_json::json!({"Effect": "Allow", "Action": actions, "Resource": clean::OTHER_SECRET});
        let allowed = with_master(|inventory| allow_role(inventory, &statement(&actions)));
        assert_eq!(allowed.verdict, Verdict::Rotates, "{:#?}", allowed.calls);
        assert_eq!(allowed.calls.len(), 14);
        let (step, because) = failure(&with_master(|_| {}));
        assert!(step == Step::SetSecret && because.contains("rds!cluster-4f1c"), "{because}");
        // Of a master secret that RDS manages, a template reads the tags.
        let (_, because) = failure(&with_master(|inventory| allow_role(inventory, &statement(&actions[..1]))));
        assert!(because.contains("DescribeSecret"), "{because}");
    }

    #[test]
    fn a_master_secret_that_was_not_read_leaves_the_verdict_open() {
        let judgement = with_master(|inventory| {
            inventory.secrets.remove(&Arn::parse(clean::OTHER_SECRET).unwrap());
        });
        let Verdict::Undecided { needs } = judgement.verdict else { panic!("{:?}", judgement.verdict) };
        assert!(needs.iter().any(|need| need.contains("rds!cluster-4f1c")), "{needs:?}");
    }

    #[test]
    fn a_master_secret_that_is_ill_stops_the_rotation_where_it_logs_in() {
        let statement = serde_json::json!({"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"});
        let (step, because) = failure(&with_master(|inventory| {
            allow_role(inventory, &statement);
            inventory.secrets.get_mut(&Arn::parse(clean::OTHER_SECRET).unwrap()).unwrap().stages.clear();
        }));
        assert_eq!((step, because.as_str()), (Step::SetSecret, "the master secret rds!cluster-4f1c has no version labelled AWSCURRENT"));
    }

    #[test]
    fn a_disabled_key_fails_where_the_value_is_read() {
        let judgement = judged(|inventory| {
            for key in inventory.keys.values_mut() {
                if let Known::Value(Some(metadata)) = &mut key.metadata {
                    "Disabled".clone_into(&mut metadata.state);
                }
            }
        });
        assert!(matches!(judgement.verdict, Verdict::Fails { step: Step::CreateSecret, .. }), "{:?}", judgement.verdict);
    }

    #[test]
    fn an_unreadable_key_policy_leaves_the_verdict_open() {
        let judgement = judged(|inventory| {
            let gap = crate::inventory::Gap::new("kms:GetKeyPolicy", clean::KEY, "AccessDeniedException");
            inventory.keys.values_mut().for_each(|key| key.policies = Known::Unreadable(gap.clone()));
        });
        assert!(matches!(judgement.verdict, Verdict::Undecided { .. }), "{:?}", judgement.verdict);
    }

    fn judged_in_vpc(change: impl FnOnce(&mut Inventory)) -> Judgement {
        let mut inventory = clean::account_in_vpc().unwrap();
        change(&mut inventory);
        let rotations = rotations(&inventory);
        let rotation = rotations.iter().find(|rotation| rotation.secret.arn.as_str() == clean::SECRET).unwrap();
        judge(rotation, &Access::new(&inventory), None)
    }

    fn network(inventory: &mut Inventory) -> &mut crate::inventory::Network {
        inventory.networks.get_mut(clean::PLACE).unwrap()
    }

    fn groups(inventory: &mut Inventory) -> &mut crate::inventory::network::ById<crate::inventory::network::SecurityGroup> {
        let Known::Value(groups) = &mut network(inventory).security_groups else { panic!("the clean network has security groups") };
        groups
    }

    fn failure(judgement: &Judgement) -> (Step, String) {
        match &judgement.verdict {
            Verdict::Fails { step, because, .. } => (*step, because.clone()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_clean_rotation_in_a_vpc_rotates_through_its_endpoint() {
        let judgement = judged_in_vpc(|_| {});
        assert_eq!(judgement.verdict, Verdict::Rotates, "{:#?}", judgement.connections);
        let connections = judgement.connections.unwrap();
        assert!(matches!(connections.ways.as_slice(), [crate::access::Way::Endpoint { id, .. }] if &**id == clean::ENDPOINT));
        assert_eq!(connections.target_name.as_deref(), Some(clean::DATABASE));
    }

    #[test]
    fn an_endpoint_that_admits_nobody_fails_where_the_function_makes_its_first_call() {
        let judgement = judged_in_vpc(|inventory| groups(inventory).get_mut(clean::ENDPOINT_GROUP).unwrap().ingress.clear());
        let (step, because) = failure(&judgement);
        assert_eq!(step, Step::CreateSecret);
        assert!(
            because.starts_with("no path from subnet-0a, subnet-0b to Secrets Manager: ") && because.contains(clean::ENDPOINT_GROUP),
            "{because}"
        );
    }

    #[test]
    fn a_database_that_admits_nobody_fails_where_the_new_password_is_set() {
        let judgement = judged_in_vpc(|inventory| groups(inventory).get_mut(clean::DATABASE_GROUP).unwrap().ingress.clear());
        let (step, because) = failure(&judgement);
        assert_eq!(step, Step::SetSecret);
        assert!(because.contains(clean::DATABASE) && because.contains(clean::DATABASE_GROUP), "{because}");
    }

    #[test]
    fn an_endpoint_policy_for_one_secret_fails_at_the_random_password() {
        let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "secretsmanager:*", "Resource": clean::SECRET},
        ]});
        let judgement = judged_in_vpc(|inventory| {
            inventory.functions.values_mut().for_each(|function| {
                function.tags = Known::Value([("SecretsManagerLambda".to_owned(), "Rotation".to_owned())].into());
            });
            let Known::Value(endpoints) = &mut network(inventory).endpoints else { panic!("the clean network has an endpoint") };
            let endpoint = endpoints.get_mut(clean::ENDPOINT).unwrap();
            endpoint.policy = Some(crate::policy::Document::new(policy.to_string()));
        });
        let (step, because) = failure(&judgement);
        assert_eq!(step, Step::CreateSecret);
        assert!(because.contains("GetRandomPassword") && because.contains("VPC endpoint"), "{because}");
    }

    #[test]
    fn groups_that_cannot_be_read_leave_the_verdict_open_and_name_the_call() {
        let judgement = judged_in_vpc(|inventory| {
            let gap = crate::inventory::Gap::new("ec2:DescribeSecurityGroups", clean::PLACE, "UnauthorizedOperation");
            network(inventory).security_groups = Known::Unreadable(gap);
        });
        let Verdict::Undecided { needs } = judgement.verdict else { panic!("{:?}", judgement.verdict) };
        assert!(needs.iter().any(|need| need.contains("ec2:DescribeSecurityGroups")), "{needs:?}");
    }

    #[test]
    fn a_perimeter_on_the_endpoint_is_met_on_the_way_through_it_and_not_over_the_internet() {
        let perimeter = |inventory: &mut Inventory| {
            let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*",
                "Condition": {"StringNotEquals": {"aws:SourceVpce": clean::ENDPOINT}},
            }]});
            let secret = inventory.secrets.get_mut(&Arn::parse(clean::SECRET).unwrap()).unwrap();
            let document = crate::policy::Document::new(policy.to_string());
            secret.policies = Known::Value(vec![crate::inventory::NamedDocument::new("default", document)]);
        };
        assert_eq!(judged_in_vpc(perimeter).verdict, Verdict::Rotates);
        let (step, because) = failure(&judged(perimeter));
        assert_eq!(step, Step::CreateSecret);
        assert!(because.contains("aws:SourceVpce"), "{because}");
    }
}
