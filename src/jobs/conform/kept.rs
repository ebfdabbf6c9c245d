//! A run of the model that explains a recording, as a case.

use crate::conform::slice::Slice;
use crate::engines::follow::outcome::Run;
use crate::engines::verdict::{Path, PropertyId};
use crate::files::case::{Case, CaseVerdict, Minimality};
use crate::files::configuration::Configuration;
use crate::protocols::trace::{states, tell};

/// The name of the engine in cases.
pub const ENGINE: &str = "conform";

/// Returns the case of a run: up to the first state that violates `property`, or up to the last
/// recorded item. Each step is labelled with the item that it corresponds to. `None` for a run of
/// no steps that violates nothing.
pub fn case(
    slice: &Slice,
    configuration: &Configuration,
    run: &Run,
    property: Option<PropertyId>,
) -> Option<Case> {
    let entry = configuration.entry;
    let instance = configuration.instance().ok()?;
    let (verdict, steps) = match property {
        Some(property) => {
            let at = states(instance.as_ref(), &run.path)
                .iter()
                .position(|state| instance.shows(state, property))?;
            let property = (entry.properties)()[usize::from(property.0)].name.to_string();
            (CaseVerdict { violated: true, property, steps: at, cycle: None }, at)
        }
        None => {
            let last = run.items.iter().rposition(Option::is_some)?;
            let action = instance.actions()[usize::from(run.path.steps[last].action)].name;
            let property = action.to_string();
            (CaseVerdict { violated: false, property, steps: last + 1, cycle: None }, last + 1)
        }
    };
    let path = Path { initial: run.path.initial, steps: run.path.steps[..steps].to_vec() };
    let trace = tell(entry, instance.as_ref(), &path);
    let mut case = Case::new(configuration.clone(), ENGINE, verdict, Minimality::None, trace);
    for (step, item) in case.steps.iter_mut().zip(&run.items) {
        step.recorded = item.map(|item| {
            let recorded = &slice.recorded[item];
            format!("{}, {}", recorded.says, recorded.place)
        });
    }
    Some(case)
}
