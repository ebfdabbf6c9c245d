//! What runs cover of a protocol, over all scenarios. A result that holds only because nothing
//! could have violated it is *vacuous*.

use crate::engines::explore::{Options, Watch};
use crate::engines::verdict::Coverage;
use crate::jobs::check::Checked;
use crate::protocols::{self, Entry};

/// The coverage of a protocol by some scenarios.
pub struct Covered {
    /// The protocol.
    pub entry: &'static Entry,
    /// The number of scenarios.
    pub scenarios: usize,
    /// The sum of their actions and antecedents.
    pub coverage: Coverage,
    /// By rule: the number of states in which it is decisive; `None` if it was not measured, or is
    /// on in none of the scenarios.
    pub decisive: Vec<Option<u64>>,
}

/// Sums up the coverage of checked scenarios, by protocol.
pub fn covered(all: &[Checked]) -> Vec<Covered> {
    let of = |entry: &'static Entry| {
        let own = || all.iter().filter(|one| one.scenario.configuration.entry.name == entry.name);
        let mut coverage = own().next()?.exploration.coverage.clone();
        own().skip(1).for_each(|one| coverage.add(&one.exploration.coverage));
        let mut decisive = vec![None; entry.rules.len()];
        for (rule, states) in own().flat_map(|one| &one.decisive) {
            *decisive[*rule].get_or_insert(0) += states;
        }
        Some(Covered { entry, scenarios: own().count(), coverage, decisive })
    };
    protocols::all().iter().filter_map(of).collect()
}

impl Covered {
    /// Returns a sentence for each action that never fires, and for each rule that never makes a
    /// difference without being declared so.
    pub fn vacuous(&self) -> Vec<String> {
        let name = self.entry.name;
        let actions = self.entry.actions.iter().zip(&self.coverage.actions);
        let idle = actions
            .filter(|(_, count)| count.fired == 0)
            .map(|(action, _)| format!("in no scenario of {name} `{}` fires", action.name));
        let rules = self.entry.rules.iter().zip(&self.decisive);
        let indifferent = rules
            .filter(|(rule, states)| **states == Some(0) && rule.declared.is_none())
            .map(|(rule, _)| format!("in no scenario of {name} `{}` is decisive", rule.name));
        idle.chain(indifferent).collect()
    }
}

/// Returns, by rule that is on in a scenario, the number of its states in which something else
/// could happen without the rule. Rules that the configuration requires are left out.
pub fn decisive(checked: &Checked, options: &Options, watch: &dyn Watch) -> Vec<(usize, u64)> {
    let configuration = &checked.scenario.configuration;
    let on = configuration.rules();
    let can_go = |rule: &usize| configuration.instance_with(on.without(*rule)).is_ok();
    let rules: Vec<usize> = on.iter().filter(can_go).collect();
    let counts = configuration.decisive(on, &rules, options, watch);
    rules.into_iter().zip(counts).collect()
}
