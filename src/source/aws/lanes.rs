//! Does many things at once, but only so many in each lane and so many in all. The wire keeps AWS's rates; the bounds here are for memory.

use std::collections::{BTreeMap, VecDeque};
use std::panic::resume_unwind;

use tokio::task::JoinSet;

/// How many things are under way in one lane: enough that every group of calls is used to its rate while calls take a tenth of a second and more.
const WIDTH: usize = 64;

/// How many things are under way in all lanes together, however many accounts and regions there are.
const MOST: usize = 512;

/// Does `work` on every item of every lane (an account's region). `tick` hears how many are done. The order of what comes out is not that of
/// what went in.
pub(super) async fn in_lanes<K, V, F>(lanes: BTreeMap<String, Vec<K>>, tick: impl Fn(usize, usize), work: impl Fn(&str, K) -> F) -> Vec<V>
where
    F: Future<Output = V> + Send + 'static,
    V: Send + 'static,
{
    let total = lanes.values().map(Vec::len).sum();
    // Who may start the next thing: each lane as often as it is wide, in turn.
    let mut openings: VecDeque<String> = (0..WIDTH).flat_map(|_| lanes.keys().cloned()).collect();
    let mut waiting: BTreeMap<String, _> = lanes.into_iter().map(|(lane, items)| (lane, items.into_iter())).collect();
    let mut running = JoinSet::new();
    let mut done = Vec::with_capacity(total);
    loop {
        while running.len() < MOST
            && let Some(lane) = openings.pop_front()
        {
            if let Some(item) = waiting.get_mut(&lane).and_then(Iterator::next) {
                let work = work(&lane, item);
                running.spawn(async move { (lane, work.await) });
            }
        }
        match running.join_next().await {
            None => return done,
            Some(Ok((lane, value))) => {
                done.push(value);
                tick(done.len(), total);
                openings.push_back(lane);
            }
            // A task ends without a value only by a panic of ours (nobody cancels one): it goes on where it belongs.
            Some(Err(error)) => {
                if let Ok(panic) = error.try_into_panic() {
                    resume_unwind(panic);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_item_is_done_once_and_no_lane_is_wider_than_it_may_be() {
        let lanes = BTreeMap::from([("a".to_owned(), (0..100).collect::<Vec<u32>>()), ("b".to_owned(), (100..103).collect())]);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let ticks = AtomicUsize::new(0);
        let tick = |_, total| {
            ticks.fetch_add(usize::from(total == 103), Ordering::SeqCst);
        };
        let work = |lane: &str, item: u32| {
            let (now, most, in_a) = (Arc::clone(&now), Arc::clone(&most), lane == "a");
            async move {
                if in_a {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    now.fetch_sub(1, Ordering::SeqCst);
                }
                item
            }
        };
        let mut done = in_lanes(lanes, tick, work).await;
        done.sort_unstable();
        assert_eq!(done, (0..103).collect::<Vec<u32>>());
        assert_eq!(ticks.into_inner(), 103);
        let most = most.load(Ordering::SeqCst);
        assert!((1..=WIDTH).contains(&most), "{most}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_thousand_lanes_are_no_wider_than_one_may_be_in_all() {
        let lanes = (0..1000).map(|lane| (format!("{lane:04}"), vec![(); 3])).collect();
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let work = |lane: &str, ()| {
            let (now, most, lane) = (Arc::clone(&now), Arc::clone(&most), lane.to_owned());
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                now.fetch_sub(1, Ordering::SeqCst);
                lane
            }
        };
        let mut done = in_lanes(lanes, |_, _| {}, work).await;
        assert_eq!(done.len(), 3000);
        done.sort_unstable();
        done.dedup();
        assert_eq!(done.len(), 1000);
        assert!(most.load(Ordering::SeqCst) <= MOST);
    }
}
