//! The permissions that the macro makes for `Events` of a function: the services that invoke it
//! (<https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventsource.html>). What sends the events is not
//! made here, so that its ARN stays unknown. `mod.rs` asks here.

use super::nodes::{Beside, call, invoked, map, text};
use crate::policy::Position;
use crate::source::cloudformation::document::{Entry, Node};

/// The service that invokes the function for events of a type. Lambda fetches those of other types itself, with the function's role.
const SERVICES: [(&str, &str); 11] = [
    ("AlexaSkill", "alexa-appkit.amazon.com"),
    ("Api", "apigateway.amazonaws.com"),
    ("CloudWatchEvent", "events.amazonaws.com"),
    ("CloudWatchLogs", "logs.amazonaws.com"),
    ("Cognito", "cognito-idp.amazonaws.com"),
    ("EventBridgeRule", "events.amazonaws.com"),
    ("HttpApi", "apigateway.amazonaws.com"),
    ("IoTRule", "iot.amazonaws.com"),
    ("S3", "s3.amazonaws.com"),
    ("SNS", "sns.amazonaws.com"),
    ("Schedule", "events.amazonaws.com"),
];

/// One permission for each event that a service sends.
pub(super) fn permissions(at: Position, id: &str, properties: &Node) -> Vec<Beside> {
    let events = properties.get("Events").map(Node::entries).unwrap_or_default();
    let permission = |event: &Entry| {
        let kind = event.node.get("Type").and_then(Node::text)?;
        let (_, service) = SERVICES.iter().find(|(name, _)| *name == kind)?;
        let name = text(at, &format!("event {} of {id}", event.key));
        let source = call(at, "Fn::Transform", map(at, [("Name".to_owned(), name)]));
        let fields = vec![
            ("FunctionName", invoked(at, id, properties)),
            ("Action", text(at, "lambda:InvokeFunction")),
            ("Principal", text(at, service)),
            ("SourceArn", source),
        ];
        Some((format!("{}Permission", event.key), "AWS::Lambda::Permission", fields))
    };
    events.iter().filter_map(permission).collect()
}
