//! The goals of a scenario, and which of them its threads have reached.
//!
//! An action that the code logs was done if it is in the log of a run. Everything else is derived
//! from the model: a goal is reached if the model no longer admits the run when it must avoid the
//! goal. There may be several ways to insert the steps that are not logged. A goal that only some
//! of them reach is not counted.

use crate::engines::threads::refine::{Judgement, Refinement};
use crate::engines::threads::runs::Ran;
use crate::files::scenario::{Goal, Scenario};
use crate::protocols::form::Form;

/// The goals that no run has reached yet.
pub(super) struct Goals {
    open: Vec<(Goal, Sign)>,
}

/// The sign that a goal was reached.
enum Sign {
    /// The action is in the log.
    Logged(&'static str),
    /// The model does not admit the run when it must avoid the goal.
    Unavoidable(Box<Refinement>),
}

impl Goals {
    /// Returns the goals of a scenario; the error names those that cannot be decided. `lays` tells
    /// whether runs are checked against the model.
    pub fn of(scenario: &Scenario, form: &Form, lays: bool) -> Result<Self, String> {
        let entry = scenario.configuration.entry;
        let properties = (entry.properties)();
        let sign = |goal: &Goal| {
            let name = goal.name(scenario, &properties);
            let (silent, avoided) = match goal {
                Goal::Action(_) if !form.silent.contains(&name) => return Ok(Sign::Logged(name)),
                Goal::Action(_) => {
                    (form.silent.iter().copied().filter(|other| *other != name).collect(), None)
                }
                Goal::Property(id) => (form.silent.to_vec(), Some(*id)),
            };
            if !lays {
                return Err(format!(
                    "plain threads of {} cannot tell whether `{name}` is reached: their runs are not \
                     checked against the model\nhint: --engine loom and --engine shuttle can tell",
                    entry.name
                ));
            }
            let instance = scenario.configuration.instance()?;
            let without = Refinement::avoiding(instance, &silent, avoided);
            Ok(Sign::Unavoidable(Box::new(without)))
        };
        let open = scenario.reach.iter().map(|goal| Ok((*goal, sign(goal)?)));
        Ok(Self { open: open.collect::<Result<_, String>>()? })
    }

    /// Removes the goals that an admitted run has reached.
    pub fn admit(&mut self, ran: &Ran) {
        self.open.retain_mut(|(_, sign)| match sign {
            Sign::Logged(name) => ran.log.iter().all(|entry| entry.action != *name),
            Sign::Unavoidable(without) => {
                !matches!(without.judge(&ran.log, &ran.ending), Judgement::Refused(..))
            }
        });
    }

    /// Returns the goals that no run has reached, in the order of the scenario.
    pub fn unmet(self) -> Vec<Goal> {
        self.open.into_iter().map(|(goal, _)| goal).collect()
    }
}
