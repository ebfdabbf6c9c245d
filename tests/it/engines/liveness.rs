//! Temporal properties on small maps whose answers can be seen.

use latchwork::engines::explore::{Options, explore};
use latchwork::engines::verdict::{Discovery, End, Exploration, PropertyId};
use latchwork_model::kit::{Claim, Domain, FIRED, Fired, Model, Property, implies, when};
use latchwork_model::{actions, ids, properties, state};

ids! {
    /// Somebody who walks.
    pub WalkerId w;
    /// A place on the map.
    pub PlaceId p;
}

state! {
    /// Everybody moves the same piece.
    pub struct Piece {
        /// Where it is.
        pub place: PlaceId,
    }
}

/// Who moves the piece along a way.
#[derive(Clone, Copy, PartialEq)]
enum By {
    /// Must, if able to all the time.
    Walk(u8),
    /// Must, if able to again and again.
    Run(u8),
    /// May.
    Guest,
}
use By::{Guest, Run, Walk};

/// Ways between places; the piece begins at 0.
struct Map {
    ways: &'static [(By, u8, u8)],
    /// Where something is asked for.
    ask: u8,
    /// Where it is there.
    goal: u8,
}

actions! { Map, Piece;
    fair walker {
        /// Move the piece.
        walk(w: WalkerId, to: PlaceId);
    }
    strong runner {
        /// Move the piece.
        run(w: WalkerId, to: PlaceId);
    }
    optional guest {
        /// Move the piece.
        guest_move(to: PlaceId);
    }
}

impl Map {
    fn go(&self, s: &mut Piece, by: By, to: PlaceId) -> Fired {
        when(self.ways.contains(&(by, s.place.0, to.0)))?;
        s.place = to;
        FIRED
    }

    fn walk(&self, s: &mut Piece, w: WalkerId, to: PlaceId) -> Fired {
        self.go(s, Walk(w.0), to)
    }

    fn run(&self, s: &mut Piece, w: WalkerId, to: PlaceId) -> Fired {
        self.go(s, Run(w.0), to)
    }

    fn guest_move(&self, s: &mut Piece, to: PlaceId) -> Fired {
        self.go(s, Guest, to)
    }

    fn arrives(&self, s: &Piece) -> Claim {
        if s.place.0 == self.goal { Claim::Holds } else { Claim::Violated }
    }

    fn answered(&self, s: &Piece) -> Claim {
        match s.place.0 {
            place if place == self.goal => Claim::Holds,
            place if place == self.ask => Claim::Violated,
            _ => Claim::Vacuous,
        }
    }

    /// One part a place: being there leads to the goal.
    fn left(&self, s: &Piece, p: PlaceId) -> Claim {
        if s.place == p { Claim::Violated } else { Claim::Holds }
    }
}

impl Domain<WalkerId> for Map {
    fn size(&self) -> u8 {
        3
    }
}

impl Domain<PlaceId> for Map {
    fn size(&self) -> u8 {
        10
    }
}

impl Model for Map {
    const PROPERTIES: &'static [Property<Self>] = properties! { Map;
        /// The piece comes to the goal.
        eventually arrives;
        /// What is asked for is there in the end.
        leads_to answered;
        /// The piece stays nowhere.
        leads_to left(p: PlaceId);
    };

    fn initial(&self, emit: &mut dyn FnMut(&Piece)) {
        emit(&Piece { place: PlaceId(0) });
    }

    fn done(&self, _: &Piece) -> bool {
        true
    }
}

const ARRIVES: PropertyId = PropertyId(0);
const ANSWERED: PropertyId = PropertyId(1);
const LEFT: PropertyId = PropertyId(2);
/// A place that is on no map.
const NOWHERE: u8 = 99;

fn look(map: &Map, property: PropertyId) -> Option<Discovery> {
    let exploration = explore(map, &Options::default(), &());
    exploration.discoveries.into_iter().find(|found| found.property == property)
}

fn arrives(ways: &'static [(By, u8, u8)], goal: u8) -> Option<Discovery> {
    look(&Map { ways, ask: NOWHERE, goal }, ARRIVES)
}

/// The places to which the steps lead, and where the cycle begins.
fn places(found: Option<Discovery>) -> (Vec<u8>, Option<usize>) {
    let found = found.expect("it is violated");
    let End::Stuck { prefix, cycle, proven } = found.end else { panic!("{:?}", found.end) };
    assert!(proven, "no map is so large that its cycles are not known to be shortest");
    assert_eq!(prefix, found.steps);
    let to = |step: &latchwork_model::kit::Step| match step.action {
        2 => step.args[0],
        _ => step.args[1],
    };
    (found.path.steps.iter().map(to).collect(), cycle)
}

/// A search that looks only at ends of paths does not see a cycle that misses the goal.
#[test]
fn a_cycle_that_misses_the_goal() {
    let found = arrives(&[(Walk(0), 0, 1), (Walk(0), 1, 0), (Walk(0), 1, 2)], 2);
    assert_eq!(places(found), (vec![1, 0], Some(0)));
}

/// Two ways join: one has been at the goal, the other has not. A search that remembers with the
/// joint state only the first way does not see the second.
#[test]
fn a_join_behind_the_goal_and_beside_it() {
    let ways = &[(Walk(0), 0, 1), (Walk(0), 0, 2), (Walk(0), 1, 3), (Walk(0), 2, 3)];
    assert_eq!(places(arrives(ways, 1)), (vec![2, 3], None));
    assert_eq!(places(arrives(ways, 2)), (vec![1, 3], None));
    assert!(arrives(ways, 3).is_none(), "both ways come to the join");
}

/// Red if a cycle is put together from the nearest steps of those who must act: walker 0 goes to 1
/// first, and from there the way through a step of walker 1 and back has four steps.
#[test]
fn the_shortest_fair_cycle_is_not_made_of_the_nearest_steps() {
    let ways = &[
        (Walk(0), 0, 1),
        (Walk(1), 1, 2),
        (Walk(0), 2, 3),
        (Walk(0), 3, 0),
        (Walk(1), 0, 4),
        (Walk(0), 4, 0),
        (Walk(1), 4, 5),
        (Walk(0), 5, 0),
        (Walk(1), 5, 0),
    ];
    assert_eq!(places(arrives(ways, NOWHERE)), (vec![4, 0], Some(0)));
}

#[test]
fn who_stays_enabled_acts_in_the_end() {
    // Walker 0 cycles permanently, but walker 1 can leave from everywhere.
    let ways = &[(Walk(0), 0, 1), (Walk(0), 1, 0), (Walk(1), 0, 2), (Walk(1), 1, 2)];
    assert!(arrives(ways, 2).is_none());
    // A guest who can leave need not.
    let ways = &[(Walk(0), 0, 1), (Walk(0), 1, 0), (Guest, 0, 2), (Guest, 1, 2)];
    assert_eq!(places(arrives(ways, 2)), (vec![1, 0], Some(0)));
}

#[test]
fn strong_fairness_where_weak_fairness_is_not_enough() {
    // Whoever could leave can do so from 0 only, again and again.
    let weak = &[(Walk(0), 0, 1), (Walk(0), 1, 0), (Walk(1), 0, 2)];
    assert_eq!(places(arrives(weak, 2)), (vec![1, 0], Some(0)));
    let strong = &[(Walk(0), 0, 1), (Walk(0), 1, 0), (Run(1), 0, 2)];
    assert!(arrives(strong, 2).is_none());
}

/// The whole ring of 0, 1, 2 is unfair to the runner, who can leave from 0; but 1 and 2 alone are
/// a ring in which the runner cannot.
#[test]
fn a_fair_cycle_within_a_component_that_is_not() {
    let ways =
        &[(Walk(0), 0, 1), (Walk(0), 1, 2), (Walk(0), 2, 1), (Walk(0), 2, 0), (Run(0), 0, 3)];
    assert_eq!(places(arrives(ways, 3)), (vec![1, 2, 1], Some(1)));
}

/// Three walkers turn three rings that meet at 0; the cycle has to come by a step of each.
#[test]
fn a_cycle_with_a_witness_for_everybody() {
    let ways = &[
        (Walk(0), 0, 1),
        (Walk(0), 1, 0),
        (Walk(1), 0, 2),
        (Walk(1), 1, 2),
        (Walk(1), 2, 0),
        (Walk(2), 0, 3),
        (Walk(2), 1, 3),
        (Walk(2), 2, 3),
        (Walk(2), 3, 0),
        (Walk(0), 2, 1),
        (Walk(0), 3, 1),
        (Walk(1), 3, 2),
    ];
    assert_eq!(places(arrives(ways, 9)), (vec![1, 2, 3, 0], Some(0)));
}

#[test]
fn a_run_may_rest_where_nobody_must_act() {
    assert_eq!(places(arrives(&[(Walk(0), 0, 1)], 2)), (vec![1], None));
    // It may also rest where only a guest could go on, and need not where a walker can.
    assert_eq!(places(arrives(&[(Guest, 0, 1)], 1)), (vec![], None));
    assert!(arrives(&[(Walk(0), 0, 1)], 1).is_none());
    // A done state is no exception.
    assert_eq!(places(arrives(&[], 1)), (vec![], None));
    assert!(arrives(&[], 0).is_none());
}

/// A step that changes nothing is a step: whoever takes it acts.
#[test]
fn a_walker_who_turns_on_the_spot() {
    assert_eq!(places(arrives(&[(Walk(0), 0, 0), (Walk(0), 0, 1)], 1)), (vec![0], Some(0)));
    assert!(arrives(&[(Walk(0), 0, 0), (Walk(1), 0, 1)], 1).is_none());
}

/// What was asked for is waited for also where nothing is asked any more.
#[test]
fn an_answer_may_come_later_but_must_come() {
    let ways: &[_] = &[
        (Guest, 0, 1),
        (Guest, 0, 5),
        (Walk(0), 1, 2),
        (Walk(0), 2, 3),
        (Walk(0), 3, 2),
        (Walk(1), 2, 4),
        (Walk(1), 3, 4),
    ];
    // From 1 to 2, from where walker 1 comes to 4 in the end; 5 is not asked for anything.
    assert!(look(&Map { ways, ask: 1, goal: 4 }, ANSWERED).is_none());
    // 3 need not be come by: walker 1 may be faster.
    let found = look(&Map { ways, ask: 1, goal: 3 }, ANSWERED);
    assert_eq!(places(found), (vec![1, 2, 4], None));
    // Nobody asks at 9.
    assert!(look(&Map { ways, ask: 9, goal: 8 }, ANSWERED).is_none());
}

/// What is asked behind the goal is not answered by the goal before it.
#[test]
fn an_answer_before_the_question_does_not_count() {
    let ways = &[(Walk(0), 0, 1), (Walk(0), 1, 2), (Walk(0), 2, 3), (Walk(0), 3, 2)];
    let found = look(&Map { ways, ask: 2, goal: 1 }, ANSWERED);
    assert_eq!(places(found), (vec![1, 2, 3, 2], Some(2)));
}

/// A cycle on which each part is answered again and again violates none of them.
#[test]
fn the_parts_of_a_property_are_looked_at_one_by_one() {
    let ways: &[_] = &[(Walk(0), 0, 1), (Walk(0), 1, 0)];
    assert!(look(&Map { ways, ask: NOWHERE, goal: NOWHERE }, LEFT).is_none());
    let ways = &[(Walk(0), 0, 1), (Walk(0), 1, 1)];
    let found = look(&Map { ways, ask: NOWHERE, goal: NOWHERE }, LEFT);
    assert_eq!(places(found), (vec![1, 1], Some(1)));
}

/// A random map against a search that knows nothing of components: all sets of places and all
/// cycles within are tried.
#[test]
fn maps_without_number_against_a_plain_search() {
    let mut violated = 0;
    let mut number = 1u32;
    let mut draw = |below: u32| {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (number >> 16) % below
    };
    for _ in 0..400 {
        let mut ways = Vec::new();
        for _ in 0..4 + draw(7) {
            let by = [Walk(0), Walk(1), Run(0), Run(1), Guest][draw(5) as usize];
            let way = (by, draw(5) as u8, draw(5) as u8);
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
        let expected = plain(&ways, 4);
        let found = arrives(Vec::leak(ways.clone()), 4).map(|found| found.steps);
        assert_eq!(found, expected, "{:?}", ways.iter().map(|w| (w.1, w.2)).collect::<Vec<_>>());
        violated += usize::from(found.is_some());
    }
    assert!((50..350).contains(&violated), "{violated} of them say little");
}

/// The distance of the nearest set of places in which a fair run can stay without the goal.
fn plain(ways: &[(By, u8, u8)], goal: u8) -> Option<usize> {
    let closure = |set: u32| -> [u32; 5] {
        let mut reach: [u32; 5] = std::array::from_fn(|at| 1 << at & set);
        for _ in 0..5 {
            for (_, from, to) in ways {
                if set >> from & set >> to & 1 == 1 {
                    for reached in &mut reach {
                        if *reached >> from & 1 == 1 {
                            *reached |= 1 << to;
                        }
                    }
                }
            }
        }
        reach
    };
    let open = 0b11111 & !(1 << goal);
    let mut nearest = None;
    for set in (1u32..32).filter(|set| set & !open == 0) {
        let inside = |place: u8| set >> place & 1 == 1;
        let reach = closure(set);
        let joined = (0..5).filter(|at| inside(*at)).all(|at| reach[usize::from(at)] == set);
        let fair = [Walk(0), Walk(1), Run(0), Run(1)].into_iter().all(|by| {
            let acts = ways.iter().any(|way| way.0 == by && inside(way.1) && inside(way.2));
            let can = |at: u8| ways.iter().any(|way| way.0 == by && way.1 == at);
            let mut places = (0..5).filter(|at| inside(*at));
            acts || match by {
                Run(_) => !places.any(can),
                _ => places.any(|at| !can(at)),
            }
        });
        if joined && fair {
            let mut level = 1 & open;
            let mut seen = level;
            for steps in 0..5 {
                if level & set != 0 {
                    nearest = Some(nearest.map_or(steps, |least: usize| least.min(steps)));
                    break;
                }
                let on = ways.iter().filter(|way| level >> way.1 & open >> way.2 & 1 == 1);
                level = on.fold(0, |on, way| on | 1 << way.2) & !seen;
                seen |= level;
            }
        }
    }
    nearest
}

state! {
    /// One of two places.
    pub struct At {
        /// Where.
        pub place: u8,
    }
}

/// 0 to 1 and back; something is waited for in 1 only.
struct Swing {
    starts: bool,
}

actions! { Swing, At;
    fair hand {
        /// There and back.
        hand_swing();
    }
}

impl Swing {
    fn hand_swing(&self, s: &mut At) -> Fired {
        s.place = 1 - s.place;
        FIRED
    }

    fn answered(&self, s: &At) -> Claim {
        implies(s.place == 1, false)
    }
}

impl Model for Swing {
    const PROPERTIES: &'static [Property<Self>] = properties! { Swing;
        /// Who waits is answered.
        leads_to answered;
    };

    fn initial(&self, emit: &mut dyn FnMut(&At)) {
        if self.starts {
            emit(&At::default());
        }
    }

    fn done(&self, _: &At) -> bool {
        true
    }
}

fn lengths(exploration: &Exploration) -> Vec<(PropertyId, usize)> {
    exploration.discoveries.iter().map(|found| (found.property, found.steps)).collect()
}

/// The length of a `leads_to` is that of the way to a state in which something is waited for.
#[test]
fn waiting_begins_before_what_goes_on_for_ever() {
    let swing = Swing { starts: true };
    let exploration = explore(&swing, &Options::default(), &());
    assert_eq!(lengths(&exploration), [(PropertyId(0), 1)]);
    let states = [At { place: 0 }, At { place: 1 }, At { place: 0 }];
    let steps = [exploration.discoveries[0].path.steps[0]; 2];
    let shown = |states: &[At], cycle| {
        let property = &Swing::PROPERTIES[0];
        latchwork::engines::explore::lasso::is_shown(&swing, property, states, &steps, Some(cycle))
    };
    assert!(!shown(&states, 0), "nothing is waited for in the first state");
    assert!(shown(&[states[1], states[0], states[1]], 0));
}

#[test]
fn a_model_without_an_initial_state_shows_nothing() {
    let exploration = explore(&Swing { starts: false }, &Options::default(), &());
    assert_eq!(exploration.statistics.distinct, 0);
    assert!(exploration.discoveries.is_empty());
    assert!(exploration.undecided.contains(PropertyId(0)), "it was looked at nothing");
}
