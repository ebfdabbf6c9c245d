//! The states visited while following a recording, by number, and what is known of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use latchwork_model::kit::{Kind, Step};

use crate::engines::fields::{FieldValue, Values};
use crate::engines::instance::{Instance, StateBytes};
use crate::engines::verdict::{PropertyId, PropertyKind, PropertySet};

use super::item::{Fact, Silent, Way};

/// A state, by its number in a [`Space`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StateId(u32);

/// Why a way is not possible in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The step is not enabled.
    Disabled,
    /// The fact does not hold, before or after the step; the field has another value.
    Differs {
        /// The fact that does not hold.
        fact: Fact,
        /// The value that the field has.
        found: String,
        /// Whether it is about the state after the step.
        after: bool,
    },
}

/// The visited states of one model.
pub struct Space {
    instance: Box<dyn Instance>,
    silent: Silent,
    /// The properties that a state can violate.
    judged: Vec<PropertyId>,
    /// Silent steps never enter a state that shows this property.
    avoided: Option<PropertyId>,
    /// The fields by path: the position, and whether it is a list.
    fields: BTreeMap<String, (usize, bool)>,
    /// The fields that a quiet step must not change, by position.
    quiet_fields: Vec<usize>,
    /// All steps, in order.
    steps: Vec<Step>,
    ids: BTreeMap<StateBytes, StateId>,
    states: Vec<Known>,
}

/// A state, and the results that are cached for it.
struct Known {
    bytes: StateBytes,
    /// The silent steps that are possible, in order, and the states they lead to.
    steps: Option<Vec<(Step, StateBytes)>>,
    /// Whether each step of the model was tried in this state, and where it leads, by position of the step.
    fired: Box<[Tried]>,
    silent: Option<Arc<[(Step, StateId)]>>,
    values: Option<Values>,
    violated: Option<PropertySet>,
}

/// The outcome of a step in a state.
#[derive(Clone, Copy)]
enum Tried {
    /// It has not been tried.
    Not,
    /// It is not possible.
    Refused,
    /// It leads to this state.
    To(StateId),
}

impl Space {
    /// Creates an empty space of a model in which these steps are silent.
    pub fn new(instance: Box<dyn Instance>, silent: Silent) -> Self {
        let judged = (0..).map(PropertyId).zip(instance.properties()).filter(|(_, info)| {
            matches!(info.kind, PropertyKind::Model(Kind::Invariant | Kind::AtRest))
        });
        let judged = judged.map(|(id, _)| id).collect();
        let first = instance.initial().into_iter().next();
        let fields = first.map(|state| instance.fields(&state)).unwrap_or_default();
        let begins =
            |path: &str| silent.quiet_fields.iter().any(|begin| path.starts_with(begin.as_str()));
        let quiet_fields = (0..fields.len()).filter(|at| begins(&fields[*at].0)).collect();
        let named = |(at, (path, value))| (path, (at, matches!(value, FieldValue::List(_))));
        let fields = fields.into_iter().enumerate().map(named).collect();
        let mut steps = instance.all_steps();
        steps.sort_unstable();
        let (ids, states) = (BTreeMap::new(), Vec::new());
        Self { instance, silent, judged, avoided: None, fields, quiet_fields, steps, ids, states }
    }

    /// Makes silent steps avoid states that show a property.
    #[must_use]
    pub fn avoiding(mut self, avoided: Option<PropertyId>) -> Self {
        self.avoided = avoided;
        self
    }

    /// Returns whether a state shows the avoided property.
    pub fn is_avoided(&self, state: StateId) -> bool {
        self.avoided.is_some_and(|property| self.instance.shows(self.bytes(state), property))
    }

    /// Returns the model.
    pub fn instance(&self) -> &dyn Instance {
        self.instance.as_ref()
    }

    /// Returns the number of states visited.
    pub fn met(&self) -> usize {
        self.states.len()
    }

    /// Returns whether another model behaves differently in what was tried here: for each visited
    /// state, the steps that were tried. If not, following the same recording has the same outcome.
    pub fn differs(&self, other: &dyn Instance) -> bool {
        self.instance.initial() != other.initial()
            || self.states.iter().any(|known| {
                let came = |(step, tried): (&Step, &Tried)| match tried {
                    Tried::Not => None,
                    Tried::Refused => Some((*step, None)),
                    Tried::To(next) => Some((*step, Some(self.bytes(*next)))),
                };
                let tried = self.steps.iter().zip(&known.fired).filter_map(came);
                !other.takes(&known.bytes, &tried.collect::<Vec<_>>())
            })
    }

    /// Returns the initial states.
    pub fn initial(&mut self) -> Vec<StateId> {
        let initial = self.instance.initial();
        initial.into_iter().map(|state| self.id(state)).collect()
    }

    /// Returns the bytes of a state.
    pub fn bytes(&self, state: StateId) -> &StateBytes {
        &self.states[state.0 as usize].bytes
    }

    fn id(&mut self, bytes: StateBytes) -> StateId {
        if let Some(id) = self.ids.get(&bytes) {
            return *id;
        }
        let id = StateId(self.states.len() as u32);
        self.ids.insert(bytes.clone(), id);
        let fired = vec![Tried::Not; self.steps.len()].into();
        let (steps, silent, values, violated) = (None, None, None, None);
        self.states.push(Known { bytes, steps, fired, silent, values, violated });
        id
    }

    /// Takes a step; `None` if it is not possible.
    pub fn fire(&mut self, state: StateId, step: Step) -> Option<StateId> {
        let (known, at) = (state.0 as usize, self.steps.binary_search(&step).ok()?);
        match self.states[known].fired[at] {
            Tried::Refused => None,
            Tried::To(next) => Some(next),
            Tried::Not => {
                let own = &mut self.states[known];
                let all = own.steps.get_or_insert_with(|| self.instance.steps_from(&own.bytes));
                let taken = all.binary_search_by_key(&step, |(step, _)| *step).ok();
                let next = taken.map(|taken| all[taken].1.clone());
                let next = next.map(|next| self.id(next));
                self.states[known].fired[at] = next.map_or(Tried::Refused, Tried::To);
                next
            }
        }
    }

    /// Returns the silent steps of a state and where they lead.
    pub fn silent(&mut self, state: StateId) -> Arc<[(Step, StateId)]> {
        if let Some(known) = &self.states[state.0 as usize].silent {
            return known.clone();
        }
        let mut all = Vec::new();
        let (always, quiet) = (self.silent.always.clone(), self.silent.quiet.clone());
        for (step, is_quiet) in always
            .into_iter()
            .map(|step| (step, false))
            .chain(quiet.into_iter().map(|step| (step, true)))
        {
            let Some(next) = self.fire(state, step) else { continue };
            let heard = is_quiet && self.is_heard(state, next);
            if next != state && !heard && !self.is_avoided(next) {
                all.push((step, next));
            }
        }
        all.sort_by_key(|(step, _)| *step);
        let all: Arc<[_]> = all.into();
        self.states[state.0 as usize].silent = Some(all.clone());
        all
    }

    /// Returns whether two states differ in the fields that a quiet step must not change.
    fn is_heard(&mut self, old: StateId, new: StateId) -> bool {
        self.demand_values(old);
        self.demand_values(new);
        let (Some(old), Some(new)) = (self.values(old), self.values(new)) else { return false };
        self.quiet_fields.iter().any(|at| old.at(*at) != new.at(*at))
    }

    /// Ensures that the values of a state are computed.
    fn demand_values(&mut self, state: StateId) {
        let known = &mut self.states[state.0 as usize];
        if known.values.is_none() {
            known.values = Some(self.instance.values(&known.bytes));
        }
    }

    fn values(&self, state: StateId) -> Option<&Values> {
        self.states[state.0 as usize].values.as_ref()
    }

    /// Returns the value of a field as text.
    pub fn value(&mut self, state: StateId, path: &str) -> Option<&str> {
        let (path, item) = split(path);
        let (at, is_list) = *self.fields.get(path)?;
        self.demand_values(state);
        let whole = self.values(state)?.at(at);
        match item {
            Some(item) if is_list => Some(whole.split(' ').nth(item).unwrap_or("-")),
            Some(1..) => Some("-"),
            _ => Some(whole),
        }
    }

    /// Checks a fact in a state. If it does not hold, the error is the value that the field has.
    pub fn sees(&mut self, state: StateId, fact: &Fact) -> Result<(), String> {
        match fact {
            Fact::Field { path, is, value } => {
                let found = self.value(state, path).unwrap_or("not there");
                if (found == *value) == *is { Ok(()) } else { Err(found.to_string()) }
            }
            Fact::Resting { lanes } => {
                let enabled = self.instance.enabled(self.bytes(state));
                let actions = self.instance.actions();
                let lane = |step: &Step| actions[usize::from(step.action)].lane;
                let goes_on = enabled.into_iter().find(|step| lanes.contains(&lane(step)));
                goes_on.map_or(Ok(()), |step| Err(step.spell(actions).to_string()))
            }
        }
    }

    /// Takes a way of an item from a state.
    pub fn go(&mut self, state: StateId, way: &Way) -> Result<StateId, Refused> {
        self.look(state, &way.before, false)?;
        let next = match way.step {
            Some(step) => self.fire(state, step).ok_or(Refused::Disabled)?,
            None => state,
        };
        self.look(next, &way.after, true)?;
        Ok(next)
    }

    fn look(&mut self, state: StateId, facts: &[Fact], after: bool) -> Result<(), Refused> {
        for fact in facts {
            let differs = |found| Refused::Differs { fact: fact.clone(), found, after };
            self.sees(state, fact).map_err(differs)?;
        }
        Ok(())
    }

    /// Returns the properties that a state violates.
    pub fn violated(&mut self, state: StateId) -> PropertySet {
        let at = state.0 as usize;
        if let Some(known) = self.states[at].violated {
            return known;
        }
        let bytes = &self.states[at].bytes;
        let shown = self.judged.iter().copied().filter(|id| self.instance.shows(bytes, *id));
        let violated = shown.collect();
        self.states[at].violated = Some(violated);
        violated
    }
}

/// Splits the path of a field from the index of an item in it: `node.n0.cb[0]`.
fn split(path: &str) -> (&str, Option<usize>) {
    let Some((name, item)) = path.strip_suffix(']').and_then(|path| path.split_once('[')) else {
        return (path, None);
    };
    (name, item.parse().ok())
}
