//! Downconvert as threads: what a configuration must be like, and what can be wrong with the code.

use latchwork_model::downconvert::state::Level;
use latchwork_model::downconvert::{Downconvert, Entry};
use latchwork_model::kit::Protocol;

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
    protocol: "downconvert",
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
    ],
    faults: &[],
    silent: &[],
    flaws: Flaws::ALL,
    locked: true,
    code,
};

flaws! {
    /// PENDING is set only after `l_lock` was dropped: a swapped store.
    late_pending Planted;
    /// The AST does not complete those who wait: a missing wake-up.
    silent_ast Planted;
}

/// The level that an entry of a program asks for. Nested entries have no thread-shaped form.
pub fn level(entry: Entry) -> Level {
    if entry == Entry::Ex { Level::EX } else { Level::PR }
}

fn code(configuration: &Configuration, flaws: &[&str]) -> Result<Code, String> {
    let model = model(configuration)?;
    let flaws = Flaws::of(flaws);
    Ok(Code {
        threads: usize::from(model.nodes + model.app_count),
        on_std: on_std::threads::body(model, flaws),
        on_loom: on_loom::threads::body(model, flaws),
        on_shuttle: on_shuttle::threads::body(model, flaws),
    })
}

/// The model of a configuration, or why it has no thread-shaped form.
fn model(configuration: &Configuration) -> Result<Downconvert, String> {
    let model = Downconvert::new(&configuration.setup())?;
    for app in &model.apps[..usize::from(model.app_count)] {
        let nested = app.program[..usize::from(app.entries)].contains(&Entry::PrThenEx);
        if app.nonblock || app.noqueue || nested {
            return Err(
                "the thread-shaped downconvert knows applications with the entries PR and \
                        EX that wait"
                    .to_string(),
            );
        }
    }
    Ok(model)
}
