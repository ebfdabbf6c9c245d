//! The versions in which something is so, in words.

use latchwork_model::kit::SourceInfo;

/// In which versions a function does what a rule says: `since 3.10, until 6.1.192`.
pub fn versions(source: &SourceInfo) -> String {
    match source.until {
        Some(until) => format!("since {}, until {until}", source.since),
        None => format!("since {}", source.since),
    }
}
