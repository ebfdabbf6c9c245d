//! No bytes make the importer of recordings panic, and the events that it writes can be read again.
#![no_main]

use latchwork::capture::event::{Event, Line};
use latchwork::capture::import;

libfuzzer_sys::fuzz_target!(|recording: &[u8]| {
    let mut last: Option<Event> = None;
    let result = import(recording, &mut |event| {
        assert_eq!(event.i, last.as_ref().map_or(0, |last| last.i + 1));
        let window = event.window;
        assert!(window.f.is_some() || window.rf.is_some());
        assert!(window.f.zip(window.rf).is_none_or(|(f, rf)| f <= rf));
        let line = serde_json::to_string(&event).expect("an event is JSON");
        let again: Line = serde_json::from_str(&line).expect("what is written can be read");
        assert_eq!(serde_json::to_string(&again).expect("it is JSON again"), line);
        last = Some(event);
    });
    if let Err(damage) = result {
        assert!(!damage.message.is_empty());
    }
});
