//! Reads one rule file: YAML, then the checks that YAML cannot make. Everything wrong is an error with its place; nothing is guessed.

use std::collections::BTreeSet;
use std::path::Path;

use serde_saphyr::{Budget, Error as YamlError, Location, Spanned};

use super::error::{LoadError, Problem, did_you_mean, expression_problem};
use super::expression::{Expression, ExpressionError, Template};
use super::fields;
use super::file::{PathFile, RequestFile, RuleFile};
use super::place::{in_scalar, range};
use super::rule::{Assertions, Given, PathAssertion, Request, Rule};
use super::words::{Asker, Object, Stand};
use crate::finding::{About, RuleInfo};
use crate::network::Code;

/// A rule file is at most this long; the longest built-in one has a tenth of it.
const MAX_BYTES: usize = 256 * 1024;

/// Loads the rule file at `path` (for its name and folder, and for messages) with this text.
pub(super) fn load(path: &str, text: &str) -> Result<Rule, LoadError> {
    Loading { path, text }.rule()
}

struct Loading<'a> {
    path: &'a str,
    text: &'a str,
}

impl Loading<'_> {
    fn rule(&self) -> Result<Rule, LoadError> {
        if self.text.len() > MAX_BYTES {
            return Err(LoadError::new(self.path, "", Problem::TooLong(MAX_BYTES), None));
        }
        let file = self.yaml()?;
        self.names(&file)?;
        let assertions = Assertions {
            unless: self.requests(&file.unless)?,
            require: self.requests(&file.require)?,
            forbid: self.requests(&file.forbid)?,
            together: self.requests(&file.together)?,
            expect: self.expression("expect", file.expect.as_ref())?,
            path: file.path.as_ref().map(|path| self.path(path)).transpose()?,
        };
        self.about(&file, &assertions)?;
        self.others(&file, &assertions)?;
        if assertions.is_empty() {
            let help = "a rule has at least one of `require`, `forbid`, `together`, `expect` and `path`".to_owned();
            return Err(self.error(Problem::AssertsNothing, file.id.referenced).with_help(help));
        }
        let rule = Rule {
            when: self.expression("when", file.when.as_ref())?,
            assertions,
            message: Template::parse(&file.message.value, fields::schema())
                .map_err(|e| self.in_expression("message", &file.message, &e))?,
            tests: file.tests.clone(),
            written: file.severity,
            info: info(&file),
        };
        let tested: BTreeSet<_> = rule.tests.iter().map(|test| test.expect).collect();
        match rule.outcomes().into_iter().find(|outcome| !tested.contains(outcome)) {
            None => Ok(rule),
            Some(untested) => Err(self.error(Problem::Untested(untested.word()), file.id.referenced)),
        }
    }

    fn yaml(&self) -> Result<RuleFile, LoadError> {
        let mut budget = Budget::default();
        budget.max_depth = 64;
        budget.max_nodes = 20_000;
        let options = serde_saphyr::options! {
            budget: Some(budget),
            strict_booleans: true,
            reject_unsupported_tags: true,
            with_snippet: false,
        };
        serde_saphyr::from_str_with_options(self.text, options).map_err(|error| self.yaml_error(&error))
    }

    fn yaml_error(&self, error: &YamlError) -> LoadError {
        let place = error.location().and_then(|location| range(self.text, location));
        let (problem, help) = match error.without_snippet() {
            YamlError::SerdeUnknownField { field, expected, .. } => (Problem::UnknownKey(field.clone()), choice(field, expected)),
            YamlError::SerdeUnknownVariant { variant, expected, .. } => (Problem::UnknownWord(variant.clone()), choice(variant, expected)),
            YamlError::SerdeMissingField { field, .. } => (Problem::MissingKey(field), None),
            other => (Problem::Yaml(one_line(&other.to_string())), None),
        };
        LoadError::new(self.path, self.text, problem, place).with_help(help)
    }

    /// Checks the id and the category against the file's name and folder.
    fn names(&self, file: &RuleFile) -> Result<(), LoadError> {
        let id = &file.id.value;
        let kebab = !id.is_empty()
            && id.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        if !kebab {
            return Err(self.error(Problem::BadId(id.clone()), file.id.referenced));
        }
        let path = Path::new(self.path);
        if path.file_stem().is_none_or(|stem| stem != id.as_str()) {
            let help = format!("the file of this rule is called `{id}.yaml`");
            return Err(self.error(Problem::FileName { id: id.clone() }, file.id.referenced).with_help(help));
        }
        let category = file.category.value.word();
        if path.parent().and_then(Path::file_name).is_none_or(|folder| folder != category) {
            let help = format!("the file of this rule lies in a folder called `{category}`");
            return Err(self.error(Problem::Folder(category), file.category.referenced).with_help(help));
        }
        Ok(())
    }

    fn expression(&self, key: &'static str, source: Option<&Spanned<String>>) -> Result<Option<Expression>, LoadError> {
        let parse = |source: &Spanned<String>| {
            Expression::parse(&source.value, fields::schema()).map_err(|error| self.in_expression(key, source, &error))
        };
        source.map(parse).transpose()
    }

    fn in_expression(&self, key: &'static str, source: &Spanned<String>, error: &ExpressionError) -> LoadError {
        let place = range(self.text, source.referenced).map(|scalar| in_scalar(self.text, scalar, &source.value, error.span()));
        let problem = expression_problem(key, &source.value, error);
        LoadError::new(self.path, self.text, problem, place).with_help(error.help().map(str::to_owned))
    }

    /// Of other principals it is asked what they may, not what they must, and nothing that is chosen for each caller; a request that asks nobody would pass.
    fn others(&self, file: &RuleFile, assertions: &Assertions) -> Result<(), LoadError> {
        let wrong = |request: &Request| {
            let of_others = |requests: &[Request]| requests.iter().any(|request| request.asker.is_others());
            if of_others(&assertions.require) {
                Some("under `require`")
            } else if of_others(&assertions.unless) && !request.asker.is_others() {
                Some("under `unless` of a rule that asks somebody else")
            } else if request.asker.is_others() && (request.object.is_other_secrets() || request.is_foreign()) {
                Some("about other secrets or foreign things")
            } else if request.object == Object::Endpoint && file.about != About::Endpoint {
                Some("about an endpoint in a rule that is not `about: endpoint`")
            } else {
                None
            }
        };
        match assertions.requests().find_map(wrong) {
            Some(what) => Err(self.error(Problem::NotOfOthers(what), file.id.referenced)),
            None => Ok(()),
        }
    }

    fn path(&self, path: &Spanned<PathFile>) -> Result<PathAssertion, LoadError> {
        let PathFile { to, blocked_by, remarks } = &path.value;
        let codes = |words: &[String]| words.iter().map(|word| self.code(word, path.referenced)).collect::<Result<_, _>>();
        Ok(PathAssertion { to: *to, blocked_by: codes(blocked_by)?, remarks: codes(remarks)? })
    }

    fn code(&self, word: &str, at: Location) -> Result<Code, LoadError> {
        Code::ALL.iter().find(|code| code.as_str() == word).copied().ok_or_else(|| {
            let help = did_you_mean(word, Code::ALL.iter().map(|code| code.as_str()));
            self.error(Problem::UnknownWord(word.to_owned()), at).with_help(help)
        })
    }

    /// A rule about what stops traffic asserts something of a path; the policy of an endpoint alone is asked in rules about endpoints.
    fn about(&self, file: &RuleFile, assertions: &Assertions) -> Result<(), LoadError> {
        if file.about == About::Network && assertions.path.is_none() {
            return Err(self.error(Problem::MissingKey("path"), file.id.referenced));
        }
        if file.about == About::Configuration {
            let help = "`configuration` is what rotaudit itself says of waivers".to_owned();
            return Err(self.error(Problem::UnknownWord(file.about.word().to_owned()), file.id.referenced).with_help(help));
        }
        let at_endpoint = assertions.requests().any(|request| request.asker == Asker::ExecutionRoleAtEndpoint);
        if at_endpoint && file.about != About::Endpoint {
            let help = "`as: execution-role-at-endpoint` stands in rules with `about: endpoint`".to_owned();
            return Err(self.error(Problem::UnknownWord(file.about.word().to_owned()), file.id.referenced).with_help(help));
        }
        Ok(())
    }

    fn requests(&self, requests: &[Spanned<RequestFile>]) -> Result<Vec<Request>, LoadError> {
        requests.iter().map(|request| self.request(&request.value, request.referenced)).collect()
    }

    fn request(&self, request: &RequestFile, at: Location) -> Result<Request, LoadError> {
        if let Some(bad) = request.call.0.iter().find(|action| !is_action(action)) {
            let help = "an action is written `service:Action`, without wildcards".to_owned();
            return Err(self.error(Problem::BadAction(bad.clone()), at).with_help(help));
        }
        if request.call.0.is_empty() {
            return Err(self.error(Problem::MissingKey("call"), at));
        }
        let mut context = std::collections::BTreeMap::new();
        for (key, value) in &request.with {
            context.insert(key.as_str().into(), self.given(value, at)?);
        }
        let actions = request.call.0.iter().map(|action| action.as_str().into()).collect();
        Ok(Request { asker: request.asker, actions, object: request.object, context })
    }

    /// A word, or a literal that is not nearly a word.
    fn given(&self, value: &str, at: Location) -> Result<Given, LoadError> {
        if let Some(stand) = Stand::named(value) {
            return Ok(Given::Stand(stand));
        }
        match did_you_mean(value, Stand::ALL.into_iter().map(|(word, _)| word)) {
            Some(help) => Err(self.error(Problem::UnknownWord(value.to_owned()), at).with_help(help)),
            None => Ok(Given::Literal(value.to_owned())),
        }
    }

    fn error(&self, problem: Problem, at: Location) -> LoadError {
        LoadError::new(self.path, self.text, problem, range(self.text, at))
    }
}

/// The way out of a wrong key or word: the near one, or all of them.
fn choice(wrong: &str, known: &[&'static str]) -> Option<String> {
    did_you_mean(wrong, known.iter().copied()).or_else(|| (!known.is_empty()).then(|| format!("known here: {}", known.join(", "))))
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_action(action: &str) -> bool {
    action.split_once(':').is_some_and(|(service, name)| {
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        plain(service) && plain(name)
    })
}

fn info(file: &RuleFile) -> RuleInfo {
    RuleInfo {
        id: file.id.value.clone(),
        title: file.title.clone(),
        category: file.category.value,
        class: file.class,
        severity: file.severity,
        confidence: file.confidence,
        about: file.about,
        why: file.why.trim().to_owned(),
        remedy: file.remedy.trim().to_owned(),
        references: file.references.clone(),
        maps: file.maps.clone(),
        fix: file.fix.clone(),
    }
}
