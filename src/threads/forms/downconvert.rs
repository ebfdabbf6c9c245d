//! Downconvert as threads: what a configuration must be like, and what can be wrong with the code.

use latchwork_model::downconvert::state::Level;
use latchwork_model::downconvert::{Downconvert, Entry};
use latchwork_model::kit::{Protocol, Setup};

use crate::configuration::Configuration;

/// The flaws of the code that are switched on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flaws {
    /// PENDING is set only after `l_lock` was dropped: a swapped store.
    pub late_pending: bool,
    /// The AST does not complete those who wait: a missing wake-up.
    pub silent_ast: bool,
}

/// The level that an entry of a program asks for. Nested entries have no thread-shaped form.
pub fn level(entry: Entry) -> Level {
    if entry == Entry::Ex { Level::EX } else { Level::PR }
}

/// The model of a configuration, or why it has no thread-shaped form.
pub fn model(configuration: &Configuration) -> Result<Downconvert, String> {
    let model = Downconvert::new(&Setup {
        bounds: &configuration.bounds,
        faults: &configuration.faults,
        rules: configuration.rules(),
        variants: configuration.variants(),
    })?;
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
