//! The rules of the protocol, its variants, and the profiles.
//!
//! Sources: "2008" is the patch "ocfs2: Remove CANCELGRANT from the view of dlmglue", "base" the
//! glue before it, "2010" and "2014" later fixes of the glue, "6.12" what is first seen there,
//! "DLM" the lock manager.

use crate::kit::Declared;

rules! {
    profiles {
        /// The glue as the 2008 patch found it (2.6.24), on o2dlm.
        before;
        /// As the 2008 patch left it (about 2.6.32), with the wake after a cancel that came later.
        seed;
        /// With the fixes of 2010 (3.1).
        y2010;
        /// Everything (6.12).
        full;
    }
    rules {
        /// Between setting BUSY and the return of the DLM call the lock is PENDING, and nobody
        /// tries to cancel it.
        pending_flag "2008" [0 1 1 1];
        /// Only the caller whose generation is current clears PENDING.
        pending_gen "2008" [0 1 1 1];
        /// Clearing PENDING wakes the downconvert thread if the lock is blocked.
        pending_wake "2008" [0 1 1 1];
        /// The AST clears PENDING.
        ast_clears_pending "2008" [0 1 1 1];
        /// The AST withdraws the mark that a cancel is under way.
        ast_clears_cancel "2008" [0 1 1 1];
        /// A cancel that came too late calls nothing back into the glue.
        ignore_cancelgrant "2008" [0 1 1 1];
        /// A blocked lock that is busy converting has its convert cancelled.
        cancel_convert "base" [1 1 1 1];
        /// The unlock AST of a cancel wakes the downconvert thread.
        cancel_kick "2.6.32" [0 1 1 1];
        /// Giving up a hold that is in the way wakes the downconvert thread.
        unlock_kick "base" [1 1 1 1];
        /// A lock that was just granted is not taken away before the one who asked has looked.
        upf "2010" [0 0 1 1];
        /// Leaving the lock path wakes the downconvert thread if the lock is blocked.
        upf_kick "2014" [0 0 0 1];
        /// A DLM call that fails clears UPCONVERT_FINISHING.
        upf_cleared_on_error "2010" [0 0 1 1] => Declared::NoEffect {
            why: "an application that called the DLM comes back through the common way out",
        };
        /// Every way out of the lock path clears UPCONVERT_FINISHING, not only a success.
        upf_cleared_on_exit "2010" [0 0 1 1] => Declared::NoEffect {
            why: "it changes which states are reached, and nothing was found to break",
        };
        /// The downconvert thread looks again whether the lock is blocked at all.
        blocked_recheck "2010" [0 0 1 1];
        /// After the worker the downconvert thread looks whether the level has changed.
        level_recheck "2010" [0 0 1 1] => Declared::NoEffect {
            why: "a level that has changed has changed what is blocked, or has holders",
        };
        /// A lock that is at NL needs no downconvert.
        nl_check "2010" [0 0 1 1];
        /// A blocking callback that asks for nothing new does not set BLOCKED.
        bast_filter "2010" [0 0 1 1] => Declared::NoEffect {
            why: "with three levels a callback that asks for more is one that needs more: control",
        };
        /// A lock with holders in the way is not lowered.
        holder_check "base" [1 1 1 1];
        /// Dirty data are flushed and the cache is dropped before the lock is lowered.
        worker "base" [1 1 1 1];
        /// A lock that comes up from NL has its data read again.
        refresh "base" [1 1 1 1];
        /// A process that was woken looks at the lock again before it takes it.
        waiter_recheck "base" [1 1 1 1];
        /// A grant forgets which blocking callbacks were sent to the node.
        highbast_reset "DLM" [1 1 1 1];
        /// A downconvert that the DLM refused with EBUSY is put back on the list.
        ebusy_requeue "6.12" [0 0 0 1];
        /// A process that holds PR is refused EX.
        refuse_upgrade "6.12" [0 0 0 1];
    }
    variants {
        /// o2dlm instead of fs/dlm: a cancel of a lock that is not queued is answered by a callback.
        o2dlm [1 0 0 0];
        /// Only the first waiting convert sends blocking callbacks (as o2dlm does), not every one.
        head_only_bast [1 0 0 0];
        /// fs/dlm with the master on another node: a cancel is a message, and EBUSY is possible.
        remote_cancel [0 0 0 0];
        /// The old glue: the callback of a late cancel withdraws the cancel mark. Needs o2dlm.
        sees_cancelgrant [1 0 0 0];
        /// The downconvert thread is also woken for other locks, at any time or never.
        other_traffic [0 0 0 0];
        /// The master sends a lost blocking callback again.
        bast_resend [0 0 0 0];
    }
}
