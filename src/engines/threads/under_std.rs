//! Runs on the threads of the machine: the order is up to the operating system, and runs are not
//! reproducible.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use crate::engines::explore::panics;
use crate::engines::schedule::Schedule;

use super::Body;
use super::runs::{Current, Ending, Feed, Ran};

/// The interval at which to check whether a run is stuck.
const LOOK: Duration = Duration::from_millis(100);
/// A run is stuck if nothing was logged in this many checks. On a very busy machine this may be
/// wrong.
const STILL: u32 = 50;

/// Does `runs` runs. A stuck run leaves its threads behind.
pub fn stress(body: &Body, runs: u64, feed: &Arc<Feed>) {
    for _ in 0..runs {
        let ran = run(body);
        let whole = ran.ending == Ending::Finished;
        if !feed.hand_over(ran) || !whole {
            return;
        }
    }
}

fn run(body: &Body) -> Ran {
    let (sender, receiver) = sync_channel(1);
    let (body, current) = (body.clone(), Current::default());
    let log = current.begin(halt);
    let thread = std::thread::spawn({
        let log = log.clone();
        move || {
            let ended = panics::catch(|| body(&log));
            // The receiver is gone if the run was given up.
            let _ = sender.send(ended.err());
        }
    });
    let (mut still, mut length) = (0, 0);
    let ending = loop {
        let ended = receiver.recv_timeout(LOOK);
        if let Some(property) = log.violated() {
            break Ending::Violated(property);
        }
        match ended {
            Ok(None) => break Ending::Finished,
            Ok(Some(message)) => break Ending::Panicked(message),
            Err(RecvTimeoutError::Disconnected) => break Ending::Panicked(String::new()),
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = log.length();
        still = if now == length { still + 1 } else { 0 };
        length = now;
        if still == STILL {
            break Ending::Deadlock;
        }
    };
    if ending == Ending::Finished {
        // It has sent its last message, so this does not wait long.
        let _ = thread.join();
    }
    Ran { log: log.take(), ending, schedule: Schedule::None }
}

/// Ends a thread of a run that was given up: it sleeps forever.
fn halt() -> ! {
    loop {
        std::thread::park();
    }
}
