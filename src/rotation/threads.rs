//! Work on many things that do not hang on each other, on all cores. The audit judges rotations with it, the rules run in it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Below so many rotations, starting threads takes longer than it saves.
const WORTH_IT: usize = 64;
/// More threads than this wait for memory.
const MOST: usize = 8;

/// What `work` makes of each of `things`, in their order whichever thread did it. `size` says how many rotations it is about.
pub fn side_by_side<T: Sync, U: Send>(things: &[T], size: usize, work: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST);
    if size < WORTH_IT || threads < 2 {
        return things.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let some = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(thing) = things.get(at) else { return done };
            done.push((at, work(thing)));
        }
    };
    let mut done: Vec<(usize, U)> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(some)).collect();
        let joined = running.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.flatten().collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_comes_in_the_order_of_the_things() {
        let things: Vec<usize> = (0..1_000).collect();
        assert_eq!(side_by_side(&things, things.len(), |thing| thing * 2), things.iter().map(|thing| thing * 2).collect::<Vec<_>>());
        assert_eq!(side_by_side(&things[..3], 3, |thing| thing + 1), [1, 2, 3]);
        assert!(side_by_side(&[0_u8; 0], 1_000, |thing| *thing).is_empty());
    }
}
