//! The threaded form of recall: the supported configurations, and the flaws of the code.

use latchwork_model::kit::{Protocol, Setup};
use latchwork_model::recall::{Kind, Recall};

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
    protocol: Recall::NAME,
    rules: &[
        "break_open_write",
        "count_before_break",
        "grant_retest_counts",
        "grant_verify_attributes",
        "block_regrant",
        "rebreak_in_loop",
        "wake_on_return",
    ],
    faults: &[],
    // Counting is not a separate step in the code: `protocols/recall.rs` explains why.
    silent: &["caller_start", "op_count", "op_unlock", "application_open"],
    flaws: Flaws::ALL,
    locked: false,
    code,
};

fn code(setup: &Setup<'_>, flaws: &[&str]) -> Result<Code, String> {
    let model = Recall::new(setup)?;
    let opens = model.ops[..usize::from(model.op_count)]
        .iter()
        .all(|op| op.kind == Kind::OpenWrite && !op.nfs && op.by.is_none());
    let small = (model.files, model.dirs, model.clients) == (1, 1, 1) && model.grants.is_some();
    let read_only = model.read_delegations && !model.write_delegations && model.delegable_files;
    if !opens || !small || !read_only || model.delegable_dirs || model.unrelated {
        return Err("the thread-shaped recall knows local opens for writing of one file, and one \
                    client with read delegations on it"
            .to_string());
    }
    let flaws = Flaws::of(flaws);
    Ok(Code {
        threads: 2 + usize::from(model.op_count),
        on_std: on_std::threads::body(model, flaws),
        on_loom: on_loom::threads::body(model, flaws),
        on_shuttle: on_shuttle::threads::body(model, flaws),
    })
}
