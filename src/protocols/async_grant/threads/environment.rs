//! What comes from outside: the owner on another node, and what goes wrong.

use super::super::rt::{AtomicBool, Ordering};
use super::{Holder, Node};

impl Node {
    /// From now on something may go wrong, once. Nothing else is published with these flags.
    pub(super) fn let_faults_happen(&self) {
        if self.model.budget.oom > 0 {
            self.memory_short.store(true, Ordering::Relaxed);
        }
        if self.model.budget.drop > 0 {
            self.lossy.store(true, Ordering::Relaxed);
        }
    }

    pub(super) fn remote_lock(&self) {
        let mut fs = self.fs();
        fs.holder = Some(Holder::Remote);
        self.log.step("remote_lock", &[], Vec::new());
    }

    pub(super) fn remote_unlock(&self) {
        let mut fs = self.fs();
        fs.holder = None;
        self.log.step("remote_unlock", &[], Vec::new());
        self.fs_event.notify_one();
    }

    /// Whether this allocation fails.
    pub(super) fn out_of_memory(&self) -> bool {
        self.model.budget.oom > 0 && happens(&self.memory_short)
    }

    /// Whether this operation is lost on its way.
    pub(super) fn is_lost(&self) -> bool {
        self.model.budget.drop > 0 && happens(&self.lossy)
    }
}

fn happens(fault: &AtomicBool) -> bool {
    fault.swap(false, Ordering::Relaxed)
}
