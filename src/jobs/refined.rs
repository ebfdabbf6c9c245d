//! What the steps of an implementation are in its specification.

use crate::engines::explore::spec::SpecSteps;
use crate::engines::explore::{Options, Watch};
use crate::jobs::check::Checked;

/// Counts the steps of a checked scenario by what they are in the specification; `None` if its
/// protocol is no refinement. It searches the space once more, and keeps all states.
pub fn refined(checked: &Checked, options: &Options, watch: &dyn Watch) -> Option<SpecSteps> {
    let configuration = &checked.scenario.configuration;
    let spec = configuration.entry.spec.as_ref()?;
    (spec.counted)(&configuration.setup(), options, watch).ok()
}
