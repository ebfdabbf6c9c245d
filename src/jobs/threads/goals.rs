//! The goals of a scenario, and which of them the threads have reached.
//!
//! An action that the code logs was done if it is in the log of a run. What the code does not log, and
//! what a property says of the states in between, is read off the model: it is reached by a run that
//! the model does not admit any more if it may not come by it. There may be several ways to fill in
//! what is not logged; a goal that lies on some of them only is not counted.

use crate::engines::threads::refine::{Judgement, Refinement};
use crate::engines::threads::runs::Ran;
use crate::files::scenario::{Goal, Scenario};
use crate::protocols::form::Form;

/// The goals that no run has reached so far.
pub(super) struct Goals {
    open: Vec<(Goal, Sign)>,
}

/// How it shows that a goal was reached.
enum Sign {
    /// The action is in the log.
    Logged(&'static str),
    /// The model without the goal does not admit the run.
    Unavoidable(Box<Refinement>),
}

impl Goals {
    /// The goals of a scenario, or which of them cannot be told. `lays` says whether runs are laid
    /// against the model.
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
                     laid against the model\nhint: --engine loom and --engine shuttle can tell",
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

    /// Strikes out the goals that a run has reached, which the model admits.
    pub fn admit(&mut self, ran: &Ran) {
        self.open.retain_mut(|(_, sign)| match sign {
            Sign::Logged(name) => ran.log.iter().all(|entry| entry.action != *name),
            Sign::Unavoidable(without) => {
                !matches!(without.judge(&ran.log, &ran.ending), Judgement::Refused(..))
            }
        });
    }

    /// The goals that no run has reached, in the order of the scenario.
    pub fn unmet(self) -> Vec<Goal> {
        self.open.into_iter().map(|(goal, _)| goal).collect()
    }
}
