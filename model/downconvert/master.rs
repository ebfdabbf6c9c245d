//! The lock master: what a DLM does inside a call. These are no actions of their own. What the two
//! DLMs do differently is in `fsdlm.rs` and `o2dlm.rs`.

use crate::kit::{FIRED, Fired, Refused, exceeded, values};

use super::Downconvert;
use super::state::{Bug, Callback, Level, NodeId, State, UnlockAction, ValueBlock};

/// What the DLM answers to a call.
pub(super) enum Answer {
    /// It has the request.
    Taken,
    /// A cancel is outstanding.
    Busy,
    /// It cannot grant the request at once, and must not queue it (o2dlm; fs/dlm takes the request
    /// and refuses it by a callback).
    Refused,
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

    /// `dlm_lock`: a request for a new lock of `n`, or to convert the one that it has, to be queued if
    /// it cannot be granted at once, unless `noqueue`. A new lock waits behind all others.
    pub(super) fn submit(
        &self,
        s: &mut State,
        n: NodeId,
        level: Level,
        noqueue: bool,
    ) -> Result<Answer, Refused> {
        if s.lkb[n].cancel_outstanding {
            return Ok(Answer::Busy);
        }
        if s.queue.contains(n) {
            s.note_bug(Bug::SubmitWhileQueued);
            return Ok(Answer::Taken);
        }
        let new = s.node[n].new;
        let at_once = self.fits(s, n, level)
            && if self.variants.o2dlm {
                self.fits_o2dlm(s, n, level)
            } else {
                !new || s.queue.is_empty() && s.wait.is_empty()
            };
        if at_once {
            self.grant(s, n, level)?;
            self.scan(s)?;
        } else if noqueue && self.variants.o2dlm {
            return Ok(Answer::Refused);
        } else if noqueue {
            self.send(s, n, Callback::AstEagain)?;
        } else {
            s.lkb[n].request = level;
            let queue = if new { &mut s.wait } else { &mut s.queue };
            queue.push(n).or(exceeded("convert queue"))?;
            if self.variants.o2dlm {
                self.scan(s)?;
            } else {
                self.bast_grant_queue(s, level)?;
            }
        }
        Ok(Answer::Taken)
    }

    /// Whether a level is compatible with what every other node has been granted.
    pub(super) fn fits(&self, s: &State, n: NodeId, level: Level) -> bool {
        self.others(n).all(|other| s.lkb[other].granted.compatible(level))
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

    /// Takes the request of `n` out of the queues; what it was granted stays.
    pub(super) fn withdraw(&self, s: &mut State, n: NodeId) -> Fired {
        s.queue.retain(|queued| queued != n);
        s.wait.retain(|queued| queued != n);
        s.lkb[n].request = Level::NL;
        FIRED
    }

    /// Grants a level. fs/dlm forgets with it which blocking callbacks it has sent to the node.
    pub(super) fn grant(&self, s: &mut State, n: NodeId, level: Level) -> Fired {
        s.lkb[n].granted = level;
        if self.rules.highbast_reset {
            s.lkb[n].highbast = Level::NL;
        }
        self.send(s, n, Callback::Ast)
    }

    /// Grants what can be granted now, then tells those in the way.
    pub(super) fn scan(&self, s: &mut State) -> Fired {
        if self.variants.o2dlm { self.scan_o2dlm(s) } else { self.scan_fsdlm(s) }
    }

    /// A node leaves the cluster.
    pub(super) fn expel(&self, s: &mut State, n: NodeId) -> Fired {
        self.withdraw(s, n)?;
        // A node that could write may have written: nobody knows what the value block should be.
        if s.lkb[n].granted == Level::EX && self.rules.value_block_invalidated {
            s.value_block = ValueBlock::Invalid;
        }
        s.mq.retain(|from| from != n);
        s.lkb[n] = Default::default();
        self.scan(s)
    }

    pub(super) fn others(&self, n: NodeId) -> impl Iterator<Item = NodeId> + use<> {
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
