//! Refinement: whether a run of the code is a run of the model.
//!
//! The log of a run names actions of the model. The model takes them in that order, with internal
//! steps in between that the code does not log. After each logged action, the fields that the code
//! has seen must have the same values in the model. There may be several ways to insert internal
//! steps, so all states that the model can be in are tracked: a *frontier* of
//! [following](crate::engines::follow), in which every item is a point. Frontiers and their
//! successors are cached, so a prefix that many runs share is checked against the model once.

use std::collections::BTreeMap;
use std::fmt;

use latchwork_model::kit::Step;

use crate::engines::follow::frontier::{Allowed, Config, From, Move, Node, Violating, close};
use crate::engines::follow::item::{Fact, Silent, Way};
use crate::engines::follow::space::{Refused, Space, StateId};
use crate::engines::instance::{Instance, StateBytes};
use crate::engines::verdict::{Path, PropertyId, PropertySet};

use super::log::Entry;
use super::runs::Ending;

/// The maximum number of states in a frontier. A larger one means that the code logs too little.
const MOST: usize = 20_000;

/// Why a run of the code is not a run of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The model has no such action.
    NoSuchAction,
    /// The action is enabled in no state of the frontier.
    NotEnabled,
    /// A field has another value in the code than in the model.
    Differs {
        /// The field.
        path: String,
        /// Its value in the code.
        code: String,
        /// Its value in the model.
        model: String,
    },
    /// The code finished where the model cannot be done.
    NotDone,
    /// The code is stuck where the model can continue.
    GoesOn,
    /// The code reported a violation of a property that holds in the model.
    NotShown(&'static str),
    /// The code panics.
    Panics(String),
    /// The code ended like this, and its log has no order that could be checked against the model.
    Unordered(String),
    /// The engine did not follow the run to its end.
    CutOff(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchAction => f.write_str("the model has no such action"),
            Self::NotEnabled => f.write_str("the action is not enabled in the model"),
            Self::Differs { path, code, model } => {
                write!(f, "{path} is {code} in the code and {model} in the model")
            }
            Self::NotDone => f.write_str("the code ends where the model is not done"),
            Self::GoesOn => f.write_str("the code is blocked where the model can continue"),
            Self::NotShown(name) => {
                write!(f, "the code finds {name} violated, which holds in the model")
            }
            Self::Panics(message) => write!(f, "the code panics: {message}"),
            Self::Unordered(ending) => write!(f, "the code ends with {ending}"),
            Self::CutOff(what) => write!(f, "the run was followed no further than {what}"),
        }
    }
}

/// The outcome of checking a run against the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is a run of the model, and violates nothing.
    Admitted,
    /// It is a run of the model that violates a property after this many logged actions.
    Violates(PropertyId, usize),
    /// It is not a run of the model: this is wrong after this many logged actions.
    Refused(usize, Refusal),
}

impl Judgement {
    /// Returns whether two runs fail in the same way.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Violates(one, _), Self::Violates(other, _)) => one == other,
            (Self::Refused(_, one), Self::Refused(_, other)) => {
                std::mem::discriminant(one) == std::mem::discriminant(other)
            }
            (one, other) => one == other,
        }
    }
}

type Frontier = usize;

/// A model against which runs of the code are checked.
pub struct Refinement {
    space: Space,
    /// The steps of the model, by the name and arguments of the action.
    steps: BTreeMap<(&'static str, Vec<u8>), Step>,
    frontiers: Vec<Known>,
    by_states: BTreeMap<Vec<StateId>, Frontier>,
    next: BTreeMap<(Frontier, Entry), Result<Frontier, Refusal>>,
}

/// A frontier: the states right after a logged action, and all that internal steps lead to.
struct Known {
    nodes: Vec<Node>,
    /// A property that all states right after the logged action violate.
    violated: Option<PropertyId>,
}

impl Refinement {
    /// Creates the refinement of a model by code that does not log these actions.
    pub fn new(instance: Box<dyn Instance>, silent: &[&str]) -> Self {
        Self::avoiding(instance, silent, None)
    }

    /// Does the same, and keeps the model out of states that show a property.
    pub fn avoiding(
        instance: Box<dyn Instance>,
        silent: &[&str],
        avoided: Option<PropertyId>,
    ) -> Self {
        let mut internal = Vec::new();
        let mut steps = BTreeMap::new();
        for step in instance.all_steps() {
            let info = &instance.actions()[usize::from(step.action)];
            if silent.contains(&info.name) {
                internal.push(step);
            } else {
                steps.insert((info.name, step.args[..info.params.len()].to_vec()), step);
            }
        }
        let space = Space::new(instance, Silent { always: internal, ..Silent::default() })
            .avoiding(avoided);
        let (by_states, next) = (BTreeMap::new(), BTreeMap::new());
        let mut refinement = Self { space, steps, frontiers: Vec::new(), by_states, next };
        let mut initial = refinement.space.initial();
        initial.retain(|state| !refinement.space.is_avoided(*state));
        refinement.frontier(initial);
        refinement
    }

    /// Returns the model.
    pub fn instance(&self) -> &dyn Instance {
        self.space.instance()
    }

    /// Checks a run against the model.
    pub fn judge(&mut self, log: &[Entry], ending: &Ending) -> Judgement {
        let mut at = 0;
        for (done, entry) in log.iter().enumerate() {
            if let Some(property) = self.frontiers[at].violated {
                return Judgement::Violates(property, done);
            }
            at = match self.follow(at, entry) {
                Ok(next) => next,
                Err(refusal) => return Judgement::Refused(done, refusal),
            };
        }
        if let Some(property) = self.frontiers[at].violated {
            return Judgement::Violates(property, log.len());
        }
        match self.ends(at, ending) {
            Ok(None) => Judgement::Admitted,
            Ok(Some(property)) => Judgement::Violates(property, log.len()),
            Err(refusal) => Judgement::Refused(log.len(), refusal),
        }
    }

    /// Returns the run of the model that matches the first `entries` of a log that is admitted so
    /// far.
    pub fn path(&mut self, log: &[Entry], ending: &Ending) -> Path {
        let mut at = 0;
        let mut frontiers = vec![at];
        for entry in log {
            let Ok(next) = self.follow(at, entry) else { break };
            at = next;
            frontiers.push(at);
        }
        let nodes = &self.frontiers[at].nodes;
        let ends = nodes.iter().position(|node| self.is_end(self.bytes(node), ending));
        let mut place = ends.unwrap_or(0);
        let mut steps = Vec::new();
        for (done, frontier) in frontiers.iter().enumerate().rev() {
            let nodes = &self.frontiers[*frontier].nodes;
            while let From::Node(before, Move::Silent(step)) = nodes[place].from {
                steps.push(step);
                place = before;
            }
            if done == 0 {
                break;
            }
            // The predecessor: the first state of the previous frontier that leads here.
            let step = self.steps[&(log[done - 1].action, log[done - 1].args.clone())];
            let landed = nodes[place].config.state;
            let before = &self.frontiers[frontiers[done - 1]].nodes;
            let from = before
                .iter()
                .position(|from| self.space.fire(from.config.state, step) == Some(landed));
            place = from.unwrap_or(0);
            steps.push(step);
        }
        steps.reverse();
        Path { initial: place, steps }
    }

    fn bytes(&self, node: &Node) -> &StateBytes {
        self.space.bytes(node.config.state)
    }

    /// Returns a logged action as the model spells it: `app_lock(a0)`.
    pub fn spell(&self, entry: &Entry) -> String {
        match self.steps.get(&(entry.action, entry.args.clone())) {
            Some(step) => step.spell(self.instance().actions()).to_string(),
            None => format!("{}({:?})", entry.action, entry.args),
        }
    }

    /// Returns the logged actions that the model could take after a log, and the internal ones.
    pub fn enabled_after(&mut self, log: &[Entry]) -> Vec<String> {
        let mut at = 0;
        for entry in log {
            let Ok(next) = self.follow(at, entry) else { break };
            at = next;
        }
        let mut all: Vec<Step> = Vec::new();
        for node in &self.frontiers[at].nodes {
            all.extend(self.instance().enabled(self.bytes(node)));
        }
        all.sort();
        all.dedup();
        all.into_iter().map(|step| step.spell(self.instance().actions()).to_string()).collect()
    }

    fn ends(&self, at: Frontier, ending: &Ending) -> Result<Option<PropertyId>, Refusal> {
        let mut states = self.frontiers[at].nodes.iter().map(|node| self.bytes(node));
        let is_end = states.any(|state| self.is_end(state, ending));
        match ending {
            Ending::Finished if is_end => Ok(None),
            Ending::Finished => Err(Refusal::NotDone),
            Ending::Deadlock if is_end => Ok(self.property("deadlock")),
            Ending::Deadlock => Err(Refusal::GoesOn),
            Ending::Violated(name) if is_end => Ok(self.property(name)),
            Ending::Violated(name) => Err(Refusal::NotShown(name)),
            Ending::Panicked(message) => Err(Refusal::Panics(message.clone())),
            Ending::CutOff(what) => Err(Refusal::CutOff(what.clone())),
        }
    }

    fn property(&self, name: &str) -> Option<PropertyId> {
        let at = self.instance().properties().iter().position(|property| property.name == name)?;
        Some(PropertyId(at as u8))
    }

    fn is_end(&self, state: &StateBytes, ending: &Ending) -> bool {
        match ending {
            Ending::Finished => self.instance().done(state),
            Ending::Deadlock => {
                self.instance().enabled(state).is_empty() && !self.instance().done(state)
            }
            Ending::Violated(name) => {
                self.property(name).is_some_and(|property| self.instance().shows(state, property))
            }
            Ending::Panicked(_) | Ending::CutOff(_) => false,
        }
    }

    fn follow(&mut self, at: Frontier, entry: &Entry) -> Result<Frontier, Refusal> {
        if let Some(known) = self.next.get(&(at, entry.clone())) {
            return known.clone();
        }
        let next = self.take(at, entry).map(|landed| self.frontier(landed));
        self.next.insert((at, entry.clone()), next.clone());
        next
    }

    /// Returns the states right after a logged action that agree with what the code has seen.
    fn take(&mut self, at: Frontier, entry: &Entry) -> Result<Vec<StateId>, Refusal> {
        let step = self.steps.get(&(entry.action, entry.args.clone()));
        let step = Some(*step.ok_or(Refusal::NoSuchAction)?);
        let fact = |seen: &super::log::Seen| Fact::Field {
            path: seen.path(),
            is: true,
            value: seen.value.to_string(),
        };
        let way = Way { step, before: Vec::new(), after: entry.seen.iter().map(fact).collect() };
        let (mut landed, mut refusal) = (Vec::new(), Refusal::NotEnabled);
        for node in &self.frontiers[at].nodes {
            match self.space.go(node.config.state, &way) {
                Ok(state) if self.space.is_avoided(state) => {}
                Ok(state) => landed.push(state),
                Err(Refused::Differs {
                    fact: Fact::Field { path, value: code, .. },
                    found: model,
                    ..
                }) => refusal = Refusal::Differs { path, code, model },
                Err(_) => {}
            }
        }
        landed.sort_by(|one, other| self.space.bytes(*one).cmp(self.space.bytes(*other)));
        landed.dedup();
        if landed.is_empty() { Err(refusal) } else { Ok(landed) }
    }

    /// Returns the frontier of the states right after a logged action.
    fn frontier(&mut self, landed: Vec<StateId>) -> Frontier {
        if let Some(known) = self.by_states.get(&landed) {
            return *known;
        }
        let every =
            landed.iter().fold(PropertySet::ALL, |all, state| all.and(self.space.violated(*state)));
        let config = |state| Config { cost: 0, state, done: 0, violated: PropertySet::EMPTY };
        let first = |(at, state)| Node { config: config(state), from: From::Initial(at) };
        let mut nodes = landed.iter().copied().enumerate().map(first).collect();
        let allowed = Allowed {
            items: &[],
            open: &[],
            violating: Violating::Ignored,
            extra: &[],
            most_cost: 0,
            most: MOST,
        };
        let closed = close(&mut self.space, &allowed, &mut nodes, 0);
        assert!(closed.is_ok(), "too many ways to fill in the steps of the model");
        let violated = every.iter().next().filter(|_| !landed.is_empty());
        self.frontiers.push(Known { nodes, violated });
        self.by_states.insert(landed, self.frontiers.len() - 1);
        self.frontiers.len() - 1
    }
}
