#![doc = include_str!("README.md")]

mod cases;
mod config;
mod op;
mod properties;
pub mod rules;
pub mod state;
mod tree;
mod view;

pub use config::{Cases, DirLock};

use crate::kit::{Model, Property, values};

use state::{DIRS, DirId, OpAt, OpId, State};

actions! { DirLock, State;
    /// An operation on names, from its first lock to its last.
    fair dirop {
        /// A rename into another directory takes the rename mutex.
        dirop_begin(o: OpId);
        /// Write down which directories to lock, by the tree as it is now.
        dirop_plan(o: OpId);
        /// Lock the next of them.
        dirop_lock_parent(o: OpId);
        /// Look the names up, and write down which of what they mean to lock.
        dirop_look(o: OpId);
        /// Lock the next of these.
        dirop_lock_child(o: OpId);
        /// Take effect, if that is still possible.
        dirop_apply(o: OpId);
        /// Drop all locks and return.
        dirop_release(o: OpId);
    }
    /// A lookup gives the second root a name in the tree, without any lock.
    fault environment {
        /// A lookup finds that the second root has a name in this directory.
        environment_splice(d: DirId);
    }
}

domains! { DirLock, self;
    OpId: self.op_count,
    DirId: DIRS as u8,
}

impl Model for DirLock {
    const PROPERTIES: &'static [Property<Self>] = properties::PROPERTIES;

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        let mut with_splices = |s: &State| emit(&State { splices_left: self.splices, ..*s });
        match self.cases {
            Cases::Given(case) => with_splices(&case),
            Cases::All { dirs, files, ops, every } => {
                let mut skip = 0;
                let mut sample = |s: &State| {
                    if skip == 0 {
                        skip = every;
                        with_splices(s);
                    }
                    skip -= 1;
                };
                cases::trees(dirs, files, &mut |tree, dirs| {
                    cases::choices(tree, dirs, ops, &mut sample);
                });
            }
        }
    }

    fn done(&self, s: &State) -> bool {
        values::<OpId>(self).all(|o| s.op[o].at == OpAt::Done)
    }
}

protocol!(
    DirLock,
    "dirlock",
    "operations on names lock directories and files in an order that cannot deadlock"
);
