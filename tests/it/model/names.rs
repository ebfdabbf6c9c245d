//! A protocol that uses the name of a built-in property is refused before anything runs. `purity.rs`
//! tests what the macros of the kit refuse themselves.

use std::panic::catch_unwind;

use latchwork::engines::verdict::BuiltIn;
use latchwork::model::kit::{
    Claim, FIRED, Field, Fired, Model, ProfileInfo, Property, Protocol, RuleInfo, Setup,
    VariantInfo, claim,
};
use latchwork::model::{actions, properties, rules, state};
use latchwork::protocols::Entry;

rules! {
    profiles {
        /// Everything.
        full;
    }
    rules {}
    variants {}
}

state! {
    /// A lamp.
    pub struct State {
        /// Whether it is lit.
        pub lit: bool,
    }
}

/// A lamp that promises one thing.
macro_rules! lamp {
    ($name:ident, $property:ident) => {
        struct $name;

        actions! { $name, State;
            fair hand {
                /// Switch the lamp on or off.
                hand_switches();
            }
        }

        impl $name {
            fn hand_switches(&self, s: &mut State) -> Fired {
                s.lit = !s.lit;
                FIRED
            }

            fn $property(&self, s: &State) -> Claim {
                claim(!s.lit)
            }
        }

        impl Model for $name {
            const PROPERTIES: &'static [Property<Self>] = properties! { $name;
                /// It is dark.
                invariant $property;
            };

            fn initial(&self, emit: &mut dyn FnMut(&State)) {
                emit(&State::default());
            }

            fn done(&self, _: &State) -> bool {
                true
            }
        }

        impl Protocol for $name {
            const NAME: &'static str = "lamp";
            const SUMMARY: &'static str = "a lamp";
            const BOUNDS: &'static [Field] = &[];
            const FAULTS: &'static [Field] = &[];
            const RULES: &'static [RuleInfo] = RULES;
            const VARIANTS: &'static [VariantInfo] = VARIANTS;
            const PROFILES: &'static [ProfileInfo] = PROFILES;

            fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
                let _: (Rules, Variants) = (setup.rules.into(), setup.variants.into());
                Ok(Self)
            }
        }
    };
}

lamp!(Fine, deadlocks);
lamp!(First, deadlock);
lamp!(Last, guards_first);

/// The error with which a protocol is refused.
fn refusal<M: Protocol>() -> String {
    let why = catch_unwind(Entry::of::<M>).expect_err("it is refused");
    why.downcast_ref::<String>().expect("a sentence").clone()
}

#[test]
fn a_property_does_not_take_the_name_of_a_built_in_one() {
    assert_eq!(Entry::of::<Fine>().name, "lamp");
    let (first, last) = (BuiltIn::ALL[0].name(), BuiltIn::ALL[BuiltIn::ALL.len() - 1].name());
    assert_eq!((first, last), ("deadlock", "guards_first"));
    assert_eq!(refusal::<First>(), "a property is called as a built-in one: `deadlock`");
    assert_eq!(refusal::<Last>(), "a property is called as a built-in one: `guards_first`");
}
