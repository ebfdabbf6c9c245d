//! Searches a model and lists where the result differs from what is published.

use latchwork::engines::explore::{Options, explore};
use latchwork::engines::verdict::{Exploration, PropertyInfo, Statistics, properties};
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
        let Statistics { distinct, generated, .. } = self.exploration.statistics;
        let depth = self.exploration.statistics.depth() as u64;
        let known = &self.known;
        let figures = [
            ("distinct", distinct, known.distinct),
            ("generated", generated, known.generated),
            ("depth", depth, known.depth.map(|depth| depth as u64)),
        ];
        let mut differences = Vec::new();
        for (what, found, published) in figures {
            if let Some(published) = published.filter(|published| *published != found) {
                differences.push(format!("{what}: {found} found, {published} published"));
            }
        }
        if self.exploration.stopped.is_some() {
            differences.push("the search did not finish".into());
        }
        for (name, steps) in self.discoveries() {
            match known.found.iter().find(|(of, _)| *of == name) {
                None => differences.push(format!("{name}: found after {steps} steps, not known")),
                Some((_, Some(length))) if *length != steps => differences
                    .push(format!("{name}: found after {steps} steps, published {length}")),
                Some(_) => {}
            }
        }
        for (name, _) in known.found {
            if !self.discoveries().any(|(found, _)| found == *name) {
                differences.push(format!("{name}: known, but not found"));
            }
        }
        differences
    }
}
