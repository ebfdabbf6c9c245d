//! Why a cycle is fair to each process: it acts in it, or it is not enabled somewhere in it.

use std::collections::{BTreeMap, BTreeSet};

use latchwork_model::kit::{Step, Unit};

use crate::protocols::trace::process_of;
use crate::report::run::on_model::Run;

use super::explanation::{Fair, FairTo};

/// Returns for each fair process that is enabled in the cycle why the cycle is fair to it. The
/// cycle begins after this many steps.
pub fn fair(run: &Run<'_>, begins: usize) -> Vec<FairTo> {
    let (lanes, actions) = (run.entry.lanes, run.entry.actions);
    let unit = |step: &Step| step.unit(lanes, actions);
    let mut acts: BTreeMap<Unit, usize> = BTreeMap::new();
    for (at, step) in run.path.steps.iter().enumerate().skip(begins) {
        acts.entry(unit(step)).or_insert(at);
    }
    let mut spelled: BTreeMap<Unit, String> = BTreeMap::new();
    let mut enabled: Vec<BTreeSet<Unit>> = Vec::new();
    for state in &run.states[begins.min(run.states.len())..] {
        let steps = run.instance.enabled(state);
        for step in &steps {
            let name = || process_of(run.entry, &run.spell(*step));
            spelled.entry(unit(step)).or_insert_with(name);
        }
        enabled.push(steps.iter().map(unit).collect());
    }
    let must = |unit: &Unit| lanes[usize::from(unit.process.lane)].fairness.is_fair();
    let all = spelled.into_iter().filter(|(unit, _)| must(unit));
    let told = all.filter_map(|(unit, process)| {
        let how = match acts.get(&unit) {
            Some(at) => Fair::Acts(*at),
            None => {
                let at = enabled.iter().position(|here| !here.contains(&unit))?;
                Fair::Disabled(begins + at)
            }
        };
        let action = unit.action.map(|action| actions[usize::from(action)].name);
        Some(FairTo { process, action, how })
    });
    told.collect()
}
