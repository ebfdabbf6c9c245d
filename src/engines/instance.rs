//! A model with its type erased: its states are bytes, and all engines can run it.

use latchwork_model::kit::{ActionInfo, Claim, Model, Step};
use zerocopy::{IntoBytes, TryFromBytes};

use crate::encoding::json::Problem;

use super::explore::disk::Disk;
use super::explore::ranks::{self, Place};
pub use super::explore::steps::Refusal;
use super::explore::{self, Options, Watch, lasso, panics, shown, steps};
use super::fields::{self, Described, FieldValue, Values, described};
use super::shrink::{self, Shortened};
use super::simulate::{self, Plan, Simulation};
use super::verdict::{Discovery, Exploration, PropertyId, PropertyInfo, PropertySet, properties};

/// A state of some model, as bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateBytes(Box<[u8]>);

impl StateBytes {
    /// Returns the positions of the bytes in which two states of one model differ.
    pub fn differing(&self, other: &Self) -> Vec<usize> {
        (0..self.0.len()).filter(|at| self.0[*at] != other.0[*at]).collect()
    }
}
/// A model with its bounds and switches, with its type erased.
pub trait Instance: Send + Sync {
    /// Searches its state space.
    fn explore(&self, options: &Options, watch: &dyn Watch) -> Exploration;
    /// Searches what can be reached from one state.
    fn explore_from(&self, state: &StateBytes, options: &Options, watch: &dyn Watch)
    -> Exploration;
    /// Searches its state space on disk. The error explains why the folder cannot be used.
    fn explore_on_disk(
        &self,
        options: &Options,
        disk: &Disk,
        watch: &dyn Watch,
    ) -> Result<Exploration, Problem>;
    /// Searches its state space as one of several ranks. Returns the result at rank 0. The error
    /// explains why the search cannot be done.
    fn explore_as_rank(
        &self,
        options: &Options,
        place: Place<'_>,
        watch: &dyn Watch,
    ) -> Result<Option<Exploration>, Problem>;
    /// Returns the number of bytes of a state.
    fn state_size(&self) -> usize;
    /// Samples random runs.
    fn simulate(&self, plan: &Plan, watch: &dyn Watch) -> Simulation;
    /// Minimizes a run without knowing the space. Returns `None` if the run does not show its
    /// property, or if no single state shows it. Violations of `properties` found on the way are
    /// returned too.
    fn shorten(&self, found: &Discovery, properties: PropertySet) -> Option<Shortened>;
    /// Returns the initial states.
    fn initial(&self) -> Vec<StateBytes>;
    /// Takes a step.
    fn fire(&self, state: &StateBytes, step: Step) -> Result<StateBytes, Refusal>;
    /// Returns the steps that are possible in a state, in order, each with the state it leads to.
    fn steps_from(&self, state: &StateBytes) -> Vec<(Step, StateBytes)>;
    /// Returns whether each of these steps, in order, leads to the state next to it, or is not
    /// possible if there is none.
    fn takes(&self, state: &StateBytes, steps: &[(Step, Option<&StateBytes>)]) -> bool;
    /// Returns the steps that are enabled in a state, in order, including those that would exceed a
    /// bound.
    fn enabled(&self, state: &StateBytes) -> Vec<Step>;
    /// Returns the actions, in the order of the positions that steps use.
    fn actions(&self) -> &'static [ActionInfo];
    /// Returns the properties, including built-in ones.
    fn properties(&self) -> Vec<PropertyInfo>;
    /// Returns every step that the bounds allow, enabled or not.
    fn all_steps(&self) -> Vec<Step>;
    /// Returns whether the protocol may stop in a state.
    fn done(&self, state: &StateBytes) -> bool;
    /// Returns whether a state shows a property that can be decided from one state and its steps.
    fn shows(&self, state: &StateBytes, property: PropertyId) -> bool;
    /// Returns the claims of a property of the model in a state, one for each value of its
    /// parameter; `None` for a claim that panics. Built-in properties have no claims.
    fn claims(&self, state: &StateBytes, property: PropertyId) -> Vec<Option<Claim>>;
    /// Returns whether a run shows a property about what repeats forever. The cycle begins after
    /// `cycle` steps; without one, the run stays in its last state.
    fn shows_for_ever(
        &self,
        states: &[StateBytes],
        steps: &[Step],
        cycle: Option<usize>,
        property: PropertyId,
    ) -> bool;
    /// Returns the fields of a state by name.
    fn fields(&self, state: &StateBytes) -> Vec<(String, FieldValue)> {
        self.described(state).into_iter().map(|field| (field.path, field.value)).collect()
    }
    /// Returns the fields of a state with their doc comments in the model.
    fn described(&self, state: &StateBytes) -> Vec<Described>;
    /// Returns the values of the fields of a state, in the order of [`fields`](Instance::fields).
    fn values(&self, state: &StateBytes) -> Values;
    /// Returns a state with some bytes replaced by those of another state; `None` if the result is
    /// not a valid state.
    fn mixed(&self, state: &StateBytes, other: &StateBytes, bytes: &[usize]) -> Option<StateBytes>;
}

impl<M: Model> Instance for M {
    fn explore(&self, options: &Options, watch: &dyn Watch) -> Exploration {
        explore::explore(self, options, watch)
    }

    fn explore_from(
        &self,
        state: &StateBytes,
        options: &Options,
        watch: &dyn Watch,
    ) -> Exploration {
        explore::explore_from(self, &[typed::<M>(state)], options, watch)
    }

    fn explore_on_disk(
        &self,
        options: &Options,
        disk: &Disk,
        watch: &dyn Watch,
    ) -> Result<Exploration, Problem> {
        explore::disk::explore_on_disk(self, options, disk, watch)
    }

    fn explore_as_rank(
        &self,
        options: &Options,
        place: Place<'_>,
        watch: &dyn Watch,
    ) -> Result<Option<Exploration>, Problem> {
        ranks::explore_as_rank(self, options, place, watch)
    }

    fn state_size(&self) -> usize {
        size_of::<M::State>()
    }

    fn simulate(&self, plan: &Plan, watch: &dyn Watch) -> Simulation {
        simulate::simulate(self, plan, watch)
    }

    fn shorten(&self, found: &Discovery, properties: PropertySet) -> Option<Shortened> {
        shrink::shorten(self, found, properties)
    }

    fn initial(&self) -> Vec<StateBytes> {
        let mut states = Vec::new();
        Model::initial(self, &mut |state| states.push(bytes(state)));
        states
    }

    fn fire(&self, state: &StateBytes, step: Step) -> Result<StateBytes, Refusal> {
        steps::take(self, &typed::<M>(state), step).map(|next| bytes(&next))
    }

    fn steps_from(&self, state: &StateBytes) -> Vec<(Step, StateBytes)> {
        let mut all = Vec::new();
        steps::each(self, &typed::<M>(state), |step, next| {
            all.extend(next.ok().map(|next| (step, bytes(next))));
        });
        all
    }

    fn takes(&self, state: &StateBytes, expected: &[(Step, Option<&StateBytes>)]) -> bool {
        let (mut rest, mut same) = (expected, true);
        steps::each(self, &typed::<M>(state), |step, next| {
            // A step expected before this one is not possible.
            while let Some(((before, none), others)) = rest.split_first()
                && *before < step
            {
                same &= none.is_none();
                rest = others;
            }
            if let Some(((expected, leads), others)) = rest.split_first()
                && *expected == step
            {
                let leads = leads.map(|state| &*state.0);
                same &= leads == next.ok().map(IntoBytes::as_bytes);
                rest = others;
            }
        });
        same && rest.iter().all(|(_, leads)| leads.is_none())
    }

    fn enabled(&self, state: &StateBytes) -> Vec<Step> {
        let all = steps::all(self).into_iter();
        all.filter(|step| Instance::fire(self, state, *step) != Err(Refusal::Disabled)).collect()
    }

    fn actions(&self) -> &'static [ActionInfo] {
        M::ACTIONS
    }

    fn properties(&self) -> Vec<PropertyInfo> {
        properties::<M>()
    }

    fn all_steps(&self) -> Vec<Step> {
        steps::all(self)
    }

    fn done(&self, state: &StateBytes) -> bool {
        panics::catch(|| Model::done(self, &typed::<M>(state))).unwrap_or(false)
    }

    fn shows(&self, state: &StateBytes, property: PropertyId) -> bool {
        let state = typed::<M>(state);
        shown::shown_by(self, &state, property)
    }

    fn claims(&self, state: &StateBytes, property: PropertyId) -> Vec<Option<Claim>> {
        let Some(property) = M::PROPERTIES.get(usize::from(property.0)) else { return Vec::new() };
        let state = typed::<M>(state);
        let parts = shown::parts(self, property, &[state]);
        (0..parts).map(|part| shown::part_of(self, property, &state, part)).collect()
    }

    fn shows_for_ever(
        &self,
        states: &[StateBytes],
        steps: &[Step],
        cycle: Option<usize>,
        property: PropertyId,
    ) -> bool {
        let states: Vec<M::State> = states.iter().map(typed::<M>).collect();
        let property = M::PROPERTIES.get(usize::from(property.0));
        property.is_some_and(|property| lasso::is_shown(self, property, &states, steps, cycle))
    }

    fn described(&self, state: &StateBytes) -> Vec<Described> {
        described(self, &typed::<M>(state))
    }

    fn values(&self, state: &StateBytes) -> Values {
        fields::values(self, &typed::<M>(state))
    }

    fn mixed(&self, state: &StateBytes, other: &StateBytes, bytes: &[usize]) -> Option<StateBytes> {
        let mut mixed = state.clone();
        bytes.iter().for_each(|at| mixed.0[*at] = other.0[*at]);
        M::State::try_read_from_bytes(&mixed.0).ok().map(|_| mixed)
    }
}

fn bytes<S: IntoBytes + zerocopy::Immutable>(state: &S) -> StateBytes {
    StateBytes(state.as_bytes().into())
}

/// Returns the state with these bytes. They must come from [`bytes`] and the same model.
fn typed<M: Model>(state: &StateBytes) -> M::State {
    M::State::try_read_from_bytes(&state.0)
        .unwrap_or_else(|_| panic!("bytes of another model's state"))
}
