//! Functions and references.

use super::{given, value, value_in, written};
use crate::source::cloudformation::given::Given;
use crate::source::cloudformation::world::World;

/// Expression, and what it comes to.
const VALUES: [(&str, &str); 73] = [
    ("plain", "plain"),
    ("012", "012"),
    ("{a: [1, true, null]}", r#"{"a":["1","true",null]}"#),
    // Ref
    ("!Ref Owner", "ops"),
    ("!Ref Stage", "⟦?parameter Stage⟧"),
    ("!Ref Ids", "unknown: parameter Ids"),
    ("!Ref Zones", r#"["a","b","c"]"#),
    ("!Ref Latest", "⟦?parameter Latest⟧"),
    ("!Ref AWS::Region", "eu-west-1"),
    ("!Ref AWS::Partition", "aws"),
    ("!Ref AWS::URLSuffix", "amazonaws.com"),
    ("!Ref AWS::StackName", "⟦?AWS__StackName⟧"),
    ("!Ref AWS::NoValue", "nothing"),
    ("[a, !Ref AWS::NoValue]", r#"["a"]"#),
    ("{a: 1, b: !Ref AWS::NoValue}", r#"{"a":"1"}"#),
    ("!Ref Db", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:ops/db-⟦Db#6⟧"),
    ("!Ref Unnamed", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:⟦Unnamed⟧-⟦Unnamed#6⟧"),
    ("!Ref Rotate", "⟦Rotate⟧"),
    ("!Ref Role", "rotate"),
    ("!Ref Key", "⟦Key⟧"),
    ("!Ref Other", "⟦?Ref of Other⟧"),
    // Fn::GetAtt
    ("!GetAtt Rotate.Arn", "arn:aws:lambda:eu-west-1:111122223333:function:⟦Rotate⟧"),
    ("{Fn::GetAtt: [Rotate, Arn]}", "arn:aws:lambda:eu-west-1:111122223333:function:⟦Rotate⟧"),
    ("{Fn::GetAtt: Rotate.Arn}", "arn:aws:lambda:eu-west-1:111122223333:function:⟦Rotate⟧"),
    ("!GetAtt Role.Arn", "arn:aws:iam::111122223333:role/rotation/rotate"),
    ("!GetAtt Key.Arn", "arn:aws:kms:eu-west-1:111122223333:key/⟦Key⟧"),
    ("!GetAtt Other.Endpoint.Port", "⟦?Endpoint.Port of Other⟧"),
    // Fn::Sub
    ("!Sub '${Owner}-${AWS::Region}-${!Literal}'", "ops-eu-west-1-${Literal}"),
    ("!Sub '${Rotate.Arn}:live'", "arn:aws:lambda:eu-west-1:111122223333:function:⟦Rotate⟧:live"),
    ("!Sub ['${A}/${Owner}', {A: !Ref Stage}]", "⟦?parameter Stage⟧/ops"),
    // Fn::Join, Fn::Split, Fn::Select
    ("!Join ['-', [a, !Ref Stage, c]]", "a-⟦?parameter Stage⟧-c"),
    ("!Join [',', !Ref Zones]", "a,b,c"),
    ("!Join [',', !Ref Ids]", "⟦?what Join \",\" makes of parameter Ids⟧"),
    ("!Join ['', []]", ""),
    ("!Split [',', 'a,b']", r#"["a","b"]"#),
    ("!Split [',', !Ref Stage]", "unknown: what Split \",\" makes of parameter Stage"),
    ("!Select [5, !Split [':', !GetAtt Rotate.Arn]]", "function"),
    ("!Select [6, !Split [':', !GetAtt Rotate.Arn]]", "⟦Rotate⟧"),
    // A parameter may be an ARN, and a name that AWS makes up holds hyphens.
    ("!Select [6, !Split [':', !Ref Stage]]", "⟦?item 6 of what Split \"_\" makes of parameter Stage⟧"),
    ("!Select [1, !Split ['-', !Ref Rotate]]", "⟦?item 1 of what Split \"-\" makes of Rotate⟧"),
    ("!Select [1, !Ref Zones]", "b"),
    ("!Select ['1', !Ref Ids]", "⟦?item 1 of parameter Ids⟧"),
    // Fn::If
    ("!If [Always, a, b]", "a"),
    ("!If [Never, a, b]", "b"),
    ("!If [Always, !Ref AWS::NoValue, b]", "nothing"),
    ("!If [IsProd, a, b]", "unknown: condition IsProd"),
    // Fn::FindInMap
    ("!FindInMap [Ports, mysql, port]", "3306"),
    ("!FindInMap [Ports, mysql, list]", r#"["1","2"]"#),
    ("!FindInMap [Ports, oracle, port, {DefaultValue: 1521}]", "1521"),
    ("!FindInMap [Ports, !Ref Stage, port]", "unknown: what FindInMap makes of Ports, parameter Stage, port"),
    // The others
    ("!ImportValue shared-key", "k-1"),
    ("!ImportValue {Fn::Sub: '${Owner}-vpc'}", "⟦?export ops-vpc⟧"),
    ("!Cidr [10.0.0.0/16, 2, 8]", r#"["10.0.0.0/24","10.0.1.0/24"]"#),
    ("!Cidr [!ImportValue range, 2, 8]", "unknown: what Cidr makes of export range"),
    ("{Fn::Length: !Ref Zones}", "3"),
    (
        "{Fn::ToJsonString: {Resource: !Ref Db, Note: 'a\"b'}}",
        r#"{"Note":"a\"b","Resource":"arn:aws:secretsmanager:eu-west-1:111122223333:secret:ops/db-⟦Db#6⟧"}"#,
    ),
    ("!GetAZs ''", "unknown: zones of eu-west-1"),
    ("! 'eu-west-1'", "eu-west-1"),
    ("{Fn::GetAZs: null}", "unknown: zones of eu-west-1"),
    ("!Select [0, !GetAZs '']", "⟦?item 0 of zones of eu-west-1⟧"),
    ("!Select [0, !GetAZs {Ref: AWS::Region}]", "⟦?item 0 of zones of eu-west-1⟧"),
    ("!Select [1, {Fn::GetAZs: us-east-1}]", "⟦?item 1 of zones of us-east-1⟧"),
    ("{Fn::Length: !GetAZs ''}", "⟦?what Length makes of zones of eu-west-1⟧"),
    ("!Base64 ''", ""),
    ("!Base64 'f'", "Zg=="),
    ("!Base64 'fo'", "Zm8="),
    ("!Base64 'foobar'", "Zm9vYmFy"),
    ("!Base64 {Ref: Stage}", "⟦?what Base64 makes of parameter Stage⟧"),
    ("{Ref: !Sub ['Ke${Y}', {Y: y}]}", "⟦Key⟧"),
    ("{a: 1, 'Fn::Transform': {Name: Own}}", "unknown: what the macro Own at line 25 column 65 gives"),
    ("{Fn::New: x}", "unknown: what New at line 25 column 58 gives"),
    ("'pre{{resolve:ssm:/a/b:1}}post'", "pre⟦?dynamic reference ssm_/a/b_1⟧post"),
    (
        "!Sub '{{resolve:secretsmanager:${Unnamed}:SecretString:password}}'",
        "⟦?dynamic reference secretsmanager_arn_aws_secretsmanager_eu-west-1_111122223333_secret_Unnamed-Unnamed_SecretString_password⟧",
    ),
];

#[test]
fn what_is_not_known_is_the_same_only_where_it_surely_is() {
    let differ = [
        ("!Join [',', !Ref Ids]", "!Join ['-', !Ref Ids]"),
        ("!Select [0, !Split [',', !Sub 'a${Stage}']]", "!Select [0, !Split [',', !Sub 'b${Stage}']]"),
        ("!FindInMap [Ports, !Ref Stage, port]", "!FindInMap [Ports, !Ref Stage, other]"),
        ("!FindInMap [Ports, !Ref Stage, port]", "!FindInMap [Ports, port, !Ref Stage]"),
        ("{Fn::Transform: {Name: M, Parameters: {Of: a}}}", "    {Fn::Transform: {Name: M, Parameters: {Of: b}}}"),
        ("!Base64 a", " !Base64 b"),
    ];
    for (one, other) in differ {
        assert_ne!(written(&value(one).unwrap()), written(&value(other).unwrap()), "{one} and {other}");
    }
}

#[test]
fn every_function_gives_its_value_or_says_what_is_missing() {
    for (expression, expected) in VALUES {
        let value = value(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
        assert_eq!(written(&value), expected, "{expression}");
    }
}

#[test]
fn an_account_that_is_not_told_stays_open_in_arns() {
    let value = value_in("!Ref Db", &Given { account: None, ..given() }, &World::default()).unwrap();
    assert_eq!(written(&value), "arn:aws:secretsmanager:eu-west-1:⟦?AWS__AccountId⟧:secret:ops/db-⟦Db#6⟧");
}

/// Expression, and a part of the error.
const ERRORS: [(&str, &str); 15] = [
    ("!Ref Stagee", "\"Stagee\" is neither a parameter nor a resource of this template; did you mean \"Stage\"?"),
    ("!GetAtt Nowhere.Arn", "\"Nowhere\" is neither"),
    ("!Sub '${Nowhere}'", "\"Nowhere\" is neither"),
    ("!Sub '${Owner'", "is not closed"),
    ("!Join [a]", "Fn::Join takes a list of 2"),
    ("!Join ['', abc]", "Fn::Join takes a list here"),
    ("!Select [9, [a]]", "takes item 9 of a list of 1"),
    ("!Select [x, [a]]", "takes a number"),
    ("!FindInMap [Ports, oracle, port]", "the mapping Ports has no oracle / port"),
    ("!Cidr [10.0.0.0/16, 300, 8]", "cannot cut 300 blocks"),
    ("!Cidr [here, 1, 8]", "which \"here\" is not"),
    ("!If [Nonsense, a, b]", "there is no condition \"Nonsense\""),
    ("!If [Circle, a, b]", "condition Circle hangs on itself"),
    ("!Ref Loop", "Loop hangs on itself"),
    ("!Equals [a, b]", "stands in Conditions"),
];

#[test]
fn what_cloudformation_would_refuse_is_an_error_with_its_place() {
    for (expression, expected) in ERRORS {
        let error = value(expression).expect_err(expression).to_string();
        assert!(error.starts_with("line ") && error.contains(expected), "{expression}: {error}");
    }
}
