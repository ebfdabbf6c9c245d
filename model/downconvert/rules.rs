//! The rules of the protocol, its variants, and the profiles.
//!
//! Sources: "2008" is the patch "ocfs2: Remove CANCELGRANT from the view of dlmglue", "base" the
//! glue before it, "2010" and "2014" later fixes of the glue, "later" what 3.6 does not have, "DLM"
//! the lock manager. Functions are those of `fs/ocfs2` (`dlmglue.c` and `stack_o2cb.c`), or of the
//! DLM that is named. Versions are those of trees that were read: 2.6.24, 2.6.32.67 ("2.6.32"), 3.6,
//! 6.1.192 ("6.1") and 6.12.117 ("6.12"); a rule that is in 6.1 and not in 3.6 is "since 6.1". A
//! function of another name in an older tree has a row of its own. Of 2.6.24 only the glue and o2dlm
//! were read.

use crate::kit::Declared;

rules! {
    profiles {
        /// The glue as the 2008 patch found it (2.6.24), on o2dlm.
        before;
        /// As the 2008 patch left it (about 2.6.32), with the wake after a cancel that came later.
        seed;
        /// Linux 3.6.
        linux_3_6;
        /// Linux 6.1.192.
        linux_6_1;
        /// Linux 6.12.117.
        linux_6_12;
        /// All rules. Linux 6.1 and 6.12 have them all.
        full;
    }
    rules {
        /// Between setting BUSY and the return of the DLM call the lock is PENDING, and nobody
        /// tries to cancel it.
        pending_flag "2008" [0 1 1 1 1 1] {
            "lockres_set_pending" since "2.6.32",
            "ocfs2_unblock_lock" since "2.6.32"
        };
        /// Only the caller whose generation is current clears PENDING.
        pending_gen "2008" [0 1 1 1 1 1] {
            "__lockres_clear_pending" since "2.6.32"
        };
        /// Clearing PENDING wakes the downconvert thread if the lock is blocked.
        pending_wake "2008" [0 1 1 1 1 1] {
            "__lockres_clear_pending" since "2.6.32"
        };
        /// The AST clears PENDING.
        ast_clears_pending "2008" [0 1 1 1 1 1] {
            "ocfs2_locking_ast" since "2.6.32"
        };
        /// The AST withdraws the mark that a cancel is under way.
        ast_clears_cancel "2008" [0 1 1 1 1 1] {
            "ocfs2_locking_ast" since "2.6.32"
        };
        /// A cancel that came too late calls nothing back into the glue.
        ignore_cancelgrant "2008" [0 1 1 1 1 1] {
            "o2dlm_unlock_ast_wrapper" since "2.6.32"
        };
        /// A blocked lock that is busy converting has its convert cancelled.
        cancel_convert "base" [1 1 1 1 1 1] {
            "ocfs2_unblock_lock" since "2.6.24"
        };
        /// The unlock AST of a cancel wakes the downconvert thread.
        cancel_kick "2.6.32" [0 1 1 1 1 1] {
            "ocfs2_unlock_ast" since "2.6.32"
        };
        /// Giving up a hold that is in the way wakes the downconvert thread.
        unlock_kick "base" [1 1 1 1 1 1] {
            "ocfs2_vote_on_unlock" since "2.6.24" until "2.6.32",
            "ocfs2_downconvert_on_unlock" since "2.6.32"
        };
        /// A lock that was just granted is not taken away before the one who asked has looked.
        upf "2010" [0 0 1 1 1 1] {
            "ocfs2_generic_handle_convert_action" since "3.6",
            "ocfs2_unblock_lock" since "3.6"
        };
        /// Leaving the lock path wakes the downconvert thread if the lock is blocked.
        upf_kick "2014" [0 0 0 1 1 1] {
            "__ocfs2_cluster_lock (kick_dc)" since "6.1"
        };
        /// A no-wait caller that goes away after it has called the DLM leaves a mark, and the grant
        /// that comes for it is not kept.
        nonblock_finished "later" [0 0 0 1 1 1] {
            "__ocfs2_cluster_lock (NONBLOCK_FINISHED)" since "6.1",
            "ocfs2_generic_handle_convert_action" since "6.1"
        };
        /// A DLM call that fails clears UPCONVERT_FINISHING.
        upf_cleared_on_error "2010" [0 0 1 1 1 1] {
            "ocfs2_recover_from_dlm_error" since "3.6"
        } => Declared::NoEffect {
            why: "an application that called the DLM comes back through the common way out",
        };
        /// Every way out of the lock path clears UPCONVERT_FINISHING, not only a success.
        upf_cleared_on_exit "2010" [0 0 1 1 1 1] {
            "__ocfs2_cluster_lock" since "3.6"
        } => Declared::NoEffect {
            why: "it changes which states are reached, and nothing was found to break",
        };
        /// The downconvert thread looks again whether the lock is blocked at all.
        blocked_recheck "2010" [0 0 1 1 1 1] {
            "ocfs2_unblock_lock (recheck)" since "3.6"
        };
        /// After the worker the downconvert thread looks whether the level has changed.
        level_recheck "2010" [0 0 1 1 1 1] {
            "ocfs2_unblock_lock" since "3.6"
        } => Declared::NoEffect {
            why: "a level that has changed has changed what is blocked, or has holders",
        };
        /// A lock that is at NL needs no downconvert.
        nl_check "2010" [0 0 1 1 1 1] {
            "ocfs2_unblock_lock" since "3.6"
        };
        /// A blocking callback that asks for nothing new does not set BLOCKED.
        bast_filter "2010" [0 0 1 1 1 1] {
            "ocfs2_generic_handle_bast" since "3.6"
        } => Declared::NoEffect {
            why: "with three levels a callback that asks for more is one that needs more: control",
        };
        /// A lock with holders in the way is not lowered.
        holder_check "base" [1 1 1 1 1 1] {
            "ocfs2_unblock_lock" since "2.6.24"
        };
        /// Dirty data are flushed and the cache is dropped before the lock is lowered.
        worker "base" [1 1 1 1 1 1] {
            "ocfs2_data_convert_worker" since "2.6.24"
        };
        /// A lock that comes up from NL has its data read again.
        refresh "base" [1 1 1 1 1 1] {
            "ocfs2_generic_handle_convert_action" since "2.6.24",
            "ocfs2_generic_handle_attach_action" since "2.6.24"
        };
        /// A process that was woken looks at the lock again before it takes it.
        waiter_recheck "base" [1 1 1 1 1 1] {
            "ocfs2_cluster_lock" since "2.6.24" until "2.6.32",
            "__ocfs2_cluster_lock" since "2.6.32"
        };
        /// A process that gets the lock waits until the journals of dead nodes are replayed.
        grants_wait_for_replay "base" [1 1 1 1 1 1] {
            "ocfs2_meta_lock_full (recovery_event)" since "2.6.24" until "2.6.32",
            "ocfs2_inode_lock_full_nested (ocfs2_wait_for_recovery)" since "2.6.32"
        };
        /// The DLM forgets which blocking callbacks it has sent: fs/dlm with a grant, o2dlm with the
        /// sending.
        highbast_reset "DLM" [1 1 1 1 1 1] {
            "grant_lock (fs/dlm)" since "2.6.32" until "3.6",
            "_grant_lock (fs/dlm)" since "3.6",
            "dlm_flush_asts (o2dlm)" since "2.6.24"
        };
        /// A convert in a conversion deadlock gets a blocking callback itself (fs/dlm).
        deadlock_bast "DLM" [0 0 0 1 1 1] {
            "grant_pending_convert (fs/dlm)" since "6.1"
        } => Declared::NoEffect {
            why: "a convert that is in the way of one ahead of it was told when that one was \
                  queued; where a recovery has rebuilt the queues it may be otherwise, and \
                  that is not in this model",
        };
        /// A blocking callback that the level of the last AST is not in the way of is left out
        /// (fs/dlm).
        bast_skip "DLM" [0 0 1 1 1 1] {
            "process_asts (fs/dlm)" since "2.6.32" until "3.6",
            "dlm_rem_lkb_callback (fs/dlm)" since "3.6" until "6.12",
            "dlm_may_skip_callback (fs/dlm)" since "6.12"
        };
        /// A downconvert that the DLM refused with EBUSY is put back on the list.
        ebusy_requeue "later" [0 0 0 1 1 1] {
            "ocfs2_unblock_lock" since "6.1"
        };
        /// A process that holds PR is refused EX.
        refuse_upgrade "later" [0 0 0 1 1 1] {
            "ocfs2_inode_lock_tracker" since "6.1"
        };
        /// A process that holds PR and asks for PR again has it, without a look at the lock.
        nested_pr_is_free "later" [0 0 0 1 1 1] {
            "ocfs2_inode_lock_tracker (ocfs2_pid_holder)" since "6.1"
        };
        /// A lock that is lowered from EX writes the metadata into its value block.
        value_block_written "base" [1 1 1 1 1 1] {
            "ocfs2_unblock_lock (set_lvb)" since "3.6"
        };
        /// It does so only if the node has read them since it was granted the lock.
        value_block_only_if_fresh "base" [1 1 1 1 1 1] {
            "ocfs2_unblock_lock (OCFS2_LOCK_NEEDS_REFRESH)" since "3.6"
        };
        /// The value block is invalid after the death of a node that held EX.
        value_block_invalidated "DLM" [1 1 1 1 1 1] {
            "recover_lvb (fs/dlm)" since "3.6",
            "dlm_revalidate_lvb (o2dlm)" since "3.6"
        };
    }
    variants {
        /// o2dlm instead of fs/dlm: converts are served in order, only the first one sends blocking
        /// callbacks, and a cancel of a lock that is not queued is answered by a callback.
        o2dlm [1 0 0 0 0 0] {
            "__dlmconvert_master, dlm_shuffle_lists, dlm_get_cancel_actions" since "2.6.24"
        };
        /// fs/dlm with the master on another node: a cancel is a message, and EBUSY is possible.
        remote_cancel [0 0 0 0 0 0] {
            "_cancel_lock, receive_cancel (fs/dlm)" since "3.6"
        };
        /// The old glue: the callback of a late cancel withdraws the cancel mark. Needs o2dlm.
        sees_cancelgrant [1 0 0 0 0 0] {
            "ocfs2_unlock_ast (DLM_CANCELGRANT)" since "2.6.24" until "2.6.32"
        };
        /// The downconvert thread is also woken for other locks, at any time or never.
        other_traffic [0 0 0 0 0 0];
        /// The master sends a lost blocking callback again.
        bast_resend [0 0 0 0 0 0];
    }
}
