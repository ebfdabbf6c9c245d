//! Independent searches on several threads, and the observer of their progress.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// An observer of the progress.
pub trait Progress: Sync {
    /// Reports that this many more searches must run than previously known.
    fn more(&self, cells: usize);
    /// Reports that a search begins.
    fn cell(&self, name: &str);
}

/// Ignores all progress.
impl Progress for () {
    fn more(&self, _: usize) {}
    fn cell(&self, _: &str) {}
}

/// Applies `work` to every item on several threads. The results are in the order of the items.
pub fn parallel<T: Sync, R: Send>(
    threads: usize,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Relaxed);
                    let Some(item) = items.get(at) else { break };
                    let result = work(item);
                    if let Ok(mut results) = results.lock() {
                        results.push((at, result));
                    }
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}
