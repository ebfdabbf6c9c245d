//! Searches a model and lists where the result differs from what is published.

use latchwork::engines::explore::{Options, explore};
use latchwork::engines::verdict::{Exploration, PropertyInfo, properties};
use latchwork_model::kit::Model;

use crate::models::known::Known;

/// The result of a search, beside what is known.
pub struct Found {
    /// What is known.
    pub known: Known,
    /// The result.
    pub exploration: Exploration,
    /// The properties of the model.
    pub properties: Vec<PropertyInfo>,
    /// The run of each discovery: its steps, spelled.
    pub runs: Vec<Vec<String>>,
}

impl Found {
    /// Searches the whole space of a model.
    pub fn by_search<M: Model>(known: Known, model: &M) -> Self {
        let exploration = explore(model, &Options::default(), &());
        let runs = exploration.discoveries.iter().map(|found| {
            let steps = found.path.steps.iter();
            steps.map(|step| step.spell(M::ACTIONS).to_string()).collect()
        });
        let runs = runs.collect();
        Self { known, exploration, properties: properties::<M>(), runs }
    }

    /// Returns the names of violated properties and reached goals, with the lengths of their runs.
    pub fn discoveries(&self) -> impl Iterator<Item = (&'static str, usize)> {
        let name = |at: u8| self.properties[usize::from(at)].name;
        self.exploration.discoveries.iter().map(move |found| (name(found.property.0), found.steps))
    }

    /// Lists every difference between the result and what is known.
    pub fn differences(&self) -> Vec<String> {
        let statistics = &self.exploration.statistics;
        let shown: Vec<_> = self.discoveries().collect();
        let judged: Vec<_> = self.properties.iter().map(|property| property.name).collect();
        let mut differences = self.known.differences(
            statistics.distinct,
            statistics.generated,
            statistics.depth() as u64,
            &judged,
            &shown,
        );
        if self.exploration.stopped.is_some() {
            differences.push("the search did not finish".into());
        }
        differences
    }
}
