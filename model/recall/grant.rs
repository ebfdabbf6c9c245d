//! The `application` and `grant` lanes: a client opens a file, and the server may delegate it.

use crate::kit::{FIRED, Fired, Next, values, when};

use super::Recall;
use super::config::Kind;
use super::state::{
    ClientId, Delegation, Grant, GrantAt, Held, Lease, ObjectId, OpAt, OpId, Owner, Stage, State,
    Want,
};

impl Recall {
    pub(super) fn application_open(
        &self,
        s: &mut Next<State>,
        c: ClientId,
        x: ObjectId,
        want: Want,
    ) -> Fired {
        let kind = Delegation::from(want);
        when(match want {
            Want::Read => self.read_delegations,
            Want::Write => self.write_delegations && !self.variants.read_delegations_only,
        })?;
        let directories = self.delegable_dirs && !self.variants.no_directory_delegations;
        when(if self.is_dir(x) { directories } else { self.delegable_files })?;
        when(s.grant[c].at == GrantAt::Idle && self.is_reachable(s, c) && !s.client[c].back)?;
        when(s.lease[c][x].kind == Delegation::None && s.held[c][x].belief == Delegation::None)?;
        when(self.is_forgotten(s, c, x))?;
        when(self.thread_free(s) && (!s.grace || !self.rules.reclaim_before_new))?;
        when(self.counts_allow(s, c, x, kind))?;
        when(self.grants.is_none() || s.grants_left > 0)?;
        if self.grants.is_some() {
            s.grants_left -= 1;
        }
        s.grant[c] = Grant { at: GrantAt::Open, object: x, kind, ..Grant::default() };
        FIRED
    }

    pub(super) fn application_write(&self, s: &mut Next<State>, c: ClientId, x: ObjectId) -> Fired {
        let client = &s.client[c];
        when(!client.dead && !client.stubborn && !client.lease_expired)?;
        let held = &s.held[c][x];
        when(held.belief == Delegation::Write && held.stage == Stage::None && !held.dirty)?;
        let held = &mut s.held[c][x];
        held.dirty = true;
        FIRED
    }

    pub(super) fn grant_refuse(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.grant[c].at == GrantAt::Open && !self.may_insert(s, c))?;
        s.grant[c] = Grant::default();
        FIRED
    }

    pub(super) fn grant_insert(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.grant[c].at == GrantAt::Open && self.may_insert(s, c))?;
        let Grant { object: x, kind, .. } = s.grant[c];
        self.allocate(s, c, x);
        s.grant[c].at = GrantAt::Inserted;
        s.lease[c][x] = Lease { kind, ..Lease::default() };
        s.object[x].had_conflict = false;
        FIRED
    }

    pub(super) fn grant_abort(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.grant[c].at == GrantAt::Inserted && !self.is_still_good(s, c))?;
        let x = s.grant[c].object;
        s.grant[c] = Grant::default();
        s.use_after_free |= s.lease[c][x].listed;
        if self.rules.abort_unlease {
            s.lease[c][x] = Lease::default();
            self.drop_reference(s, c, x);
            self.wake(s, x);
        }
        FIRED
    }

    pub(super) fn grant_reply(&self, s: &mut Next<State>, c: ClientId) -> Fired {
        when(s.grant[c].at == GrantAt::Inserted && self.is_still_good(s, c))?;
        let Grant { object: x, kind, changed, renamed, .. } = s.grant[c];
        s.grant[c] = Grant::default();
        s.lease[c][x].hashed = true;
        let stale = renamed || (changed && !self.variants.view_after_grant);
        // The reply to a client that is gone arrives nowhere.
        if !self.is_reachable(s, c) {
            return FIRED;
        }
        if self.faults.overtaken > 0 {
            let at = GrantAt::Answered;
            s.grant[c] = Grant { at, object: x, kind, changed: stale, renamed: false };
        } else {
            s.held[c][x] = Held { belief: kind, stale, ..Held::default() };
        }
        FIRED
    }

    /// What the server looks at before it inserts a lease.
    fn may_insert(&self, s: &State, c: ClientId) -> bool {
        let Grant { object: x, kind, .. } = s.grant[c];
        let others = || values::<ClientId>(self).filter(|other| *other != c);
        let excluded = others().any(|other| s.lease[other][x].kind.excludes(kind));
        let pending = others().any(|other| s.lease[other][x].breaking);
        let locked = s.object[x].lock != Owner::None;
        let refused = s.lease[c][x].kind != Delegation::None
            || (self.rules.grant_conflict_check && excluded)
            || (self.rules.grant_trylock && locked)
            || (self.rules.grant_pending_check && pending)
            || (self.rules.block_regrant && self.is_barred(s, x));
        !refused
    }

    /// What the server looks at after it has inserted the lease.
    fn is_still_good(&self, s: &State, c: ClientId) -> bool {
        let Grant { object: x, kind, changed, renamed, .. } = s.grant[c];
        let same = !renamed && !s.object[x].had_conflict && self.has_name(s, x);
        (same || !self.rules.grant_verify)
            && (!changed || renamed || !self.rules.grant_verify_attributes)
            && (self.counts_allow(s, c, x, kind) || !self.rules.grant_retest_counts)
    }

    /// Whether those who have the file open leave room for a delegation.
    fn counts_allow(&self, s: &State, c: ClientId, x: ObjectId, kind: Delegation) -> bool {
        let object = &s.object[x];
        let written = object.writers > 0 && !(self.shared_opens && self.all_share(s, c, x));
        !written && (object.readers == 0 || kind == Delegation::Read)
    }

    /// Whether all who have the file open for writing share it with an open of the client.
    fn all_share(&self, s: &State, c: ClientId, x: ObjectId) -> bool {
        let writes = |o: &OpId| {
            let op = &s.op[*o];
            op.counted && op.source == x.into() && self.spec(*o).kind == Kind::OpenWrite
        };
        values::<OpId>(self).filter(writes).all(|o| {
            let spec = self.spec(o);
            spec.nfs && (spec.by == Some(c) || !self.rules.grant_looks_at_opens)
        })
    }

    fn has_name(&self, s: &State, x: ObjectId) -> bool {
        let mut objects = values::<ObjectId>(self);
        self.is_dir(x) || objects.any(|dir| s.object[dir].entry == x.into())
    }

    /// Whether an operation keeps new delegations away from an object.
    fn is_barred(&self, s: &State, x: ObjectId) -> bool {
        !s.object[x].bar_over
            && values::<OpId>(self).any(|o| {
                let op = &s.op[o];
                op.wait_on == x.into()
                    && match op.at {
                        OpAt::Wait | OpAt::Delayed | OpAt::Again => true,
                        OpAt::Idle | OpAt::Done => false,
                        _ => self.variants.bar_until_applied,
                    }
            })
    }
}
