//! The lock master: what a DLM does inside a call. These are no actions of their own.

use crate::kit::{FIRED, Fired, exceeded, values};

use super::Downconvert;
use super::state::{Bug, Callback, Level, NodeId, State, UnlockAction};

/// What the DLM answers to a call.
pub(super) enum Answer {
    /// It has the request.
    Taken,
    /// A cancel is outstanding.
    Busy,
}

impl Downconvert {
    /// Sends a callback. Nothing is sent to a dead node.
    pub(super) fn send(&self, s: &mut State, n: NodeId, callback: Callback) -> Fired {
        let node = &mut s.node[n];
        if node.dead {
            return FIRED;
        }
        if node.cb.len() >= usize::from(self.cb_capacity) {
            return exceeded("cb_capacity");
        }
        node.cb.push(callback).or(exceeded("cb_capacity"))
    }

    /// `dlm_lock`: a request to convert the lock of `n` to `level`.
    pub(super) fn submit(
        &self,
        s: &mut State,
        n: NodeId,
        level: Level,
    ) -> Result<Answer, crate::kit::Refused> {
        if s.lkb[n].cancel_outstanding {
            return Ok(Answer::Busy);
        }
        if s.queue.contains(n) {
            s.note_bug(Bug::SubmitWhileQueued);
        } else if level <= s.lkb[n].granted {
            self.grant(s, n, level)?;
            self.scan(s)?;
        } else {
            s.lkb[n].request = level;
            s.queue.push(n).or(exceeded("convert queue"))?;
            self.scan(s)?;
        }
        Ok(Answer::Taken)
    }

    /// `dlm_unlock` with the cancel flag.
    pub(super) fn cancel(&self, s: &mut State, n: NodeId) -> Fired {
        if !s.queue.contains(n) {
            // Granted already, or nothing asked yet: fs/dlm calls nobody back.
            return if self.variants.o2dlm {
                self.send(s, n, Callback::CancelGrant)
            } else {
                FIRED
            };
        }
        if self.variants.remote_cancel {
            s.lkb[n].cancel_outstanding = true;
            return s.mq.push(n).or(exceeded("cancel messages"));
        }
        self.withdraw(s, n)?;
        self.send(s, n, Callback::UnlockAst)?;
        self.scan(s)
    }

    /// A cancel message arrives.
    pub(super) fn receive_cancel(&self, s: &mut State, n: NodeId) -> Fired {
        if !s.queue.contains(n) {
            return self.send(s, n, Callback::CancelReply);
        }
        self.withdraw(s, n)?;
        self.send(s, n, Callback::UnlockAst)?;
        self.scan(s)
    }

    /// Takes the convert of `n` out of the queue; what it was granted stays.
    pub(super) fn withdraw(&self, s: &mut State, n: NodeId) -> Fired {
        s.queue.retain(|queued| queued != n);
        s.lkb[n].request = Level::NL;
        FIRED
    }

    fn grant(&self, s: &mut State, n: NodeId, level: Level) -> Fired {
        s.lkb[n].granted = level;
        if self.rules.highbast_reset {
            s.lkb[n].highbast = Level::NL;
        }
        self.send(s, n, Callback::Ast)
    }

    /// Grants from the head of the queue what can be granted, then tells those in the way.
    pub(super) fn scan(&self, s: &mut State) -> Fired {
        while let Some(n) = s.queue.head() {
            let level = s.lkb[n].request;
            if !self.others(n).all(|other| s.lkb[other].granted.compatible(level)) {
                break;
            }
            self.withdraw(s, n)?;
            self.grant(s, n, level)?;
        }
        let waiting = s.queue;
        let heard = if self.variants.head_only_bast { 1 } else { waiting.len() };
        for n in waiting.items().iter().take(heard).copied() {
            let level = s.lkb[n].request;
            for other in self.others(n) {
                let lkb = &mut s.lkb[other];
                if !lkb.granted.compatible(level) && lkb.highbast < level {
                    lkb.highbast = level;
                    self.send(s, other, Callback::bast(level))?;
                }
            }
        }
        FIRED
    }

    /// A node leaves the cluster.
    pub(super) fn expel(&self, s: &mut State, n: NodeId) -> Fired {
        self.withdraw(s, n)?;
        s.mq.retain(|from| from != n);
        s.lkb[n] = Default::default();
        self.scan(s)
    }

    fn others(&self, n: NodeId) -> impl Iterator<Item = NodeId> + use<> {
        let nodes = self.nodes;
        (0..nodes).map(NodeId).filter(move |other| *other != n)
    }

    /// Whether the data are dirty on a node other than `n`.
    pub(super) fn dirty_elsewhere(&self, s: &State, n: NodeId) -> bool {
        self.others(n).any(|other| s.node[other].dirty)
    }

    /// Whether the cancel mark of a node still has something to wait for.
    pub(super) fn cancel_has_target(s: &State, n: NodeId) -> bool {
        let node = &s.node[n];
        node.unlock_action == UnlockAction::None
            || node.busy
            || node.cb.items().iter().any(|callback| !callback.is_bast())
    }

    /// All nodes.
    pub(super) fn all_nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        values::<NodeId>(self)
    }
}

impl State {
    /// Remembers that an assertion failed; the first one counts.
    pub(super) fn note_bug(&mut self, bug: Bug) {
        if self.bug == Bug::None {
            self.bug = bug;
        }
    }
}
