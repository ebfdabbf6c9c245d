//! The protocols, by name: the one place where engines are made for each of them.
//!
//! Behind [`Instance`] a model has no type any more: its states are bytes.

#![allow(clippy::duplicate_mod)] // The code of threads is one file for three runtimes: that is the point.

#[macro_use]
pub mod form;

pub mod async_grant;
pub mod decisive;
pub mod delegation_return;
pub mod downconvert;
pub mod recall;
pub mod trace;

use std::sync::OnceLock;

use latchwork_model::async_grant::AsyncGrant;
use latchwork_model::delegation_return::DelegationReturn;
use latchwork_model::downconvert::Downconvert;
use latchwork_model::kit::{
    ActionInfo, Field, LaneInfo, Model, ProfileInfo, Protocol, Refused, RuleInfo, Setup, Step,
    Switches, VariantInfo,
};
use latchwork_model::recall::{Recall, dirlock::DirLock};
use zerocopy::{IntoBytes, TryFromBytes};

use crate::engines::explore::{self, Options, Watch, differ, expand, lasso, panics};
use crate::engines::fields::{Described, FieldValue, described};
use crate::engines::shrink::{self, Shortened};
use crate::engines::simulate::{self, Plan, Simulation};
use crate::engines::verdict::{
    Comparison, Discovery, Exploration, PropertyId, PropertyInfo, PropertySet, properties,
};

/// The protocols of this repository, in the order in which they are listed.
pub static PROTOCOLS: &[Entry] = &[
    Entry::of::<AsyncGrant>(),
    Entry::of::<Recall>(),
    Entry::of::<DirLock>(),
    Entry::of::<Downconvert>(),
    Entry::of::<DelegationReturn>(),
];

/// What [`install`] was called with.
static INSTALLED: OnceLock<&'static [Entry]> = OnceLock::new();

/// Makes these the protocols that this process knows: files name protocols, and somebody must say
/// which there are. A program of somebody else calls it first, with its own.
///
/// # Panics
///
/// If others were installed, or used, before.
pub fn install(entries: &'static [Entry]) {
    let known: &'static [Entry] = INSTALLED.get_or_init(|| entries);
    assert!(std::ptr::eq(known, entries), "protocols are installed once, before they are used");
}

/// The protocols that this process knows: those of this repository unless others are installed.
pub fn all() -> &'static [Entry] {
    INSTALLED.get_or_init(|| PROTOCOLS)
}

/// The protocol with this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    all().iter().find(|entry| entry.name == name)
}

/// Counts, for each of some rules, the states in which it is decisive.
type Decisive = fn(&Setup<'_>, &[usize], &Options, &dyn Watch) -> Result<Vec<u64>, &'static str>;

/// Says what two instances have in common.
type Compare = fn(&Setup<'_>, &Setup<'_>, &Options, &dyn Watch) -> Result<Comparison, &'static str>;

/// A protocol without its type.
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// What it is, in one sentence.
    pub summary: &'static str,
    /// Its page, in Markdown.
    pub readme: &'static str,
    /// The sizes that a scenario can set.
    pub bounds: &'static [Field],
    /// The budgets of faults that a scenario can set.
    pub faults: &'static [Field],
    /// The rules.
    pub rules: &'static [RuleInfo],
    /// The variants.
    pub variants: &'static [VariantInfo],
    /// The profiles.
    pub profiles: &'static [ProfileInfo],
    /// The lanes.
    pub lanes: &'static [LaneInfo],
    /// The actions.
    pub actions: &'static [ActionInfo],
    /// The source file in which the list of actions stands, as the compiler names it.
    pub file: &'static str,
    /// The properties, built-in ones included.
    pub properties: fn() -> Vec<PropertyInfo>,
    /// In how many states each of these rules is decisive.
    pub decisive: Decisive,
    /// What two instances have in common.
    pub compare: Compare,
    /// Makes an instance, or says why the values do not go together.
    pub instance: fn(&Setup<'_>) -> Result<Box<dyn Instance>, &'static str>,
}

impl Entry {
    /// The entry of a protocol.
    pub const fn of<M: Protocol>() -> Self {
        Self {
            name: M::NAME,
            summary: M::SUMMARY,
            readme: M::README,
            bounds: M::BOUNDS,
            faults: M::FAULTS,
            rules: M::RULES,
            variants: M::VARIANTS,
            profiles: M::PROFILES,
            lanes: M::LANES,
            actions: M::ACTIONS,
            file: M::FILE,
            properties: properties::<M>,
            decisive: |setup, rules, options, watch| {
                let toggled =
                    |rule: &usize| M::new(&Setup { rules: setup.rules.toggled(*rule), ..*setup });
                let others = rules.iter().map(toggled).collect::<Result<Vec<M>, _>>()?;
                Ok(differ::decisive(&M::new(setup)?, &others, options, watch))
            },
            compare: |one, other, options, watch| {
                Ok(differ::compare(&M::new(one)?, &M::new(other)?, options, watch))
            },
            instance: |setup| Ok(Box::new(M::new(setup)?)),
        }
    }

    /// The position of a profile.
    pub fn profile(&self, name: &str) -> Option<usize> {
        self.profiles.iter().position(|profile| profile.name == name)
    }

    /// The position of a rule.
    pub fn rule(&self, name: &str) -> Option<usize> {
        self.rules.iter().position(|rule| rule.name == name)
    }

    /// The position of a variant.
    pub fn variant(&self, name: &str) -> Option<usize> {
        self.variants.iter().position(|variant| variant.name == name)
    }

    /// The property with this name.
    pub fn property(&self, name: &str) -> Option<PropertyId> {
        let at = (self.properties)().iter().position(|property| property.name == name)?;
        Some(PropertyId(at as u8))
    }

    /// The rules and the variants that are on in a profile.
    pub fn switches(&self, profile: usize) -> (Switches, Switches) {
        let set =
            |columns: &mut dyn Iterator<Item = &'static [bool]>| {
                columns.enumerate().fold(Switches(0), |set, (at, column)| {
                    if column[profile] { set.with(at) } else { set }
                })
            };
        (
            set(&mut self.rules.iter().map(|rule| rule.profiles)),
            set(&mut self.variants.iter().map(|variant| variant.profiles)),
        )
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// A state of some model, as its bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateBytes(Box<[u8]>);

impl StateBytes {
    /// The positions of the bytes in which two states of one model differ.
    pub fn differing(&self, other: &Self) -> Vec<usize> {
        (0..self.0.len()).filter(|at| self.0[*at] != other.0[*at]).collect()
    }
}

/// Why a step did not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is not enabled.
    Disabled,
    /// It would exceed this bound.
    Exceeds(&'static str),
    /// The model panics in it.
    Panics(String),
}

/// A model with its bounds and switches, without its type.
pub trait Instance: Send + Sync {
    /// Searches its space.
    fn explore(&self, options: &Options, watch: &dyn Watch) -> Exploration;
    /// Searches what can be reached from one state.
    fn explore_from(&self, state: &StateBytes, options: &Options, watch: &dyn Watch)
    -> Exploration;
    /// Does runs with drawn steps.
    fn simulate(&self, plan: &Plan, watch: &dyn Watch) -> Simulation;
    /// Makes a run short, without knowing the space; none if it does not show its property, or no
    /// single state shows it. Violations of `properties` that are met on the way are kept.
    fn shorten(&self, found: &Discovery, properties: PropertySet) -> Option<Shortened>;
    /// Its initial states.
    fn initial(&self) -> Vec<StateBytes>;
    /// Takes a step.
    fn fire(&self, state: &StateBytes, step: Step) -> Result<StateBytes, Refusal>;
    /// The steps that are enabled in a state, those that would exceed a bound included, in order.
    fn enabled(&self, state: &StateBytes) -> Vec<Step>;
    /// Every step that the bounds allow, enabled or not.
    fn all_steps(&self) -> Vec<Step>;
    /// Whether the protocol may rest in a state.
    fn done(&self, state: &StateBytes) -> bool;
    /// Whether a state shows a property that can be seen from one state and its steps.
    fn shows(&self, state: &StateBytes, property: PropertyId) -> bool;
    /// Whether a run shows a property that speaks of what goes on for ever. The cycle begins after
    /// `cycle` steps; without one the run rests.
    fn shows_for_ever(
        &self,
        states: &[StateBytes],
        steps: &[Step],
        cycle: Option<usize>,
        property: PropertyId,
    ) -> bool;
    /// Whether the model panics in a state: in a step, or in a property.
    fn panics(&self, state: &StateBytes) -> bool;
    /// The fields of a state by name.
    fn fields(&self, state: &StateBytes) -> Vec<(String, FieldValue)> {
        self.described(state).into_iter().map(|field| (field.path, field.value)).collect()
    }
    /// The fields of a state with the sentences that stand beside them in the model.
    fn described(&self, state: &StateBytes) -> Vec<Described>;
    /// A state with some bytes as they are in another one; `None` if that is no state.
    fn mixed(&self, state: &StateBytes, other: &StateBytes, bytes: &[usize]) -> Option<StateBytes>;
}

impl<M: Protocol> Instance for M {
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
        let mut next = typed::<M>(state);
        match panics::catch(|| latchwork_model::kit::Actions::fire(self, &mut next, step)) {
            Ok(Ok(())) => Ok(bytes(&next)),
            Ok(Err(Refused::Disabled)) => Err(Refusal::Disabled),
            Ok(Err(Refused::Exceeded(what))) => Err(Refusal::Exceeds(what)),
            Err(message) => Err(Refusal::Panics(message)),
        }
    }

    fn enabled(&self, state: &StateBytes) -> Vec<Step> {
        let steps = panics::all_steps(self).into_iter();
        steps.filter(|step| Instance::fire(self, state, *step) != Err(Refusal::Disabled)).collect()
    }

    fn all_steps(&self) -> Vec<Step> {
        panics::all_steps(self)
    }

    fn done(&self, state: &StateBytes) -> bool {
        panics::catch(|| Model::done(self, &typed::<M>(state))).unwrap_or(false)
    }

    fn shows(&self, state: &StateBytes, property: PropertyId) -> bool {
        let state = typed::<M>(state);
        panics::catch(|| expand::shown_by(self, &state, property)).unwrap_or(false)
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

    fn panics(&self, state: &StateBytes) -> bool {
        panics::in_state(self, &typed::<M>(state)).is_some()
    }

    fn described(&self, state: &StateBytes) -> Vec<Described> {
        described(self, &typed::<M>(state))
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

/// The state with these bytes. They come from [`bytes`] and the same model.
fn typed<M: Model>(state: &StateBytes) -> M::State {
    M::State::try_read_from_bytes(&state.0)
        .unwrap_or_else(|_| panic!("bytes of another model's state"))
}
