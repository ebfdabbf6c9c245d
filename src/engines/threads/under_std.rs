//! Runs on the threads of the machine: as they come, and never the same twice.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use crate::engines::explore::panics;
use crate::engines::threads::schedule::Schedule;

use super::Body;
use super::runs::{Current, Ending, Feed, Ran};

/// How often to look whether a run stands still.
const LOOK: Duration = Duration::from_millis(100);
/// In so many looks nothing was logged: it does. A machine that is very busy may be wronged.
const STILL: u32 = 50;

/// Does so many runs. One that stands still leaves its threads behind.
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
            // Nobody listens any more if the run was given up.
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
        // It has sent its last word, so this does not wait long.
        let _ = thread.join();
    }
    Ran { log: log.take(), ending, schedule: Schedule::None }
}

/// Ends a thread of a run that is given up: it rests for ever.
fn halt() -> ! {
    loop {
        std::thread::park();
    }
}
