//! The presentation of results, for readers and for programs.

pub mod campaign;
pub mod check;
#[cfg(feature = "recordings")]
pub mod conform;
pub mod export;
pub mod hosts;
pub mod layout;
pub mod matrix;
pub(crate) mod page;
pub mod predictions;
#[cfg(all(feature = "probe", target_os = "linux"))]
pub mod probe;
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

/// The results of a run of `check` or `ablate`: the input of every format for CI hosts.
#[derive(Clone, Copy)]
pub struct Results<'a> {
    /// The scenarios that were run.
    pub checked: &'a [Checked],
    /// The ablation matrices that were computed.
    pub matrices: &'a [Matrix],
    /// The coverage of the protocols whose scenarios must together cover everything.
    pub covered: &'a [Covered],
}

/// Returns the name of a scenario: `downconvert/two_apps`.
pub fn name(scenario: &Scenario) -> String {
    format!("{}/{}", scenario.configuration.entry.name, scenario.name)
}

/// Returns a scenario in a few words: `downconvert/two_apps without pending_flag`.
pub fn title(scenario: &Scenario) -> String {
    let configuration = &scenario.configuration;
    let mut title = name(scenario);
    for part in switches(configuration) {
        title.push(' ');
        title.push_str(&part);
    }
    title
}

/// Returns the file name for a scenario: `two_apps-without-pending_flag`. Long lists of rules are
/// replaced by their number, because file systems limit the length of names.
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

/// Returns how a configuration differs from `full`: `profile seed`, `without a, b`, `with c`.
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

/// Returns the text before the first section of a page, without its title.
pub(crate) fn introduction(readme: &str) -> &str {
    let text = readme.split("\n## ").next().unwrap_or("");
    let text = text
        .strip_prefix("# ")
        .map_or(text, |text| text.split_once('\n').map_or("", |(_, below)| below));
    text.trim()
}
