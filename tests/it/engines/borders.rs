//! Searches that end at a border: a depth, or the constraint of a model. What lies within is decided
//! as ever, and nothing is claimed about what lies beyond.

use latchwork::encoding::sealed::Stamp;
use latchwork::engines::explore::checkpoint::Checkpoint;
use latchwork::engines::explore::{Options, Watch, explore};
use latchwork::engines::verdict::{
    BuiltIn, Exploration, PropertyId, PropertySet, Refused, Stopped,
};
use latchwork::files::configuration::{Configuration, Tree};
use latchwork::files::scenario::{Expect, Scenario};
use latchwork::jobs::ablate::{Plan, Ruling, ablate};
use latchwork::jobs::check::{Checked, Standing, Verdict, check};
use latchwork::protocols::Entry;
use latchwork_model::kit::{
    Claim, FIRED, Field, Fired, Model, Permutation, ProfileInfo, Property, Protocol, RuleInfo,
    Setup, Table, VariantInfo, awaits, claim, exceeded, when,
};
use latchwork_model::{actions, domains, ids, properties, rules, state};

ids! {
    /// A counter.
    pub CounterId c;
}

state! {
    /// Two counters.
    pub struct State {
        /// How far each has counted.
        pub count: Table<CounterId, u8, 2>,
    }
}

const ONE: CounterId = CounterId(0);
const OTHER: CounterId = CounterId(1);

/// The constraint of a grid.
#[derive(Clone, Copy, PartialEq)]
enum Border {
    /// There is none.
    None,
    /// The counters together count less than this.
    Sum(u8),
    /// The first counter counts less than this: that is not symmetric.
    First(u8),
    /// It does not hold in one state on the first level.
    Once,
    /// There is none, and asking panics once a counter has counted this.
    Panics(u8),
}

/// Two counters that count up to four each, and are violated at the sum of three.
struct Grid {
    border: Border,
    /// A bound is exceeded at this count.
    bound: u8,
}

impl Grid {
    const fn within(border: Border) -> Self {
        Self { border, bound: 9 }
    }

    fn sum(s: &State) -> u8 {
        s.count[ONE] + s.count[OTHER]
    }
}

domains! { Grid, self; CounterId: 2 }

actions! { Grid, State;
    /// A counter.
    fair counter {
        /// Count.
        counter_count(c: CounterId);
    }
}

impl Grid {
    fn counter_count(&self, s: &mut State, c: CounterId) -> Fired {
        when(s.count[c] < 4)?;
        if s.count[c] == self.bound {
            exceeded("the counter")?;
        }
        s.count[c] += 1;
        FIRED
    }

    fn sum_is_not_three(&self, s: &State) -> Claim {
        claim(Self::sum(s) != 3)
    }

    fn rests_at_the_end(&self, s: &State) -> Claim {
        claim(Self::sum(s) == 8)
    }

    fn counts_to_five(&self, s: &State) -> Claim {
        claim(Self::sum(s) == 5)
    }

    fn end_is_reached(&self, s: &State) -> Claim {
        awaits(Self::sum(s) > 0, Self::sum(s) == 8)
    }
}

const NOT_THREE: PropertyId = PropertyId(0);
const AT_REST: PropertyId = PropertyId(1);
const FIVE: PropertyId = PropertyId(2);
const END: PropertyId = PropertyId(3);

impl Model for Grid {
    const PROPERTIES: &'static [Property<Self>] = properties! { Grid;
        /// The sum is not three.
        invariant sum_is_not_three;
        /// At rest the sum is eight.
        at_rest rests_at_the_end;
        /// The sum is five.
        reachable counts_to_five;
        /// The end is reached.
        leads_to end_is_reached;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
    }

    fn done(&self, s: &State) -> bool {
        Self::sum(s) == 8
    }

    fn symmetries(&self, emit: &mut dyn FnMut(Permutation)) {
        emit(Permutation::IDENTITY.exchanging(ONE, OTHER));
    }

    fn constraint(&self, s: &State) -> bool {
        match self.border {
            Border::None => true,
            Border::Sum(most) => Self::sum(s) < most,
            Border::First(most) => s.count[ONE] < most,
            Border::Once => (s.count[ONE], s.count[OTHER]) != (1, 0),
            Border::Panics(at) => {
                assert!(s.count[ONE] < at, "no constraint");
                true
            }
        }
    }
}

/// The properties that depend on what lies beyond a border.
fn beyond() -> PropertySet {
    [FIVE, END, BuiltIn::CanFinish.id::<Grid>()].into_iter().collect()
}

fn search(grid: &Grid, options: &Options) -> Exploration {
    let one = explore(grid, options, &());
    let threads = Options { threads: 2, ..options.clone() };
    assert_eq!(one, explore(grid, &threads, &()), "at any number of threads");
    one
}

/// Red if a level too many or too few is checked, if it counts, if a violation within the depth is
/// lost or has another run, or if something is decided that lies deeper. With a graph and without.
#[test]
fn a_search_to_a_depth_is_the_begin_of_the_whole_one() {
    let grid = Grid::within(Border::None);
    let mut of_states = PropertySet::ALL;
    beyond().iter().for_each(|property| of_states.remove(property));
    for properties in [PropertySet::ALL, of_states] {
        let whole = search(&grid, &Options { properties, ..Options::default() });
        assert_eq!((whole.stopped, whole.statistics.depth()), (None, 8));
        for depth in 0..8 {
            let to = Options { properties, depth: Some(depth), ..Options::default() };
            let found = search(&grid, &to);
            assert_eq!(found.stopped, Some(Stopped::Depth));
            assert_eq!(found.statistics.levels, whole.statistics.levels[..=depth]);
            let states = found.statistics.levels.iter().sum::<u64>();
            assert_eq!(found.statistics.distinct, states);
            let within = whole.discoveries.iter().filter(|found| found.steps <= depth);
            assert_eq!(found.discoveries, within.cloned().collect::<Vec<_>>());
            let reached = found.discoveries.iter().map(|found| found.property).collect();
            assert_eq!(found.undecided, beyond().and(properties).minus(reached));
        }
        for depth in [8, 9, usize::MAX] {
            let to = Options { properties, depth: Some(depth), ..Options::default() };
            assert_eq!(search(&grid, &to), whole, "the space ends there");
        }
    }
}

/// Red if a state outside of the constraint is not checked, if it is left, or if it is taken for a
/// deadlock or for a state at rest.
#[test]
fn a_state_outside_of_the_constraint_is_checked_and_not_left() {
    for most in 0..=8 {
        let found = search(&Grid::within(Border::Sum(most)), &Options::default());
        assert_eq!(found.stopped, Some(Stopped::Constraint));
        assert_eq!(found.statistics.depth(), usize::from(most), "the border itself is known");
        let lengths: Vec<_> =
            found.discoveries.iter().map(|found| (found.property, found.steps)).collect();
        let expected = [(NOT_THREE, 3), (FIVE, 5)].into_iter();
        assert_eq!(lengths, expected.filter(|(_, at)| *at <= most.into()).collect::<Vec<_>>());
        let reached = lengths.iter().map(|(property, _)| *property).collect();
        assert_eq!(found.undecided, beyond().minus(reached));
    }
    let found = search(&Grid::within(Border::Sum(9)), &Options::default());
    assert_eq!((found.stopped, found.undecided), (None, PropertySet::EMPTY));
}

/// Red if a constraint hides a bound that is exceeded within it, after which nothing is decided.
#[test]
fn a_bound_within_the_constraint_is_found() {
    let grid = Grid { bound: 2, ..Grid::within(Border::First(2)) };
    let found = search(&grid, &Options::default());
    let bound = BuiltIn::BoundExceeded.id::<Grid>();
    let lengths: Vec<_> =
        found.discoveries.iter().map(|found| (found.property, found.steps)).collect();
    assert_eq!(lengths, [(NOT_THREE, 3), (bound, 3)]);
    let deadlock = BuiltIn::Deadlock.id::<Grid>();
    assert!(found.undecided.contains(AT_REST) && found.undecided.contains(deadlock));
}

/// Red if symmetry takes a state within the constraint for one outside of it.
#[test]
fn a_constraint_that_is_not_symmetric_is_refused() {
    let properties: PropertySet = [NOT_THREE].into_iter().collect();
    let options = Options { symmetry: true, properties, ..Options::default() };
    let refused = |border| {
        let found = search(&Grid::within(border), &options);
        found.symmetry.expect("it was asked for").refused
    };
    assert_eq!(refused(Border::Sum(4)), None);
    let Some(Refused::Differs(what)) = refused(Border::First(3)) else {
        panic!("it is let through")
    };
    assert!(what.contains("the constraint"), "{what}");
}

/// Red if a panic in a constraint ends the program, or has no run.
#[test]
fn a_constraint_that_panics_is_a_violation() {
    let found = search(&Grid::within(Border::Panics(2)), &Options::default());
    let panic = BuiltIn::NoPanic.id::<Grid>();
    let found = found.discoveries.iter().find(|found| found.property == panic);
    assert_eq!(found.expect("it is found").path.steps.len(), 2);
}

/// Ends a search when it begins the level after this many states.
struct After(u64, std::sync::atomic::AtomicU64);

impl Watch for After {
    fn level(&self, _: usize, distinct: u64, _: u64) {
        self.1.store(distinct, std::sync::atomic::Ordering::Relaxed);
    }

    fn interrupted(&self) -> bool {
        self.1.load(std::sync::atomic::Ordering::Relaxed) >= self.0
    }
}

/// Red if a resumed search forgets that it has met the border.
#[test]
fn a_resumed_search_remembers_the_constraint() {
    // The border is met on the first level, and the search is interrupted on a later one.
    let grid = Grid::within(Border::Once);
    let whole = search(&grid, &Options::default());
    assert_eq!(whole.stopped, Some(Stopped::Constraint));
    let folder = tempfile::tempdir().expect("a folder");
    let stamp = Stamp { version: "1".into(), build: "test".into(), of: "test".into() };
    let checkpoint = Checkpoint { file: folder.path().join("search"), stamp, every: 1 };
    let options = Options { checkpoint: Some(checkpoint.clone()), ..Options::default() };
    let stopped = explore(&grid, &options, &After(6, 0.into()));
    assert_eq!(stopped.stopped, Some(Stopped::Interrupted));
    assert!(checkpoint.file.exists());
    assert_eq!(explore(&grid, &options, &()), whole);
}

rules! {
    profiles {
        /// Every rule.
        full;
    }
    rules {
        /// The first counter counts once.
        counts_once "here" [1];
    }
    variants {}
}

/// Two counters, the first of which counts once, within a sum of two.
struct Small(Rules);

domains! { Small, self; CounterId: 2 }

actions! { Small, State;
    /// A counter.
    fair counter {
        /// Count.
        counter_count(c: CounterId);
    }
}

impl Small {
    fn counter_count(&self, s: &mut State, c: CounterId) -> Fired {
        let most = if c == ONE && self.0.counts_once { 1 } else { 4 };
        when(s.count[c] < most)?;
        s.count[c] += 1;
        FIRED
    }

    fn first_counts_once(&self, s: &State) -> Claim {
        claim(s.count[ONE] <= 1)
    }
}

impl Model for Small {
    const PROPERTIES: &'static [Property<Self>] = properties! { Small;
        /// The first counter counts once.
        invariant first_counts_once;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
    }

    fn done(&self, s: &State) -> bool {
        s.count[OTHER] == 4
    }

    fn constraint(&self, s: &State) -> bool {
        Grid::sum(s) < 2
    }
}

impl Protocol for Small {
    const NAME: &'static str = "small";
    const SUMMARY: &'static str = "two counters";
    const BOUNDS: &'static [Field] = &[];
    const FAULTS: &'static [Field] = &[];
    const RULES: &'static [RuleInfo] = RULES;
    const VARIANTS: &'static [VariantInfo] = VARIANTS;
    const PROFILES: &'static [ProfileInfo] = PROFILES;

    fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
        Ok(Self(Rules::from(setup.rules)))
    }
}

static SMALL: Entry = Entry::of::<Small>();

fn scenario(expect: Expect) -> Scenario {
    let (bounds, faults) = (Tree::Record(Vec::new()), Tree::Record(Vec::new()));
    let (without, with) = (Vec::new(), Vec::new());
    let configuration = Configuration { entry: &SMALL, bounds, faults, profile: 0, without, with };
    let (ignore, reach) = (PropertySet::EMPTY, Vec::new());
    let name = "one".to_string();
    Scenario { name, configuration, ignore, reach, expect, finding: None }
}

fn checked(expect: Expect, depth: Option<usize>) -> Checked {
    check(scenario(expect), &Options { depth, ..Options::default() }, &()).expect("an instance")
}

/// Red if a space that is cut by a constraint is said to hold, if a scenario cannot expect that it
/// holds within it, or if a violation beyond a border is said not to be there.
#[test]
fn a_verdict_says_within_what_it_holds() {
    let within = Expect::Inconclusive("constraint".to_string());
    let violates = Expect::Violates { property: PropertyId(0), steps: 2 };
    for (expect, met) in [(Expect::Holds, false), (within, true), (violates, false)] {
        let checked = checked(expect, None);
        assert_eq!(checked.verdict, Verdict::HoldsWithin);
        assert_eq!(checked.verdict_words(), "holds within the constraint");
        match checked.standing {
            Standing::Met => assert!(met),
            Standing::Inconclusive(why) => assert!(!met && why.contains("within the constraint")),
            other => panic!("{other:?}"),
        }
    }
    let checked = checked(Expect::Holds, Some(1));
    assert_eq!(checked.verdict_words(), "holds within depth 1");
    let Standing::Inconclusive(why) = checked.standing else { panic!("{:?}", checked.standing) };
    assert_eq!(why, "it holds within depth 1, which has 3 states; undecided: `can_finish`");
}

/// Red if a rule of a model with a constraint cannot be ablated.
#[test]
fn a_rule_is_ablated_within_the_constraint() {
    let scenarios = vec![(0, scenario(Expect::Holds))];
    let (entry, most_rules, most_states) = (&SMALL, 1, 1_000);
    let plan = Plan { entry, profile: 0, scenarios, most_rules, most_states, threads: 1 };
    let [row] = &ablate(&plan, &(), &()).rows[..] else { panic!("there is one rule") };
    let Ruling::Breaks(cell) = &row.ruling else { panic!("it survives") };
    assert_eq!(cell.found.steps, 2);
}
