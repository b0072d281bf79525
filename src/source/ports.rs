//! The ports on which databases listen of which a template or plan names none. `cloudformation` and `terraform` ask.

/// By what engines begin with
/// (<https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html>, <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html>).
const PORTS: [(&str, u16); 9] = [
    ("aurora-postgresql", 5432),
    ("aurora", 3306),
    ("postgres", 5432),
    ("mysql", 3306),
    ("mariadb", 3306),
    ("oracle", 1521),
    ("sqlserver", 1433),
    ("docdb", 27017),
    ("redshift", 5439),
];

/// The engine of a CloudFormation resource of this type, where the type itself says it.
pub(crate) fn engine_of(kind: &str) -> Option<&'static str> {
    match kind.split("::").nth(1) {
        Some("DocDB") => Some("docdb"),
        Some("Redshift") => Some("redshift"),
        Some("Neptune") => Some("neptune"),
        _ => None,
    }
}

/// The port of an engine by itself.
pub(crate) fn usual(engine: &str) -> Option<u16> {
    PORTS.iter().find(|(name, _)| engine.starts_with(name)).map(|(_, port)| *port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_has_its_own_port_and_one_that_is_not_known_has_none() {
        let ports = ["aurora-postgresql", "aurora-mysql", "sqlserver-ex", "oracle-ee", "neptune", "", "db2-se"].map(usual);
        assert_eq!(ports, [Some(5432), Some(3306), Some(1433), Some(1521), None, None, None]);
        assert_eq!(["AWS::DocDB::DBCluster", "AWS::RDS::DBInstance"].map(engine_of), [Some("docdb"), None]);
    }
}
