//! The verdicts of a check by name, and which of them changed.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::report::words::{after, counted};

/// The verdicts on one scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Scenario {
    /// How the result compares with the expectation, as `check` names it.
    standing: String,
    /// By property, the verdict in words: `violated after 4 steps`.
    properties: BTreeMap<String, String>,
}

/// The verdicts of a check, by scenario.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdicts(BTreeMap<String, Scenario>);

impl Verdicts {
    /// Reads the facts that `check --json` prints; `None` if they are none.
    pub fn read(facts: &str) -> Option<Self> {
        let facts: Value = serde_json::from_str(facts).ok()?;
        let scenario = |facts: &Value| {
            let text = |key: &str| facts[key].as_str().map(ToString::to_string);
            let name = format!("{}/{}", text("protocol")?, text("scenario")?);
            let properties = facts["properties"].as_array()?.iter().map(property);
            let properties = properties.collect::<Option<_>>()?;
            Some((name, Scenario { standing: text("standing")?, properties }))
        };
        facts["scenarios"].as_array()?.iter().map(scenario).collect::<Option<_>>().map(Self)
    }

    /// Returns a line for each verdict that is not the same as before, and for each scenario that is
    /// new or gone. Before the first check there was nothing: then a line for each scenario that is
    /// not as expected.
    pub fn changes(&self, before: Option<&Self>) -> Vec<String> {
        let Some(before) = before else {
            let red = self.0.iter().filter(|(_, scenario)| !scenario.is_as_expected());
            return red.map(|(name, scenario)| scenario.line(name)).collect();
        };
        let mut lines = Vec::new();
        for (name, now) in &self.0 {
            match before.0.get(name) {
                Some(old) => lines.extend(now.differences(name, old)),
                None => lines.push(format!("new: {}", now.line(name))),
            }
        }
        let gone = before.0.keys().filter(|name| !self.0.contains_key(*name));
        lines.extend(gone.map(|name| format!("gone: {name}")));
        lines
    }

    /// Returns how many scenarios are as expected.
    pub fn summary(&self) -> String {
        let all = self.0.len();
        let red = self.0.values().filter(|scenario| !scenario.is_as_expected()).count();
        let all_of = counted(all as u64, "scenario");
        match red {
            0 => format!("{all_of}, as expected"),
            red => format!("{all_of}, {red} not as expected"),
        }
    }
}

/// Returns the name of a property, and its verdict in words.
fn property(facts: &Value) -> Option<(String, String)> {
    let verdict = facts["verdict"].as_str()?;
    let steps = facts["steps"].as_u64().and_then(|steps| usize::try_from(steps).ok());
    let words = match steps {
        Some(steps) => format!("{verdict} {}", after(steps)),
        None => verdict.replace('_', " "),
    };
    Some((facts["name"].as_str()?.to_string(), words))
}

impl Scenario {
    fn is_as_expected(&self) -> bool {
        ["met", "finding"].contains(&self.standing.as_str())
    }

    /// Returns the standing in words.
    fn standing(&self) -> &str {
        match self.standing.as_str() {
            "met" => "as expected",
            "finding" => "known finding",
            "unmet" => "not as expected",
            other => other,
        }
    }

    /// Returns the scenario with its violations.
    fn line(&self, name: &str) -> String {
        let violated = self.properties.iter().filter(|(_, words)| words.starts_with("violated"));
        let violated: Vec<_> = violated.map(|(name, words)| format!("{name} {words}")).collect();
        match violated.as_slice() {
            [] => format!("{name}: {}", self.standing()),
            some => format!("{name}: {}: {}", self.standing(), some.join(", ")),
        }
    }

    /// Returns a line for each property with another verdict than before. If there is none, it may
    /// still be the standing that changed.
    fn differences(&self, name: &str, before: &Self) -> Vec<String> {
        let nothing = "not there".to_string();
        let names = before.properties.keys().chain(self.properties.keys());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names.dedup();
        let line = |property: &String| {
            let old = before.properties.get(property).unwrap_or(&nothing);
            let new = self.properties.get(property).unwrap_or(&nothing);
            (old != new).then(|| format!("{name}: {property}: {old} -> {new}"))
        };
        let mut lines: Vec<String> = names.into_iter().filter_map(line).collect();
        if lines.is_empty() && self.standing != before.standing {
            lines.push(format!("{name}: {} -> {}", before.standing(), self.standing()));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::Verdicts;

    fn facts(scenario: &str, standing: &str, verdict: &str) -> Verdicts {
        let property = format!("{{ \"name\": \"one_holder\", {verdict} }}");
        let text = format!(
            r#"{{ "scenarios": [{{ "protocol": "lock", "scenario": "{scenario}",
                "standing": "{standing}", "properties": [{property}] }}] }}"#
        );
        Verdicts::read(&text).expect("facts")
    }

    /// Red if a verdict that has changed is not told, or one that has not is.
    #[test]
    fn what_changed_is_told() {
        let holds = facts("two", "met", r#""verdict": "holds""#);
        let four = facts("two", "unmet", r#""verdict": "violated", "steps": 4"#);
        let five = facts("two", "unmet", r#""verdict": "violated", "steps": 5"#);
        let vacuous = facts("two", "vacuous", r#""verdict": "holds""#);
        let other = facts("three", "met", r#""verdict": "holds""#);
        let changes = |now: &Verdicts, before| now.changes(Some(before));
        assert_eq!(
            changes(&four, &holds),
            ["lock/two: one_holder: holds -> violated after 4 steps"]
        );
        let longer = "lock/two: one_holder: violated after 4 steps -> violated after 5 steps";
        assert_eq!(changes(&five, &four), [longer]);
        assert!(changes(&four, &four).is_empty());
        assert_eq!(changes(&vacuous, &holds), ["lock/two: as expected -> vacuous"]);
        assert_eq!(changes(&other, &holds), ["new: lock/three: as expected", "gone: lock/two"]);
        assert!(holds.changes(None).is_empty());
        let first = ["lock/two: not as expected: one_holder violated after 4 steps"];
        assert_eq!(four.changes(None), first);
        assert_eq!(four.summary(), "1 scenario, 1 not as expected");
        assert!(Verdicts::read("no facts").is_none() && Verdicts::read("{}").is_none());
    }
}
