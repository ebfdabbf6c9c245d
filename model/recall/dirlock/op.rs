//! The `dirop` and `environment` lanes.

use crate::kit::{FIRED, Fired, Next, Refused, values, when};

use super::DirLock;
use super::state::{Call, DirId, INODES, InodeId, Kind, NONE, Name, Op, OpAt, OpId, Owner, State};
use super::tree::{is_at_or_above, parent, top};

/// Locks in the order in which they are taken.
type Locks = [Option<InodeId>; 2];

/// Why an operation goes no further: an error for its caller.
struct Error;

impl Call {
    /// Whether it moves a name into another directory.
    fn crosses(&self) -> bool {
        self.kind == Kind::Rename && self.from.dir != self.to.dir
    }
}

impl DirLock {
    fn takes_mutex(&self, s: &State, o: OpId) -> bool {
        self.rules.rename_mutex && s.op[o].call.crosses()
    }

    pub(super) fn dirop_begin(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(s.op[o].at == OpAt::Idle && self.takes_mutex(s, o))?;
        when(s.rename_mutex == Owner::None)?;
        s.rename_mutex = o.into();
        s.op[o].at = OpAt::Mutex;
        FIRED
    }

    pub(super) fn dirop_plan(&self, s: &mut Next<State>, o: OpId) -> Fired {
        let ready = if self.takes_mutex(s, o) { OpAt::Mutex } else { OpAt::Idle };
        when(s.op[o].at == ready)?;
        let parents = self.parents(s, o);
        self.go_on(s, o, parents, OpAt::Parents, OpAt::Look)
    }

    /// Writes down which locks to take next, or turns back.
    fn go_on(
        &self,
        s: &mut State,
        o: OpId,
        locks: Result<Locks, Error>,
        lock: OpAt,
        then: OpAt,
    ) -> Fired {
        let op = &mut s.op[o];
        let Ok(locks) = locks else {
            op.at = OpAt::Release;
            return FIRED;
        };
        for inode in locks.into_iter().flatten() {
            op.todo.push(inode).or(crate::kit::exceeded("locks of one stage"))?;
        }
        op.at = if op.todo.is_empty() { then } else { lock };
        FIRED
    }

    /// The directories to lock, by the tree as it is now.
    fn parents(&self, s: &State, o: OpId) -> Result<Locks, Error> {
        let call = s.op[o].call;
        let (from, to) = (call.from.dir, call.to.dir);
        let (source, target) = (Some(from.into()), Some(to.into()));
        if call.kind == Kind::Link {
            return Ok([target, None]);
        }
        if !call.crosses() {
            return Ok([source, None]);
        }
        if top(s, from) != top(s, to) && self.rules.common_ancestor {
            return Err(Error);
        }
        let target_first = self.rules.ancestor_first && is_at_or_above(s, to, from);
        Ok(if target_first { [target, source] } else { [source, target] })
    }

    fn take_next(&self, s: &mut Next<State>, o: OpId, then: OpAt) -> Fired {
        let next = s.op[o].todo.head().ok_or(Refused::Disabled)?;
        when(s.lock[next] == Owner::None)?;
        s.lock[next] = o.into();
        let op = &mut s.op[o];
        op.todo.pop();
        if op.todo.is_empty() {
            op.at = then;
        }
        FIRED
    }

    pub(super) fn dirop_lock_parent(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(s.op[o].at == OpAt::Parents)?;
        self.take_next(s, o, OpAt::Look)
    }

    pub(super) fn dirop_look(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(s.op[o].at == OpAt::Look)?;
        let call = s.op[o].call;
        if call.kind != Kind::Create {
            s.op[o].source = s.dir[call.from.dir].get(call.from.name);
        }
        if call.kind == Kind::Rename {
            s.op[o].victim = s.dir[call.to.dir].get(call.to.name);
        }
        let children = self.children(s, o);
        self.go_on(s, o, children, OpAt::Children, OpAt::Apply)
    }

    /// What to lock of that which the names mean.
    fn children(&self, s: &State, o: OpId) -> Result<Locks, Error> {
        let Op { call, source, victim, .. } = s.op[o];
        let taken = |dir: DirId, name| s.dir[dir].dead || s.dir[dir].get(name) != NONE;
        let refused = match call.kind {
            Kind::Create => taken(call.from.dir, call.from.name),
            Kind::Unlink => !source.is_file(),
            Kind::Rmdir => source.dir().is_none(),
            Kind::Link => !source.is_file() || taken(call.to.dir, call.to.name),
            Kind::Rename => {
                let kinds_differ = victim != NONE && source.is_file() != victim.is_file();
                let nothing = source == NONE || source == victim || s.dir[call.to.dir].dead;
                nothing || kinds_differ || (self.rules.loop_check && self.makes_a_loop(s, o))
            }
        };
        if refused {
            return Err(Error);
        }
        if call.kind == Kind::Create {
            return Ok([None; 2]);
        }
        if source.is_file() {
            let by_address = self.rules.nondir_by_address && victim != NONE && victim < source;
            let (first, second) = if by_address { (victim, source) } else { (source, victim) };
            return Ok([Some(first), (second != NONE).then_some(second)]);
        }
        let moves =
            call.kind != Kind::Rename || call.crosses() || !self.rules.subdir_only_when_needed;
        Ok([moves.then_some(source), (victim != NONE).then_some(victim)])
    }

    fn makes_a_loop(&self, s: &State, o: OpId) -> bool {
        let Op { call, source, victim, .. } = s.op[o];
        let contains = |inode: InodeId, dir| {
            inode.dir().is_some_and(|ancestor| is_at_or_above(s, ancestor, dir))
        };
        contains(source, call.to.dir) || contains(victim, call.from.dir)
    }

    pub(super) fn dirop_lock_child(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(s.op[o].at == OpAt::Children)?;
        self.take_next(s, o, OpAt::Apply)
    }

    pub(super) fn dirop_apply(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(s.op[o].at == OpAt::Apply)?;
        let Op { call, source, victim, .. } = s.op[o];
        let (from, to) = (call.from, call.to);
        let empty =
            |inode: InodeId| inode.dir().is_none_or(|dir| s.dir[dir].inodes().next().is_none());
        let possible = match call.kind {
            Kind::Rmdir => empty(source),
            Kind::Rename => empty(victim),
            _ => true,
        };
        let dies = match call.kind {
            Kind::Rmdir => source.dir(),
            Kind::Rename => victim.dir(),
            _ => None,
        };
        s.op[o].at = OpAt::Release;
        if !possible {
            return FIRED;
        }
        match call.kind {
            Kind::Unlink | Kind::Rmdir => s.dir[from.dir].set(from.name, NONE),
            Kind::Create => {
                s.dir[from.dir].set(from.name, InodeId((INODES - super::state::OPS) as u8 + o.0));
            }
            Kind::Link => s.dir[to.dir].set(to.name, source),
            Kind::Rename => {
                s.dir[from.dir].set(from.name, NONE);
                s.dir[to.dir].set(to.name, source);
            }
        }
        if let Some(dir) = dies {
            s.dir[dir].dead = true;
        }
        FIRED
    }

    pub(super) fn dirop_release(&self, s: &mut Next<State>, o: OpId) -> Fired {
        when(s.op[o].at == OpAt::Release)?;
        if s.rename_mutex == o.into() {
            s.rename_mutex = Owner::None;
        }
        for inode in (0..INODES as u8).map(InodeId) {
            if s.lock[inode] == o.into() {
                s.lock[inode] = Owner::None;
            }
        }
        s.op[o] = Op { at: OpAt::Done, ..Op::default() };
        FIRED
    }

    pub(super) fn environment_splice(&self, s: &mut Next<State>, d: DirId) -> Fired {
        let second = DirId(values::<DirId>(self).count() as u8 - 1);
        when(s.splices_left > 0 && parent(s, second).is_none() && !s.dir[second].dead)?;
        when(top(s, d) == Some(DirId(0)) && !s.dir[d].dead && s.dir[d].d4 == NONE)?;
        s.splices_left -= 1;
        s.dir[d].set(Name::D4, second.into());
        FIRED
    }
}
