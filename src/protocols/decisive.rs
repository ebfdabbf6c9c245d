//! Finds the steps of a run at which a rule makes a difference.

use latchwork_model::kit::Step;

use crate::engines::instance::{Instance, StateBytes};
use crate::engines::verdict::Path;

use super::trace::{Change, changes, states};

/// A step at which a rule that is off would have acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acts {
    /// The number of steps before it.
    pub at: usize,
    /// The effect of the rule.
    pub instead: Instead,
}

/// The effect on a step of switching a rule on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instead {
    /// The step is not enabled.
    Disabled,
    /// The step has another effect: the fields, with their values without the rule and with it.
    Differs(Vec<Change>),
    /// The step is unchanged, but this other step of the same state is not.
    Elsewhere(Step),
}

/// Returns the first step of a path whose enabledness or effect differs on another instance of the
/// protocol, which is the same except that a rule is on. If there is none, returns the first state
/// of the path in which some other step differs.
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
