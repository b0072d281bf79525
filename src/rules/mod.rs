//! See `docs/architecture.md`.

#[cfg_attr(not(test), expect(dead_code, unused_imports, reason = "the loader of rule files, its only caller, is not written yet"))]
pub(crate) mod expression;
