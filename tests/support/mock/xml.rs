//! XML as the mock writes it.

pub(super) fn element(name: &str, inside: &str) -> String {
    format!("<{name}>{inside}</{name}>")
}

/// Elements that hold a text each.
pub(super) fn texts(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, text)| element(name, &escaped(text))).collect()
}

/// A list whose items are called so.
pub(super) fn list(name: &str, item: &str, items: impl IntoIterator<Item = String>) -> String {
    element(name, &items.into_iter().map(|inside| element(item, &inside)).collect::<String>())
}

/// A list of texts, each in an element of that name in its item; in the item itself when the name is empty.
pub(super) fn names<T: ToString>(name: &str, of: &str, items: impl IntoIterator<Item = T>) -> String {
    let inside = |text: T| if of.is_empty() { escaped(&text.to_string()) } else { texts(&[(of, &text.to_string())]) };
    list(name, "item", items.into_iter().map(inside))
}

/// An element that is there only with a text.
pub(super) fn optional(name: &str, text: Option<&str>) -> String {
    text.map(|text| texts(&[(name, text)])).unwrap_or_default()
}

pub(super) fn truth(it: bool) -> &'static str {
    if it { "true" } else { "false" }
}

pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
