//! What the macro makes of connectors that lead to a function: the permission of a service to invoke it, or a policy for the role of whatever calls it
//! (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/reference-sam-connector.html>). Connectors to other things give rights that no rotation looks at.
//! `mod.rs` asks here.

use super::nodes::{KIND, allow, attribute, call, fields, is_call, list, map, policy, reference, text};
use crate::policy::Position;
use crate::source::cloudformation::document::{Content, Node};
use crate::source::cloudformation::template::{Resource, Template};

const CONNECTOR: &str = "AWS::Serverless::Connector";

/// The service that invokes a function for a source of this type, once a connector lets it write to the function.
const SERVICES: [(&str, &str); 9] = [
    ("AWS::ApiGateway::RestApi", "apigateway.amazonaws.com"),
    ("AWS::ApiGatewayV2::Api", "apigateway.amazonaws.com"),
    ("AWS::AppSync::GraphQLApi", "appsync.amazonaws.com"),
    ("AWS::Events::Rule", "events.amazonaws.com"),
    ("AWS::S3::Bucket", "s3.amazonaws.com"),
    ("AWS::SNS::Topic", "sns.amazonaws.com"),
    ("AWS::Serverless::Api", "apigateway.amazonaws.com"),
    ("AWS::Serverless::GraphQLApi", "appsync.amazonaws.com"),
    ("AWS::Serverless::HttpApi", "apigateway.amazonaws.com"),
];

/// What the connectors of the template make, by logical id.
pub(super) fn made(template: &Template) -> Vec<(String, Resource)> {
    let mut made = Vec::new();
    for (id, resource) in &template.resources {
        if resource.kind == CONNECTOR
            && let Some(source) = resource.properties.as_ref().and_then(|properties| properties.get("Source"))
        {
            made.extend(of_connector(template, (id, resource), source, resource.properties.as_ref()));
        }
        for connector in resource.connectors.iter().flat_map(Node::entries) {
            let source = fields(resource.at, [("Id", text(resource.at, id))]);
            made.extend(of_connector(template, (&format!("{id}{}", connector.key), resource), &source, connector.node.get("Properties")));
        }
    }
    made
}

/// What one connector makes, for each function that it leads to.
fn of_connector(
    template: &Template,
    (id, resource): (&str, &Resource),
    source: &Node,
    properties: Option<&Node>,
) -> Vec<(String, Resource)> {
    let at = resource.at;
    let Some(destination) = properties.and_then(|properties| properties.get("Destination")) else { return Vec::new() };
    let writes = |node: &Node| node.text() == Some("Write");
    if !properties.and_then(|properties| properties.get("Permissions")).is_some_and(|all| writes(all) || all.items().iter().any(writes)) {
        return Vec::new();
    }
    let destinations =
        if matches!(destination.content, Content::List(_)) { destination.items() } else { std::slice::from_ref(destination) };
    let functions = destinations.iter().filter_map(|node| function(template, at, node));
    let like = |kind: &str, properties: Node| Resource {
        kind: kind.to_owned(),
        properties: Some(properties),
        asset: None,
        connectors: None,
        ..resource.clone()
    };
    let of_one = |(index, arn): (usize, Node)| {
        let id = if index == 0 { id.to_owned() } else { format!("{id}Destination{index}") };
        if let Some(role) = role(template, at, source) {
            let statement = allow(at, &["lambda:InvokeAsync", "lambda:InvokeFunction"], arn, None);
            let policy = fields(at, [("PolicyDocument", policy(at, vec![statement])), ("Roles", list(at, vec![role]))]);
            return Some((format!("{id}Policy"), like("AWS::IAM::ManagedPolicy", policy)));
        }
        let kind = kind(template, source)?;
        let (_, service) = SERVICES.iter().find(|(of, _)| *of == kind)?;
        let sender = call(at, "Fn::Transform", map(at, [("Name".to_owned(), text(at, &format!("the connector {id}")))]));
        let permission =
            [("FunctionName", arn), ("Action", text(at, "lambda:InvokeFunction")), ("Principal", text(at, service)), ("SourceArn", sender)];
        Some((format!("{id}Permission"), like("AWS::Lambda::Permission", fields(at, permission))))
    };
    functions.enumerate().filter_map(of_one).collect()
}

/// The type of what stands at an end of a connector.
fn kind<'a>(template: &'a Template, end: &'a Node) -> Option<&'a str> {
    match end.get("Id").and_then(Node::text) {
        Some(id) => template.resources.get(id).map(|resource| resource.kind.as_str()),
        None => end.get("Type").and_then(Node::text),
    }
}

/// The ARN of the function at an end of a connector, if it is one.
fn function(template: &Template, at: Position, end: &Node) -> Option<Node> {
    let is_function = [KIND, "AWS::Lambda::Function"].contains(&kind(template, end)?);
    let arn = || Some(attribute(at, end.get("Id")?.text()?, "Arn"));
    end.get("Arn").cloned().or_else(arn).filter(|_| is_function)
}

/// The name of the role with which the source calls, where it is a function.
fn role(template: &Template, at: Position, end: &Node) -> Option<Node> {
    if let Some(name) = end.get("RoleName") {
        return Some(name.clone());
    }
    let id = end.get("Id").and_then(Node::text)?;
    let resource = template.resources.get(id).filter(|resource| [KIND, "AWS::Lambda::Function"].contains(&resource.kind.as_str()))?;
    match resource.properties.as_ref().and_then(|properties| properties.get("Role")) {
        None => Some(reference(at, &format!("{id}Role"))),
        Some(role) if is_call(role) => {
            let (call, of) = role.only()?;
            let named = of.text().and_then(|text| text.split('.').next()).or_else(|| of.items().first()?.text());
            named.filter(|_| call == "Fn::GetAtt").map(|role| reference(at, role))
        }
        Some(role) => role.text()?.rsplit('/').next().map(|name| text(at, name)),
    }
}
