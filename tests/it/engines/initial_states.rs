//! A model with many initial states: more than the table of the search has room for at first.

use latchwork::engines::explore::{Options, explore};
use latchwork_model::kit::{Domain, FIRED, Fired, Model, Property, when};
use latchwork_model::{actions, ids, properties, state};

ids! {
    /// Who acts.
    pub Nobody n;
}

state! {
    /// Two digits, and whether they were looked at.
    pub struct State {
        /// The higher one.
        pub high: u8,
        /// The lower one.
        pub low: u8,
        /// Somebody has looked.
        pub seen: bool,
    }
}

struct Digits;

actions! { Digits, State;
    fair reader {
        /// Look.
        reader_look(n: Nobody);
    }
}

impl Domain<Nobody> for Digits {
    fn size(&self) -> u8 {
        1
    }
}

impl Digits {
    fn reader_look(&self, s: &mut State, _n: Nobody) -> Fired {
        when(!s.seen)?;
        s.seen = true;
        FIRED
    }
}

impl Model for Digits {
    const PROPERTIES: &'static [Property<Self>] = properties! { Digits; };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        for high in 0..=u8::MAX {
            for low in 0..100 {
                emit(&State { high, low, seen: false });
            }
        }
    }

    fn done(&self, s: &State) -> bool {
        s.seen
    }
}

#[test]
fn there_may_be_more_initial_states_than_slots() {
    let found = explore(&Digits, &Options::default(), &());
    assert_eq!(found.statistics.levels, [25_600, 25_600]);
    assert!(found.stopped.is_none() && found.discoveries.is_empty());
}
