//! Ranks that are threads of one process.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::transport::{Gone, Inbox, Transport};

/// A rank among threads of one process.
pub struct Local {
    me: usize,
    inboxes: Arc<Vec<Inbox>>,
    has_ended: AtomicBool,
}

impl Local {
    /// Creates so many ranks, connected to each other.
    pub fn ranks(count: usize) -> Vec<Self> {
        let inboxes: Arc<Vec<Inbox>> = Arc::new((0..count).map(|_| Inbox::default()).collect());
        let rank = |me| Self { me, inboxes: inboxes.clone(), has_ended: AtomicBool::new(false) };
        (0..count).map(rank).collect()
    }
}

impl Transport for Local {
    fn me(&self) -> usize {
        self.me
    }

    fn peers(&self) -> usize {
        self.inboxes.len()
    }

    fn send(&self, to: usize, mail: Vec<u8>) -> io::Result<()> {
        self.inboxes[to].put(self.me, mail);
        Ok(())
    }

    fn receive(&self) -> io::Result<Option<(usize, Vec<u8>)>> {
        self.inboxes[self.me].take()
    }

    fn flush(&self) -> io::Result<()> {
        self.has_ended.store(true, Relaxed);
        Ok(())
    }

    fn idle(&self) {
        self.inboxes[self.me].wait();
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        if !self.has_ended.load(Relaxed) {
            let gone = Gone { rank: self.me, why: "has ended".to_string() };
            self.inboxes.iter().for_each(|inbox| inbox.miss(gone.clone()));
        }
    }
}
