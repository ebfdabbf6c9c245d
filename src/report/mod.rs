//! Results for people and for machines.

pub mod campaign;
pub mod check;
#[cfg(feature = "recordings")]
pub mod conform;
pub mod export;
pub mod hosts;
pub mod layout;
pub mod matrix;
pub(crate) mod page;
pub mod review;
pub mod run;
pub mod schema;
pub mod table;
pub mod versions;
pub mod words;

use crate::files::configuration::Configuration;
use crate::files::scenario::Scenario;
use crate::jobs::ablate::Matrix;
use crate::jobs::check::Checked;
use crate::jobs::coverage::Covered;

/// All that a run of `check` or `ablate` came to: what every format for CI hosts is made of.
#[derive(Clone, Copy)]
pub struct Results<'a> {
    /// The scenarios that were run.
    pub checked: &'a [Checked],
    /// The ablation matrices that were made.
    pub matrices: &'a [Matrix],
    /// What was run of the protocols whose scenarios must, together, touch everything.
    pub covered: &'a [Covered],
}

/// A scenario by its name: `downconvert/two_apps`.
pub fn name(scenario: &Scenario) -> String {
    format!("{}/{}", scenario.configuration.entry.name, scenario.name)
}

/// A scenario in a few words: `downconvert/two_apps without pending_flag`.
pub fn title(scenario: &Scenario) -> String {
    let configuration = &scenario.configuration;
    let mut title = name(scenario);
    for part in switches(configuration) {
        title.push(' ');
        title.push_str(&part);
    }
    title
}

/// What a file about a scenario is called: `two_apps-without-pending_flag`. Many rules are counted,
/// not named: file systems have limits too.
pub fn file_stem(scenario: &Scenario) -> String {
    let configuration = &scenario.configuration;
    let mut switches = switches(configuration);
    if configuration.without.len() > 4 {
        let count = format!("without {} rules", configuration.without.len());
        switches.retain(|part| !part.starts_with("without "));
        switches.push(count);
    }
    let parts = std::iter::once(scenario.name.clone()).chain(switches);
    parts.collect::<Vec<_>>().join("-").replace(", ", "-").replace(' ', "-")
}

/// What a configuration changes of `full`: `profile seed`, `without a, b`, `with c`.
pub fn switches(configuration: &Configuration) -> Vec<String> {
    let entry = configuration.entry;
    let mut parts = Vec::new();
    let profile = entry.profiles[configuration.profile].name;
    if profile != "full" {
        parts.push(format!("profile {profile}"));
    }
    let without = configuration.rule_names();
    if !without.is_empty() {
        parts.push(format!("without {}", without.join(", ")));
    }
    let with = configuration.variant_names();
    if !with.is_empty() {
        parts.push(format!("with {}", with.join(", ")));
    }
    parts
}

/// What stands before the first section of a page, without its title.
pub(crate) fn introduction(readme: &str) -> &str {
    let text = readme.split("\n## ").next().unwrap_or("");
    let text = text
        .strip_prefix("# ")
        .map_or(text, |text| text.split_once('\n').map_or("", |(_, below)| below));
    text.trim()
}
