//! The rules of the protocol, its variants, and the profiles.
//!
//! Sources: "series" is the delegation recall series for the VFS of 2012 and 2013, "6.12" and
//! "6.19" what those kernels do, "nfsd" the server, "NFSv4" the protocol.

use crate::kit::Declared;

rules! {
    profiles {
        /// Before the series: nothing but an open recalls, and the server tests without locks.
        before;
        /// The third version of the series: it waits with the directory locked.
        v3;
        /// As the series left it.
        seed;
        /// With the fixes up to about 6.12.
        later;
        /// Everything.
        full;
    }
    rules {
        /// Unlink recalls the delegations on the file.
        break_unlink "series, break delegations on unlink" [0 1 1 1 1];
        /// Rename recalls the delegations on the file that moves.
        break_rename_source "series, break delegations on rename" [0 1 1 1 1];
        /// Rename recalls the delegations on the file that is replaced.
        break_rename_target "series, break delegations on rename" [0 1 1 1 1];
        /// Link recalls the delegations on the file.
        break_link "series, break delegations on link" [0 1 1 1 1];
        /// A change of attributes recalls the delegations on the file.
        break_setattr "series, break delegations on any attribute modification" [0 1 1 1 1];
        /// Truncation recalls the delegations on the file.
        break_truncate "lease break on truncate" [1 1 1 1 1];
        /// A change of extended attributes recalls the delegations on the file.
        break_xattr "6.12" [1 1 1 1 1];
        /// A change of the access control list recalls the delegations on the file.
        break_acl "6.12" [1 1 1 1 1];
        /// An open for writing recalls the delegations on the file.
        break_open_write "lease break on open" [1 1 1 1 1];
        /// An open for reading recalls the write delegations on the file.
        break_open_read "lease break on open" [1 1 1 1 1];
        /// Unlink recalls the delegations on the directory.
        break_parent_unlink "6.19, directory delegations" [1 1 1 1 1];
        /// Rename recalls the delegations on the directory that the file leaves.
        break_parent_rename_source "6.19, directory delegations" [1 1 1 1 1];
        /// Rename recalls the delegations on the directory into which the file goes.
        break_parent_rename_target "6.19, directory delegations" [1 1 1 1 1];
        /// Link recalls the delegations on the directory of the new name.
        break_parent_link "6.19, directory delegations" [1 1 1 1 1];
        /// Create recalls the delegations on the directory.
        break_parent_create "6.19, directory delegations" [1 1 1 1 1];
        /// An operation takes effect only after the recall, not before it.
        break_before_visible "series" [1 1 1 1 1];
        /// The test for delegations is made under the inode lock, not before the directory lock.
        break_under_inode_lock "series, take the inode lock on the renamed file" [0 1 1 1 1];
        /// A local operation drops all its locks before it waits for a recall.
        drop_locks_before_wait "series, fourth version" [1 0 1 1 1];
        /// After the wait the operation starts again: new lookup, new test.
        recheck_after_wait "series" [1 1 1 1 1];
        /// An operation of the server does not wait for a recall.
        null_wouldblock "series" [1 1 1 1 1];
        /// The server answers DELAY, and the client tries again.
        delay_retry "series" [1 1 1 1 1];
        /// The recall is started even by an operation that does not wait for it.
        recall_started_on_nonblock "6.12" [1 1 1 1 1];
        /// A delegation that is not given back in time is revoked.
        revoke_on_timeout "NFSv4; nfsd, laundromat" [1 1 1 1 1];
        /// The server revokes only when the client has stopped trusting its lease.
        client_expires_first "NFSv4, lease rule" [1 1 1 1 1];
        /// No delegation is granted while somebody holds the inode lock.
        grant_trylock "series, implement delegations" [1 1 1 1 1];
        /// After inserting the lease the server looks again at name, changes and conflicts.
        grant_verify "2014 and 2022" [0 0 0 1 1];
        /// After inserting the lease the server looks again at the open counts.
        grant_retest_counts "6.12" [1 1 1 1 1];
        /// An open is counted before it tests for delegations.
        count_before_break "6.12" [1 1 1 1 1];
        /// No delegation is granted against that of another client.
        grant_conflict_check "NFSv4" [1 1 1 1 1];
        /// No delegation is granted while another one on the object is being recalled.
        grant_pending_check "6.12" [1 1 1 1 1] => Declared::NoEffect {
            why: "whoever recalls bars the object and would recall a new delegation too; with \
                  neither, things break without this rule's help, and it only delays them",
        };
        /// No delegation is granted while somebody is back from a recall and not yet through.
        block_regrant "nfsd, Bloom filters" [1 1 1 1 1] => Declared::RedundantGiven {
            rules: &["rebreak_in_loop"],
            why: "a new delegation is recalled by the one who waits",
        };
        /// Whoever waits recalls delegations that were granted meanwhile.
        rebreak_in_loop "not in the kernel" [0 0 0 0 1] => Declared::RedundantGiven {
            rules: &["block_regrant"],
            why: "nothing is granted while somebody waits",
        };
        /// A grant that is given up takes its lease away.
        abort_unlease "6.12" [1 1 1 1 1];
        /// Only a delegation whose OPEN is complete goes on the laundromat's list.
        hashed_check "2021" [0 0 0 1 1];
        /// A recall that could not be queued is queued again.
        cb_retry "2025, in part" [0 0 0 1 1];
        /// A client's own delegation is not in its way.
        own_exempt "6.12" [1 1 1 1 1];
        /// Whoever takes a lease away wakes those who wait for it.
        wake_on_return "6.12" [1 1 1 1 1];
        /// Before it starts again, an operation gives back what it took for the wait.
        undo_on_retry "series; 6.12" [1 1 1 1 1];
        /// A request that is sent again gets the answer of the first time.
        exactly_once_apply "NFSv4.1, reply cache" [1 1 1 1 1];
        /// The server refuses operations during grace.
        grace_refuses "NFSv4" [1 1 1 1 1];
        /// Grace lasts until every client has its delegations back or has lost its lease.
        grace_covers_lease "NFSv4" [1 1 1 1 1];
        /// During grace delegations are reclaimed, not granted.
        reclaim_before_new "NFSv4" [1 1 1 1 1];
    }
    variants {
        /// The server waits a moment for the recall, with the directory lock and its thread.
        short_wait [0 0 0 1 0];
        /// Local operations run during grace.
        local_during_grace [0 0 0 0 0];
        /// The recall's timer may end for a client that is connected and about to answer.
        early_revoke [0 0 0 0 0];
        /// An object is barred from new delegations until the operation that waited is done.
        bar_until_applied [0 0 0 0 0];
    }
}
