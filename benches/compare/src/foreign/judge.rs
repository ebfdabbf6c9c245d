//! Judges single states of a model without Latchwork's engine.
//!
//! A foreign engine needs this beside initial states and successors. Properties that need more than one
//! state (`can_finish`, properties of fair runs) are not asked here.

use latchwork_model::kit::{Claim, Cut, Kind, Model, Step};

/// A property that single states show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// The property at this position in the model's list.
    Own(usize),
    /// Nothing is enabled, and the protocol is not done.
    Deadlock,
    /// A step would exceed a bound.
    BoundExceeded,
    /// An action changes the state before one of its guards fails.
    GuardsFirst,
}

impl Question {
    /// The questions about the states of every model.
    pub const BUILT_IN: [Self; 3] = [Self::Deadlock, Self::BoundExceeded, Self::GuardsFirst];

    /// Returns all questions about the states of a model, in the order of Latchwork's reports.
    pub fn all<M: Model>() -> Vec<Self> {
        let own = M::PROPERTIES.iter().enumerate().filter(|(_, own)| is_of_states(own.kind));
        own.map(|(at, _)| Self::Own(at)).chain(Self::BUILT_IN).collect()
    }

    /// Returns the names of the model's own properties among them, which come first.
    pub fn own<M: Model>() -> Vec<&'static str> {
        let all = Self::all::<M>().into_iter();
        let own = all.filter(|question| matches!(question, Self::Own(_)));
        own.map(Self::name::<M>).collect()
    }

    /// Returns the name of the property.
    pub fn name<M: Model>(self) -> &'static str {
        match self {
            Self::Own(at) => M::PROPERTIES[at].name,
            Self::Deadlock => "deadlock",
            Self::BoundExceeded => "bound_exceeded",
            Self::GuardsFirst => "guards_first",
        }
    }

    /// Returns whether a state violates the property, or reaches it if it is a goal.
    pub fn is_shown<M: Model>(self, model: &M, state: &M::State) -> bool {
        match self {
            Self::Own(at) => {
                let own = &M::PROPERTIES[at];
                let claim = (own.check)(model, state);
                match own.kind {
                    Kind::Invariant => claim == Claim::Violated,
                    Kind::AtRest => claim == Claim::Violated && !Enabled::of(model, state).fair,
                    Kind::Reachable => claim == Claim::Holds,
                    Kind::NoFairCycle | Kind::Eventually | Kind::LeadsTo => false,
                }
            }
            Self::Deadlock => !model.done(state) && !Enabled::of(model, state).any,
            Self::BoundExceeded => Enabled::of(model, state).exceeds,
            Self::GuardsFirst => Enabled::of(model, state).changes,
        }
    }
}

/// Whether a property is judged state by state.
fn is_of_states(kind: Kind) -> bool {
    matches!(kind, Kind::Invariant | Kind::AtRest | Kind::Reachable)
}

/// What is enabled in a state. A step that is cut off counts as enabled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Enabled {
    /// An action is enabled.
    pub any: bool,
    /// An action of a fair lane is enabled.
    pub fair: bool,
    /// A step would exceed a bound.
    pub exceeds: bool,
    /// An action changes the state before one of its guards fails.
    pub changes: bool,
}

impl Enabled {
    /// Tries all steps.
    pub fn of<M: Model>(model: &M, state: &M::State) -> Self {
        let mut enabled = Self::default();
        model.successors(state, |step, result| {
            let lane = M::ACTIONS[usize::from(step.action)].lane;
            enabled.any = true;
            enabled.fair |= M::LANES[usize::from(lane)].fairness.is_fair();
            match result {
                Ok(_) | Err(Cut::Panics(_)) => {}
                Err(Cut::Exceeds(_)) => enabled.exceeds = true,
                Err(Cut::Changes) => enabled.changes = true,
            }
        });
        enabled
    }
}

/// Returns every step that the bounds of a model allow, in the order of the model's list.
pub fn steps<M: Model>(model: &M) -> Vec<Step> {
    let mut all = Vec::new();
    for (action, info) in (0u8..).zip(M::ACTIONS) {
        let mut lists = vec![[0; Step::MAX_ARGS]];
        for (place, param) in info.params.iter().enumerate() {
            let size = model.domain_size(param.kind).unwrap_or(0);
            let extended = |args: [u8; Step::MAX_ARGS]| {
                (0..size).map(move |value| {
                    let mut args = args;
                    args[place] = value;
                    args
                })
            };
            lists = lists.into_iter().flat_map(extended).collect();
        }
        all.extend(lists.into_iter().map(|args| Step { action, args }));
    }
    all
}
