//! What directory locking promises: this, and the built-in `deadlock` and `can_finish`.

use crate::kit::{Claim, Property, every, implies};

use super::DirLock;
use super::state::State;
use super::tree::{directories, top};

pub(super) const PROPERTIES: &[Property<DirLock>] = properties! { DirLock;
    /// Every directory has at most one name, no directory is its own ancestor, and nothing has a
    /// name in a directory that was removed.
    invariant tree_stays_a_tree;
};

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
