//! Which files of a folder belong to its configuration, and in which order (<https://developer.hashicorp.com/terraform/language/files>). `files` asks here.

use std::collections::BTreeSet;

/// How files of a configuration end, each with what OpenTofu reads in its place
/// (<https://opentofu.org/docs/language/files/#override-files>).
const ENDS: [(&str, &str); 2] = [(".tf", ".tofu"), (".tf.json", ".tofu.json")];

/// The files of a configuration in the order in which they are read: those that say something over others come last.
pub(super) fn in_order(names: Vec<String>, reads_tofu: bool) -> Vec<String> {
    let all: BTreeSet<String> = names.into_iter().collect();
    let belongs = |name: &&String| {
        let is_backup = name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'));
        let is_read = ENDS.iter().any(|(terraform, tofu)| {
            let stem = name.strip_suffix(terraform);
            let is_replaced = || stem.is_some_and(|stem| reads_tofu && all.contains(&format!("{stem}{tofu}")));
            (stem.is_some() && !is_replaced()) || (reads_tofu && name.ends_with(tofu))
        });
        is_read && !is_backup
    };
    let (over, plain): (Vec<&String>, Vec<&String>) = all.iter().filter(belongs).partition(|name| is_override(name));
    plain.into_iter().chain(over).cloned().collect()
}

/// Whether a file is written in JSON.
pub(super) fn is_json(name: &str) -> bool {
    name.rsplit('.').next() == Some("json")
}

/// Whether what stands in a file goes over what stands in others.
pub(super) fn is_override(name: &str) -> bool {
    let stem = ENDS.iter().flat_map(|(terraform, tofu)| [terraform, tofu]).find_map(|end| name.strip_suffix(end));
    stem.is_some_and(|stem| stem == "override" || stem.ends_with("_override"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_in_the_order_of_their_names_and_overrides_last() {
        let given = ["main.tf", "a_override.tf", "override.tf.json", "cdk.tf.json", ".x.tf", "b.tf~", "main.tofu", "z.tofu.json", "x.json"];
        let names = |reads_tofu| in_order(given.map(str::to_owned).to_vec(), reads_tofu);
        assert_eq!(names(false), ["cdk.tf.json", "main.tf", "a_override.tf", "override.tf.json"]);
        assert_eq!(names(true), ["cdk.tf.json", "main.tofu", "z.tofu.json", "a_override.tf", "override.tf.json"]);
    }
}
