//! Published facts about a model: how many states it has, what is violated and after how many steps.

use latchwork_model::kit::Model;

/// What others have published about a model at one size. A figure that nobody has published is `None`
/// and is not asserted.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The name of the model's file, and the size where there are several: `ewd840/4`.
    pub name: &'static str,
    /// Where it was published.
    pub source: &'static str,
    /// Distinct states.
    pub distinct: Option<u64>,
    /// Initial states plus all successors, duplicates included: TLC's "states generated".
    pub generated: Option<u64>,
    /// The greatest distance of a state from the initial ones, in steps. TLC counts the states on the
    /// way instead, which is one more.
    pub depth: Option<usize>,
    /// The properties that are violated, and the goals that are reached, each with the length in steps of
    /// its shortest run. All other properties hold, and all other goals are not reached.
    pub found: &'static [(&'static str, Option<usize>)],
}

impl Known {
    /// Returns the least that can be known: every property holds, and no goal is reached.
    pub const fn of(name: &'static str, source: &'static str) -> Self {
        Self { name, source, distinct: None, generated: None, depth: None, found: &[] }
    }

    /// Lists every difference between these facts and the result of a search that judged the properties
    /// `judged`: the figures, and the violated properties and reached goals with the lengths of their runs.
    pub fn differences(
        &self,
        distinct: u64,
        generated: u64,
        depth: u64,
        judged: &[&str],
        shown: &[(&str, usize)],
    ) -> Vec<String> {
        let figures = [
            ("distinct", distinct, self.distinct),
            ("generated", generated, self.generated),
            ("depth", depth, self.depth.map(|depth| depth as u64)),
        ];
        let mut differences = Vec::new();
        for (what, found, published) in figures {
            if let Some(published) = published.filter(|published| *published != found) {
                differences.push(format!("{what}: {found} found, {published} published"));
            }
        }
        for (name, steps) in shown {
            match self.found.iter().find(|(of, _)| of == name) {
                None => differences.push(format!("{name}: found after {steps} steps, not known")),
                Some((_, Some(length))) if length != steps => differences
                    .push(format!("{name}: found after {steps} steps, published {length}")),
                Some(_) => {}
            }
        }
        for (name, _) in self.found.iter().filter(|(name, _)| judged.contains(name)) {
            if !shown.iter().any(|(found, _)| found == name) {
                differences.push(format!("{name}: known, but not found"));
            }
        }
        differences
    }
}

/// Receives the models of the gallery: to search them, or to hand them to other engines.
pub trait Visitor {
    /// Receives one model and what is known about it.
    fn visit<M: Model>(&mut self, known: Known, model: M);
}
