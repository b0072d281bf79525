//! Loops and snippets: what is written out before a template is read, and what is not.

use super::nested::loaded;
use super::written;
use crate::source::cloudformation::document::TemplateError;
use crate::source::cloudformation::evaluate::Evaluator;
use crate::source::cloudformation::hidden::hidden;
use crate::source::cloudformation::stacks::Stacks;
use crate::source::cloudformation::world::World;
use crate::source::cloudformation::worlds::worlds;

/// Every property `V` of the template's resources, as `Id=value`.
fn values(stacks: &Stacks) -> Result<Vec<String>, TemplateError> {
    let world = World::default();
    let evaluator = Evaluator::new(stacks, &world);
    let mut lines = Vec::new();
    for (id, resource) in &stacks.member(0).template.resources {
        if let Some(value) = evaluator.written(resource.properties.as_ref(), "V")? {
            lines.push(format!("{id}={}", written(&value)));
        }
    }
    Ok(lines)
}

fn extended(rest: &str) -> Result<Stacks, TemplateError> {
    loaded(
        &format!(
            "Transform: AWS::LanguageExtensions\nParameters: {{Names: {{Type: CommaDelimitedList, Default: 'a, b'}}, Open: {{Type: CommaDelimitedList}}}}\n{rest}"
        ),
        &[],
    )
}

#[test]
fn a_loop_is_written_out_for_each_item() {
    for (resources, expected) in [
        ("'Fn::ForEach::L': [X, [a, b], {'R${X}': {Type: T, Properties: {V: !Ref X}}}]", "Ra=a Rb=b"),
        (
            "'Fn::ForEach::L': [X, !Ref Names, {'R${X}': {Type: T, Properties: {V: !Sub '${X}-${AWS::Region}'}}}]",
            "Ra=a-eu-west-1 Rb=b-eu-west-1",
        ),
        ("'Fn::ForEach::L': [X, [10.0.1.0/24], {'R&{X}': {Type: T, Properties: {V: '${X} &{X}'}}}]", "R1001024=10.0.1.0/24 1001024"),
        (
            "'Fn::ForEach::L': [X, [a, b], {'Fn::ForEach::M': [Y, [c, '${X}'], {'R${X}${Y}': {Type: T, Properties: {V: !Ref Y}}}]}]",
            "Raa=a Rac=c Rbb=b Rbc=c",
        ),
        ("R: {Type: T, Properties: {'Fn::ForEach::L': [X, [V, W], {'${X}': 'is ${X}'}]}}", "R=is V"),
        ("R: {Type: T, Properties: {V: {'Fn::ForEach::L': [X, !Ref Names, {'k${X}': !Ref X}]}}}", r#"R={"ka":"a","kb":"b"}"#),
        ("'Fn::ForEach::L': [X, [], {'R${X}': {Type: T, Properties: {V: x}}}], S: {Type: T, Properties: {V: s}}", "S=s"),
        (
            "'Fn::ForEach::L': [X, [a], {'R${X}': {Type: T, DeletionPolicy: !Ref X, Properties: {V: !GetAtt 'K${X}.Arn'}}, 'K${X}': {Type: 'AWS::KMS::Key'}}]",
            "Ra=arn:aws:kms:eu-west-1:111122223333:key/⟦Ka⟧",
        ),
        // A list that is not known: what it makes may be anything, and what it does not make is as it is written.
        ("R: {Type: T, Properties: {V: s, 'Fn::ForEach::L': [X, !Ref Open, {'${X}': x}]}}", "R=s"),
        (
            "R: {Type: T, Properties: {W: s, 'Fn::ForEach::L': [X, !Ref Open, {'${X}': x}]}}",
            "R=unknown: what ForEach::L at line 3 column 45 gives",
        ),
        ("'Fn::ForEach::L': [X, !Ref Open, {'R${X}': {Type: T}}], S: {Type: T, Properties: {V: !Ref Rx}}", "S=⟦?Ref of Rx⟧"),
    ] {
        let lines = extended(&format!("Resources: {{{resources}}}"))
            .and_then(|stacks| values(&stacks))
            .unwrap_or_else(|error| panic!("{resources}: {error}"));
        assert_eq!(lines.join(" "), expected, "{resources}");
    }
}

#[test]
fn conditions_and_outputs_are_written_out_too_and_an_open_loop_is_named() {
    let known = extended("Conditions: {'Fn::ForEach::C': [X, !Ref Names, {'Is${X}': !Equals [!Ref X, a]}]}\nResources: {R: {Type: T, Properties: {V: [!If [Isa, 1, 2], !If [Isb, 1, 2]]}}}\nOutputs: {'Fn::ForEach::O': [X, !Ref Names, {'O${X}': {Value: !Ref X}}]}").unwrap();
    assert_eq!(values(&known).unwrap(), [r#"R=["1","2"]"#]);
    assert_eq!(known.member(0).template.outputs.keys().collect::<Vec<_>>(), ["Oa", "Ob"]);
    let open = extended(
        "Conditions: {'Fn::ForEach::C': [X, !Ref Open, {'Is${X}': !Equals [!Ref X, a]}]}\nResources: {R: {Type: T, Condition: Isa}}",
    )
    .unwrap();
    let (worlds, _) = worlds(&open).unwrap();
    assert_eq!(worlds.iter().map(ToString::to_string).collect::<Vec<_>>(), ["condition Isa is true", "condition Isa is not true"]);
    assert!(hidden(&open, &worlds[0]).unwrap().unwrap().contains("Fn::ForEach::C"));
}

#[test]
fn a_loop_over_what_a_parent_gives_is_written_out() {
    let parent = "Resources: {C: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: c.yaml, Parameters: {List: 'a,b'}}}}";
    let child = "Transform: AWS::LanguageExtensions\nParameters: {List: {Type: CommaDelimitedList}}\nResources: {'Fn::ForEach::L': [X, !Ref List, {'R${X}': {Type: T}}]}";
    let stacks = loaded(parent, &[("c.yaml", child)]).unwrap();
    assert_eq!(stacks.member(1).template.resources.keys().collect::<Vec<_>>(), ["Ra", "Rb"]);
}

#[test]
fn loops_that_cloudformation_would_refuse_are_errors_with_their_place() {
    let without = loaded("Resources: {'Fn::ForEach::L': [X, [a], {'R${X}': {Type: T}}]}", &[]);
    for (result, expected) in [
        (without, "needs `Transform: AWS::LanguageExtensions`"),
        (extended("Resources: {'Fn::ForEach::L': [X, [a]]}"), "takes an identifier, a list and a mapping"),
        (extended("Resources: {'Fn::ForEach::L': [[X], [a], {}]}"), "the identifier is not a text"),
        (extended("Resources: {'Fn::ForEach::L': [X, [a], b]}"), "is not a mapping"),
        (extended("Resources: {'Fn::ForEach::L': [X, [a, b], {R: {Type: T}}]}"), "\"R\" stands twice"),
        (extended("Resources: {'Fn::ForEach::L': [X, !Ref Nowhere, {'R${X}': {Type: T}}]}"), "\"Nowhere\" is neither"),
    ] {
        let error = result.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.starts_with("line ") && error.contains(expected), "{error:?}, not {expected}");
    }
    for function in ["!Length [a]", "{Fn::ToJsonString: {a: b}}", "!FindInMap [M, a, b, {DefaultValue: c}]"] {
        let stacks = loaded(&format!("Resources: {{R: {{Type: T, Properties: {{V: {function}}}}}}}"), &[]).unwrap();
        assert!(values(&stacks).unwrap_err().to_string().contains("needs `Transform: AWS::LanguageExtensions`"), "{function}");
    }
}

#[test]
fn loops_in_loops_that_multiply_are_refused_before_they_are_many() {
    let ten = "[a, b, c, d, e, f, g, h, i, j]";
    let nested = (0..9).rev().fold("{'R${X0}${X1}${X2}${X3}${X4}${X5}${X6}${X7}${X8}': {Type: T}}".to_owned(), |inner, depth| {
        format!("{{'Fn::ForEach::L{depth}': [X{depth}, {ten}, {inner}]}}")
    });
    let error = extended(&format!("Resources: {nested}")).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("loops make more than is read"), "{error}");
    let long = "x".repeat(1 << 20);
    let many = "${X}".repeat(1 << 18);
    let error = extended(&format!("Resources: {{'Fn::ForEach::L': [X, [{long}], {{'R': {{Type: T, Properties: {{V: '{many}'}}}}}}]}}"));
    assert!(error.err().is_some_and(|error| error.to_string().contains("loops make more than is read")));
}

const SNIPPET: &str = "V: !Ref AWS::Region\nW: {'Fn::Join': ['-', [a, b]]}\n";

fn including(resources: &str) -> Result<Stacks, TemplateError> {
    let nesting = "N: {'Fn::Transform': {Name: 'AWS::Include', Parameters: {Location: v.yaml}}}";
    let files = [
        ("v.yaml", SNIPPET),
        ("r.yaml", "I: {Type: T, Properties: {V: i}}"),
        ("n.yaml", nesting),
        ("l.yaml", "[a]"),
        ("k.json", "{\"V\": \"k\"}"),
    ];
    loaded(&resources.replace("INCLUDE", "{Name: 'AWS::Include', Parameters: {Location: ").replace("DONE", "}}"), &files)
}

#[test]
fn a_snippet_stands_where_it_is_named() {
    for (template, expected) in [
        ("Resources: {R: {Type: T, Properties: {'Fn::Transform': INCLUDE v.yaml DONE}}}", "R=eu-west-1"),
        ("Resources: {R: {Type: T, Properties: {X: y, 'Fn::Transform': INCLUDE k.json DONE}}}", "R=k"),
        ("Resources: {R: {Type: T, Properties: {V: {'Fn::Transform': [INCLUDE k.json DONE]}}}}", r#"R={"V":"k"}"#),
        ("Resources: {'Fn::Transform': INCLUDE r.yaml DONE}", "I=i"),
        ("Resources: {S: {Type: T, Properties: {V: s}}, 'Fn::Transform': INCLUDE ./r.yaml DONE}", "I=i S=s"),
        (
            "Mappings: {M: {a: {'Fn::Transform': INCLUDE k.json DONE}}}\nResources: {R: {Type: T, Properties: {V: !FindInMap [M, a, V]}}}",
            "R=k",
        ),
        // What is elsewhere may make anything of what it stands among.
        (
            "Resources: {R: {Type: T, Properties: {V: x, 'Fn::Transform': INCLUDE 's3://b/x' DONE}}}",
            "R=unknown: what the macro AWS::Include of s3://b/x at line 1 column 45 gives",
        ),
        (
            "Resources: {R: {Type: T, Properties: {V: x}, 'Fn::Transform': {Name: Own}}}",
            "R=unknown: what the macro Own at line 1 column 46 gives",
        ),
        // Which of two keys wins is not documented.
        (
            "Resources: {R: {Type: T, Properties: {V: x, 'Fn::Transform': INCLUDE v.yaml DONE}}}",
            "R=unknown: what the macro AWS::Include of v.yaml at line 1 column 45 gives",
        ),
        ("Resources: {R: {Type: T, Properties: {V: !Ref Made}}, 'Fn::Transform': INCLUDE 's3://b/x' DONE}", "R=⟦?Ref of Made⟧"),
    ] {
        let lines = including(template).and_then(|stacks| values(&stacks)).unwrap_or_else(|error| panic!("{template}: {error}"));
        assert_eq!(lines.join(" "), expected, "{template}");
    }
}

#[test]
fn the_section_of_transforms_includes_sections() {
    let whole =
        "Transform: [AWS::LanguageExtensions, INCLUDE m.yaml DONE]\nResources: {R: {Type: T, Properties: {V: !FindInMap [M, a, b]}}}";
    let whole = whole.replace("INCLUDE", "{Name: 'AWS::Include', Parameters: {Location: ").replace("DONE", "}}");
    let stacks = loaded(&whole, &[("m.yaml", "Mappings: {M: {a: {b: c}}}")]).unwrap();
    assert_eq!(values(&stacks).unwrap(), ["R=c"]);
    assert_eq!(hidden(&stacks, &World::default()).unwrap(), None);
    let elsewhere = loaded(&whole.replace("m.yaml", "'s3://b/m.yaml'").replace("!FindInMap [M, a, b]", "x"), &[]).unwrap();
    assert!(hidden(&elsewhere, &World::default()).unwrap().unwrap().contains("AWS::Include"));
}

#[test]
fn snippets_that_cloudformation_would_refuse_are_errors_where_they_are_named() {
    for (file, expected) in [
        ("n.yaml", "includes others itself"),
        ("l.yaml", "holds no keys and values"),
        ("nowhere.yaml", "the snippet cannot be read: nowhere.yaml: not here"),
        ("/etc/passwd", "only relative paths"),
    ] {
        let error =
            including(&format!("Resources: {{R: {{Type: T}}}}\nConditions:\n  'Fn::Transform': INCLUDE {file} DONE")).err().unwrap();
        assert!(error.to_string().starts_with("line 3, column 3") && error.to_string().contains(expected), "{error}");
        assert_eq!(error.file(), Some("main.yaml"));
    }
}
