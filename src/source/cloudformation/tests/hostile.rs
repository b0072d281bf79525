//! Templates that nobody has written: whatever stands in them, they are read or refused, and none takes long.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::given;
use super::nested::Files;
use crate::source::cloudformation::document::{self, Content, Node};
use crate::source::cloudformation::{Deployed, Given, Written, Wrong, inventories};

const TEMPLATES: [&str; 3] = [
    include_str!("../../../../tests/templates/cloudformation/clean.yaml"),
    include_str!("../../../../tests/templates/cloudformation/network.yaml"),
    include_str!("../../../../tests/templates/sam/generated-role.yaml"),
];

fn deployed(text: &str, files: &[(&'static str, &str)]) -> Result<Vec<Deployed>, Wrong> {
    let given = Given { file: "main.yaml".to_owned(), ..given() };
    let account = given.account.clone().unwrap();
    inventories(vec![Written { text, given }], &Files::of(files), (&account, "eu-west-1"), jiff::Timestamp::UNIX_EPOCH, None)
}

fn json_of(node: &Node) -> Json {
    match &node.content {
        Content::Null => Json::Null,
        Content::Text(text) => text.as_str().into(),
        Content::List(items) => items.iter().map(json_of).collect(),
        Content::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), json_of(&entry.node))).collect(),
    }
}

/// The values within a value, by the steps that lead there.
fn places(value: &Json, at: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Json)> = match value {
        Json::Object(fields) => fields.iter().map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value)).collect(),
        Json::Array(items) => items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => return,
    };
    for (step, value) in inner {
        let at = format!("{at}/{step}");
        found.push(at.clone());
        places(value, &at, found);
    }
}

const FUNCTIONS: [&str; 24] = [
    "Ref",
    "Condition",
    "Fn::GetAtt",
    "Fn::Sub",
    "Fn::Join",
    "Fn::Split",
    "Fn::Select",
    "Fn::If",
    "Fn::FindInMap",
    "Fn::ImportValue",
    "Fn::Cidr",
    "Fn::Length",
    "Fn::ToJsonString",
    "Fn::GetAZs",
    "Fn::Base64",
    "Fn::Transform",
    "Fn::Equals",
    "Fn::Not",
    "Fn::And",
    "Fn::ForEach::Loop",
    "Fn::New",
    "Name",
    "Type",
    "Properties",
];

const TEXTS: [&str; 22] = [
    "",
    "Secret",
    "Function",
    "Key.Arn",
    "Role",
    "Child",
    "Child.Outputs.Arn",
    "AWS::NoValue",
    "AWS::StackName",
    "AWS::Include",
    "AWS::CloudFormation::Stack",
    "${Function.Arn}x${X}",
    "&{X}",
    "${",
    "0",
    "10.0.0.0/8",
    "⟦?x⟧",
    "child.yaml",
    "https://b/x",
    "{{resolve:ssm:a",
    "arn:aws:\u{0}::",
    "\u{fffd}\u{202e}",
];

/// Calls of functions with anything as their arguments.
fn nonsense() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        6 => prop::sample::select(TEXTS.to_vec()).prop_map(Json::from),
        1 => Just(Json::Null),
        1 => any::<i8>().prop_map(Json::from),
        1 => "\\PC{0,12}".prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            4 => (prop::sample::select(FUNCTIONS.to_vec()), inner.clone()).prop_map(|(name, argument)| json!({name: argument})),
            3 => prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            1 => prop::collection::vec((prop::sample::select(FUNCTIONS.to_vec()), inner), 0..3)
                .prop_map(|fields| Json::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())),
        ]
    })
}

/// A change of a template: a value in place of another, or one more field.
fn change() -> impl Strategy<Value = (prop::sample::Index, Json, Option<&'static str>)> {
    (any::<prop::sample::Index>(), nonsense(), prop::option::of(prop::sample::select(FUNCTIONS.to_vec())))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_template_with_nonsense_in_it_is_read_or_refused(
        which in 0..TEMPLATES.len(),
        changes in prop::collection::vec(change(), 1..6),
        child in nonsense(),
        extended in any::<bool>(),
    ) {
        let mut template = json_of(&document::read(TEMPLATES[which]).unwrap());
        template["Resources"]["Child"] = json!({"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "child.yaml", "Parameters": {"A": {"Ref": "Secret"}}}});
        if extended {
            template["Transform"] = json!(["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"]);
        }
        for (index, nonsense, key) in changes {
            let mut found = Vec::new();
            places(&template, "", &mut found);
            let place = template.pointer_mut(index.get(&found).as_str()).unwrap();
            match (place, key) {
                (Json::Object(fields), Some(key)) => { fields.insert(key.to_owned(), nonsense); }
                (place, _) => *place = nonsense,
            }
        }
        let child = json!({
            "Parameters": {"A": {"Type": "String", "Default": "x"}, "B": {"Type": "CommaDelimitedList", "Default": "a,b"}},
            "Resources": {"Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": child.clone()}}},
            "Outputs": {"Arn": {"Value": child}},
        });
        if let Err((file, error)) = deployed(&template.to_string(), &[("child.yaml", &child.to_string())]) {
            prop_assert!(!file.is_empty() && !error.to_string().is_empty());
        }
    }
}

/// A template of so many secrets, of which each has this name; `NEXT` stands for the one after it.
fn chain(length: usize, name: &str) -> String {
    let mut text = "Resources:\n".to_owned();
    for index in 0..length {
        let name = name.replace("NEXT", &format!("S{}", index + 1));
        writeln!(text, "  S{index}: {{Type: 'AWS::IAM::User', Properties: {{UserName: {name}}}}}").unwrap();
    }
    write!(text, "  S{length}: {{Type: 'AWS::IAM::User', Properties: {{UserName: ''}}}}\n  Asked: {{Type: 'AWS::SecretsManager::Secret', Properties: {{Name: !Ref S0}}}}\n").unwrap();
    text
}

#[test]
fn what_grows_with_every_step_is_refused_before_it_is_large() {
    let long = "x".repeat(100);
    for (text, expected) in [
        // One after another, so deep that no machine has a stack for it.
        (chain(9_000, "!Ref NEXT"), "deep"),
        // Two for each one: as many values as there are powers of two, all of them empty.
        (chain(60, "!Sub '${NEXT}${NEXT}'"), "values to know"),
        (chain(60, &format!("!Sub '{long}${{NEXT}}${{NEXT}}'")), "longer than"),
        (chain(30, &format!("!Join ['{long}', [!Ref NEXT, !Ref NEXT]]")), "longer than"),
        (format!("Transform: AWS::LanguageExtensions\n{}", chain(30, "{Fn::ToJsonString: {a: !Ref NEXT, b: !Ref NEXT}}")), "longer than"),
        (format!("{}{}", chain(10_001, "x"), ""), "more than 10000 resources"),
        (
            format!(
                "Conditions:\n{}  C40: !Equals [a, a]\nResources: {{R: {{Type: T, Condition: C0}}}}",
                (0..40).fold(String::new(), |mut all, index| {
                    writeln!(all, "  C{index}: !And [{{Condition: C{0}}}, {{Condition: C{0}}}]", index + 1).unwrap();
                    all
                })
            ),
            "values to know",
        ),
    ] {
        let (file, error) = deployed(&text, &[]).map(|_| ()).expect_err(expected);
        assert!(file == "main.yaml" && error.to_string().contains(expected), "{error}, not {expected}");
    }
}

#[test]
fn a_chain_as_long_as_people_write_is_followed() {
    assert_eq!(deployed(&chain(40, "!Ref NEXT"), &[]).map_err(|(_, error)| error.to_string()).unwrap().len(), 1);
}
