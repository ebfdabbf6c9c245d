//! The rules of the protocol, its variants, and the profiles.
//!
//! Sources: "2007" is the text that asks a cluster filesystem to answer lock requests later
//! ("locks: add lock cancel command", "lockd: handle fl_grant callbacks" and their neighbours),
//! "lockd" the lock manager, with the year where a rule came later, "dlm" the first filesystem that
//! answered later, with the year of the fix, "fcntl" the system call of a process, "needed" what has no
//! source but is needed, "model" what was found here. Functions are those of `fs/lockd`,
//! `fs/dlm/plock.c`, `fs/gfs2/file.c`, `fs/locks.c` and `fs/nfs_common/grace.c`. Versions are those of
//! trees that were read: 6.1.192 ("6.1") and 6.12.117 ("6.12"); a rule that is in 6.12 and not in 6.1
//! is "since 6.12".

use crate::kit::Declared::RedundantGiven;

rules! {
    profiles {
        /// Without callbacks: the lock manager sleeps in the filesystem.
        before_sleep;
        /// Without callbacks: the lock manager asks again and again.
        before_poll;
        /// What the text of 2007 states, its silence about the rest, the lock manager's own duties,
        /// and an otherwise correct filesystem.
        seed;
        /// Linux 6.1.192: lockd over GFS2, whose locks are those of `fs/dlm/plock.c`.
        linux_6_1;
        /// Linux 6.12.117: the same.
        linux_6_12;
        /// All that anybody proposed, or that was found here to be needed. No kernel has all of it.
        full;
    }
    rules {
        /// The filesystem does not call back before its lock call has returned.
        no_early_grant "2007" [1 1 1 0 0 1];
        /// A block is on the list before the filesystem is called.
        insert_before_call "lockd 2023" [1 1 0 0 1 1] {
            "nlmsvc_lock" since "6.12"
        } => RedundantGiven {
            rules: &["no_early_grant"],
            why: "no callback looks for the block while the call is running",
        };
        /// A block is on the list again before the filesystem is asked a second time.
        reinsert_before_retry "needed" [1 1 0 0 0 1] => RedundantGiven {
            rules: &["no_early_grant"],
            why: "no callback looks for the block while the call is running",
        };
        /// A callback that comes too late is told so.
        late_error "2007" [1 1 1 1 1 1] {
            "nlmsvc_grant_deferred" since "6.1"
        };
        /// The filesystem gives the lock back when its callback was refused.
        fs_release "2007" [1 1 1 0 0 1];
        /// The filesystem keeps a local lock for every lock that it was granted.
        mirror "2007" [1 1 1 1 1 1] {
            "dlm_plock_callback" since "6.1"
        };
        /// Without memory for the local lock the filesystem reports that the lock was denied.
        mirror_oom_fails "needed" [1 1 0 0 0 1];
        /// An unlock goes to the cluster even if there is no local lock.
        unlock_not_mirror_gated "needed" [1 1 0 0 0 1] => RedundantGiven {
            rules: &["mirror", "mirror_oom_fails"],
            why: "a lock without its local lock is needed, and these rules leave none",
        };
        /// The lock manager never lets the filesystem sleep for it. (Without it nothing is
        /// retransmitted or cancelled: the budgets `retx` and `can` count as 0.)
        setlk_only "2007" [0 1 1 1 1 1] {
            "nlmsvc_lock" since "6.1"
        };
        /// A blocking request waits in the filesystem.
        sleep_iff_blocking "2007" [1 1 1 0 1 1] {
            "dlm_posix_lock (FL_SLEEP)" since "6.12"
        };
        /// A notification is a reason to try again and not a grant.
        notify_hint "2007" [1 1 1 1 1 1] {
            "nlmsvc_notify_blocked" since "6.1"
        };
        /// The result of a test carries the conflicting lock.
        test_lock_conflict "2007" [1 1 1 1 1 1] {
            "dlm_posix_get" since "6.1"
        };
        /// A repeated LOCK that finds its block does not go to the filesystem again.
        dup_detect "lockd 2023" [1 1 0 0 1 1] {
            "nlmsvc_lock (exportfs_lock_op_is_async)" since "6.12"
        };
        /// A repeated LOCK that was answered gets the same answer and nothing else.
        exactly_once "needed" [1 1 0 0 0 1];
        /// CANCEL takes the lock or the waiting operation away from the filesystem.
        cancel_reaches_fs "dlm 2023" [1 1 1 0 1 1] {
            "gfs2_lock (dlm_posix_cancel)" since "6.12"
        } => RedundantGiven {
            rules: &["fs_release"],
            why: "the callback of a cancelled request finds no block, and the lock is given back",
        };
        /// Undoing a grant gives the owner back what it had before.
        undo_restores "needed" [1 1 0 0 0 1];
        /// While a release is due, nothing else is decided for the owner.
        undo_before_next "model" [1 1 0 0 0 1];
        /// A request that cannot be put aside for want of memory counts as timed out.
        deferfail_timeout "needed" [1 1 0 0 0 1];
        /// A request that was put aside is answered after a time, callback or not.
        lm_timeout "lockd" [1 1 1 1 1 1] {
            "retry_deferred_block" since "6.1"
        } => RedundantGiven {
            rules: &["fs_recovers_ops"],
            why: "a filesystem that loses no operation calls back in the end",
        };
        /// The filesystem finds operations that were lost, and reports them denied.
        fs_recovers_ops "needed" [1 1 0 0 0 1];
        /// A GRANTED that the client refuses releases the lock.
        grant_reject_unlocks "lockd 2023" [1 1 0 0 1 1] {
            "nlmsvc_grant_reply" since "6.12"
        };
        /// A client that does not wait any longer refuses a GRANTED.
        client_reject_if_not_waiting "lockd 2023" [1 1 0 0 1 1] {
            "nlmclnt_lock (nlmclnt_dequeue_block)" since "6.12"
        };
        /// UNLOCK takes away the block and the waiting operation of the request.
        unlock_cancels_block "lockd" [1 1 1 1 1 1] {
            "nlmsvc_unlock" since "6.1"
        };
        /// When a client has died its blocks are forgotten, and what it has by the list of local locks
        /// is unlocked: once, without a word to the filesystem about what still waits there.
        client_cleanup "lockd" [1 1 1 1 1 1] {
            "nlmsvc_free_host_resources (nlm_inspect_file)" since "6.1"
        };
        /// The unlock of a cleanup or a restart names the owner that holds the lock in the cluster. (In 6.1
        /// the owner of a lock is the process number of lockd, but this unlock names another owner, so the
        /// cluster keeps the lock.)
        cleanup_names_owner "dlm 2023" [1 1 1 0 1 1] {
            "nlm_unlock_files, dlm_posix_unlock (flc_owner)" since "6.12"
        };
        /// The cluster distinguishes the owners of one node.
        owner_id "dlm 2023" [1 1 1 0 1 1] {
            "dlm_posix_lock (flc_owner)" since "6.12"
        };
        /// An answer of the master is for the operation that asked.
        reply_match "dlm 2023" [1 1 1 1 1 1] {
            "dev_write" since "6.1",
            "plock_lookup_waiter" since "6.12"
        };
        /// A callback names the range that was asked for, not what it was merged into.
        notify_original_range "dlm 2008" [1 1 1 1 1 1] {
            "dlm_plock_callback" since "6.1"
        };
        /// After a restart only reclaims are taken for a while: LOCK, TEST, CANCEL and UNLOCK are
        /// refused, and the client asks again.
        grace "lockd" [1 1 1 1 1 1] {
            "nlmsvc_lock, nlm4svc_proc_unlock, nlmsvc_cancel_blocked" since "6.1"
        };
        /// A client is told of a restart until it has heard of it, and grace waits for that. (The statd of
        /// nfs-utils repeats the message for 15 minutes, and the grace of no kernel waits.)
        notify_repeated "needed" [1 1 1 0 0 1];
        /// A lock that was not reclaimed in one grace period is not reclaimed in the next: a record says
        /// who had what.
        reclaim_is_checked "needed" [0 0 0 0 0 1];
        /// A client that waits asks again after a while, whether GRANTED has come or not.
        client_polls "lockd" [1 1 1 1 1 1] {
            "nlmclnt_lock (NLMCLNT_POLL_TIMEOUT)" since "6.1"
        };
        /// A repeated LOCK whose block is granted gets the lock, if no GRANTED gets through.
        repeat_is_told "needed" [1 1 0 0 0 1];
        /// A process that a signal takes out of its wait withdraws its request.
        signal_withdraws "dlm" [1 1 1 1 1 1] {
            "dlm_posix_lock (do_unlock_close)" since "6.1" until "6.12",
            "dlm_posix_lock (do_lock_cancel)" since "6.12"
        };
        /// A process that cannot withdraw its request for want of memory goes on waiting. (6.1 lets it go.)
        failed_cancel_waits "dlm 2023" [1 1 1 0 1 1] {
            "dlm_posix_lock (do_lock_cancel)" since "6.12"
        };
        /// A lock that is granted for a descriptor that was closed meanwhile is given back.
        close_race_is_undone "fcntl" [1 1 1 1 1 1] {
            "fcntl_setlk (locks_remove_posix)" since "6.1"
        };
        /// Giving it back does not fail for want of memory. (`dlm_posix_unlock` allocates before it
        /// unlocks, and `locks_remove_posix` ignores the error.)
        close_undo_cannot_fail "needed" [1 1 1 0 0 1];
        /// A restart of the filesystem leaves no operation behind but the releases that are due.
        restart_flushes_ops "model" [1 1 0 0 0 1];
    }
    variants {
        /// There is no callback: the filesystem answers in the call. (The budgets `retx` and `can`
        /// count as 0.)
        sync_call [1 1 0 0 0 0];
        /// For a blocking request the filesystem notifies instead of granting.
        notify_fs [0 0 0 0 0 0];
        /// A non-blocking request may wait in the filesystem, beyond its answer.
        try_sleeps [0 0 0 0 0 0];
        /// The other node does not know of the grace period.
        local_grace [0 0 0 1 1 0] {
            "locks_in_grace" since "6.1"
        };
        /// The grace period is a timer: it may end before all locks are reclaimed.
        short_grace [0 0 0 1 1 0] {
            "set_grace_period (grace_ender)" since "6.1"
        };
        /// A repeated LOCK that was answered is dropped without a reply.
        dup_silent [0 0 0 0 0 0];
        /// A request that waits in a circle may be denied, and need not be.
        deadlock_answer [0 0 0 0 0 0];
        /// A blocking request goes to the filesystem as one that does not block, and is answered like it.
        blocking_as_try [0 0 0 1 0 0] {
            "nlmsvc_lock (async_block)" since "6.1" until "6.12"
        };
        /// Only a signal that kills takes a process out of its wait. Its unlock follows its request, and
        /// takes away both the request and the lock.
        kill_closes [0 0 0 1 0 0] {
            "do_unlock_close, dlm_posix_lock (wait_event_killable)" since "6.1" until "6.12"
        };
        /// A test is answered in the call, for which the lock manager waits.
        test_in_call [0 0 0 1 1 0] {
            "nlmsvc_testlock, dlm_posix_get" since "6.1"
        };
        /// The lock manager looks for the locks of a dead client in the table of the cluster, and
        /// again as long as it has any. No lock manager does.
        cleanup_by_table [0 0 0 0 0 0];
    }
}
