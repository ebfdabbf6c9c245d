//! The rules of the protocol, its variants, and the profiles.
//!
//! Sources: "series" is the delegation recall series for the VFS of 2012 and 2013, "6.12" what that
//! kernel does, "6.19" the patches for directory delegations, "nfsd" the server, "NFSv4" the
//! protocol, "needed" what no kernel does. Functions are those of `fs/` and `fs/nfsd/`. Versions are
//! those of trees that were read: 3.6, 6.1.192 ("6.1") and 6.12.117 ("6.12"). No tree with directory
//! delegations was read, so their rules name no function.

use crate::kit::Declared;

rules! {
    profiles {
        /// Before the series: nothing but an open recalls, and the server tests without locks.
        before;
        /// The third version of the series: it waits with the directory locked.
        v3;
        /// As the series left it.
        seed;
        /// Linux 6.1.192.
        linux_6_1;
        /// Linux 6.12.117.
        linux_6_12;
        /// All that anybody proposed, or that was found here to be needed. No kernel has all of it.
        full;
    }
    rules {
        /// Unlink recalls the delegations on the file.
        break_unlink "series, break delegations on unlink" [0 1 1 1 1 1] {
            "vfs_unlink" since "6.1"
        };
        /// Rename recalls the delegations on the file that moves.
        break_rename_source "series, break delegations on rename" [0 1 1 1 1 1] {
            "vfs_rename" since "6.1"
        };
        /// Rename recalls the delegations on the file that is replaced.
        break_rename_target "series, break delegations on rename" [0 1 1 1 1 1] {
            "vfs_rename" since "6.1"
        };
        /// Link recalls the delegations on the file.
        break_link "series, break delegations on link" [0 1 1 1 1 1] {
            "vfs_link" since "6.1"
        };
        /// A change of attributes recalls the delegations on the file.
        break_setattr "series, break delegations on any attribute modification" [0 1 1 1 1 1] {
            "notify_change" since "6.1"
        };
        /// Truncation recalls the delegations on the file.
        break_truncate "lease break on truncate" [1 1 1 1 1 1] {
            "do_sys_truncate (break_lease)" since "3.6" until "6.1",
            "vfs_truncate (break_lease)" since "6.1",
            "notify_change" since "6.1"
        };
        /// A change of extended attributes recalls the delegations on the file.
        break_xattr "later than the series" [0 0 0 1 1 1] {
            "__vfs_setxattr_locked" since "6.1"
        };
        /// A change of the access control list recalls the delegations on the file.
        break_acl "later than the series" [0 0 0 1 1 1] {
            "__vfs_setxattr_locked" since "6.1" until "6.12",
            "vfs_set_acl" since "6.12"
        };
        /// A change of the access control list that the server makes for a client does so too. (nfsd
        /// calls `set_posix_acl`, which recalls nothing.)
        break_acl_by_server "needed" [0 0 0 0 0 1];
        /// An open for writing recalls the delegations on the file.
        break_open_write "lease break on open" [1 1 1 1 1 1] {
            "do_dentry_open (break_lease)" since "3.6"
        };
        /// An open for reading recalls the write delegations on the file.
        break_open_read "lease break on open" [1 1 1 1 1 1] {
            "do_dentry_open (break_lease)" since "3.6"
        };
        /// Unlink recalls the delegations on the directory.
        break_parent_unlink "6.19, directory delegations" [1 1 1 0 0 1];
        /// Rename recalls the delegations on the directory that the file leaves.
        break_parent_rename_source "6.19, directory delegations" [1 1 1 0 0 1];
        /// Rename recalls the delegations on the directory into which the file goes.
        break_parent_rename_target "6.19, directory delegations" [1 1 1 0 0 1];
        /// Link recalls the delegations on the directory of the new name.
        break_parent_link "6.19, directory delegations" [1 1 1 0 0 1];
        /// Create recalls the delegations on the directory.
        break_parent_create "6.19, directory delegations" [1 1 1 0 0 1];
        /// An operation takes effect only after the recall, not before it.
        break_before_visible "series" [1 1 1 1 1 1] {
            "vfs_unlink (try_break_deleg)" since "6.1"
        };
        /// The test for delegations is made under the inode lock, not before the directory lock.
        break_under_inode_lock "series, take the inode lock on the renamed file" [0 1 1 1 1 1] {
            "vfs_unlink, vfs_rename" since "6.1"
        };
        /// A local operation drops all its locks before it waits for a recall.
        drop_locks_before_wait "series, fourth version" [1 0 1 1 1 1] {
            "do_unlinkat (break_deleg_wait)" since "6.1"
        };
        /// After the wait the operation starts again: new lookup, new test.
        recheck_after_wait "series" [1 1 1 1 1 1] {
            "do_unlinkat (retry_deleg)" since "6.1"
        };
        /// An operation of the server does not wait for a recall.
        null_wouldblock "series" [1 1 1 1 1 1] {
            "try_break_deleg" since "6.1"
        };
        /// The server answers DELAY, and the client tries again.
        delay_retry "series" [1 1 1 1 1 1] {
            "nfserrno (nfserr_jukebox)" since "6.1"
        };
        /// The recall is started even by an operation that does not wait for it.
        recall_started_on_nonblock "6.12" [1 1 1 1 1 1] {
            "__break_lease" since "6.1"
        };
        /// A delegation that is not given back in time is revoked.
        revoke_on_timeout "NFSv4; nfsd, laundromat" [1 1 1 1 1 1] {
            "nfs4_laundromat" since "6.1"
        };
        /// The server revokes only when the client has stopped trusting its lease.
        client_expires_first "NFSv4, lease rule" [1 1 1 1 1 1] {
            "nfs4_laundromat (state_expired)" since "6.1"
        };
        /// A client that renews its lease after the recall puts its revocation off. (nfsd revokes one
        /// lease time after the recall.)
        revoke_counts_renewals "needed" [1 1 1 0 0 1];
        /// No delegation is granted while somebody holds the inode lock.
        grant_trylock "series, implement delegations" [1 1 1 1 1 1] {
            "generic_add_lease" since "6.1"
        };
        /// After inserting the lease the server looks again whether the name still means the file, and
        /// whether somebody has recalled meanwhile.
        grant_verify "2014 and 2022" [0 0 0 1 1 1] {
            "nfs4_set_delegation (nfsd4_verify_deleg_dentry, fi_had_conflict)" since "6.1"
        };
        /// It looks again whether the file has changed, too.
        grant_verify_attributes "needed" [0 0 0 0 0 1];
        /// After inserting the lease the server looks again at the open counts.
        grant_retest_counts "6.12" [1 1 1 1 1 1] {
            "nfs4_set_delegation (nfsd4_check_conflicting_opens)" since "6.1"
        };
        /// Where the opens of clients share a file of the server, it looks at each open before it grants: the
        /// file alone does not show whose open it is.
        grant_looks_at_opens "nfsd" [1 1 1 1 1 1] {
            "nfsd4_check_conflicting_opens (fi_stateids)" since "6.1"
        };
        /// An open is counted before it tests for delegations.
        count_before_break "6.12" [1 1 1 1 1 1] {
            "do_dentry_open" since "6.1"
        };
        /// No delegation is granted against that of another client.
        grant_conflict_check "NFSv4" [1 1 1 1 1 1] {
            "generic_add_lease" since "6.1"
        };
        /// No delegation is granted while another one on the object is being recalled.
        grant_pending_check "6.12" [1 1 1 1 1 1] {
            "generic_add_lease" since "6.1"
        } => Declared::NoEffect {
            why: "whoever recalls bars the object and would recall a new delegation too; with \
                  neither, things break without this rule's help, and it only delays them",
        };
        /// No delegation is granted for some time after a recall: not while somebody is back from it and
        /// not yet through.
        block_regrant "nfsd, Bloom filters" [1 1 1 1 1 1] {
            "delegation_blocked" since "6.1"
        } => Declared::RedundantGiven {
            rules: &["rebreak_in_loop"],
            why: "a new delegation is recalled by the one who waits",
        };
        /// That time does not end before a delegation is revoked that nobody gives back. (nfsd's ends
        /// 30 to 60 seconds after the recall, and it revokes after a lease time, 90 seconds.)
        bar_outlasts_revocation "needed" [1 1 1 0 0 1] => Declared::RedundantGiven {
            rules: &["rebreak_in_loop"],
            why: "a new delegation is recalled by the one who waits",
        };
        /// Whoever waits recalls delegations that were granted meanwhile.
        rebreak_in_loop "not in the kernel" [0 0 0 0 0 1] => Declared::RedundantGiven {
            rules: &["block_regrant"],
            why: "nothing is granted while somebody waits",
        };
        /// A grant that is given up takes its lease away.
        abort_unlease "6.12" [1 1 1 1 1 1] {
            "nfs4_set_delegation" since "6.1"
        };
        /// Only a delegation whose OPEN is complete goes on the laundromat's list.
        hashed_check "2021" [0 0 0 1 1 1] {
            "nfsd4_cb_recall_prepare" since "6.1"
        };
        /// A recall that could not be queued is queued again.
        cb_retry "2025, in part" [0 0 0 0 0 1];
        /// A client's own delegation is not in its way.
        own_exempt "6.12" [1 1 1 1 1 1] {
            "nfsd_breaker_owns_lease" since "6.1"
        };
        /// Whoever takes a lease away wakes those who wait for it.
        wake_on_return "6.12" [1 1 1 1 1 1] {
            "lease_modify" since "3.6"
        };
        /// Before it starts again, an operation gives back what it took for the wait.
        undo_on_retry "series; 6.12" [1 1 1 1 1 1] {
            "do_unlinkat" since "6.1"
        };
        /// A request that is sent again gets the answer of the first time.
        exactly_once_apply "NFSv4.1, reply cache" [1 1 1 1 1 1] {
            "nfsd4_sequence" since "6.1"
        };
        /// The server refuses during grace to open, to remove, to rename, to set extended attributes
        /// and to truncate.
        grace_refuses "NFSv4" [1 1 1 1 1 1] {
            "opens_in_grace" since "6.1"
        };
        /// It refuses to set other attributes, to get attributes, to link and to create, too.
        grace_refuses_attributes "needed" [1 1 1 0 0 1];
        /// Grace lasts until every client has its delegations back or has lost its lease.
        grace_covers_lease "NFSv4" [1 1 1 1 1 1] {
            "nfs4_laundromat (clients_still_reclaiming)" since "6.1"
        };
        /// During grace delegations are reclaimed, not granted.
        reclaim_before_new "NFSv4" [1 1 1 1 1 1] {
            "nfs4_open_delegation" since "6.1"
        };
        /// A client that was cut off finds out which delegations were revoked meanwhile before it trusts its
        /// cache again.
        back_checks_state "NFSv4.1" [1 1 1 1 1 1] {
            "nfsd4_sequence (SEQ4_STATUS_RECALLABLE_STATE_REVOKED)" since "6.1",
            "nfs41_handle_recallable_state_revoked (client)" since "6.1"
        };
        /// The server tells a client whose callback path is down, and the client makes a new one.
        cb_down_is_told "NFSv4.1" [1 1 1 1 1 1] {
            "nfsd4_sequence (SEQ4_STATUS_CB_PATH_DOWN)" since "6.1",
            "nfs41_handle_cb_path_down (client)" since "6.1"
        };
        /// A recall that the path did not deliver is sent again over the new one. (6.1 forgets it when
        /// no reply comes.)
        undelivered_is_sent_again "nfsd" [1 1 1 0 1 1] {
            "nfsd4_cb_sequence_done (cb_need_restart)" since "6.12"
        };
        /// A recall is kept while there is no path to the client. (nfsd gives it up.)
        recall_outlives_path "needed" [1 1 1 0 0 1];
        /// A recall that is given up is on the laundromat's list, so that the delegation is revoked in
        /// the end. (6.12 looks for the path before it puts a recall on the list.)
        dropped_is_listed "nfsd" [1 1 1 1 0 1] {
            "nfsd4_run_cb_work (prepare)" since "6.1" until "6.12"
        } => Declared::RedundantGiven {
            rules: &["recall_outlives_path"],
            why: "no recall is given up",
        };
        /// A recall names the OPEN that has granted the delegation, and a client without the answer to it
        /// lets the recall wait. (nfsd sends no such list with CB_RECALL.)
        recall_names_open "NFSv4.1, referring calls" [1 1 1 0 0 1];
        /// A recall of a delegation that the client does not know is sent once more.
        unknown_is_retried "nfsd" [1 1 1 1 1 1] {
            "nfsd4_cb_recall_done (dl_retries)" since "6.1",
            "nfs4_callback_recall (client, NFS4ERR_BADHANDLE)" since "6.1"
        } => Declared::RedundantGiven {
            rules: &["recall_names_open"],
            why: "a recall waits for the answer to the OPEN",
        };
        /// A recall holds a reference to its delegation.
        recall_holds_delegation "nfsd" [1 1 1 1 1 1] {
            "nfsd_break_one_deleg (refcount_inc)" since "6.1"
        };
        /// A recall that is over gives its reference back.
        recall_puts_delegation "nfsd" [1 1 1 1 1 1] {
            "nfsd4_cb_recall_release (nfs4_put_stid)" since "6.1"
        };
        /// A recall that cannot be queued gives its reference back.
        unqueued_is_put "2025" [1 1 1 1 1 1] {
            "nfsd_break_one_deleg (refcount_dec)" since "6.1"
        };
        /// GETATTR asks the client that holds a write delegation for size and change attribute.
        getattr_asks_holder "NFSv4, CB_GETATTR" [0 0 0 0 1 1] {
            "nfsd4_deleg_getattr_conflict" since "6.12"
        };
        /// A holder that does not answer that in time is recalled.
        silent_holder_is_recalled "NFSv4, CB_GETATTR" [0 0 0 0 1 1] {
            "nfsd4_deleg_getattr_conflict (nfsd_open_break_lease)" since "6.12"
        };
        /// A local process that gets attributes waits until a write delegation is recalled. (In Linux
        /// it sees what the server has.)
        stat_asks_holder "needed" [0 0 0 0 0 1];
    }
    variants {
        /// The server waits a moment for the recall, with its thread: in unlink and rename with the
        /// directory lock, in a change of attributes with the lock of the file.
        short_wait [0 0 0 1 1 0] {
            "nfsd_wait_for_delegreturn" since "6.1"
        };
        /// Local operations run during grace: only the server asks whether it is in grace.
        local_during_grace [0 0 0 1 1 0] {
            "opens_in_grace (nfsd alone asks)" since "6.1"
        };
        /// The recall's timer may end for a client that is connected and about to answer.
        early_revoke [0 0 0 0 0 0];
        /// An object is barred from new delegations until the operation that waited is done.
        bar_until_applied [0 0 0 0 0 0];
        /// A client that has written nothing gives its delegation back without the lock of the file.
        clean_return [0 0 0 1 1 0] {
            "nfs_end_delegation_return (client)" since "6.1"
        };
        /// What a client is told of an object is read after the delegation is granted: GETATTR comes
        /// after OPEN in the same request.
        view_after_grant [0 0 0 1 1 0] {
            "nfsd4_proc_compound" since "6.1"
        };
        /// Only read delegations are granted.
        read_delegations_only [0 0 0 1 0 0] {
            "nfs4_set_delegation" since "6.1" until "6.12"
        };
        /// Directories are not delegated.
        no_directory_delegations [0 0 0 1 1 0] {
            "nfs4_set_delegation" since "6.1"
        };
    }
}
