//! No text makes the reader of scenarios panic, and every error has a place in the file.
#![no_main]

use latchwork::encoding::json::Document;
use latchwork::files::scenario::Scenario;

libfuzzer_sys::fuzz_target!(|text: &str| {
    match Scenario::read(&Document::new("fuzz.json", text), "fuzz".to_string()) {
        Ok(scenario) => assert!(scenario.configuration.instance().is_ok()),
        Err(problem) => assert!(problem.position.is_some() && !problem.message.is_empty()),
    }
});
