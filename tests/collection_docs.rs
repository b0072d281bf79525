//! What `docs/collection.md` says of the calls is what the table of calls says.

use rotaudit::inventory::Api;

fn row(api: Api) -> String {
    let (spec, rate) = (api.spec(), api.rate());
    let page = api.page_size().map_or("–".to_owned(), |size| size.to_string());
    let star = if rate.source.is_none() { "*" } else { "" };
    let burst = if rate.burst > rate.per_second { format!(" (up to {} at once)", rate.burst) } else { String::new() };
    format!("| `{}` | {} | {page} | {}{star}{burst} | `{}` |\n", spec.name, spec.feeds, rate.per_second, rate.name)
}

#[test]
fn the_calls_in_the_document_are_those_of_the_table() {
    let head = "| call | feeds | page | requests a second | group |\n|---|---|---|---|---|\n".to_owned();
    let expected = head + &Api::ALL.map(row).concat();
    let document = include_str!("../docs/collection.md");
    let (_, after) = document.split_once("<!-- calls -->\n").unwrap_or_default();
    let (told, _) = after.split_once("<!-- /calls -->").unwrap_or_default();
    assert_eq!(told, expected, "put this between the marks of docs/collection.md:\n{expected}");
}
