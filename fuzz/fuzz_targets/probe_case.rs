//! No text makes the reader of cases of `probe` and of its storms or their page panic, and what was read is
//! written canonically.
#![no_main]

use latchwork::encoding::json::Document;
use latchwork::files::probe_case::ProbeCase;
use latchwork::files::storm_case::StormCase;
use latchwork::report::probe::html;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let read = |text: &str| ProbeCase::read(&Document::new("fuzz.json", text), "fuzz.json");
    match read(text) {
        Ok(case) => {
            let written = case.to_text();
            assert_eq!(read(&written).expect("what is written can be read").to_text(), written);
            assert!(html::page(&case, "fuzz.json").ends_with("</html>\n"));
        }
        Err(problem) => assert!(!problem.message.is_empty()),
    }
    let read = |text: &str| StormCase::read(&Document::new("fuzz.json", text), "fuzz.json");
    match read(text) {
        Ok(case) => {
            let written = case.to_text();
            assert_eq!(read(&written).expect("what is written can be read").to_text(), written);
        }
        Err(problem) => assert!(!problem.message.is_empty()),
    }
});
