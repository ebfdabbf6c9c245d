//! The arguments that say with which rules and variants scenarios are run.

use clap::Args;

use crate::files::configuration::{self, Configuration, Switch};
use crate::files::scenario::Scenario;
use crate::protocols::Entry;

use super::{Failure, usage};

/// Which rules and variants are on.
#[derive(Args, Clone, Debug, Default)]
pub struct Switches {
    /// Use this profile instead of that of the file; what a scenario or a case itself switches off or
    /// on stays so
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// Switch off these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    without: Vec<String>,
    /// Switch on these variants, or rules that the scenario or the case itself switches off
    #[arg(long, value_name = "VARIANT|RULE", value_delimiter = ',')]
    with: Vec<String>,
}

impl Switches {
    /// Whether nothing is switched.
    pub fn is_empty(&self) -> bool {
        self.profile.is_none() && self.without.is_empty() && self.with.is_empty()
    }

    /// Whether a profile is named.
    pub fn names_profile(&self) -> bool {
        self.profile.is_some()
    }

    /// Switches what the arguments name. The values of a scenario may not go together with it.
    pub fn apply(&self, scenario: &mut Scenario) -> Result<(), Failure> {
        self.apply_to(&mut scenario.configuration)
    }

    /// The same for a configuration.
    pub fn apply_to(&self, configuration: &mut Configuration) -> Result<(), Failure> {
        let entry = configuration.entry;
        if let Some(profile) = &self.profile {
            configuration.profile = configuration::profile(entry, profile).map_err(usage)?;
        }
        for rule in &self.without {
            let rule = configuration::rule(entry, rule).map_err(usage)?;
            if !configuration.without.contains(&rule) {
                configuration.without.push(rule);
            }
        }
        for name in &self.with {
            match configuration::switch(entry, name).map_err(usage)? {
                Switch::Rule(rule) => switch_on(configuration, rule)?,
                Switch::Variant(variant) if configuration.with.contains(&variant) => {}
                Switch::Variant(variant) => configuration.with.push(variant),
            }
        }
        Ok(())
    }

    /// The rules that are taken away, by position.
    pub fn rules(&self, entry: &Entry) -> Result<Vec<usize>, Failure> {
        let rule = |name| configuration::rule(entry, name).map_err(usage);
        self.without.iter().map(|name| rule(name)).collect()
    }

    /// The arguments as they are typed, each with a space before it.
    pub fn spelled(&self) -> String {
        let list = |names: &[String]| (!names.is_empty()).then(|| names.join(","));
        let parts = [
            ("profile", self.profile.clone()),
            ("without", list(&self.without)),
            ("with", list(&self.with)),
        ];
        let spell = |(name, value): (&str, Option<String>)| Some(format!(" --{name} {}", value?));
        parts.into_iter().filter_map(spell).collect()
    }
}

/// Switches on a rule that a scenario or a case switches off.
fn switch_on(configuration: &mut Configuration, rule: usize) -> Result<(), Failure> {
    configuration.without.retain(|off| *off != rule);
    let entry = configuration.entry;
    if configuration.rules().is_on(rule) {
        return Ok(());
    }
    let (name, profile) = (entry.rules[rule].name, entry.profiles[configuration.profile].name);
    let on = entry.profiles.iter().zip(entry.rules[rule].profiles).filter(|(_, on)| **on);
    let on: Vec<&str> = on.map(|(profile, _)| profile.name).collect();
    Err(Failure::Usage(format!(
        "the profile {profile} is without the rule `{name}`\nhint: --profile {}",
        on.first().unwrap_or(&"full")
    )))
}
