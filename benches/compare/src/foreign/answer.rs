//! The answer of an engine about a model: plain data that can be compared.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

/// What an engine found in the whole space of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Distinct states.
    pub distinct: u64,
    /// Initial states plus all successors; `None` if the engine counts something else.
    pub generated: Option<u64>,
    /// The greatest distance of a state from the initial ones, in steps.
    pub depth: u64,
    /// The properties that are violated, or reached if they are goals, with the length in steps of a
    /// shortest run to a state that shows it.
    pub shown: BTreeMap<String, u64>,
}

impl Answer {
    /// Lists every respect in which another engine's answer differs from this one.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut all = Vec::new();
        let mut compare = |what: &str, own: Option<u64>, others: Option<u64>| {
            if own != others {
                let spell =
                    |value: Option<u64>| value.map_or("-".into(), |value| value.to_string());
                all.push(format!("{what}: {}, not {}", spell(others), spell(own)));
            }
        };
        compare("states", Some(self.distinct), Some(other.distinct));
        if self.generated.is_some() && other.generated.is_some() {
            compare("generated", self.generated, other.generated);
        }
        compare("depth", Some(self.depth), Some(other.depth));
        let names = self.shown.keys().chain(other.shown.keys());
        let names: BTreeSet<&String> = names.collect();
        for name in names {
            compare(name, self.shown.get(name).copied(), other.shown.get(name).copied());
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::Answer;

    #[test]
    fn every_difference_is_named() {
        let shown = [("deadlock".to_string(), 7)].into();
        let one = Answer { distinct: 10, generated: Some(20), depth: 3, shown };
        assert!(one.differences(&one.clone()).is_empty());
        let uncounted = Answer { generated: None, ..one.clone() };
        assert!(one.differences(&uncounted).is_empty());
        let shown = [("deadlock".to_string(), 8), ("safe".to_string(), 1)].into();
        let other = Answer { distinct: 11, generated: Some(21), depth: 4, shown };
        let expected = [
            "states: 11, not 10",
            "generated: 21, not 20",
            "depth: 4, not 3",
            "deadlock: 8, not 7",
            "safe: 1, not -",
        ];
        assert_eq!(one.differences(&other), expected);
    }
}
