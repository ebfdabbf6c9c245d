//! Replays a case on the current model.

use latchwork_model::kit::Step;

use crate::engines::explore::{Options, Watch};
use crate::engines::instance::{Instance, StateBytes};
use crate::engines::verdict::{BuiltIn, PropertyId, PropertySet};

use crate::engines::fields::FieldValue;
use crate::files::case::{Case, CaseVerdict};
use crate::files::thread_run::REFINEMENT;
#[cfg(feature = "threads")]
use crate::jobs::threads::again::redo;

/// Without the runtimes a run of threads cannot be done again.
#[cfg(not(feature = "threads"))]
fn redo(_: &Case, _: &crate::files::thread_run::ThreadRun) -> Result<(), String> {
    Err("this program was built without the feature `threads`".to_string())
}

/// The maximum number of states searched for another path to the violation after a divergence.
const BUDGET: u64 = 200_000;

/// The outcome of a replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// The same steps, the same values, the same verdict.
    Same,
    /// The replay differs from the case.
    Diverged(Box<Divergence>),
}

/// Where and how a replay diverged from its case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The number of the step, counted from 1; 0 is the initial state.
    pub step: usize,
    /// The action recorded in the case.
    pub recorded: Option<String>,
    /// How it differs.
    pub why: Why,
    /// The actions that are enabled where the replay diverged.
    pub enabled: Vec<String>,
    /// Whether the property can still be violated from there.
    pub onward: Onward,
}

/// How a replay differs from its case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// No initial state has the values of the case. Contains the first difference from the closest
    /// one.
    Initial(Difference),
    /// The model has no such action, or not with these arguments.
    NoSuchAction,
    /// The action is not enabled.
    NotEnabled,
    /// A field has another value.
    Field(Difference),
    /// The run is the same, but it no longer shows the property.
    NotShown,
    /// The threads of the case behave differently.
    Threads(String),
}

/// A field that has another value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The path to the field.
    pub path: String,
    /// The value in the case.
    pub recorded: FieldValue,
    /// The current value; `None` if the field no longer exists.
    pub now: Option<FieldValue>,
}

/// Whether a property can still be violated from a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Onward {
    /// After this many more steps.
    After(usize),
    /// No: all of the reachable states, this many, were searched.
    Never(u64),
    /// Not within this many states.
    NotWithin(u64),
}

/// The state of a replay: the current state, and the expected field values.
struct Replay<'a> {
    case: &'a Case,
    instance: &'a dyn Instance,
    /// The property that the case shows; `None` if it shows that an action fires.
    property: Option<PropertyId>,
    threads: usize,
    watch: &'a dyn Watch,
    /// All fields that the case has mentioned so far, with their expected values.
    expected: Vec<(String, FieldValue)>,
}

/// Replays a case.
pub fn replay(case: &Case, threads: usize, watch: &dyn Watch) -> Result<Replayed, String> {
    let instance = case.configuration.instance()?;
    let entry = case.configuration.entry;
    let property = entry.property(&case.verdict.property);
    let mut replay = Replay {
        case,
        instance: instance.as_ref(),
        property,
        threads,
        watch,
        expected: case.initial.clone(),
    };
    Ok(match replay.run() {
        Ok(()) => Replayed::Same,
        Err(divergence) => Replayed::Diverged(divergence),
    })
}

impl Replay<'_> {
    fn run(&mut self) -> Result<(), Box<Divergence>> {
        let mut states = vec![self.start()?];
        let (steps, mut taken) = (self.instance.all_steps(), Vec::new());
        for (at, recorded) in self.case.steps.iter().enumerate() {
            let state = &states[at];
            let last = at + 1 == self.case.steps.len();
            let actions = self.case.configuration.entry.actions;
            let step = steps.iter().find(|step| step.spell(actions).to_string() == recorded.action);
            let Some(step) = step else {
                return Err(self.diverged(at + 1, Why::NoSuchAction, state));
            };
            let next = match self.instance.fire(state, *step) {
                Ok(next) => next,
                Err(_) if last && self.breaks_off(state, *step) => return Ok(()),
                Err(_) => return Err(self.diverged(at + 1, Why::NotEnabled, state)),
            };
            for change in &recorded.changes {
                self.expect(&change.path, &change.new);
            }
            if let Some(difference) = self.first_difference(&next) {
                return Err(self.diverged(at + 1, Why::Field(difference), state));
            }
            states.push(next);
            taken.push(*step);
        }
        if self.shown(&states, &taken) {
            let threads = self.case.threads.as_ref();
            let redone = threads.map_or(Ok(()), |threads| redo(self.case, threads));
            let state = states.last().unwrap_or(&states[0]);
            return redone
                .map_err(|why| self.diverged(self.case.steps.len(), Why::Threads(why), state));
        }
        let counts = states.get(self.case.verdict.steps).unwrap_or(&states[0]);
        Err(self.diverged(self.case.verdict.steps, Why::NotShown, counts))
    }

    /// Returns the initial state that has the values of the case.
    fn start(&self) -> Result<StateBytes, Box<Divergence>> {
        let mut nearest = None;
        for state in self.instance.initial() {
            match self.first_difference(&state) {
                None => return Ok(state),
                Some(difference) => nearest = nearest.or(Some((state, difference))),
            }
        }
        match nearest {
            Some((state, difference)) => Err(self.diverged(0, Why::Initial(difference), &state)),
            None => Err(Box::new(Divergence {
                step: 0,
                recorded: None,
                why: Why::NotShown,
                enabled: Vec::new(),
                onward: Onward::Never(0),
            })),
        }
    }

    fn expect(&mut self, path: &str, value: &FieldValue) {
        match self.expected.iter_mut().find(|(known, _)| known == path) {
            Some((_, known)) => known.clone_from(value),
            None => self.expected.push((path.to_string(), value.clone())),
        }
    }

    /// Returns the first field of the case whose value is different in `state`.
    fn first_difference(&self, state: &StateBytes) -> Option<Difference> {
        let now = self.instance.fields(state);
        self.expected.iter().find_map(|(path, recorded)| {
            let now = now.iter().find(|(name, _)| name == path).map(|(_, value)| value);
            (now != Some(recorded)).then(|| Difference {
                path: path.clone(),
                recorded: recorded.clone(),
                now: now.cloned(),
            })
        })
    }

    /// Returns whether the case ends with a step that cannot be completed, and it still cannot.
    fn breaks_off(&self, state: &StateBytes, step: Step) -> bool {
        use crate::engines::instance::Refusal;
        let refusal = self.instance.fire(state, step).err();
        let name = self.case.verdict.property.as_str();
        match refusal {
            Some(Refusal::Exceeds(_)) => name == BuiltIn::BoundExceeded.name(),
            Some(Refusal::Panics(_)) => name == BuiltIn::NoPanic.name(),
            Some(Refusal::Changes) => name == BuiltIn::GuardsFirst.name(),
            _ => false,
        }
    }

    /// Returns whether the run shows what the case records.
    fn shown(&self, states: &[StateBytes], taken: &[Step]) -> bool {
        let CaseVerdict { property, steps, cycle, .. } = &self.case.verdict;
        let (Some(state), Some(last)) = (states.get(*steps), states.last()) else { return false };
        if property == REFINEMENT {
            return true;
        }
        if let Some(property) = self.property
            && self.goes_on_for_ever(property)
        {
            let rests = cycle.is_some() || taken.len() == *steps;
            return rests
                && cycle.is_none_or(|at| at == *steps && self.goes_round_again(at, states, taken))
                && self.instance.shows_for_ever(states, taken, *cycle, property);
        }
        let ends = match cycle {
            Some(at) => *at < taken.len() && self.goes_round_again(*at, states, taken),
            None if states.len() > steps + 1 => {
                self.instance.enabled(last).is_empty() && !self.instance.done(last)
            }
            None => true,
        };
        ends && if property == BuiltIn::CanFinish.name() {
            self.search(state).is_some_and(|found| found == 0)
        } else if let Some(property) = self.property {
            self.instance.shows(state, property)
        } else {
            let last = self.case.steps.last().and_then(|step| step.action.split('(').next());
            last == Some(property.as_str())
        }
    }

    /// Returns whether the property is about what repeats forever.
    fn goes_on_for_ever(&self, property: PropertyId) -> bool {
        let properties = (self.case.configuration.entry.properties)();
        properties[usize::from(property.0)].kind.is_of_runs()
    }

    /// Returns whether the run returns to the start of its cycle, and so does a second round.
    fn goes_round_again(&self, cycle: usize, states: &[StateBytes], taken: &[Step]) -> bool {
        let (Some(first), Some(last)) = (states.get(cycle), states.last()) else { return false };
        let mut state = last.clone();
        let again = taken[cycle..].iter().zip(&states[cycle + 1..]).all(|(step, before)| {
            let next = self.instance.fire(&state, *step);
            next.is_ok_and(|next| {
                state = next;
                state == *before
            })
        });
        first == last && again
    }

    /// Returns the number of steps from a state to a violation of the property.
    fn search(&self, state: &StateBytes) -> Option<usize> {
        match self.onward(state) {
            Onward::After(steps) => Some(steps),
            _ => None,
        }
    }

    fn onward(&self, state: &StateBytes) -> Onward {
        let properties: PropertySet = self.property.into_iter().collect();
        let options = Options {
            threads: self.threads,
            properties,
            until: properties,
            states: Some(BUDGET),
            ..Options::default()
        };
        let exploration = self.instance.explore_from(state, &options, self.watch);
        let found =
            exploration.discoveries.iter().find(|found| Some(found.property) == self.property);
        match found {
            Some(found) => Onward::After(found.steps),
            None if exploration.stopped.is_none() => Onward::Never(exploration.statistics.distinct),
            None => Onward::NotWithin(exploration.statistics.distinct),
        }
    }

    fn diverged(&self, step: usize, why: Why, state: &StateBytes) -> Box<Divergence> {
        let actions = self.case.configuration.entry.actions;
        let recorded = step.checked_sub(1).and_then(|at| self.case.steps.get(at));
        Box::new(Divergence {
            step,
            recorded: recorded.map(|step| step.action.clone()),
            why,
            enabled: self
                .instance
                .enabled(state)
                .into_iter()
                .map(|step| step.spell(actions).to_string())
                .collect(),
            onward: self.onward(state),
        })
    }
}
