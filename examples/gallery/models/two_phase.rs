//! Two-phase commit: the model of the example `two_phase_commit`, with published counts.

#[path = "../../two_phase_commit/model.rs"]
mod model;

use model::TwoPhase;

use super::known::{Known, Visitor};

/// Shows three and five resource managers.
pub fn show(visitor: &mut impl Visitor) {
    let three = Known {
        distinct: Some(288),
        generated: Some(1_146),
        depth: Some(10),
        ..Known::of("two_phase", "TLA+ examples, transaction_commit/manifest.json, TwoPhase.cfg")
    };
    visitor.visit(three, TwoPhase::new(3));
    let five = Known {
        distinct: Some(8_832),
        ..Known::of("two_phase/5", "Stateright, examples/2pc.rs, can_model_2pc")
    };
    visitor.visit(five, TwoPhase::new(5));
}
