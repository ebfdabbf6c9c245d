//! The rules of the protocol, its variants, and the profiles.
//!
//! Sources: "seed" is the patch "NFSv4.1: Don't lose locks when a server reboots during delegation
//! return" (2013), "base" the client before it, a year a later change, "environment" what the
//! client takes for granted of the server, "candidate" what we propose.

use crate::kit::Declared;

rules! {
    profiles {
        /// As the patch of 2013 found it.
        before;
        /// As that patch left it.
        seed;
        /// With what came later: slots, the mutex, LOCK claims that are repeated in place.
        later;
        /// Everything that is in use.
        full;
        /// Everything, on a server that may refuse to re-grant the delegation.
        refused;
        /// The same, with the two rules that we propose.
        refused_safe;
    }
    rules {
        /// The delegation stays visible (RETURNING) until all claims have succeeded.
        detach_after_claim "seed" [0 1 1 1 1 1];
        /// The inode's `rwsem` is not kept across the claims.
        no_rwsem_across_claims "seed" [0 1 1 1 1 1];
        /// A delegation that is RETURNING serves no new open.
        returning_in_can_open "seed" [0 1 1 1 1 1];
        /// An open that is answered while the delegation is RETURNING does not rest on it.
        returning_in_update_open_stateid "seed" [0 1 1 1 1 1];
        /// Cached data are not trusted for the sake of a delegation that is RETURNING.
        returning_in_have_delegation "seed" [0 1 1 1 1 1] => Declared::RedundantGiven {
            rules: &["server_regrants_at_reclaim"],
            why: "a delegation that is RETURNING is good at the server until it is given \
                  back, unless the server forgets it in a reboot and does not grant it \
                  again",
        };
        /// Opens are claimed before the delegation is returned.
        claim_opens "base" [1 1 1 1 1 1];
        /// So are the locks of each open.
        claim_locks "base" [1 1 1 1 1 1];
        /// A return that is given up is put back, to be tried again.
        abort_puts_back "seed" [0 1 1 1 1 1];
        /// A return in an application's own task waits for the manager and tries again.
        sync_waits_then_retries "seed" [0 1 1 1 1 1];
        /// A claim during which the manager recovered something is made again.
        seqcount_retry "seed" [0 1 0 1 1 1] => Declared::NoEffect {
            why: "a call that is repeated after recovery finds nothing left to claim. What \
                  the check was made for, an answer of an earlier epoch that overwrites \
                  what the manager recovered, cannot happen while an answer keeps its \
                  slot; and where it can, the check notices it too late",
        };
        /// Only the delegation whose claims were made is detached, not what hangs there now.
        only_if_current "seed" [0 1 1 1 1 1];
        /// A claim has failed if its code is not zero, not only if it is negative.
        not_err "seed" [0 1 1 1 1 1] => Declared::NoEffect {
            why: "no code of the catalogue is positive: a control that must stay without \
                  effect",
        };
        /// A LOCK claim that fails is repeated at once, not together with its open.
        lock_claim_in_place "stronger than the seed" [0 0 1 1 1 1];
        /// A slot is in use until the answer has been processed, and draining waits for it.
        reply_under_slot "2016" [0 0 1 1 1 1];
        /// Nobody locks or unlocks while an open and its locks are being claimed.
        delegreturn_mutex "2013, after the seed" [0 0 1 1 1 1];
        /// An open that is reclaimed asks for the delegation again.
        reclaim_asks_delegation "base" [1 1 1 1 1 1];
        /// A delegation that is not yet re-granted serves no new open.
        need_reclaim_blocks_cached_open "base" [1 1 1 1 1 1];
        /// A delegation that is RETURNING is not reaped when it was not re-granted.
        reap_skips_returning "later" [0 0 1 1 1 1];
        /// The manager does not wait for the returns that it has started.
        manager_lets_others_run "2018 and 2023" [0 0 1 1 1 1];
        /// A recall marks the delegation even while it is RETURNING.
        recall_marks_even_if_returning "base" [1 1 1 1 1 1];
        /// The server re-grants the delegation when an open is reclaimed that asks for it.
        server_regrants_at_reclaim "environment" [1 1 1 1 0 0];
        /// An open that was reclaimed while the delegation is not re-granted does not rest on it,
        /// so its locks are reclaimed as locks.
        reclaim_locks_when_regrant_refused "candidate" [0 0 0 0 0 1] => Declared::RedundantGiven {
            rules: &["server_regrants_at_reclaim"],
            why: "it acts only where the delegation is not re-granted",
        };
        /// A delegation that is RETURNING and was not re-granted is known to be dead, and is not
        /// asked for after the next reboot.
        refused_is_not_asked_again "candidate" [0 0 0 0 0 1] => Declared::RedundantGiven {
            rules: &["server_regrants_at_reclaim"],
            why: "it acts only where the delegation is not re-granted",
        };
    }
    variants {
        /// A callback is sent and received in one step, with or without a session.
        cb_one_step [0 0 0 0 0 0];
        /// Locks that can no longer be reclaimed are asked for anew instead of being given up.
        recover_lost_locks [0 0 0 0 0 0];
        /// The server keeps the state of an expired client until somebody needs it.
        courtesy [0 0 0 0 0 0];
        /// DELEGRETURN is sent first, and the delegation detached when it is answered (2019).
        detach_after_rpc [0 0 0 0 0 0];
    }
}
