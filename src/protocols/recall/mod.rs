//! Recall as threads: what a configuration must be like, and what can be wrong with the code.

use latchwork_model::kit::Protocol;
use latchwork_model::recall::{Kind, Recall};

use crate::files::configuration::Configuration;

use super::form::{Code, Form};

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
pub const FORM: Form = Form {
    protocol: "recall",
    rules: &[
        "break_open_write",
        "count_before_break",
        "grant_retest_counts",
        "grant_verify",
        "block_regrant",
        "rebreak_in_loop",
        "wake_on_return",
    ],
    faults: &[],
    // Counts have no moment of their own: the code says in `protocols/recall.rs` why.
    silent: &["caller_start", "op_count", "op_unlock", "application_open"],
    flaws: Flaws::ALL,
    locked: false,
    code,
};

flaws! {
    /// An open has no fence between counting itself and looking for leases.
    no_fence_in_open Ordering;
    /// A grant has no fence between inserting its lease and looking at the counts.
    no_fence_in_grant Ordering;
    /// The fence of a grant orders loads and stores, but not a load behind a store.
    weak_fence_in_grant Ordering;
    /// A grant looks at the counts and then inserts its lease: two swapped steps.
    insert_after_retest Planted;
}

fn code(configuration: &Configuration, flaws: &[&str]) -> Result<Code, String> {
    let model = Recall::new(&configuration.setup())?;
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
