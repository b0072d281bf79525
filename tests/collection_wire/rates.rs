//! AWS's documented rates, enforced by the mock.

use rotaudit::arn::Arn;
use rotaudit::inventory::Inventory;
use rotaudit::source::aws::{Exchange, Options, Rates};

use super::collecting::{assert_same, options, run};
use super::mock::{Faults, Mock};
use super::sample::sample;

/// The sample with a dozen more functions, each the rotation function of a secret of its own.
fn many() -> Inventory {
    let mut inventory = sample();
    let (secret, function) = {
        let secret =
            inventory.secrets.values().find(|it| it.rotation.function.is_some() && it.arn.region() == "eu-west-1").unwrap().clone();
        let named = secret.rotation.function.clone().unwrap().split_qualifier().0;
        (secret, inventory.functions[&named].clone())
    };
    for index in 0..12 {
        let (mut secret, mut function) = (secret.clone(), function.clone());
        function.arn = Arn::parse(&format!("{}-{index}", function.arn)).unwrap();
        function.qualified.clear();
        function.provisioned_concurrency.clear();
        function.policies.retain(|qualifier, _| qualifier.is_empty());
        function.urls = rotaudit::inventory::Known::default();
        secret.arn = Arn::parse(&secret.arn.as_str().replace(secret.arn.name(), &format!("many-{index}-AbCdEf"))).unwrap();
        secret.name = format!("many-{index}");
        secret.rotation.function = Some(function.arn.clone());
        inventory.secrets.insert(secret.arn.clone(), secret);
        inventory.functions.insert(function.arn.clone(), function);
    }
    inventory
}

#[test]
fn who_keeps_to_the_documented_rates_is_hardly_ever_throttled() {
    let mock = Mock::serve(many(), Faults { rates: true, ..Faults::default() });
    let exchange = Exchange::new(Rates::Documented);
    let options = Options { max_attempts: Some(8), exchange: exchange.clone(), ..options(&mock, &many()) };
    assert_same(&run(&options).unwrap(), &many(), "paced");
    let total = exchange.numbers().total();
    assert!(total.attempts > 150, "{total:?}");
    assert!(total.throttles * 50 <= total.attempts, "{total:?}");
    assert_eq!(total.throttles, mock.throttles() as u64);
}

#[test]
fn who_goes_too_fast_is_throttled_and_gets_everything_all_the_same() {
    let mock = Mock::serve(many(), Faults { rates: true, ..Faults::default() });
    let options = Options { max_attempts: Some(30), ..options(&mock, &many()) };
    assert_same(&run(&options).unwrap(), &many(), "too fast");
    assert!(mock.throttles() > 0);
}
