//! The fields of what a function is made of and how it is set: package, runtime, layers, logs, environment.

use super::environment::{PasswordSettings, injecting, named_like_secrets, rerouting};
use super::make::{boolean, int, known, list, not_known, option, string, text, time};
use super::row::{Row, View};
use super::runtimes::deprecated;
use crate::arn::Arn;
use crate::inventory::{FunctionDetails, Gap, Known, Variables};
use crate::policy::Text;
use crate::rules::expression::{Fact, Field, Type, Value};

const TEXTS: Type = Type::List(&Type::String);

pub(super) const ROWS: &[Row] = &[
    // When security updates of the runtime end; absent where no date is known, as for a container image.
    Row::read(Field::optional("function.runtime_ends", Type::Timestamp), |view| {
        known(view.rotation.configuration.clone(), |it| match it.and_then(|it| it.runtime.as_deref()) {
            Some(runtime) if Text::parse(runtime).has_unknown() => not_known(view.rotation.function_arn, runtime),
            runtime => option(runtime.and_then(deprecated), time),
        })
    }),
    Row::read(Field::optional("function.last_modified", Type::Timestamp), |view| {
        of(view, Fact::Absent, |it| option(it.last_modified, time))
    }),
    Row::read(Field::optional("function.package_type", Type::String), |view| {
        of(view, Fact::Absent, |it| option(it.package_type.as_deref(), text))
    }),
    Row::read(Field::optional("function.memory", Type::Int), |view| of(view, Fact::Absent, |it| option(it.memory_mb, |it| int(it.into())))),
    Row::read(Field::required("function.architectures", TEXTS), |view| {
        of(view, list([]), |it| list(it.architectures.iter().map(|it| string(it))))
    }),
    Row::read(Field::required("function.layers", TEXTS), |view| of(view, list([]), |it| list(it.layers.iter().map(|it| string(it))))),
    // Layers that belong to another account than the function.
    Row::read(Field::required("function.foreign_layers", TEXTS), |view| {
        of(view, list([]), |it| match it.layers.iter().find(|layer| Text::parse(layer).has_unknown()) {
            Some(layer) => not_known(view.rotation.function_arn, layer),
            None => list(foreign_layers(view, it)),
        })
    }),
    Row::read(Field::optional("function.signing_job", Type::String), |view| {
        of(view, Fact::Absent, |it| option(it.signing_job.as_deref(), text))
    }),
    Row::read(Field::optional("function.runtime_version", Type::String), |view| {
        of(view, Fact::Absent, |it| option(it.runtime_version.as_deref(), text))
    }),
    Row::read(Field::optional("function.dead_letter_target", Type::String), |view| {
        of(view, Fact::Absent, |it| option(it.dead_letter_target.as_deref(), text))
    }),
    Row::read(Field::optional("function.log_group", Type::String), |view| {
        of(view, Fact::Absent, |it| option(it.log_group.as_deref(), text))
    }),
    Row::read(Field::optional("function.log_format", Type::String), |view| {
        of(view, Fact::Absent, |it| option(it.log_format.as_deref(), text))
    }),
    Row::read(Field::optional("function.log_level", Type::String), |view| {
        of(view, Fact::Absent, |it| option(it.log_level.as_deref(), text))
    }),
    Row::read(Field::required("function.variables", TEXTS), |view| {
        of_variables(view, list([]), |it| list(it.names.iter().map(|it| string(it))))
    }),
    // Variables that have other code run in the function before its own.
    Row::read(Field::required("function.injecting_variables", TEXTS), |view| {
        of_variables(view, list([]), |it| list(injecting(it).map(string)))
    }),
    // Variables that send the function's requests through somebody else, or have it trust somebody else.
    Row::read(Field::required("function.rerouting_variables", TEXTS), |view| {
        of_variables(view, list([]), |it| list(rerouting(it).map(string)))
    }),
    // Variables that are called like passwords, keys or tokens.
    Row::read(Field::required("function.secret_variables", TEXTS), |view| {
        of_variables(view, list([]), |it| list(named_like_secrets(it).map(string)))
    }),
    // How many bits of chance are in the passwords that AWS's templates make with these settings; absent for a length that is none.
    Row::read(Field::optional("function.password_bits", Type::Int), |view| {
        of_variables(view, Fact::Absent, |it| option(PasswordSettings::of(it).and_then(|it| it.bits()), int))
    }),
    Row::read(Field::required("function.password_settings_valid", Type::Bool), |view| {
        of_variables(view, boolean(true), |it| boolean(PasswordSettings::of(it).is_some()))
    }),
    // Characters that AWS's templates leave out of passwords, and that the function's own list puts back.
    Row::read(Field::required("function.password_risky_characters", TEXTS), |view| {
        of_variables(view, list([]), |it| list(PasswordSettings::risky_characters(it).map(string)))
    }),
];

/// A function that does not exist has nothing of this; one that was not asked about leaves it open.
fn of(view: &View<'_>, without: Fact<Gap>, make: impl FnOnce(&FunctionDetails) -> Fact<Gap>) -> Fact<Gap> {
    known(view.rotation.configuration.clone(), |configuration| match configuration.map(|it| it.details.as_ref()) {
        None => without,
        Some(Some(details)) => make(details),
        Some(None) => {
            let function = view.rotation.function_arn.map_or("", Arn::as_str);
            Fact::Unreadable(vec![Gap::not_collected("lambda:GetFunctionConfiguration", function)])
        }
    })
}

fn of_variables(view: &View<'_>, without: Fact<Gap>, make: impl FnOnce(&Variables) -> Fact<Gap>) -> Fact<Gap> {
    of(view, without, |details| match &details.variables {
        Known::Value(variables) => make(variables),
        Known::Unreadable(gap) => Fact::Unreadable(vec![gap.clone()]),
    })
}

fn foreign_layers<'a>(view: &View<'_>, it: &'a FunctionDetails) -> impl Iterator<Item = Value<Gap>> + use<'a> {
    let own = view.rotation.function_arn.map(|arn| arn.account().to_owned());
    it.layers.iter().filter(move |layer| Arn::parse(layer).ok().map(|arn| arn.account().to_owned()) != own).map(|layer| string(layer))
}
