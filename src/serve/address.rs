//! Permalinks: a run by the names of its steps.

/// A run, and the position in it that is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The initial state, counted from 0. In the address it is counted from 1.
    pub from: usize,
    /// The steps.
    pub steps: Vec<String>,
    /// The number of steps after which the run is shown; by default after the last one.
    pub at: Option<usize>,
}

impl Address {
    /// Parses the part of an address after the `?`.
    pub fn parse(query: &str) -> Result<Self, String> {
        let mut address = Self::default();
        let number = |name: &str, value: &str| {
            value.parse::<usize>().map_err(|_| format!("{name}={value} is no number."))
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "do" => address.steps.push(spelled(&value)),
                "at" => address.at = Some(number("at", &value)?),
                "from" => {
                    let from = number("from", &value)?.checked_sub(1);
                    address.from = from.ok_or("Initial states are counted from 1.")?;
                }
                _ => return Err(format!("The address has `{name}`; do, at and from are known.")),
            }
        }
        Ok(address)
    }

    /// Returns the address as a link. Default values are left out.
    pub fn to_link(&self) -> String {
        let mut parts = Vec::new();
        if self.from > 0 {
            parts.push(format!("from={}", self.from + 1));
        }
        // Names of actions and their arguments need no escaping.
        parts.extend(self.steps.iter().map(|step| format!("do={}", step.replace(", ", ","))));
        parts.extend(self.at.map(|at| format!("at={at}")));
        if parts.is_empty() { "/".to_string() } else { format!("/?{}", parts.join("&")) }
    }

    /// Returns the run with only its first steps.
    #[must_use]
    pub fn first(&self, steps: usize) -> Self {
        let steps = self.steps.iter().take(steps).cloned().collect();
        Self { from: self.from, steps, at: None }
    }

    /// Returns the run that takes a step after its first `at` steps.
    #[must_use]
    pub fn going_on(&self, at: usize, step: &str) -> Self {
        let mut other = self.first(at);
        other.steps.push(step.to_string());
        other
    }

    /// Returns the same run, shown after this many steps.
    #[must_use]
    pub fn seen_after(&self, steps: usize) -> Self {
        Self { at: (steps < self.steps.len()).then_some(steps), ..self.clone() }
    }
}

/// Returns a step in its usual spelling, `lm_lock(lm0, c0)`, regardless of how its arguments were
/// separated.
fn spelled(step: &str) -> String {
    step.split(',').map(str::trim).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn a_link_is_read_as_it_was_written() {
        let steps = vec!["lm_lock(lm0, c0)".to_string(), "remote_lock()".to_string()];
        let address = Address { from: 2, steps, at: Some(1) };
        let link = address.to_link();
        assert_eq!(link, "/?from=3&do=lm_lock(lm0,c0)&do=remote_lock()&at=1");
        assert_eq!(Address::parse(&link[2..]), Ok(address.clone()));
        assert_eq!(
            Address::parse("do=lm_lock%28lm0%2C+c0%29&do=remote_lock()&at=1&from=3"),
            Ok(address)
        );
        assert_eq!(Address::default().to_link(), "/");
        assert!(Address::parse("from=0").is_err() && Address::parse("at=x").is_err());
        assert!(Address::parse("to=1").is_err());
    }
}
