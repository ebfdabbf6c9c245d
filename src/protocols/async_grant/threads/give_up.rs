//! What takes the lock away from a client: GRANTED that is refused, CANCEL and UNLOCK. The block and
//! the lock go together, so both locks are taken.

use latchwork_model::async_grant::state::{Block, GrantRes, OpKind, Reply};

use super::super::rt::MutexGuard;
use super::{Filesystem, LM, Manager, Node};

impl Node {
    pub(super) fn grant_res(&self, c: u8, mut lm: MutexGuard<'_, Manager>) {
        let at = usize::from(c);
        let refused = std::mem::take(&mut lm.client[at].grant_res) == GrantRes::Rejected;
        if lm.block[at].present {
            lm.block[at] = Block::default();
            lm.answered[at] = if refused { Reply::Denied } else { Reply::Granted };
            if refused && self.rules().grant_reject_unlocks {
                let mut fs = self.fs();
                self.release(c, &mut fs);
                fs.mirror[at] = false;
            }
        }
        self.did("lm_grant_res", &[LM, c], c, &lm);
    }

    pub(super) fn cancel_arrives(&self, c: u8, mut lm: MutexGuard<'_, Manager>) {
        let at = usize::from(c);
        let blocked = std::mem::take(&mut lm.block[at]).present;
        let reaches = self.rules().cancel_reaches_fs;
        let mut fs = self.fs();
        if blocked && reaches && fs.ops[at].contains(&OpKind::Queued) {
            fs.ops[at].retain(|op| *op != OpKind::Queued);
        } else if blocked && (reaches || fs.mirror[at]) {
            self.release(c, &mut fs);
            fs.mirror[at] = false;
        }
        lm.client[at].cancel_msg = false;
        lm.client[at].reply = Reply::Cancelled;
        lm.answered[at] = Reply::Denied;
        self.did("lm_cancel", &[LM, c], c, &lm);
        self.tell_client(c);
    }

    pub(super) fn unlock_arrives(&self, c: u8, mut lm: MutexGuard<'_, Manager>) {
        let at = usize::from(c);
        let mut fs = self.fs();
        if self.rules().unlock_cancels_block {
            lm.block[at] = Block::default();
            fs.ops[at].retain(|op| *op != OpKind::Queued);
        }
        if self.rules().unlock_not_mirror_gated || fs.mirror[at] {
            self.release(c, &mut fs);
        }
        fs.mirror[at] = false;
        lm.client[at].unlock_msg = false;
        lm.client[at].reply = Reply::Unlocked;
        lm.answered[at] = Reply::Denied;
        self.did("lm_unlock", &[LM, c], c, &lm);
        self.tell_client(c);
    }
}

impl Filesystem {
    /// An operation is under way that has to be waited for before the lock is taken away.
    pub(super) fn is_busy(&self, c: u8) -> bool {
        self.ops[usize::from(c)].iter().any(|op| op.is_busy())
    }
}
