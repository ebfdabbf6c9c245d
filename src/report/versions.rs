//! The versions in which a source applies, in words.

use latchwork_model::kit::SourceInfo;

/// Returns the versions in which a function does what a rule describes:
/// `since 3.10, until 6.1.192`.
pub fn versions(source: &SourceInfo) -> String {
    match source.until {
        Some(until) => format!("since {}, until {until}", source.since),
        None => format!("since {}", source.since),
    }
}
