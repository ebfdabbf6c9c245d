//! The lock manager: what it does under its own lock.

use std::collections::VecDeque;

use latchwork_model::downconvert::state::Level;

/// A callback from the lock manager.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Callback {
    Ast,
    Bast(Level),
    UnlockAst,
}

/// What the lock manager knows of a node.
pub(super) struct Lkb {
    pub(super) granted: Level,
    pub(super) request: Level,
    pub(super) highbast: Level,
}

/// The lock manager.
pub(super) struct Dlm {
    pub(super) lkb: Vec<Lkb>,
    pub(super) queue: VecDeque<usize>,
    pub(super) callbacks: Vec<VecDeque<Callback>>,
}

impl Dlm {
    pub(super) fn submit(&mut self, n: usize, level: Level, reset: bool) {
        if level <= self.lkb[n].granted {
            self.grant(n, level, reset);
        } else {
            self.lkb[n].request = level;
            self.queue.push_back(n);
        }
        self.scan(reset);
    }

    /// Takes a convert out of the queue. One that is not there is nobody's business.
    pub(super) fn cancel(&mut self, n: usize, reset: bool) {
        if self.queue.contains(&n) {
            self.queue.retain(|queued| *queued != n);
            self.lkb[n].request = Level::NL;
            self.callbacks[n].push_back(Callback::UnlockAst);
            self.scan(reset);
        }
    }

    fn grant(&mut self, n: usize, level: Level, reset: bool) {
        self.lkb[n].granted = level;
        if reset {
            self.lkb[n].highbast = Level::NL;
        }
        self.callbacks[n].push_back(Callback::Ast);
    }

    /// Grants from the head of the queue what can be granted, then tells those in the way.
    fn scan(&mut self, reset: bool) {
        while let Some(n) = self.queue.front().copied() {
            let level = self.lkb[n].request;
            if (0..self.lkb.len()).any(|o| o != n && !compatible(self.lkb[o].granted, level)) {
                break;
            }
            self.queue.pop_front();
            self.lkb[n].request = Level::NL;
            self.grant(n, level, reset);
        }
        for at in 0..self.queue.len() {
            let level = self.lkb[self.queue[at]].request;
            for o in (0..self.lkb.len()).filter(|o| *o != self.queue[at]) {
                if !compatible(self.lkb[o].granted, level) && self.lkb[o].highbast < level {
                    self.lkb[o].highbast = level;
                    self.callbacks[o].push_back(Callback::Bast(level));
                }
            }
        }
    }

    pub(super) fn due(&self) -> Vec<usize> {
        self.callbacks.iter().map(VecDeque::len).collect()
    }

    /// The nodes for which callbacks have become due, once for each.
    pub(super) fn due_since(&self, before: &[usize]) -> Vec<usize> {
        let more = |n: usize| self.callbacks[n].len() - before[n];
        (0..self.callbacks.len()).flat_map(|n| std::iter::repeat_n(n, more(n))).collect()
    }
}

fn compatible(one: Level, other: Level) -> bool {
    one == Level::NL || other == Level::NL || (one == Level::PR && other == Level::PR)
}

/// The highest level that a node may keep when another one wants `level`.
pub(super) fn highest_compatible(level: Level) -> Level {
    match level {
        Level::NL => Level::EX,
        Level::PR => Level::PR,
        Level::EX => Level::NL,
    }
}
