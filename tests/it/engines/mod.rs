//! The floor `engines`: explore, simulate and what they find.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use latchwork::encoding::json::Document;
use latchwork::engines::explore::Watch;
use latchwork::files::scenario::Scenario;

mod awaits;
mod borders;
mod cuts;
mod disk;
mod each;
mod explore;
mod fair;
mod fields;
mod forget;
mod hostile;
mod initial_states;
mod liveness;
mod random;
mod ranks;
mod resume;
mod symmetry;

/// Ends the search after a number of polls.
struct Interrupts(AtomicU64);

impl Watch for Interrupts {
    fn interrupted(&self) -> bool {
        self.0.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_err()
    }
}

/// Two applications of a node want EX and PR, one of another node EX; a rule is missing, and a
/// violation of an `at_rest` invariant is on level 15.
fn scenario() -> Scenario {
    let text = r#"{"format": 1, "protocol": "downconvert",
        "bounds": {"apps": [{"node": 0, "program": ["EX"]}, {"node": 0, "program": ["PR"]},
                            {"node": 1, "program": ["EX"]}]},
        "without": ["unlock_kick"], "expect": {"holds": true}}"#;
    Scenario::read(&Document::new("test", text), "test".to_string())
        .unwrap_or_else(|problem| panic!("{problem}"))
}
