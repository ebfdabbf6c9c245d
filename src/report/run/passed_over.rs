//! Actions that a fair process never takes although they are always enabled. Fairness applies to
//! the process, not to its actions, unless its lane is declared `each`.

use std::collections::BTreeSet;

use latchwork_model::kit::{Process, Step};

use crate::engines::verdict::PropertyKind;
use crate::files::case::Case;
use crate::protocols::trace::process_of;
use crate::report::run::on_model::Run;

/// A process that acts in a cycle, and the actions that it never takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// The process: `app@a1`.
    pub process: String,
    /// Its actions that are enabled in every state of the cycle, and not taken in it.
    pub actions: Vec<&'static str>,
}

impl PassedOver {
    /// Returns the same as a sentence.
    pub fn sentence(&self) -> String {
        let quoted: Vec<String> = self.actions.iter().map(|name| format!("`{name}`")).collect();
        format!(
            "{} acts, but never takes {}, which it always could: its lane is fair to processes, and \
             not to each action",
            self.process,
            quoted.join(", ")
        )
    }
}

/// Returns what is passed over in the cycle at the end of a case of a temporal property.
pub fn passed_over(case: &Case) -> Vec<PassedOver> {
    let entry = case.configuration.entry;
    let properties = (entry.properties)();
    let kind = entry.property(&case.verdict.property).map(|id| properties[usize::from(id.0)].kind);
    let is_temporal = matches!(kind, Some(PropertyKind::Model(kind)) if kind.is_temporal());
    let (Some(cycle), true) = (case.verdict.cycle, is_temporal) else { return Vec::new() };
    let Ok(instance) = case.configuration.instance() else { return Vec::new() };
    let Some(run) = Run::of_case(case, instance.as_ref()) else { return Vec::new() };
    in_cycle(&run, cycle)
}

/// Returns the same for a run whose cycle begins after this many steps.
pub fn in_cycle(run: &Run<'_>, cycle: usize) -> Vec<PassedOver> {
    let (lanes, actions) = (run.entry.lanes, run.entry.actions);
    let does = |step: &Step| (step.process(actions), step.action);
    let taken: BTreeSet<(Process, u8)> = run.path.steps[cycle..].iter().map(does).collect();
    let acts: BTreeSet<Process> = taken.iter().map(|(process, _)| *process).collect();
    let may_pass_over = |process: &Process| {
        let lane = &lanes[usize::from(process.lane)];
        lane.fairness.is_fair() && !lane.each && acts.contains(process)
    };
    let all = run.instance.all_steps();
    let enabled_in = |at: usize| -> BTreeSet<(Process, u8)> {
        let can = |step: &&Step| run.instance.fire(&run.states[at], **step).is_ok();
        all.iter().filter(can).map(does).collect()
    };
    let around = cycle..run.states.len();
    let always = around.map(enabled_in).reduce(|one, other| &one & &other).unwrap_or_default();
    let mut found: Vec<PassedOver> = Vec::new();
    for (process, action) in always.difference(&taken) {
        if !may_pass_over(process) {
            continue;
        }
        // Any step of the process provides its name.
        let mut own = all.iter().filter(|step| step.process(actions) == *process);
        let Some(step) = own.next() else { continue };
        let process = process_of(run.entry, &run.spell(*step));
        let action = actions[usize::from(*action)].name;
        match found.last_mut() {
            Some(last) if last.process == process => last.actions.push(action),
            _ => found.push(PassedOver { process, actions: vec![action] }),
        }
    }
    found
}
