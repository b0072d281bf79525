//! What `override.tf` and its like say of blocks that stand in other files (<https://developer.hashicorp.com/terraform/language/files/override>). `files` asks here.

use std::collections::BTreeSet;

use hcl_edit::structure::{Block, Body, Structure};

/// Puts what stands in `over` in the place of what `body` says: attributes of the same name, and all blocks of the same kind.
pub(super) fn merge(body: &mut Body, over: Body) {
    let attributes: BTreeSet<String> = over.attributes().map(|attribute| attribute.key.to_string()).collect();
    let blocks: BTreeSet<String> = over.blocks().map(|block| kind(block).to_owned()).collect();
    let stays = |structure: &Structure| match structure {
        Structure::Attribute(attribute) => !attributes.contains(attribute.key.as_str()),
        Structure::Block(block) => !blocks.contains(kind(block)),
    };
    let kept = std::mem::take(body).into_iter().filter(stays);
    *body = kept.chain(over).collect();
}

/// What a block is, or makes.
fn kind(block: &Block) -> &str {
    match (block.ident.as_str(), block.labels.as_slice()) {
        ("dynamic", [label]) => label.as_str(),
        (ident, _) => ident,
    }
}
