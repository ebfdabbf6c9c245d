//! Work on the states of a file, shared by threads.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use latchwork_model::kit::State;

use super::states::StateReader;
use crate::engines::explore::panics::join;

/// Locks. What threads share is consistent even if one of them panics.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs the same work on several threads. Returns an error of any of them.
pub fn on_threads(threads: usize, work: impl Fn() -> io::Result<()> + Sync) -> io::Result<()> {
    if threads <= 1 {
        return work();
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(&work)).collect();
        threads.into_iter().try_for_each(join)
    })
}

/// Passes the states that follow in a file to threads, at most `chunk` at a time with the position
/// of the first, as long as `goes_on` says so. Each thread has one of `workers`.
pub fn share<S: State, T: Send>(
    reader: &mut StateReader<S>,
    workers: &mut [T],
    chunk: usize,
    goes_on: impl Fn() -> bool + Sync,
    work: impl Fn(&mut T, u64, &[S]) -> io::Result<()> + Sync,
) -> io::Result<()> {
    let reader = Mutex::new(reader);
    let one = |worker: &mut T| -> io::Result<()> {
        let mut states = Vec::new();
        while goes_on() {
            let from = lock(&reader).take(chunk, &mut states)?;
            if states.is_empty() {
                break;
            }
            work(worker, from, &states)?;
        }
        Ok(())
    };
    match workers {
        [] => Ok(()),
        [worker] => one(worker),
        all => std::thread::scope(|scope| {
            let threads: Vec<_> =
                all.iter_mut().map(|worker| scope.spawn(|| one(worker))).collect();
            threads.into_iter().try_for_each(join)
        }),
    }
}
