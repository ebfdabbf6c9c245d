//! What the protocol promises.

use crate::kit::{Claim, Model, Property, claim, every, implies, values};

use super::Downconvert;
use super::lockres::Unblock;
use super::state::{AppAt, AppId, Bug, Callback, DcAt, Level, Node, NodeId, State, UnlockAction};

pub(super) const PROPERTIES: &[Property<Downconvert>] = properties! { Downconvert;
    /// The levels that the master has granted are pairwise compatible.
    invariant compatible_grants;
    /// The holders on different nodes hold compatible levels.
    invariant compatible_holders;
    /// Nobody holds more than the level that is cached on the node.
    invariant holders_within_level;
    /// Nobody who takes the lock finds data that are not up to date.
    invariant no_stale_read;
    /// Data that are not flushed are only there under EX.
    invariant dirty_only_under_ex;
    /// Where a node and the master differ about its level, an AST is on its way.
    invariant level_matches_master;
    /// No assertion of the glue or of the DLM fails.
    invariant no_bug;
    /// A PENDING lock is BUSY.
    invariant pending_implies_busy;
    /// BLOCKED says the same as a level that another node waits for.
    invariant blocked_iff_blocking;
    /// A cancel mark has a callback to wait for.
    invariant cancel_mark_has_target;
    /// At rest no lock on the list of a sleeping downconvert thread could go on.
    at_rest no_sleep_on_work;
    /// A grant is not given back before the process that asked for it could use it.
    invariant grant_not_wasted;
    /// A no-queue request is refused.
    reachable noqueue_is_refused;
    /// Every application comes to the end of its program.
    eventually all_apps_finish;
    /// A lock that another node waits for does not stay blocked.
    leads_to bast_is_served(n: NodeId);
};

fn highest_holder(node: &Node) -> Level {
    match (node.ex, node.ro) {
        (0, 0) => Level::NL,
        (0, _) => Level::PR,
        _ => Level::EX,
    }
}

impl Downconvert {
    fn every_node(&self, check: impl Fn(NodeId) -> Claim) -> Claim {
        every(self.all_nodes().map(check))
    }

    fn pairwise(&self, level: impl Fn(NodeId) -> Level) -> Claim {
        self.every_node(|n| {
            let mine = level(n);
            let mut others = self.all_nodes().filter(|other| *other != n);
            implies(mine > Level::NL, others.all(|other| mine.compatible(level(other))))
        })
    }

    fn compatible_grants(&self, s: &State) -> Claim {
        self.pairwise(|n| s.lkb[n].granted)
    }

    fn compatible_holders(&self, s: &State) -> Claim {
        self.pairwise(|n| highest_holder(&s.node[n]))
    }

    fn holders_within_level(&self, s: &State) -> Claim {
        self.every_node(|n| {
            let holder = highest_holder(&s.node[n]);
            implies(holder > Level::NL, holder <= s.node[n].level)
        })
    }

    fn no_stale_read(&self, s: &State) -> Claim {
        claim(!s.stale_read)
    }

    fn dirty_only_under_ex(&self, s: &State) -> Claim {
        self.every_node(|n| {
            let node = &s.node[n];
            implies(node.dirty && !node.dead, node.level == Level::EX)
        })
    }

    fn level_matches_master(&self, s: &State) -> Claim {
        self.every_node(|n| {
            let node = &s.node[n];
            implies(node.level != s.lkb[n].granted, node.cb.contains(Callback::Ast))
        })
    }

    fn no_bug(&self, s: &State) -> Claim {
        claim(s.bug == Bug::None)
    }

    fn pending_implies_busy(&self, s: &State) -> Claim {
        self.every_node(|n| implies(s.node[n].pending, s.node[n].busy))
    }

    fn blocked_iff_blocking(&self, s: &State) -> Claim {
        self.every_node(|n| {
            let node = &s.node[n];
            let blocking = node.blocking > Level::NL;
            implies(node.blocked || blocking, node.blocked == blocking)
        })
    }

    fn cancel_mark_has_target(&self, s: &State) -> Claim {
        self.every_node(|n| {
            let marked = s.node[n].unlock_action == UnlockAction::Cancel;
            implies(marked, Self::cancel_has_target(s, n))
        })
    }

    fn no_sleep_on_work(&self, s: &State) -> Claim {
        let all_done = values::<AppId>(self).all(|a| s.app[a].at == AppAt::Done);
        self.every_node(|n| {
            let node = &s.node[n];
            let asleep = !all_done && node.on_list && node.dc == DcAt::Idle && !node.dc_wake;
            implies(asleep, self.unblock(node) == Unblock::Requeue)
        })
    }

    fn grant_not_wasted(&self, s: &State) -> Claim {
        claim(!s.wasted)
    }

    fn noqueue_is_refused(&self, s: &State) -> Claim {
        let refused = |a: AppId| {
            let by_callback = s.node[self.node(a)].cb.contains(Callback::AstEagain);
            s.app[a].tried && (by_callback || s.app[a].at == AppAt::RetErr)
        };
        claim(values::<AppId>(self).any(refused))
    }

    fn all_apps_finish(&self, s: &State) -> Claim {
        claim(self.done(s))
    }

    fn bast_is_served(&self, s: &State, n: NodeId) -> Claim {
        claim(!s.node[n].blocked || s.node[n].dead)
    }
}
