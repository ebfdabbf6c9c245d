//! The tree of directories: which way is up.

use super::state::{DIRS, DirId, InodeId, State};

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
