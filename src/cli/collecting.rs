//! A live collection as the program runs it: options, spool, signals, progress, and what is said at the end. `live` asks here.

use std::path::{Path, PathBuf};

use super::clock::now;
use super::error::{CliError, complain};
use super::progress::{Account, Steps};
use super::reading::Live;
use super::{chosen, coverage, interrupt, stats};
use crate::inventory::Inventory;
use crate::source::aws::{Exchange, Options, ProposedFunction, ProposedNetworks, Rates, UnderWay, collect};

/// Reads the accounts, and gives what their calls went through. `beside` is the file that will hold the inventory.
pub(super) fn collected(live: &Live<'_>, beside: Option<&Path>) -> Result<(Inventory, Exchange), CliError> {
    let exchange = Exchange::new(rates(live));
    let mut options = Options {
        profile: live.profile.map(ToOwned::to_owned),
        regions: live.regions.to_vec(),
        all_regions: live.all_regions,
        endpoint_url: live.endpoint_url.map(ToOwned::to_owned),
        functions: live.more.functions.clone(),
        keys: live.more.keys.clone(),
        networks: ProposedNetworks { attachments: live.more.attachments.clone(), subnets: live.more.subnets.clone() },
        proposed: live.more.of_secret.clone().map(|(secret, function)| ProposedFunction { secret, function }),
        exchange: exchange.clone(),
        ..Options::new(now())
    };
    chosen::apply(live.accounts, &mut options)?;
    let spool = live.reading.spool.clone().or_else(|| beside.and_then(spool_of));
    let stored = keep(&mut options, spool.as_deref(), live)?;
    let runtime = tokio::runtime::Runtime::new().map_err(|error| CliError::Runtime(error.to_string()))?;
    let listening = interrupt::listen(&exchange);
    let steps = Steps::on_stderr(live.reading.quiet, look(&exchange));
    let outcome = runtime.block_on(collect(&options, &steps));
    drop((steps, listening));
    if live.reading.stats {
        stats::print(&exchange.numbers());
    }
    if outcome.is_err() && stored == 0 {
        // Nobody could be asked: there is nothing to go on with. What is wrong with the account is what its user must hear.
        let _ = exchange.remove_spool();
    }
    let inventory = outcome?;
    if !live.reading.quiet {
        coverage::print(&inventory.gaps(), &exchange.numbers());
    }
    warn(&inventory, &exchange, spool.as_deref());
    Ok((inventory, exchange))
}

/// AWS's documented rates are AWS's: what else answers, such as an emulator, is asked faster, until it throttles.
fn rates(live: &Live<'_>) -> Rates {
    let elsewhere = |url: &str| !["amazonaws.com", "api.aws", "amazonwebservices.com.cn"].iter().any(|host| url.contains(host));
    match (live.reading.max_rate, live.endpoint_url) {
        (Some(most), _) => Rates::Capped(most),
        (None, Some(url)) if elsewhere(url) => Rates::Elsewhere,
        (None, _) => Rates::Documented,
    }
}

/// Begins or goes on with the spool, and says so. Gives how many answers it holds.
fn keep(options: &mut Options, spool: Option<&Path>, live: &Live<'_>) -> Result<usize, CliError> {
    let note = |text: &str| {
        if !live.reading.quiet {
            complain("note", text);
        }
    };
    let Some(path) = spool else {
        if live.reading.resume {
            return Err(CliError::Usage("--resume goes on from a spool: name it with --spool FILE".to_owned()));
        }
        return Ok(0);
    };
    let replaced = !live.reading.resume && path.exists();
    let stored = options.keep(path, live.reading.resume)?;
    if stored > 0 {
        note(&format!("going on from {}: {stored} answers, as of {}", path.display(), options.as_of));
    } else if replaced {
        note(&format!("{} of an earlier run is replaced; --resume would have gone on from it", path.display()));
    }
    Ok(stored)
}

/// `FILE.spool`, the spool beside a file; none for what is no regular file, such as a pipe.
fn spool_of(file: &Path) -> Option<PathBuf> {
    if file.metadata().is_ok_and(|there| !there.is_file()) {
        return None;
    }
    let mut name = file.file_name()?.to_owned();
    name.push(".spool");
    Some(file.with_file_name(name))
}

/// What each account is at.
fn look(exchange: &Exchange) -> impl Fn() -> Vec<Account> + Send + 'static {
    let exchange = exchange.clone();
    let one = |it: UnderWay| Account {
        id: it.account,
        call: it.call,
        of_call: it.of_call.answers + it.of_call.stored,
        answers: it.counts.answers + it.counts.stored,
        throttles: it.counts.throttles,
    };
    move || exchange.under_way().into_iter().map(one).collect()
}

/// Says what is not as it should be, and how to go on.
fn warn(inventory: &Inventory, exchange: &Exchange, spool: Option<&Path>) {
    if let Some(problem) = exchange.spool_problem() {
        complain("warning", &format!("the spool could not be written to its end ({problem}): not every answer is in it"));
    }
    if let Some(why) = &inventory.partial {
        let how = match spool {
            Some(path) => format!("with --resume, the same command goes on from {}", path.display()),
            None => "with --spool FILE, another run can be gone on with".to_owned(),
        };
        complain("warning", &format!("{why}: not everything was read; {how}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spool_lies_beside_the_file_and_a_pipe_has_none() {
        assert_eq!(spool_of(Path::new("a/account.json.zst")), Some(PathBuf::from("a/account.json.zst.spool")));
        assert_eq!(spool_of(Path::new("/dev/null")), None);
        assert_eq!(spool_of(Path::new("..")), None);
    }
}
