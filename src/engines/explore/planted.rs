//! Defects planted in the engine, and models with known answers that detect them.

use std::cell::Cell;

use latchwork_model::kit::{Claim, Domain, FIRED, Fired, Model, Param, Property, claim, when};
use latchwork_model::{actions, ids, properties, state};

use crate::engines::verdict::{BuiltIn, Exploration, PropertySet};

use super::visited::{Inserted, Visited};
use super::{Options, explore};

/// A planted defect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Planted {
    /// None: the engine is unchanged.
    #[default]
    Nothing,
    /// One in this many successors is counted but not looked up.
    DropsOneIn(u64),
    /// Fingerprints have 32 bits.
    ShortFingerprints,
    /// A thread that finds an empty slot writes to it without checking it again.
    LostUpdate,
    /// Processes of weakly fair lanes are treated as strongly fair.
    WeakAsStrong,
    /// A state whose steps are all cut off is treated as a deadlock.
    CutAsDeadlock,
}

thread_local! {
    /// The number of successors that this thread has seen, in all searches with such a defect.
    static SEEN: Cell<u64> = const { Cell::new(0) };
}

impl Planted {
    /// Returns whether the next successor is dropped.
    pub fn drops(self) -> bool {
        let Self::DropsOneIn(many) = self else { return false };
        SEEN.set(SEEN.get() + 1);
        SEEN.get().is_multiple_of(many)
    }
}

ids! {
    /// A digit of a number, or a bit that is appended to a word.
    pub Digit d;
}

state! {
    /// A word of bits, or a number of some digits.
    pub struct Digits {
        /// The bits or digits.
        pub at: [u8; 20],
        /// How many bits the word has.
        pub len: u8,
    }
}

/// State spaces whose sizes follow from a formula.
#[derive(Clone, Copy)]
enum Space {
    /// All words of up to this many bits. Every word is reached by one path only, so a lost state
    /// stays lost.
    Words(u8),
    /// Digits that each count from 0 up to a maximum. Most numbers are reached by many paths, which
    /// threads find at the same time.
    Numbers { digits: u8, most: u8 },
}

actions! { Space, Digits;
    fair count {
        /// Append a bit, or count a digit up.
        count_up(d: Digit);
    }
}

impl Domain<Digit> for Space {
    fn size(&self) -> u8 {
        match self {
            Self::Words(_) => 2,
            Self::Numbers { digits, .. } => *digits,
        }
    }
}

impl Space {
    fn count_up(&self, s: &mut Digits, d: Digit) -> Fired {
        match *self {
            Self::Words(bits) => {
                when(s.len < bits)?;
                s.at[usize::from(s.len)] = d.index();
                s.len += 1;
            }
            Self::Numbers { most, .. } => {
                when(s.at[usize::from(d.index())] < most)?;
                s.at[usize::from(d.index())] += 1;
            }
        }
        FIRED
    }

    fn anything(&self, _: &Digits) -> Claim {
        claim(true)
    }

    /// Returns the number of states on each level, and the number of steps between them.
    fn answer(self) -> (Vec<u64>, u64) {
        match self {
            Self::Words(bits) => ((0..=bits).map(|len| 1 << len).collect(), (2 << bits) - 2),
            Self::Numbers { digits, most } => {
                // One digit after another: the number of ways to write the level as a sum.
                let mut levels = vec![1u64];
                for _ in 0..digits {
                    let mut next = vec![0; levels.len() + usize::from(most)];
                    for (level, ways) in levels.iter().enumerate() {
                        (0..=usize::from(most)).for_each(|digit| next[level + digit] += ways);
                    }
                    levels = next;
                }
                let others = u64::from(most + 1).pow(u32::from(digits) - 1);
                (levels, u64::from(digits) * u64::from(most) * others)
            }
        }
    }
}

impl Model for Space {
    const PROPERTIES: &'static [Property<Self>] = properties! { Space;
        /// Nothing is asked.
        invariant anything;
    };

    fn initial(&self, emit: &mut dyn FnMut(&Digits)) {
        emit(&Digits::default());
    }

    fn done(&self, _: &Digits) -> bool {
        true
    }
}

/// Returns the result of the engine with the planted defect.
fn said(space: Space, options: Options) -> Exploration {
    let mut properties = PropertySet::ALL;
    properties.remove(BuiltIn::CanFinish.id::<Space>());
    explore(&space, &Options { properties, ..options }, &())
}

/// Returns whether the engine with the planted defect gives the known answer.
fn is_right(space: Space, options: Options) -> bool {
    let found = said(space, options);
    let (levels, steps) = space.answer();
    assert_eq!(found.stopped, None);
    let statistics = &found.statistics;
    statistics.distinct == levels.iter().sum::<u64>()
        && statistics.generated == steps + 1
        && statistics.levels == levels
        && found.coverage.actions[0].fired == steps
}

const WORDS: Space = Space::Words(19);
const NUMBERS: Space = Space::Numbers { digits: 6, most: 6 };

fn planted(planted: Planted) -> Options {
    Options { planted, ..Options::default() }
}

#[test]
fn the_engine_gives_the_known_answers() {
    for space in [WORDS, NUMBERS] {
        for threads in [1, 2, 3, 8] {
            for exact in [false, true] {
                let options = Options { threads, exact, ..Options::default() };
                assert!(is_right(space, options.clone()), "{threads} threads");
                let options = Options { frontier: Some(0), ..options };
                assert!(is_right(space, options), "{threads} threads and a disk");
            }
        }
    }
}

#[test]
fn one_successor_in_a_million_is_missed() {
    assert!(!is_right(WORDS, planted(Planted::DropsOneIn(1_000_000))));
}

/// Half a million states with 32-bit fingerprints: more than thirty collisions are expected. States
/// that are stored exactly do not collide, so their count differs from that of fingerprints.
#[test]
fn short_fingerprints_are_noticed() {
    let short = planted(Planted::ShortFingerprints);
    let exact = Options { exact: true, ..short.clone() };
    assert!(!is_right(WORDS, short.clone()));
    assert!(is_right(WORDS, exact.clone()));
    let (short, exact) = (said(WORDS, short).statistics, said(WORDS, exact).statistics);
    assert!(short.distinct < exact.distinct && short.generated < exact.generated);
}

/// Returns how many of four threads that insert the same fingerprints are told that they were
/// first.
fn wins(planted: Planted) -> usize {
    let mut visited = Visited::new(false);
    visited.planted = planted;
    let start = std::sync::Barrier::new(4);
    let work = || {
        start.wait();
        let all = (1..2_000u64).map(|k| k.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        all.filter(|print| matches!(visited.insert(*print, false), Inserted::New(..))).count()
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
    })
}

#[test]
fn a_lost_update_is_noticed() {
    assert_eq!(wins(Planted::Nothing), 1_999);
    assert_ne!(wins(Planted::LostUpdate), 1_999);
    assert!(!is_right(NUMBERS, Options { threads: 4, ..planted(Planted::LostUpdate) }));
}

mod random {
    include!("../../../tests/random/mod.rs");
}

/// Each defect makes one of the models disagree with the reference. Without it, they agree.
#[test]
fn random_models_notice_what_is_planted() {
    const SEED: u64 = 22;
    let compared =
        |defect, number| random::many::run(SEED, number..number + 1, 1, &planted(defect));
    for defect in [Planted::WeakAsStrong, Planted::CutAsDeadlock, Planted::DropsOneIn(10_000)] {
        let disagrees = |number: &u64| !compared(defect, *number).disagreements.is_empty();
        let noticed = (0..1_080).find(disagrees);
        let number = noticed.unwrap_or_else(|| panic!("{defect:?} is not noticed"));
        let without = compared(Planted::Nothing, number);
        assert_eq!(without.told(SEED, false), "");
        assert_eq!(without.counts.of("models"), 1);
    }
}
