//! The state: names, locks, and how far each operation is.

use crate::kit::{Queue, Table};

/// The directories: the root, three more, and a second root.
pub const DIRS: usize = 5;
/// The most operations.
pub const OPS: usize = 3;
/// The directories, two files, and a file for every operation that creates one.
pub const INODES: usize = DIRS + 2 + OPS;

ids! {
    /// An operation.
    pub OpId o;
    /// A directory: `d0` is the root, `d4` the second root.
    pub DirId d;
    /// An inode, in the order of addresses: the directories first, then the files `f` and `g`,
    /// then what the operations create. No name means the root, so `i0` stands for "none".
    pub InodeId i;
}

/// No inode.
pub const NONE: InodeId = InodeId(0);

impl From<DirId> for InodeId {
    fn from(d: DirId) -> Self {
        Self(d.0)
    }
}

impl InodeId {
    /// The directory, if it is one.
    #[inline]
    pub fn dir(self) -> Option<DirId> {
        (self != NONE && self.0 < DIRS as u8).then_some(DirId(self.0))
    }

    /// Whether it is a file.
    #[inline]
    pub fn is_file(self) -> bool {
        self.0 >= DIRS as u8
    }
}

state! {
    /// A name in a directory. In the beginning a name means what it says.
    pub enum Name { D1, D2, D3, D4, F, G, New }
}

state! {
    /// A directory.
    pub struct Dir {
        /// What its name `d1` means.
        pub d1: InodeId,
        /// What its name `d2` means.
        pub d2: InodeId,
        /// What its name `d3` means.
        pub d3: InodeId,
        /// What its name `d4` means.
        pub d4: InodeId,
        /// What its name `f` means.
        pub f: InodeId,
        /// What its name `g` means.
        pub g: InodeId,
        /// What its name `new` means.
        pub new: InodeId,
        /// It was removed.
        pub dead: bool,
    }
}

impl Dir {
    /// What a name means.
    #[inline]
    pub fn get(&self, name: Name) -> InodeId {
        match name {
            Name::D1 => self.d1,
            Name::D2 => self.d2,
            Name::D3 => self.d3,
            Name::D4 => self.d4,
            Name::F => self.f,
            Name::G => self.g,
            Name::New => self.new,
        }
    }

    /// Gives a name a meaning.
    #[inline]
    pub fn set(&mut self, name: Name, inode: InodeId) {
        *match name {
            Name::D1 => &mut self.d1,
            Name::D2 => &mut self.d2,
            Name::D3 => &mut self.d3,
            Name::D4 => &mut self.d4,
            Name::F => &mut self.f,
            Name::G => &mut self.g,
            Name::New => &mut self.new,
        } = inode;
    }

    /// What all its names mean.
    pub fn inodes(&self) -> impl Iterator<Item = InodeId> + '_ {
        Name::ALL.iter().map(|name| self.get(*name)).filter(|inode| *inode != NONE)
    }
}

state! {
    /// What an operation does.
    pub enum Kind {
        /// Remove the name of a file.
        Unlink,
        /// Remove an empty directory.
        Rmdir,
        /// Make a file.
        Create,
        /// Give a file a second name.
        Link,
        /// Move a name, over another one if that is there.
        Rename,
    }
}

state! {
    /// A name in a directory.
    pub struct Place {
        /// The directory.
        pub dir: DirId,
        /// The name.
        pub name: Name,
    }
}

state! {
    /// A call: what is to be done, and where.
    pub struct Call {
        /// What.
        pub kind: Kind,
        /// The name.
        pub from: Place,
        /// Of link and rename: the new name.
        pub to: Place,
    }
}

state! {
    /// Where an operation is.
    pub enum OpAt {
        /// Called.
        Idle,
        /// Has the rename mutex.
        Mutex,
        /// Takes the locks of the directories.
        Parents,
        /// About to look the names up.
        Look,
        /// Takes the locks of what the names mean.
        Children,
        /// About to take effect.
        Apply,
        /// About to drop all locks.
        Release,
        /// Returned.
        Done,
    }
}

state! {
    /// One operation.
    pub struct Op {
        /// Where it is.
        pub at: OpAt,
        /// What it was called for; cleared when it is done.
        pub call: Call,
        /// The locks that it is about to take, in order.
        pub todo: Queue<InodeId, 2>,
        /// What its name meant when it looked.
        pub source: InodeId,
        /// What the new name of a rename meant when it looked.
        pub victim: InodeId,
    }
}

state! {
    /// Who holds a lock.
    pub enum Owner { None, Op0, Op1, Op2 }
}

impl From<OpId> for Owner {
    fn from(o: OpId) -> Self {
        Self::ALL[1 + usize::from(o.0)]
    }
}

state! {
    /// The whole state.
    pub struct State {
        /// The directories.
        pub dir: Table<DirId, Dir, DIRS>,
        /// `s_vfs_rename_mutex`.
        pub rename_mutex: Owner,
        /// The inode locks.
        pub lock: Table<InodeId, Owner, INODES>,
        /// The operations.
        pub op: Table<OpId, Op, OPS>,
        /// How often the second root may still be found in the tree.
        pub splices_left: u8,
    }
}
