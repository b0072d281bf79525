//! Conditions that hang on what nobody knows.

use super::given;
use crate::source::cloudformation::document;
use crate::source::cloudformation::evaluate::Evaluator;
use crate::source::cloudformation::given::Given;
use crate::source::cloudformation::stacks::Stacks;
use crate::source::cloudformation::template::Template;
use crate::source::cloudformation::worlds::{MOST_WORLDS, worlds};

/// Which of the resources are made in which world, as `Stage is prod: A B`, and whether these are all worlds.
fn made(parameters: &str, conditions: &str, resources: &[(&str, &str)], given: &Given) -> (Vec<String>, bool) {
    let resource = |(id, condition): &(&str, &str)| format!("  {id}: {{Type: X, Condition: {condition}}}\n");
    let text = format!(
        "Parameters:\n{parameters}\nConditions:\n{conditions}\nResources:\n{}",
        resources.iter().map(resource).collect::<Vec<_>>().concat()
    );
    let stacks = Stacks::of(Template::of(&document::read(&text).unwrap()).unwrap(), given.clone());
    let template = &stacks.member(0).template;
    let (worlds, all) = worlds(&stacks).unwrap();
    let line = |world| {
        let evaluator = Evaluator::new(&stacks, world);
        let holds = |condition: &String| {
            evaluator.condition(condition, template.resources["A"].at).unwrap() == crate::source::cloudformation::world::Holds::Yes
        };
        let made = template.resources.iter().filter(|(_, it)| it.condition.as_ref().is_none_or(holds)).map(|(id, _)| id.as_str());
        format!("{world}: {}", made.collect::<Vec<_>>().join(" "))
    };
    (worlds.iter().map(line).collect(), all)
}

const IS_PROD: &str = "  IsProd: !Equals [!Ref Stage, prod]\n  NotProd: !Not [{Condition: IsProd}]";

#[test]
fn conditions_over_one_parameter_come_out_together() {
    let (worlds, all) = made("  Stage: {Type: String}", IS_PROD, &[("A", "IsProd"), ("B", "NotProd")], &given());
    assert_eq!(worlds, ["parameter Stage is prod: A", "parameter Stage is not prod: B"]);
    assert!(all);
}

#[test]
fn a_parameter_that_is_given_leaves_one_world() {
    let given = Given { parameters: [("Stage".to_owned(), "prod".to_owned())].into(), ..given() };
    let (worlds, _) = made("  Stage: {Type: String}", IS_PROD, &[("A", "IsProd"), ("B", "NotProd")], &given);
    assert_eq!(worlds, [": A"]);
}

#[test]
fn a_value_that_a_parameter_takes_excludes_the_others() {
    let conditions = "  P: !Equals [prod, !Ref Stage]\n  T: !Equals [!Ref Stage, test]\n  X: !Equals [!Ref Stage, other]";
    let resources = [("A", "P"), ("B", "T"), ("C", "X")];
    let (worlds, _) = made("  Stage: {Type: String, AllowedValues: [prod, test]}", conditions, &resources, &given());
    assert_eq!(worlds, ["parameter Stage is prod: A", "parameter Stage is not prod: B"]);
    let (worlds, _) = made("  Stage: {Type: String}", conditions, &resources, &given());
    assert_eq!(worlds.len(), 4, "{worlds:?}");
}

#[test]
fn the_last_value_that_a_parameter_takes_is_its_value() {
    let conditions = "  P: !Equals [prod, !Ref Stage]\n  T: !Equals [!Sub '${Stage}-db', test-db]";
    let made = |parameter: &str| made(parameter, conditions, &[("A", "P"), ("B", "T")], &given()).0;
    assert_eq!(
        made("  Stage: {Type: String, AllowedValues: [prod, test]}"),
        ["parameter Stage is prod: A", "parameter Stage is not prod: B"]
    );
    assert_eq!(made("  Stage: {Type: String, AllowedValues: [test]}"), [": B"]);
    // Those of a parameter that is looked up are the names by which it is.
    let looked_up = made("  Stage: {Type: 'AWS::SSM::Parameter::Value<String>', AllowedValues: [prod, test]}");
    assert!(looked_up.len() > 2, "{looked_up:?}");
}

#[test]
fn what_and_and_or_decide_is_not_left_open() {
    let conditions = "  Never: !Equals [a, b]\n  And: !And [!Equals [!Ref Stage, prod], {Condition: Never}]\n  Or: !Or [!Equals [!Ref Stage, prod], !Not [{Condition: Never}]]";
    let (worlds, _) = made("  Stage: {Type: String}", conditions, &[("A", "And"), ("B", "Or")], &given());
    assert_eq!(worlds, [": B"]);
}

#[test]
fn a_condition_that_nothing_uses_opens_no_world() {
    let conditions = format!("{IS_PROD}\n  Always: !Equals [a, a]");
    assert_eq!(made("  Stage: {Type: String}", &conditions, &[("A", "Always")], &given()).0, [": A"]);
}

#[test]
fn more_conditions_than_can_be_followed_are_said_not_to_be_all() {
    let names: Vec<String> = (0..10).map(|index| format!("P{index}")).collect();
    let parameters = names.iter().map(|name| format!("  {name}: {{Type: String}}")).collect::<Vec<_>>().join("\n");
    let conditions = names.iter().map(|name| format!("  {name}: !Equals [!Ref {name}, x]")).collect::<Vec<_>>().join("\n");
    let ids: Vec<String> = (0..10).map(|index| if index == 0 { "A".to_owned() } else { format!("R{index}") }).collect();
    let resources: Vec<(&str, &str)> = ids.iter().zip(&names).map(|(id, name)| (id.as_str(), name.as_str())).collect();
    let (worlds, all) = made(&parameters, &conditions, &resources, &given());
    assert!(worlds.len() <= MOST_WORLDS && !all, "{}", worlds.len());
}
