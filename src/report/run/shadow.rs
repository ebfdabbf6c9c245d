//! Repeats a run with a rule on that was off when it was found.

use latchwork_model::kit::Switches;

use crate::engines::instance::Instance;
use crate::files::configuration::Configuration;
use crate::protocols::decisive::{Acts, first_difference};
use crate::protocols::trace::{Change, changes};

use super::on_model::Run;

/// A rule that is off, and the effect it would have had on a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shadow {
    /// The rule, by position.
    pub rule: usize,
    /// The first step at which it makes a difference, if there is one.
    pub acts: Option<Acts>,
    /// How the effects of the same steps differ with the rule on, as far as they are possible.
    pub differences: Vec<Parting>,
}

impl Shadow {
    /// Returns the last step of the run that is possible with the rule on and has another effect.
    pub fn turns(&self) -> Option<&Parting> {
        self.differences.iter().rev().find(|parting| parting.instead.is_some())
    }

    /// Returns the first step of the run that is not possible with the rule on.
    pub fn prevents(&self) -> Option<&Parting> {
        self.differences.iter().find(|parting| parting.instead.is_none())
    }
}

/// A step with a different effect when the run is repeated with a rule on from the beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parting {
    /// The number of steps before it.
    pub at: usize,
    /// Its effect with the rule on; `None` if it is no longer possible.
    pub instead: Option<Vec<Change>>,
}

/// Returns the rules that are off in a configuration and on in the profile `full`, each with the
/// effect it would have had on a run.
pub fn shadows(configuration: &Configuration, run: &Run<'_>) -> Vec<Shadow> {
    let entry = configuration.entry;
    let rules = configuration.rules();
    let full = entry.profile("full").map_or(Switches(0), |full| entry.switches(full).0);
    let off = (0..entry.rules.len()).filter(|rule| !rules.is_on(*rule) && full.is_on(*rule));
    off.filter_map(|rule| {
        let with = configuration.instance_with(rules.with(rule)).ok()?;
        let acts = first_difference(run.instance, with.as_ref(), &run.path);
        Some(Shadow { rule, acts, differences: differences(run, with.as_ref()) })
    })
    .collect()
}

fn differences(run: &Run<'_>, with: &dyn Instance) -> Vec<Parting> {
    let mut found = Vec::new();
    let initial = with.initial().into_iter().nth(run.path.initial);
    let Some(mut state) = initial.filter(|state| *state == run.states[0]) else { return found };
    for at in 0..run.states.len() - 1 {
        let Ok(next) = with.fire(&state, run.path.steps[at]) else {
            found.push(Parting { at, instead: None });
            break;
        };
        let instead = changes(with, &state, &next);
        if instead != run.changes(at) {
            found.push(Parting { at, instead: Some(instead) });
        }
        state = next;
    }
    found
}
