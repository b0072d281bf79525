//! The configuration file that `rotaudit init` writes: every setting with an example, all switched off.

/// Its text.
pub(crate) const TEMPLATE: &str = include_str!("rotaudit.toml");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::cli::config::{Configuration, KEYS, masters, targets, waivers};

    /// The template with every setting switched on. Prose has a blank after its `#`.
    fn switched_on() -> String {
        let setting = |line: &'static str| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => rest,
            _ => line,
        };
        super::TEMPLATE.lines().map(setting).collect::<Vec<_>>().join("\n")
    }

    fn keys(table: &toml::Table) -> BTreeSet<&str> {
        table.keys().map(String::as_str).collect()
    }

    fn keys_of_entries<'a>(table: &'a toml::Table, name: &str) -> BTreeSet<&'a str> {
        table[name].as_array().unwrap().iter().flat_map(|entry| keys(entry.as_table().unwrap())).collect()
    }

    #[test]
    fn as_it_stands_it_changes_nothing() {
        assert_eq!(Configuration::parse(super::TEMPLATE).unwrap(), Configuration::default());
    }

    #[test]
    fn switched_on_it_loads_and_shows_every_setting_that_there_is() {
        let text = switched_on();
        Configuration::parse(&text).unwrap();
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(keys(&table), BTreeSet::from(KEYS));
        assert_eq!(keys_of_entries(&table, "targets"), BTreeSet::from(targets::KEYS));
        assert_eq!(keys_of_entries(&table, "master-secrets"), BTreeSet::from(masters::KEYS));
        assert_eq!(keys_of_entries(&table, "waivers"), BTreeSet::from(waivers::KEYS));
    }

    #[test]
    fn the_reference_has_a_row_for_each_setting_and_no_other() {
        let reference = std::fs::read_to_string("docs/configuration.md").unwrap();
        let rows = |title: &str| -> BTreeSet<String> {
            let (_, section) = reference.split_once(&format!("\n## {title}\n")).unwrap_or_else(|| panic!("there is no section {title}"));
            let section = section.split("\n## ").next().unwrap();
            section.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split('`').next()?.to_owned())).collect()
        };
        let expected = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(rows("The file"), expected(&KEYS));
        assert_eq!(rows("`[[targets]]`"), expected(&targets::KEYS));
        assert_eq!(rows("`[[master-secrets]]`"), expected(&masters::KEYS));
        assert_eq!(rows("`[[waivers]]`"), expected(&waivers::KEYS));
    }
}
