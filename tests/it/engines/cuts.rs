//! Spaces that are cut off by a bound, a panic or a guard after a change: the report claims nothing
//! about what lies beyond, and the cut is the headline.

use latchwork::engines::explore::{Options, explore};
use latchwork::engines::simulate::{Plan, simulate};
use latchwork::engines::verdict::{
    BuiltIn, Discovery, End, Exploration, PropertyId, PropertySet, Refused,
};
use latchwork::model::kit::{
    Claim, Domain, FIRED, Fifo, Fired, Model, Permutation, Property, Set, claim, exceeded, implies,
    when,
};
use latchwork::model::{actions, ids, properties, state};

fn found(exploration: &Exploration, property: PropertyId) -> Option<&Discovery> {
    exploration.discoveries.iter().find(|found| found.property == property)
}

fn lengths(exploration: &Exploration) -> Vec<(PropertyId, usize)> {
    exploration.discoveries.iter().map(|found| (found.property, found.steps)).collect()
}

fn spelled<M: Model>(discovery: &Discovery) -> Vec<String> {
    discovery.path.steps.iter().map(|step| step.spell(M::ACTIONS).to_string()).collect()
}

ids! {
    /// A client.
    pub ClientId c;
}

state! {
    /// A channel of one message to a server that takes two at a time.
    pub struct Line {
        /// What is on its way.
        pub channel: Fifo<ClientId, 1>,
        /// Who has sent.
        pub sent: Set<ClientId>,
        /// Messages that were taken.
        pub taken: u8,
    }
}

struct Pairs;

actions! { Pairs, Line;
    fair client {
        /// Send.
        client_send(c: ClientId) => server;
    }
    fair server {
        /// Take two.
        server_take();
    }
}

impl Domain<ClientId> for Pairs {
    fn size(&self) -> u8 {
        3
    }
}

impl Pairs {
    fn client_send(&self, s: &mut Line, c: ClientId) -> Fired {
        when(!s.sent.contains(c))?;
        s.channel.push(c).or(exceeded("the channel"))?;
        s.sent.insert(c);
        FIRED
    }

    fn server_take(&self, s: &mut Line) -> Fired {
        when(s.channel.len() >= 2)?;
        s.taken += 2;
        FIRED
    }

    fn at_rest_all_is_taken(&self, s: &Line) -> Claim {
        claim(s.taken >= 2)
    }

    fn all_is_taken(&self, s: &Line) -> Claim {
        claim(s.taken >= 2)
    }

    fn somebody_waits(&self, s: &Line) -> Claim {
        claim(s.channel.len() == 2)
    }
}

impl Model for Pairs {
    const PROPERTIES: &'static [Property<Self>] = properties! { Pairs;
        /// At rest all is taken.
        at_rest at_rest_all_is_taken;
        /// In the end all is taken.
        eventually all_is_taken;
        /// Two messages are on their way.
        reachable somebody_waits;
    };

    fn initial(&self, emit: &mut dyn FnMut(&Line)) {
        emit(&Line::default());
    }

    fn done(&self, s: &Line) -> bool {
        s.taken >= 2
    }
}

/// A second send is enabled everywhere: no state is stuck, at rest, or waits for ever.
#[test]
fn what_a_bound_cuts_off_is_undecided() {
    let exploration = explore(&Pairs, &Options::default(), &());
    let bound = BuiltIn::BoundExceeded.id::<Pairs>();
    assert_eq!(lengths(&exploration), [(bound, 2)]);
    assert_eq!(exploration.stopped, None);
    let built_in = [BuiltIn::CanFinish, BuiltIn::Deadlock].map(|own| own.id::<Pairs>());
    for property in (0..3).map(PropertyId).chain(built_in) {
        assert!(exploration.undecided.contains(property), "{property:?}");
    }
    assert!(!exploration.undecided.contains(bound));
}

state! {
    /// A counter that overflows, and a goal beside it.
    pub struct Counter {
        /// The count.
        pub x: u8,
        /// Whether the goal was reached.
        pub goal: bool,
    }
}

struct Overflow;

actions! { Overflow, Counter;
    fair worker {
        /// Count.
        worker_count();
        /// Reach the goal, once the counter is full.
        worker_reach();
    }
}

impl Overflow {
    fn worker_count(&self, s: &mut Counter) -> Fired {
        when(!s.goal)?;
        s.x += 1;
        FIRED
    }

    fn worker_reach(&self, s: &mut Counter) -> Fired {
        when(s.x == 255 && !s.goal)?;
        s.goal = true;
        FIRED
    }

    fn goal_is_reached(&self, s: &Counter) -> Claim {
        claim(s.goal)
    }
}

impl Model for Overflow {
    const PROPERTIES: &'static [Property<Self>] = properties! { Overflow;
        /// The goal is reached.
        eventually goal_is_reached;
    };

    fn initial(&self, emit: &mut dyn FnMut(&Counter)) {
        emit(&Counter::default());
    }

    fn done(&self, s: &Counter) -> bool {
        s.goal
    }
}

#[test]
fn steps_behind_a_panic_are_not_lost() {
    let exploration = explore(&Overflow, &Options::default(), &());
    let panic = BuiltIn::NoPanic.id::<Overflow>();
    assert_eq!(lengths(&exploration), [(panic, 256)]);
    assert_eq!(exploration.statistics.distinct, 257, "the goal is reached beside the panic");
    let End::Panics(message) = &exploration.discoveries[0].end else { panic!("it ends so") };
    assert!(message.contains("overflow"), "{message}");
    assert!(exploration.undecided.contains(PropertyId(0)));
}

/// The defect of a [`Door`].
#[derive(Clone, Copy, PartialEq)]
enum Slip {
    /// A guard after a change.
    Guard,
    /// A bound that is exceeded in the first action, and a panic in the second one.
    BoundThenPanic,
}

state! {
    /// A door with a latch.
    pub struct Open {
        /// Whether it is open.
        pub open: bool,
        /// Whether it was knocked at.
        pub knocked: bool,
        /// Whether the latch is free.
        pub latch: bool,
    }
}

struct Door(Slip);

actions! { Door, Open;
    fair door {
        /// Close it.
        door_close();
        /// Knock.
        door_knock();
        /// Break down.
        door_break();
    }
}

impl Door {
    fn door_close(&self, s: &mut Open) -> Fired {
        match self.0 {
            Slip::Guard => {
                s.open = false;
                when(s.latch)?;
            }
            Slip::BoundThenPanic => exceeded("the frame")?,
        }
        FIRED
    }

    fn door_knock(&self, s: &mut Open) -> Fired {
        when(!s.knocked)?;
        s.knocked = true;
        FIRED
    }

    fn door_break(&self, _: &mut Open) -> Fired {
        when(self.0 == Slip::BoundThenPanic)?;
        panic!("it breaks down")
    }

    fn is_closed_when_knocked(&self, s: &Open) -> Claim {
        implies(s.knocked, !s.open)
    }
}

impl Model for Door {
    const PROPERTIES: &'static [Property<Self>] = properties! { Door;
        /// Who knocks finds it closed.
        invariant is_closed_when_knocked;
    };

    fn initial(&self, emit: &mut dyn FnMut(&Open)) {
        emit(&Open { open: true, ..Open::default() });
    }

    fn done(&self, _: &Open) -> bool {
        true
    }
}

/// One run of ten steps.
fn one_walk() -> Plan {
    Plan {
        seed: 1,
        runs: 0..1,
        strategy: "walk".parse().expect("a strategy"),
        steps: 10,
        fair: 0,
        properties: PropertySet::ALL,
        ways: 1,
        paranoid: false,
        threads: 1,
    }
}

#[test]
fn a_guard_behind_a_change_is_a_verdict_of_its_own() {
    let door = Door(Slip::Guard);
    let exploration = explore(&door, &Options::default(), &());
    let guards = BuiltIn::GuardsFirst.id::<Door>();
    assert_eq!(lengths(&exploration), [(PropertyId(0), 1), (guards, 1)]);
    let slip = found(&exploration, guards).expect("it is noticed");
    assert_eq!((spelled::<Door>(slip), &slip.end), (vec!["door_close()".into()], &End::Changes));
    assert_eq!(exploration.statistics.distinct, 2, "its change is in no other state");
    let failure = simulate(&door, &one_walk(), &()).failure.expect("sampling notices it, too");
    assert_eq!((failure.discovery.property, failure.discovery.end), (guards, End::Changes));
}

#[test]
fn one_state_may_exceed_a_bound_and_panic() {
    let exploration = explore(&Door(Slip::BoundThenPanic), &Options::default(), &());
    let [panic, bound] = [BuiltIn::NoPanic, BuiltIn::BoundExceeded].map(|own| own.id::<Door>());
    assert_eq!(lengths(&exploration), [(PropertyId(0), 1), (panic, 1), (bound, 1)]);
    let panic = found(&exploration, panic).expect("a panic");
    assert_eq!(spelled::<Door>(panic), ["door_break()"]);
    let bound = found(&exploration, bound).expect("a bound");
    assert_eq!(spelled::<Door>(bound), ["door_close()"]);
}

state! {
    /// Which lamps are on.
    pub struct Lamps {
        /// These.
        pub on: Set<ClientId>,
        /// These were on before and are switched off.
        pub off: Set<ClientId>,
    }
}

/// What is asked of lamps that are switched on one by one.
#[derive(Clone, Copy, PartialEq)]
enum Ask {
    /// Whether the first is on and the others are not: that is not symmetric.
    First,
    /// Nothing: the model panics when all are on.
    Panic,
    /// Nothing: initial states are handed over twice.
    Twice,
    /// Whether some lamp blinks for ever.
    Blink,
    /// Nothing: asking whether it is done panics when one is on.
    Done,
}

struct Switches(Ask);

actions! { Switches, Lamps;
    fair hand {
        /// On.
        hand_up(c: ClientId);
        /// Off, and on again.
        hand_blink(c: ClientId);
    }
}

impl Domain<ClientId> for Switches {
    fn size(&self) -> u8 {
        3
    }
}

impl Switches {
    fn hand_up(&self, s: &mut Lamps, c: ClientId) -> Fired {
        when(!s.on.contains(c))?;
        s.on.insert(c);
        assert!(self.0 != Ask::Panic || s.on.len() < 3, "a fuse blows");
        FIRED
    }

    fn hand_blink(&self, s: &mut Lamps, c: ClientId) -> Fired {
        when(self.0 == Ask::Blink && c.0 == 1 && s.on.contains(c))?;
        if s.off.contains(c) {
            s.off.remove(c);
        } else {
            s.off.insert(c);
        }
        FIRED
    }

    fn first_is_not_alone(&self, s: &Lamps) -> Claim {
        let alone = s.on.len() == 1 && s.on.contains(ClientId(0));
        claim(self.0 != Ask::First || !alone)
    }

    fn never_blinks(&self, s: &Lamps, c: ClientId) -> Claim {
        implies(self.0 == Ask::Blink && s.on.contains(c), true)
    }

    fn all_are_on(&self, s: &Lamps) -> Claim {
        assert_eq!(s.on.len(), 3, "this is asked too early");
        claim(true)
    }
}

impl Model for Switches {
    const PROPERTIES: &'static [Property<Self>] = properties! { Switches;
        /// The first lamp is never the only one.
        invariant first_is_not_alone;
        /// No lamp is on while somebody works for ever.
        no_fair_cycle never_blinks(c: ClientId);
        /// All lamps are on.
        at_rest all_are_on;
    };

    fn initial(&self, emit: &mut dyn FnMut(&Lamps)) {
        let mut on = Lamps::default().on;
        if self.0 == Ask::Twice {
            emit(&Lamps::default());
            emit(&Lamps::default());
            on.insert(ClientId(2));
            emit(&Lamps { on, ..Lamps::default() });
        } else {
            emit(&Lamps::default());
        }
    }

    fn done(&self, s: &Lamps) -> bool {
        assert!(self.0 != Ask::Done || s.on.len() != 1, "it cannot tell");
        s.on.len() == 3 || self.0 == Ask::Twice && s.on.len() == 1 && s.on.contains(ClientId(2))
    }

    fn symmetries(&self, emit: &mut dyn FnMut(Permutation)) {
        emit(Permutation::IDENTITY.exchanging(ClientId(0), ClientId(1)));
        emit(Permutation::IDENTITY.exchanging(ClientId(1), ClientId(2)));
    }

    fn sorting(&self, s: &Lamps) -> Option<Permutation> {
        let mut order = [0u8, 1, 2];
        order.sort_by_key(|c| (s.on.contains(ClientId(*c)), *c));
        let mut to = [0; 3];
        order.iter().zip(0..).for_each(|(from, place)| to[usize::from(*from)] = place);
        Some(Permutation::IDENTITY.with::<ClientId>(&to))
    }
}

/// Whether it is done is asked of every state; what is claimed at rest only there.
#[test]
fn a_panic_in_done_is_found_where_the_model_can_go_on() {
    let switches = Switches(Ask::Done);
    let panic = BuiltIn::NoPanic.id::<Switches>();
    let exploration = explore(&switches, &Options::default(), &());
    assert_eq!(lengths(&exploration), [(panic, 1)]);
    assert_eq!(exploration.discoveries[0].end, End::Panics("it cannot tell".into()));
    let failure = simulate(&switches, &one_walk(), &()).failure.expect("sampling finds it, too");
    assert_eq!((failure.discovery.property, failure.discovery.steps), (panic, 1));
}

/// A search with symmetry, which does not follow single lamps.
fn symmetric() -> Options {
    let mut properties = PropertySet::ALL;
    properties.remove(PropertyId(1));
    Options { symmetry: true, properties, ..Options::default() }
}

#[test]
fn a_model_that_sorts_and_is_not_symmetric_is_refused() {
    let exploration = explore(&Switches(Ask::First), &symmetric(), &());
    let refused = exploration.symmetry.expect("it was asked for").refused;
    assert!(matches!(refused, Some(Refused::Differs(_))), "{refused:?}");
    let exploration = explore(&Switches(Ask::First), &Options::default(), &());
    assert_eq!(lengths(&exploration)[0], (PropertyId(0), 1));
}

#[test]
fn a_symmetric_model_may_panic() {
    let whole = explore(&Switches(Ask::Panic), &Options::default(), &());
    let reduced = explore(&Switches(Ask::Panic), &symmetric(), &());
    let panic = BuiltIn::NoPanic.id::<Switches>();
    assert_eq!(lengths(&whole), [(panic, 3)]);
    assert_eq!(whole.discoveries, reduced.discoveries);
    assert!(reduced.statistics.distinct < whole.statistics.distinct);
}

/// The second of three initial states is the first one again; the last one violates something.
#[test]
fn an_initial_state_may_be_handed_over_twice() {
    let exploration = explore(&Switches(Ask::Twice), &Options::default(), &());
    assert_eq!(exploration.statistics.levels[0], 2);
    let witness = Options { witnesses: vec![0], ..Options::default() };
    let exploration = explore(&Switches(Ask::Twice), &witness, &());
    assert_eq!(exploration.witnesses[0].path.initial, 0);
    assert!(exploration.discoveries.is_empty());
}

/// Lamp 1 blinks, and only what is said of lamp 1 counts in the whole cycle.
#[test]
fn each_part_of_a_property_of_fair_cycles_is_asked_by_itself() {
    let exploration = explore(&Switches(Ask::Blink), &Options::default(), &());
    assert_eq!(lengths(&exploration), [(PropertyId(1), 1)]);
    let cycle = &exploration.discoveries[0];
    assert_eq!(spelled::<Switches>(cycle), ["hand_up(c1)", "hand_blink(c1)", "hand_blink(c1)"]);
}
