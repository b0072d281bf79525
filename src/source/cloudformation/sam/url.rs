//! The function URL that the macro makes, and the two permissions that a URL for everybody needs
//! (<https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>). `mod.rs` asks here.

use super::nodes::{Beside, invoked, reference, text};
use crate::policy::Position;
use crate::source::cloudformation::document::Node;

/// The URL of this function, if it has one, and who may call it.
pub(super) fn made(at: Position, id: &str, properties: &Node) -> Vec<Beside> {
    let Some(url) = properties.get("FunctionUrlConfig") else { return Vec::new() };
    let mut fields = vec![("TargetFunctionArn", reference(at, id))];
    fields.extend(properties.get("AutoPublishAlias").map(|alias| ("Qualifier", alias.clone())));
    fields.extend(url.get("AuthType").map(|auth| ("AuthType", auth.clone())));
    let mut made = vec![("Url".to_owned(), "AWS::Lambda::Url", fields)];
    if url.get("AuthType").and_then(Node::text) == Some("NONE") {
        let everybody = |suffix: &str, action: &str, condition: (&'static str, &str)| {
            let fields = vec![
                ("FunctionName", invoked(at, id, properties)),
                ("Action", text(at, action)),
                ("Principal", text(at, "*")),
                (condition.0, text(at, condition.1)),
            ];
            (suffix.to_owned(), "AWS::Lambda::Permission", fields)
        };
        made.push(everybody("UrlPublicPermissions", "lambda:InvokeFunctionUrl", ("FunctionUrlAuthType", "NONE")));
        made.push(everybody("URLInvokeAllowPublicAccess", "lambda:InvokeFunction", ("InvokedViaFunctionUrl", "true")));
    }
    made
}
