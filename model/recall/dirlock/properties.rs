//! What directory locking promises: this, and the built-in `deadlock` and `can_finish`.

use crate::kit::{Claim, Property, every, implies};

use super::DirLock;
use super::state::{DIRS, DirId, InodeId, State};

pub(super) const PROPERTIES: &[Property<DirLock>] = properties! { DirLock;
    /// Every directory has at most one name, no directory is its own ancestor, and nothing has a
    /// name in a directory that was removed.
    invariant tree_stays_a_tree;
};

/// All directories, whether the tree has them or not.
pub(super) fn directories() -> impl Iterator<Item = DirId> {
    (0..DIRS as u8).map(DirId)
}

/// The directory in which a directory has its name.
pub(super) fn parent(s: &State, d: DirId) -> Option<DirId> {
    let child = InodeId::from(d);
    directories().find(|dir| s.dir[*dir].inodes().any(|inode| inode == child))
}

/// Where the way up from a directory ends; `None` if it goes round.
pub(super) fn top(s: &State, d: DirId) -> Option<DirId> {
    let mut at = d;
    for _ in 0..DIRS {
        match parent(s, at) {
            Some(up) => at = up,
            None => return Some(at),
        }
    }
    None
}

/// Whether `ancestor` lies on the way up from `d`, or is `d`.
pub(super) fn is_at_or_above(s: &State, ancestor: DirId, d: DirId) -> bool {
    let mut at = Some(d);
    for _ in 0..DIRS {
        if at == Some(ancestor) {
            return true;
        }
        at = at.and_then(|dir| parent(s, dir));
    }
    false
}

impl DirLock {
    fn tree_stays_a_tree(&self, s: &State) -> Claim {
        every(directories().map(|d| {
            let names = directories().flat_map(|dir| s.dir[dir].inodes());
            let names = names.filter(|inode| inode.dir() == Some(d)).count();
            let empty = s.dir[d].inodes().next().is_none();
            let good = names <= 1 && top(s, d).is_some() && (!s.dir[d].dead || empty);
            implies(names > 0 || !empty || s.dir[d].dead, good)
        }))
    }
}
