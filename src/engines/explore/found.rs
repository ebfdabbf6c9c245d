//! What a search has found, and what a finished level adds to it.

use latchwork_model::kit::{Kind, Model};
use serde::{Deserialize, Serialize};

use crate::engines::verdict::{BuiltIn, Coverage, PropertyId, PropertySet, Statistics, Stopped};

use super::expand::Tally;
use super::lasso::Waiting;
use super::options::Options;
use super::whole::Shown;

/// What a search has found, before paths are built from it. What is not saved with a search is found
/// again when it is over.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Found {
    pub statistics: Statistics,
    pub coverage: Coverage,
    #[serde(skip)]
    pub stopped: Option<Stopped>,
    /// Whether a step was cut off or a claim could not be evaluated. Then the space is not fully
    /// known.
    pub cut: bool,
    /// Whether the constraint of the model does not hold in some state.
    pub constrained: bool,
    /// The properties found, each with the level on which it was found first.
    pub first: Vec<(PropertyId, usize)>,
    /// By action: the level on which it first fired.
    pub first_fired: Vec<Option<usize>>,
    /// By property that only the graph decides: the states that show it, on that level.
    #[serde(skip)]
    pub goals: Vec<(PropertyId, Vec<u32>)>,
    /// By temporal property: the run that violates it.
    #[serde(skip)]
    pub waiting: Vec<(PropertyId, Waiting)>,
}

impl Found {
    /// Creates an empty one.
    pub fn new<M: Model>() -> Self {
        Self {
            statistics: Statistics::default(),
            coverage: Coverage::of::<M>(),
            stopped: None,
            cut: false,
            constrained: false,
            first: Vec::new(),
            first_fired: vec![None; M::ACTIONS.len()],
            goals: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// Records what the graph has shown.
    pub fn add(&mut self, shown: Vec<(PropertyId, Shown)>) {
        for (property, what) in shown {
            match what {
                Shown::Waiting(waiting) => {
                    self.first.push((property, waiting.prefix));
                    self.waiting.push((property, waiting));
                }
                Shown::Goals { level, goals } => {
                    self.first.push((property, level));
                    self.goals.push((property, goals));
                }
            }
        }
    }

    /// Adds the states of the next level, if there are any.
    pub fn begin_level(&mut self, fresh: u64) {
        if fresh > 0 {
            self.statistics.levels.push(fresh);
            self.statistics.distinct += fresh;
        }
    }

    /// Records what a finished level has shown.
    pub fn conclude<M: Model>(&mut self, tally: &Tally, options: &Options) {
        let level = self.statistics.depth();
        let coverage = tally.coverage::<M>();
        self.statistics.generated += tally.generated();
        self.coverage.add(&coverage);
        for (first, count) in self.first_fired.iter_mut().zip(&coverage.actions) {
            if count.fired > 0 {
                first.get_or_insert(level);
            }
        }
        let faults = [BuiltIn::NoPanic, BuiltIn::BoundExceeded, BuiltIn::GuardsFirst];
        let faults: PropertySet = faults.map(|fault| fault.id::<M>()).into_iter().collect();
        self.cut |= !tally.shown.and(faults).is_empty();
        self.constrained |= tally.constrained;
        let known: PropertySet = self.first.iter().map(|(property, _)| *property).collect();
        let news = tally.shown.minus(known).and(options.properties);
        self.first.extend(news.iter().map(|property| (property, level)));
    }

    /// Returns why the search is to stop, if enough was found or a budget is used up.
    pub fn enough<M: Model>(&self, options: &Options) -> Option<Stopped> {
        let known: PropertySet = self.first.iter().map(|(property, _)| *property).collect();
        let Options { until, states, first_violation, depth, .. } = options;
        let level = self.statistics.depth();
        let deep = level > options.down_to;
        let is_goal = |property: &PropertyId| {
            let own = M::PROPERTIES.get(usize::from(property.0));
            own.is_some_and(|property| property.kind == Kind::Reachable)
        };
        let violated = known.iter().any(|property| !is_goal(&property));
        let all = deep && !until.is_empty() && until.minus(known).is_empty();
        if all || *first_violation && violated {
            Some(Stopped::Found)
        } else if depth.is_some_and(|most| level > most) {
            Some(Stopped::Depth)
        } else if states.is_some_and(|most| self.statistics.distinct >= most) {
            Some(Stopped::States)
        } else {
            None
        }
    }
}
