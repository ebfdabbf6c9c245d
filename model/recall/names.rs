//! What an operation of each kind locks, looks up, tests and changes.

use crate::kit::values;

use super::Recall;
use super::config::{Kind, OpSpec};
use super::state::{ClientId, Delegation, Grant, GrantAt, ObjectId, Op, OpId, Ref, State};

/// A lock that an operation takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lock {
    /// The rename mutex.
    Mutex,
    /// The inode lock of a file or a directory.
    Inode(ObjectId),
}

impl OpSpec {
    /// Whether it is a rename from one directory into another.
    pub(super) fn crosses(&self) -> bool {
        self.kind == Kind::Rename && self.from != self.to
    }

    /// The directories that it locks, in order.
    pub(super) fn dir_locks(&self) -> [Option<ObjectId>; 2] {
        match self.kind {
            kind if kind.resolves_once() => [None; 2],
            Kind::Rename if self.crosses() => [Some(self.from), Some(self.to)],
            // The source of a link is looked up without the lock on its directory.
            _ => [Some(self.to), None],
        }
    }

    /// Whether it locks exactly one directory.
    pub(super) fn locks_one_dir(&self) -> bool {
        matches!(self.dir_locks(), [Some(_), None])
    }

    /// The files that it locks, in the order of their addresses.
    pub(super) fn file_locks(&self, op: &Op) -> [Option<ObjectId>; 2] {
        if self.kind.takes_no_lock() {
            return [None; 2];
        }
        match (op.source.get(), op.victim.get()) {
            (Some(source), Some(victim)) => [Some(source.min(victim)), Some(source.max(victim))],
            (source, _) => [source, None],
        }
    }

    /// The lock that it takes when it has taken `n`.
    pub(super) fn lock(&self, op: &Op, n: u8) -> Option<Lock> {
        let mutex = self.crosses().then_some(Lock::Mutex);
        let inodes = self.dir_locks().into_iter().chain(self.file_locks(op)).flatten();
        mutex.into_iter().chain(inodes.map(Lock::Inode)).nth(usize::from(n))
    }
}

impl Recall {
    /// The objects whose delegations conflict with an operation, in the order of its tests, each
    /// with the rule that makes the test.
    pub(super) fn targets(&self, o: OpId, op: &Op) -> impl Iterator<Item = (ObjectId, bool)> {
        let (spec, rules) = (self.spec(o), &self.rules);
        let from = |rule| (spec.from, rule);
        let to = |rule| (spec.to, rule);
        let parents = match spec.kind {
            _ if !self.delegable_dirs => [None; 2],
            Kind::Unlink => [Some(from(rules.break_parent_unlink)), None],
            Kind::Create => [Some(from(rules.break_parent_create)), None],
            Kind::Link => [Some(to(rules.break_parent_link)), None],
            Kind::Rename => [
                Some(from(rules.break_parent_rename_source)),
                spec.crosses().then_some(to(rules.break_parent_rename_target)),
            ],
            _ => [None; 2],
        };
        let source = match spec.kind {
            Kind::Unlink => rules.break_unlink,
            Kind::Rename => rules.break_rename_source,
            Kind::Link => rules.break_link,
            Kind::Create => false,
            Kind::Setattr => rules.break_setattr,
            Kind::Xattr => rules.break_xattr,
            Kind::Acl => rules.break_acl && (rules.break_acl_by_server || !spec.nfs),
            Kind::Truncate => rules.break_truncate,
            Kind::OpenWrite => rules.break_open_write,
            Kind::OpenRead => rules.break_open_read,
            Kind::Getattr if spec.nfs => rules.getattr_asks_holder,
            Kind::Getattr => rules.stat_asks_holder,
        };
        let source = op.source.get().map(|x| (x, source));
        let victim = op.victim.get().map(|x| (x, rules.break_rename_target));
        parents.into_iter().chain([source, victim]).flatten()
    }

    /// What the names of an operation mean now: its file, and the file that a rename replaces.
    /// Nothing if the name is not there.
    pub(super) fn look_up(&self, s: &State, o: OpId) -> Option<(Ref, Ref)> {
        let spec = self.spec(o);
        if spec.kind == Kind::Create {
            return Some((Ref::None, Ref::None));
        }
        let source = s.object[spec.from].entry;
        let victim = if spec.crosses() { s.object[spec.to].entry } else { Ref::None };
        (source != Ref::None).then_some((source, victim))
    }

    /// The effect of an operation, and who finds out that it came too early.
    pub(super) fn take_effect(&self, s: &mut State, o: OpId) {
        let (spec, op) = (self.spec(o), s.op[o]);
        s.op[o].applied += 1;
        let by_name = matches!(spec.kind, Kind::Unlink | Kind::Rename);
        s.op[o].wrong_name |= by_name && self.look_up(s, o) != Some((op.source, op.victim));
        s.op[o].read_missed |= spec.kind.reads() && !op.informed && self.misses_a_write(s, o);
        match spec.kind {
            Kind::Unlink if s.object[spec.from].entry == op.source => {
                s.object[spec.from].entry = Ref::None;
            }
            Kind::Rename => {
                if s.object[spec.from].entry == op.source {
                    s.object[spec.from].entry = Ref::None;
                }
                s.object[spec.to].entry = op.source;
            }
            _ => {}
        }
        let [from, to] = match spec.kind {
            Kind::Unlink | Kind::Create => [Some(spec.from), None],
            Kind::Link => [Some(spec.to), None],
            Kind::Rename => [Some(spec.from), spec.crosses().then_some(spec.to)],
            _ => [None; 2],
        };
        let (source, victim) = match spec.kind {
            Kind::OpenRead | Kind::Getattr => (None, None),
            _ => (op.source.get(), op.victim.get()),
        };
        for x in [source, victim, from, to].into_iter().flatten() {
            self.change(s, x, spec.by);
        }
        if by_name {
            let opens = values::<ClientId>(self);
            let named = |grant: &Grant| {
                let x = Ref::from(grant.object);
                let looks = matches!(grant.at, GrantAt::Open | GrantAt::Inserted);
                looks && (x == op.source || x == op.victim)
            };
            opens.for_each(|c| s.grant[c].renamed |= named(&s.grant[c]));
        }
    }

    /// An object changes visibly: what anybody remembers of it is out of date, but for the client
    /// that has made the change.
    pub(super) fn change(&self, s: &mut State, x: ObjectId, by: Option<ClientId>) {
        for c in values::<ClientId>(self) {
            let held = &mut s.held[c][x];
            held.stale |= held.belief != Delegation::None && by != Some(c);
            let grant = &mut s.grant[c];
            let own = grant.at == GrantAt::Answered && by == Some(c);
            grant.changed |= grant.at != GrantAt::Idle && grant.object == x && !own;
        }
    }

    pub(super) fn misses_a_write(&self, s: &State, o: OpId) -> bool {
        let Some(x) = s.op[o].source.get() else { return false };
        values::<ClientId>(self).filter(|c| self.spec(o).by != Some(*c)).any(|c| {
            let (held, client) = (&s.held[c][x], &s.client[c]);
            let trusts = !client.lease_expired && !client.stubborn;
            held.belief == Delegation::Write && held.dirty && trusts
        })
    }
}
