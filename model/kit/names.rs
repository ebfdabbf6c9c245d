//! Compile-time checks of the names in the lists of a model: each is unique, and names that are
//! referred to exist. The macros make these assertions where the lists are defined. This model
//! compiles:
//!
//! ```
//! # use latchwork_model::kit::{Claim, Declared, FIRED, Fired, Model, Property, claim};
//! # use latchwork_model::{actions, properties, rules, state};
//! # state! {
//! #     /// A lamp.
//! #     pub struct State {
//! #         /// Whether it is lit.
//! #         pub lit: bool,
//! #     }
//! # }
//! # struct Lamp;
//! actions! { Lamp, State;
//!     fair hand {
//!         /// Switch the lamp on.
//!         hand_switch() => lamp;
//!     }
//!     fair lamp {
//!         /// Go out.
//!         lamp_goes_out();
//!     }
//! }
//! rules! {
//!     profiles {
//!         /// Everything.
//!         full;
//!     }
//!     rules {
//!         /// The lamp has a wire.
//!         wire "here" [1] => Declared::RedundantGiven { rules: &["battery"], why: "one is enough" };
//!         /// The lamp has a battery.
//!         battery "here" [1];
//!     }
//!     variants {}
//! }
//! impl Model for Lamp {
//!     const PROPERTIES: &'static [Property<Self>] = properties! { Lamp;
//!         /// In the end it is lit.
//!         eventually is_lit;
//!         /// Whenever it is out, it is lit in the end.
//!         leads_to is_lit_again;
//!     };
//! #     fn initial(&self, emit: &mut dyn FnMut(&State)) {
//! #         emit(&State { lit: false });
//! #     }
//! #     fn done(&self, _: &State) -> bool {
//! #         true
//! #     }
//! }
//! # impl Lamp {
//! #     fn hand_switch(&self, s: &mut State) -> Fired {
//! #         s.lit = true;
//! #         FIRED
//! #     }
//! #     fn lamp_goes_out(&self, s: &mut State) -> Fired {
//! #         s.lit = false;
//! #         FIRED
//! #     }
//! #     fn is_lit(&self, s: &State) -> Claim {
//! #         claim(s.lit)
//! #     }
//! #     fn is_lit_again(&self, s: &State) -> Claim {
//! #         claim(s.lit)
//! #     }
//! # }
//! # assert_eq!(Lamp::PROPERTIES.len(), 2);
//! ```
//!
//! It would not compile with `=> lamb`, with a second `hand_switch`, without the rule that `wire`
//! names, or if both properties were named `is_lit`.

/// Returns the position of a name in a list.
macro_rules! position {
    ($list:expr, $name:expr) => {{
        let (mut at, mut found) = (0, None);
        while at < $list.len() {
            if $crate::kit::names::same($list[at].name, $name) {
                found = Some(at);
            }
            at += 1;
        }
        found
    }};
}

/// Rejects a list that contains a name twice.
macro_rules! distinct {
    ($list:expr, $what:literal) => {{
        let mut at = 0;
        while at < $list.len() {
            if let Some(last) = $crate::kit::names::position!($list, $list[at].name)
                && last != at
            {
                $crate::kit::names::refuse(concat!("two ", $what, " are called"), $list[at].name);
            }
            at += 1;
        }
    }};
}

pub(super) use {distinct, position};

/// Returns whether two names are equal.
pub const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// Panics with a sentence followed by a name. The compiler, which evaluates this, cannot format, so
/// the bytes are concatenated.
///
/// # Panics
///
/// Always.
pub const fn refuse(sentence: &str, name: &str) -> ! {
    let mut text = [0; 200];
    let mut len = 0;
    let (parts, mut part) = ([sentence, " `", name, "`"], 0);
    while part < parts.len() {
        let (bytes, mut at) = (parts[part].as_bytes(), 0);
        while at < bytes.len() && len < text.len() {
            text[len] = bytes[at];
            (at, len) = (at + 1, len + 1);
        }
        part += 1;
    }
    match core::str::from_utf8(text.split_at(len).0) {
        Ok(text) => panic!("{}", text),
        Err(_) => panic!("{}", sentence),
    }
}
