//! The threaded form of asynchronous lock grant: the supported configurations, and the flaws of the
//! code.

use latchwork_model::async_grant::posix::{Access, Range};
use latchwork_model::async_grant::{AsyncGrant, ClientSpec};
use latchwork_model::kit::{Protocol, Setup};

use super::form::{Code, Form};

use flaws::Flaws;

pub mod flaws;

/// The code on plain threads.
#[path = ""]
pub mod on_std {
    use crate::engines::threads::rt_std as rt;
    pub mod threads;
}

/// The code under loom.
#[path = ""]
pub mod on_loom {
    use crate::engines::threads::rt_loom as rt;
    pub mod threads;
}

/// The code under shuttle.
#[path = ""]
pub mod on_shuttle {
    use crate::engines::threads::rt_shuttle as rt;
    pub mod threads;
}

/// The form.
pub static FORM: Form = Form {
    protocol: AsyncGrant::NAME,
    rules: &[
        "no_early_grant",
        "insert_before_call",
        "reinsert_before_retry",
        "late_error",
        "fs_release",
        "mirror",
        "mirror_oom_fails",
        "unlock_not_mirror_gated",
        "setlk_only",
        "test_lock_conflict",
        "dup_detect",
        "exactly_once",
        "cancel_reaches_fs",
        "undo_restores",
        "undo_before_next",
        "deferfail_timeout",
        "lm_timeout",
        "fs_recovers_ops",
        "grant_reject_unlocks",
        "client_reject_if_not_waiting",
        "unlock_cancels_block",
    ],
    faults: &["oom", "drop"],
    silent: &[],
    flaws: Flaws::ALL,
    locked: true,
    code,
};

fn code(setup: &Setup<'_>, flaws: &[&str]) -> Result<Code, String> {
    let model = AsyncGrant::new(setup)?;
    let clients = &model.clients[..usize::from(model.client_count)];
    let byte = Range { first: 0, last: 0 };
    let plain = |spec: &ClientSpec| spec.range == byte && spec.access == Access::Write;
    let one_each = clients.iter().zip(0..).all(|(spec, c)| plain(spec) && spec.owner.0 == c);
    let remote = model.remote_range == byte && model.remote_access == Access::Write;
    let budget = &model.budget;
    let once = budget.remote.max(budget.oom).max(budget.drop) < 2;
    if !one_each || !remote || !once {
        return Err("the thread-shaped async_grant knows clients that are owners of their own, \
                    one byte that all want to write, and each fault once"
            .to_string());
    }
    let flaws = Flaws::of(flaws);
    Ok(Code {
        threads: on_std::threads::threads(&model),
        on_std: on_std::threads::body(model, flaws),
        on_loom: on_loom::threads::body(model, flaws),
        on_shuttle: on_shuttle::threads::body(model, flaws),
    })
}
