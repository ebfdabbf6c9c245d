//! Where a rule makes a difference.

use latchwork_model::kit::Step;

use crate::engines::instance::{Instance, StateBytes};
use crate::engines::verdict::Path;

use super::trace::{Change, changes, states};

/// A step at which a rule that is off would have acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acts {
    /// How many steps come before it.
    pub at: usize,
    /// What the rule would have done.
    pub instead: Instead,
}

/// What happens to a step when a rule is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instead {
    /// It is not enabled.
    Disabled,
    /// It leads elsewhere: the fields, with their values without the rule and with it.
    Differs(Vec<Change>),
    /// It is the same, but another step of the same state is not: this one.
    Elsewhere(Step),
}

/// The first step of a path whose enabledness or effect is different on another instance of the
/// protocol, the same one with a rule on. If there is none: the first state of the path in which
/// some other step is different.
pub fn first_difference(run: &dyn Instance, other: &dyn Instance, path: &Path) -> Option<Acts> {
    let states = states(run, path);
    let mut steps = states.iter().zip(&path.steps).enumerate();
    let taken = steps.find_map(|(at, (state, step))| {
        difference(run, other, state, *step).map(|instead| Acts { at, instead })
    });
    let elsewhere = || {
        let all = run.all_steps();
        states.iter().enumerate().find_map(|(at, state)| {
            let differs = |step: &&Step| run.fire(state, **step) != other.fire(state, **step);
            let step = all.iter().find(differs)?;
            Some(Acts { at, instead: Instead::Elsewhere(*step) })
        })
    };
    taken.or_else(elsewhere)
}

fn difference(
    run: &dyn Instance,
    other: &dyn Instance,
    state: &StateBytes,
    step: Step,
) -> Option<Instead> {
    match (run.fire(state, step), other.fire(state, step)) {
        (Ok(without), Ok(with)) if without != with => {
            Some(Instead::Differs(changes(run, &without, &with)))
        }
        (Ok(_), Err(_)) => Some(Instead::Disabled),
        _ => None,
    }
}
