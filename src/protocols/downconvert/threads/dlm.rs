//! The lock manager, fs/dlm: what it does under its own lock.

use std::collections::VecDeque;

use latchwork_model::downconvert::rules::Rules;
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
    pub(super) fn submit(&mut self, n: usize, level: Level, rules: &Rules) {
        if self.fits(n, level) {
            self.grant(n, level, rules);
            self.scan(rules);
        } else {
            self.lkb[n].request = level;
            self.queue.push_back(n);
            self.bast_grant_queue(level);
        }
    }

    /// Takes a convert out of the queue. One that is not there is nobody's business.
    pub(super) fn cancel(&mut self, n: usize, rules: &Rules) {
        if self.queue.contains(&n) {
            self.queue.retain(|queued| *queued != n);
            self.lkb[n].request = Level::NL;
            self.callbacks[n].push_back(Callback::UnlockAst);
            self.scan(rules);
        }
    }

    fn grant(&mut self, n: usize, level: Level, rules: &Rules) {
        self.lkb[n].granted = level;
        if rules.highbast_reset {
            self.lkb[n].highbast = Level::NL;
        }
        self.callbacks[n].push_back(Callback::Ast);
    }

    /// Whether a level is compatible with what every other node has been granted.
    fn fits(&self, n: usize, level: Level) -> bool {
        (0..self.lkb.len()).all(|o| o == n || compatible(self.lkb[o].granted, level))
    }

    /// Grants from the head of the queue what can be granted, then tells those in the way.
    fn scan(&mut self, rules: &Rules) {
        while let Some(n) = self.queue.front().copied() {
            let level = self.lkb[n].request;
            if !self.fits(n, level) {
                break;
            }
            self.queue.pop_front();
            self.lkb[n].request = Level::NL;
            self.grant(n, level, rules);
        }
        let mut high = Level::NL;
        for at in 0..self.queue.len() {
            let n = self.queue[at];
            let level = self.lkb[n].request;
            if !rules.deadlock_bast || !self.is_deadlocked(at) {
                high = high.max(level);
            } else if self.lkb[n].highbast < level {
                self.lkb[n].highbast = level;
                self.callbacks[n].push_back(Callback::Bast(level));
            }
        }
        self.bast_grant_queue(high);
    }

    /// Whether what a waiting convert holds is in the way of one ahead of it, or of one behind it
    /// that is in its way as well.
    fn is_deadlocked(&self, at: usize) -> bool {
        let blocks = |one: usize, other: usize| {
            !compatible(self.lkb[self.queue[one]].granted, self.lkb[self.queue[other]].request)
        };
        (0..self.queue.len()).any(|o| o != at && blocks(at, o) && (o < at || blocks(o, at)))
    }

    /// Tells the nodes whose lock is granted, and of which no convert is queued.
    fn bast_grant_queue(&mut self, level: Level) {
        for n in 0..self.lkb.len() {
            let lkb = &mut self.lkb[n];
            let in_the_way = !compatible(lkb.granted, level) && lkb.highbast < level;
            if in_the_way && !self.queue.contains(&n) {
                lkb.highbast = level;
                self.callbacks[n].push_back(Callback::Bast(level));
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

pub(super) fn compatible(one: Level, other: Level) -> bool {
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
