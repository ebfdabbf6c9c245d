//! The rules of the protocol, its variants, and the profiles.
//!
//! Sources: "seed" is the patch "NFSv4.1: Don't lose locks when a server reboots during delegation
//! return" (2013), "base" the client before it, a year a later change, "environment" what the
//! client takes for granted of the server, "candidate" what we propose, and "stronger" what no
//! kernel does. Functions are those of `fs/nfs`, or of `fs/nfsd` for what the server does.
//! Versions are those of trees that were read: 3.6, 3.10, 5.10.262, 6.1.176, 6.1.192, 6.12.117 and
//! 7.2.13, and single patches; a rule that is in 3.10 and not in 3.6 is "since 3.10".

use crate::kit::Declared;

rules! {
    profiles {
        /// Linux 3.6: the client as the patch of 2013 found it.
        linux_3_6;
        /// As that patch left it.
        seed;
        /// Linux 6.1.176.
        linux_6_1;
        /// The same, on a server that may refuse to grant the delegation again.
        linux_6_1_refused;
        /// Linux 6.12.117.
        linux_6_12;
        /// Linux 7.2.13.
        linux_7_2;
        /// All that anybody proposed, on a server that grants the delegation again.
        full;
        /// What anybody but us proposed, on a server that may refuse to grant the delegation again.
        refused;
        /// All that anybody proposed, on such a server.
        refused_safe;
    }
    rules {
        /// The delegation stays visible (RETURNING) until all claims have succeeded.
        detach_after_claim "seed" [0 1 1 1 1 1 1 1 1] {
            "nfs_end_delegation_return" since "3.10"
        };
        /// The inode's `rwsem` is not kept from the first claim to the last.
        no_rwsem_across_claims "seed" [0 1 1 1 1 1 1 1 1] {
            "nfs_end_delegation_return" since "3.10"
        };
        /// Nor is it kept while the locks of an open are claimed.
        no_rwsem_across_lock_claims "seed, until 2026" [0 1 1 1 0 0 1 1 1] {
            "nfs_delegation_claim_locks" since "3.10" until "6.1.192",
            "nfs_delegation_claim_locks" since "6.12" until "6.12.100"
        };
        /// A delegation that is RETURNING serves no new open.
        returning_in_can_open "seed" [0 1 1 1 1 1 1 1 1] {
            "nfs4_is_valid_delegation" since "5.10"
        };
        /// An open that is answered while the delegation is RETURNING does not rest on it.
        returning_in_update_open_stateid "seed" [0 1 1 1 1 1 1 1 1] {
            "update_open_stateid" since "5.10"
        };
        /// Cached data are not trusted for the sake of a delegation that is RETURNING.
        returning_in_have_delegation "seed" [0 1 1 1 1 1 1 1 1] {
            "nfs4_have_delegation" since "3.10"
        } => Declared::NoEffect {
            why: "a delegation that is RETURNING is good at the server until it is given \
                  back, unless the server forgets it in a reboot and does not grant it \
                  again; and then `refused_is_not_asked_again` marks it. Without both it \
                  breaks: in the profile `refused`",
        };
        /// Opens are claimed before the delegation is returned.
        claim_opens "base" [1 1 1 1 1 1 1 1 1] {
            "nfs_delegation_claim_opens" since "3.6"
        };
        /// So are the locks of each open.
        claim_locks "base" [1 1 1 1 1 1 1 1 1] {
            "nfs_delegation_claim_locks" since "3.6"
        };
        /// A return that is given up is put back, to be tried again.
        abort_puts_back "seed" [0 1 1 1 1 1 1 1 1] {
            "nfs_abort_delegation_return" since "3.10" until "7.2",
            "nfs_end_delegation_return" since "7.2"
        };
        /// So is one whose wait a signal has ended.
        interrupted_return_is_put_back "seed" [0 1 0 0 0 0 1 1 1] {
            "nfs_abort_delegation_return" since "3.10" until "5.10"
        };
        /// A return whose wait a signal has ended is given up, and does not go on to DELEGRETURN.
        interrupted_return_is_aborted "base" [1 1 1 1 1 0 1 1 1] {
            "__nfs_inode_return_delegation" since "3.6" until "3.10",
            "nfs_end_delegation_return" since "3.10" until "7.2"
        };
        /// A return in an application's own task waits for the manager and tries again.
        sync_waits_then_retries "seed" [0 1 1 1 1 1 1 1 1] {
            "nfs_end_delegation_return" since "3.10"
        };
        /// A claim during which the manager recovered something is made again.
        seqcount_retry "seed" [0 1 1 1 0 0 1 1 1] {
            "nfs_delegation_claim_opens" since "3.10" until "6.12"
        } => Declared::NoEffect {
            why: "a call that is repeated after recovery finds nothing left to claim. What \
                  the check was made for, an answer of an earlier epoch that overwrites \
                  what the manager recovered, cannot happen while an answer keeps its \
                  slot; and where it can, the check notices it too late",
        };
        /// Only the delegation whose claims were made is detached, not what hangs there now.
        only_if_current "seed" [0 1 1 1 1 1 1 1 1] {
            "nfs_detach_delegation_locked" since "3.10" until "7.2",
            "nfs_detach_delegation" since "7.2"
        };
        /// A claim has failed if its code is not zero, not only if it is negative.
        not_err "seed" [0 1 1 1 1 1 1 1 1] {
            "nfs_delegation_claim_opens" since "3.10"
        } => Declared::NoEffect {
            why: "no code of the catalogue is positive: a control that must stay without \
                  effect",
        };
        /// The stateid that a claim brings is that of the open from then on.
        claim_sets_open_stateid "base" [1 1 1 1 1 1 1 1 1] {
            "nfs_set_open_stateid_locked" since "3.6"
        };
        /// An OPEN claim that comes too late, since its open was recovered meanwhile, marks nothing.
        stale_claim_marks_nothing "candidate" [0 0 0 0 0 0 1 0 1] => Declared::NoEffect {
            why: "an open that is marked without need is asked for anew, and the server grants \
                  that: it costs a call",
        };
        /// Locks that were claimed from a delegation that turns out to be revoked count as lost.
        revoked_return_loses_locks "candidate" [0 0 0 0 0 0 1 0 1];
        /// A LOCK claim that is answered DELAY or GRACE is repeated at once, not together with its
        /// open.
        delayed_lock_claim_in_place "later" [0 0 1 1 1 1 1 1 1] {
            "nfs4_lock_delegation_recall" since "5.10"
        };
        /// So is one that fails because the session is lost.
        lock_claim_in_place "stronger" [0 0 0 0 0 0 1 1 1];
        /// A LOCK claim that fails marks its open as resting on the delegation again, so that the
        /// next try claims both.
        failed_lock_claim_marks_open "2013, until 2019" [0 0 0 0 0 0 1 1 1] {
            "nfs4_handle_delegation_recall_error" since "4.3" until "5.3"
        };
        /// An open that the server knows already needs no OPEN to be claimed.
        known_open_needs_no_claim "2019" [0 0 1 1 1 1 1 1 1] {
            "nfs4_open_delegation_recall" since "5.3"
        } => Declared::RedundantGiven {
            rules: &["detach_after_claim"],
            why: "it saves a call: an OPEN for what the server knows already changes nothing, \
                  but where the delegation is detached before its claims are made, and the call \
                  fails",
        };
        /// The recovery of an open that is cut off by a lost session is made again.
        cut_off_recovery_is_repeated "stronger" [0 0 0 0 0 0 1 1 1];
        /// What is marked for recovery after a reboot no longer rests on the delegation, and has no
        /// stateid.
        recovery_forgets_stateids "base" [1 1 1 1 1 1 1 1 1] {
            "nfs4_clear_open_state" since "3.6"
        };
        /// Nothing new is sent from the moment on in which a call is answered that the session is lost,
        /// and not only once the manager runs.
        drain_at_session_error "later" [0 0 1 1 1 1 1 1 1] {
            "nfs41_sequence_process (session_recover)" since "5.10"
        } => Declared::NoEffect {
            why: "without it a call without a session is answered BADSESSION and made again. \
                  With it a LOCK claim waits before the manager runs: the deadlock of \
                  `linux_6_12` needs it",
        };
        /// A slot is in use until the answer has been processed, and draining waits for it.
        reply_under_slot "2016" [0 0 1 1 1 1 1 1 1] {
            "nfs4_opendata_to_nfs4_state" since "5.10"
        };
        /// Nobody locks or unlocks while an open and its locks are being claimed.
        delegreturn_mutex "2013, after the seed" [0 0 1 1 1 1 1 1 1] {
            "nfs_delegation_claim_opens" since "3.10"
        };
        /// An open that is reclaimed asks for the delegation again.
        reclaim_asks_delegation "base" [1 1 1 1 1 1 1 1 1] {
            "_nfs4_do_open_reclaim" since "3.6"
        };
        /// A delegation that is not yet granted again serves no new open.
        need_reclaim_blocks_cached_open "base" [1 1 0 0 0 0 1 1 1] {
            "can_open_delegated" since "3.6" until "5.10"
        };
        /// A delegation that is known to be revoked serves no new open.
        revoked_blocks_cached_open "later" [0 0 1 1 1 1 1 1 1] {
            "nfs4_is_valid_delegation" since "5.10"
        } => Declared::NoEffect {
            why: "an open that rests on a revoked delegation is claimed when that is returned, \
                  and asked for anew because the claim is refused",
        };
        /// RECLAIM_COMPLETE is sent also when there was nothing to reclaim.
        reclaim_complete_always "base" [1 1 1 1 1 1 1 1 1] {
            "nfs4_state_end_reclaim_reboot" since "3.6"
        };
        /// A delegation that is RETURNING is not reaped when it was not granted again.
        reap_skips_returning "later" [0 0 1 1 1 1 1 1 1] {
            "nfs_server_reap_unclaimed_delegations" since "5.10"
        };
        /// The manager does not wait for the returns that it has started.
        manager_lets_others_run "2018 and 2023" [0 0 1 1 1 1 1 1 1] {
            "nfs4_state_manager" since "5.10"
        };
        /// A recall marks the delegation even while it is RETURNING.
        recall_marks_even_if_returning "base" [1 1 0 0 0 0 1 1 1] {
            "nfs_async_inode_return_delegation" since "3.6" until "5.10"
        } => Declared::NoEffect {
            why: "a recall that is refused is sent again, and a return that is given up is put \
                  back, so the recall is answered all the same",
        };
        /// A delegation that the server grants while another one is being returned does not take its
        /// place: it is given back.
        second_delegation_is_given_back "2026" [0 0 0 0 1 1 1 1 1] {
            "nfs_inode_set_delegation" since "6.1.192" until "6.2",
            "nfs_inode_set_delegation" since "6.12.117"
        };
        /// A return whose delegation was granted again while DELEGRETURN waited is put back when that
        /// is answered.
        late_answer_puts_back "stronger" [0 0 0 0 0 0 1 1 1];
        /// The server grants the delegation again when an open is reclaimed that asks for it.
        server_regrants_at_reclaim "environment" [1 1 1 0 1 1 1 0 0] {
            "nfs4_open_delegation, alloc_init_deleg (delegation_blocked)" since "5.10"
        };
        /// A client whose lease has run out may not reclaim after a reboot.
        expired_is_struck_off "environment" [1 1 1 1 1 1 1 1 1] {
            "nfsd4_client_record_remove" since "3.6"
        };
        /// Nor may one that had not reclaimed when grace ended.
        late_is_struck_off "environment" [1 1 1 1 1 1 1 1 1] {
            "nfsd4_record_grace_done" since "3.6"
        };
        /// Nor may one whose delegation was revoked.
        revoked_is_struck_off "environment" [0 0 0 0 0 0 1 0 1];
        /// An open that was reclaimed while the delegation is not granted again does not rest on it,
        /// so its locks are reclaimed as locks.
        reclaim_locks_when_regrant_refused "candidate" [0 0 0 0 0 0 1 0 1];
        /// A delegation that is RETURNING and was not granted again is known to be dead, and is not
        /// asked for after the next reboot.
        refused_is_not_asked_again "candidate" [0 0 0 0 0 0 1 0 1];
    }
    variants {
        /// A callback is sent and received in one step, with or without a session.
        cb_one_step [0 0 0 0 0 0 0 0 0];
        /// Locks that can no longer be reclaimed are asked for anew instead of being given up.
        recover_lost_locks [0 0 0 0 0 0 0 0 0] {
            "nfs4_lock_expired" since "3.6" until "5.10",
            "nfs4_lock_expired (module parameter recover_lost_locks)" since "5.10"
        };
        /// The server keeps the state of an expired client until somebody needs it.
        courtesy [0 0 0 0 0 0 0 0 0] {
            "nfs4_get_client_reaplist (NFSD4_COURTESY)" since "5.10"
        };
        /// DELEGRETURN is sent first, and the delegation detached when it is answered.
        detach_after_rpc [0 0 1 1 1 1 0 0 0] {
            "nfs4_delegreturn_done (nfs_delegation_mark_returned)" since "5.10"
        };
    }
}
