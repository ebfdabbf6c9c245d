//! No text makes the case reader or a replay panic, and a case that was read is written canonically.
#![no_main]

use latchwork::encoding::json::Document;
use latchwork::jobs::replay::replay;
use latchwork::files::case::Case;

/// Skips the search after a divergence, which would take most of the time.
struct NoSearch;

impl latchwork::engines::explore::Watch for NoSearch {
    fn interrupted(&self) -> bool {
        true
    }
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    match Case::read(&Document::new("fuzz.json", text), true) {
        Ok(case) => {
            let written = case.to_text();
            let again = Case::read(&Document::new("written.json", written.as_str()), false);
            assert_eq!(again.expect("what is written can be read").to_text(), written);
            replay(&case, 1, &NoSearch).expect("what was read can be replayed");
        }
        Err(problem) => assert!(problem.position.is_some() && !problem.message.is_empty()),
    }
});
