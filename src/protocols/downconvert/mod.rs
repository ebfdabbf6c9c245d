//! The threaded form of downconvert: the supported configurations, and the flaws of the code.

use latchwork_model::downconvert::{Downconvert, Entry};
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
    protocol: Downconvert::NAME,
    rules: &[
        "pending_flag",
        "pending_gen",
        "pending_wake",
        "ast_clears_pending",
        "ast_clears_cancel",
        "cancel_convert",
        "cancel_kick",
        "unlock_kick",
        "upf",
        "upf_kick",
        "upf_cleared_on_exit",
        "level_recheck",
        "nl_check",
        "holder_check",
        "waiter_recheck",
        "highbast_reset",
        "deadlock_bast",
        "bast_skip",
    ],
    faults: &[],
    silent: &[],
    flaws: Flaws::ALL,
    locked: true,
    code,
};

fn code(setup: &Setup<'_>, flaws: &[&str]) -> Result<Code, String> {
    let model = model(setup)?;
    let flaws = Flaws::of(flaws);
    Ok(Code {
        threads: usize::from(model.nodes + model.app_count),
        on_std: on_std::threads::body(model, flaws),
        on_loom: on_loom::threads::body(model, flaws),
        on_shuttle: on_shuttle::threads::body(model, flaws),
    })
}

/// Returns the model of a configuration. The error explains why it has no threaded form.
fn model(setup: &Setup<'_>) -> Result<Downconvert, String> {
    let model = Downconvert::new(setup)?;
    for app in &model.apps[..usize::from(model.app_count)] {
        let nested = app.program[..usize::from(app.entries)]
            .iter()
            .any(|entry| matches!(entry, Entry::PrThenEx | Entry::PrThenPr));
        if app.nonblock || app.noqueue || nested {
            return Err(
                "the thread-shaped downconvert knows applications with the entries PR and \
                        EX that wait"
                    .to_string(),
            );
        }
    }
    if model.value_block {
        return Err("the thread-shaped downconvert has no value block".to_string());
    }
    if model.new != 0 {
        return Err("in the thread-shaped downconvert every node has a lock at NL".to_string());
    }
    Ok(model)
}
