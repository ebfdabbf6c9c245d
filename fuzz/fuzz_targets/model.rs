//! Models generated from a fuzzer's bytes: the engine agrees with a naive reference on each.
#![no_main]
#![allow(dead_code, reason = "the fuzzer generates the bytes itself")]

use latchwork::engines::explore::Options;

#[path = "../../tests/random/mod.rs"]
mod random;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    random::many::keep_quiet();
    let found = random::compare::compare(bytes, &Options::default(), &mut Default::default());
    assert!(found.is_empty(), "{found:#?}");
});
