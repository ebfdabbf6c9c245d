//! Generates a model from bytes. A seed is expanded to bytes first; a fuzzer passes its own.

use latchwork::engines::simulate::rng;
use latchwork_model::kit::{Actions, Claim, Kind, Model, Param};

use super::model::{Drawn, Sorting, Symmetry, nothing};
use super::table::{
    Cell, Clause, Condition, Effect, Limits, NOBODY, Over, Proc, SHARED, State, Statement, Term,
    Test, Who,
};

/// The number of bytes from which the model of a seed is generated; missing bytes count as 0.
const BYTES: usize = 1024;

/// The bytes of model number `number` of a seed.
pub fn bytes_of(seed: u64, number: u64) -> Vec<u8> {
    let mut draws = rng::Draws::of(seed, number);
    (0..BYTES).map(|_| draws.below(256) as u8).collect()
}

/// Draws from bytes.
pub struct Draws<'a> {
    bytes: &'a [u8],
}

impl<'a> Draws<'a> {
    /// From all of some bytes.
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// A number below `n`, which is at most 256.
    pub fn below(&mut self, n: usize) -> usize {
        let Some((first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        usize::from(*first) % n
    }

    /// True once in `n` times.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) + 1 == n
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, share: usize) -> bool {
        // A missing byte draws 0 and so "no".
        self.below(100) >= 100 - share
    }

    /// One of some values.
    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// A number between two, both included.
    pub fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most - least + 1)
    }
}

/// How a model is generated.
struct Drawing<'a, 'b> {
    draws: &'b mut Draws<'a>,
    limits: Limits,
    /// Whether terms may tell processes apart by their number.
    tells_apart: bool,
    /// Whether actions may exceed bounds and panic.
    cuts: bool,
    /// Whether claims may panic.
    claims_panic: bool,
    /// Whether guards may stand behind effects.
    slips: bool,
    /// How many processes are among the arguments of what is being drawn.
    processes: usize,
}

/// What a model says of its symmetry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    /// Nothing.
    Nothing,
    /// What is true.
    Truth,
    /// Perhaps more than is true.
    Anything,
}

/// Draws a model.
pub fn model(draws: &mut Draws<'_>) -> Drawn {
    let says = match draws.below(20) {
        0..12 => Says::Nothing,
        12..16 => Says::Truth,
        _ => Says::Anything,
    };
    // Two bytes: one does not draw anything so rare.
    let large = draws.once_in(20) && draws.once_in(15);
    let processes = match draws.below(16) {
        _ if large => 4,
        0 => 1,
        1..8 => 2,
        8..13 => 3,
        _ => 4,
    };
    let limits = Limits {
        processes,
        at: if large { 4 } else { draws.between(2, 4) as u8 },
        has: if large { 3 } else { draws.between(1, 2) as u8 },
        shared: [(); SHARED].map(|()| match draws.below(24) {
            0 => draws.between(1, 255) as u8,
            1..14 => 1,
            _ => draws.between(2, 4) as u8,
        }),
    };
    let mut drawing = Drawing {
        limits,
        tells_apart: says == Says::Nothing && draws.percent(50),
        cuts: draws.percent(35),
        claims_panic: draws.once_in(25),
        slips: draws.once_in(40),
        processes: 0,
        draws,
    };
    let symmetry = drawing.symmetry(says);
    // A slip of symmetry that is not in what it says of itself.
    let odd = (says == Says::Anything && drawing.draws.percent(50))
        .then(|| drawing.draws.below(Drawn::ACTIONS.len() + Drawn::PROPERTIES.len()));
    let mut actions = Vec::new();
    for action in 0..Drawn::ACTIONS.len() {
        drawing.tells_apart |= odd == Some(action);
        actions.push(drawing.action(action, large));
        drawing.tells_apart &= odd != Some(action);
    }
    let mut claims = Vec::new();
    for property in 0..Drawn::PROPERTIES.len() {
        let is_odd = odd == Some(Drawn::ACTIONS.len() + property);
        drawing.tells_apart |= is_odd;
        claims.push(drawing.statement(property));
        drawing.tells_apart &= !is_odd;
    }
    drawing.processes = 0;
    let done = drawing.done();
    let initial = drawing.initial();
    let members = match drawing.draws.below(64) {
        0 => 66,
        1..12 => 2,
        _ => 0,
    };
    Drawn { limits, members, actions, claims, done, initial, symmetry, is_large: large }
}

impl Drawing<'_, '_> {
    /// What the model says of its symmetry.
    fn symmetry(&mut self, says: Says) -> Symmetry {
        let processes = usize::from(self.limits.processes);
        if says == Says::Nothing || processes < 2 {
            return Symmetry::default();
        }
        let exchange = |one: usize, other: usize| {
            let mut to = [0, 1, 2, 3];
            to.swap(one, other);
            to
        };
        let neighbours: Vec<_> = (1..processes).map(|next| exchange(next - 1, next)).collect();
        let mut rotation = [0, 1, 2, 3];
        rotation[..processes].rotate_left(1);
        let (mut generators, whole) = match self.draws.below(5) {
            0 => (vec![rotation], processes == 2),
            1 => (vec![exchange(0, processes - 1)], processes == 2),
            2 => (vec![rotation, exchange(0, 1)], true),
            _ => (neighbours, true),
        };
        if self.draws.once_in(8) {
            generators.extend([[0, 1, 2, 3], generators[0]]);
        }
        let sorting = match self.draws.below(4) {
            0 | 1 => Sorting::Not,
            2 if says == Says::Anything => Sorting::ByPlace,
            _ if whole || says == Says::Anything => Sorting::ByAll,
            _ => Sorting::Not,
        };
        let forgets_holder = says == Says::Anything && self.draws.once_in(4);
        Symmetry { generators, sorting, forgets_holder }
    }

    fn action(&mut self, action: usize, large: bool) -> Vec<Clause> {
        let params = Drawn::ACTIONS[action].params;
        self.processes = params.iter().filter(|param| param.kind == Proc::KIND).count();
        let own = self.processes > 0;
        // Two actions that count without a guard make a large space.
        if large && action < 2 {
            let cell = [Cell::At(Who::First), Cell::Has(Who::First)][action];
            return vec![self.counting(cell)];
        }
        // The first one begins where everybody begins.
        let first = action == 0;
        if !first && !self.draws.percent(if large { 20 } else { 45 }) {
            return Vec::new();
        }
        let clauses = if own { self.draws.between(1, 3) } else { self.draws.between(1, 2) };
        (0..clauses).map(|_| self.clause(first)).collect()
    }

    fn counting(&mut self, cell: Cell) -> Clause {
        let over = self.draws.one(&[Over::Wraps, Over::Disables]);
        Clause { effects: vec![Effect::Bump(cell, over)], ..Clause::default() }
    }

    fn clause(&mut self, first: bool) -> Clause {
        let mut guards = Vec::new();
        // Most clauses say where a process must be.
        if self.processes > 0 && self.draws.percent(70) {
            let than = if first { 0 } else { self.draws.below(usize::from(self.limits.at)) as u8 };
            let term = Term::Cell(Cell::At(Who::First));
            guards.push(Condition { term, test: Test::Is, than });
        }
        let more = if first { 0 } else { self.draws.one(&[0, 0, 1, 1, 1, 2]) };
        guards.extend((0..more).map(|_| self.condition()));
        let mut effects = Vec::new();
        if self.processes > 0 && self.draws.percent(60) {
            let to = self.draws.below(usize::from(self.limits.at)) as u8;
            effects.push(Effect::Set(Cell::At(Who::First), to));
        }
        let more = if effects.is_empty() { self.draws.between(1, 2) } else { self.draws.below(3) };
        effects.extend((0..more).map(|_| self.effect()));
        if !self.slips {
            // What may not be enabled comes first and alone, so that it is no slip.
            let may_not = |effect: &Effect| match effect {
                Effect::Bump(_, over) | Effect::Push(_, over) => *over == Over::Disables,
                effect => matches!(effect, Effect::Pop),
            };
            if let Some(at) = effects.iter().position(may_not) {
                let first = effects.remove(at);
                effects.retain(|effect| !may_not(effect));
                effects.insert(0, first);
            }
        }
        let late = (self.slips && self.draws.percent(20)).then(|| self.condition());
        Clause { guards, effects, late }
    }

    /// A process that may be spoken of, if there is one.
    fn who(&mut self) -> Option<Who> {
        if self.tells_apart && self.draws.percent(30) {
            return Some(Who::Fixed(self.draws.below(usize::from(self.limits.processes)) as u8));
        }
        match self.processes {
            0 => None,
            1 => Some(Who::First),
            _ => Some(self.draws.one(&[Who::First, Who::First, Who::Second])),
        }
    }

    fn cell(&mut self) -> Cell {
        let shared = Cell::Shared(self.draws.below(SHARED) as u8);
        let kind = self.draws.below(8);
        let Some(who) = self.who() else { return shared };
        match kind {
            0..3 => Cell::At(who),
            3..6 => Cell::Has(who),
            _ => shared,
        }
    }

    fn limit(&self, cell: Cell) -> u8 {
        match cell {
            Cell::At(_) => self.limits.at,
            Cell::Has(_) => self.limits.has,
            Cell::Shared(at) => self.limits.shared[usize::from(at)],
        }
    }

    fn condition(&mut self) -> Condition {
        let of_one = |who: Option<Who>, term: fn(Who) -> Term| who.map_or(Term::Free, term);
        let term = match self.draws.below(16) {
            0..6 => Term::Cell(self.cell()),
            6 | 7 => of_one(self.who(), Term::Holds),
            8 => Term::Free,
            9 => of_one(self.who(), Term::Marked),
            10 => Term::Marks,
            11 | 12 => Term::Count(self.draws.below(usize::from(self.limits.at)) as u8),
            13 => of_one(self.who(), Term::WaitsFirst),
            14 => Term::Waiting,
            _ => Term::Argument,
        };
        let term = match term {
            Term::Argument if self.tells_apart => of_one(self.who(), Term::Index),
            term => term,
        };
        let limit = match term {
            Term::Cell(cell) => self.limit(cell),
            Term::Count(_) | Term::Marks => self.limits.processes + 1,
            Term::Index(_) => self.limits.processes,
            Term::Waiting => 3,
            _ => 2,
        };
        let test = self.draws.one(&[Test::Is, Test::Is, Test::IsNot, Test::Below]);
        Condition { term, test, than: self.draws.below(usize::from(limit)) as u8 }
    }

    fn over(&mut self) -> Over {
        if self.cuts && self.draws.percent(40) {
            return self.draws.one(&[Over::Exceeds, Over::Exceeds, Over::Panics]);
        }
        self.draws.one(&[Over::Wraps, Over::Stays, Over::Disables, Over::Disables])
    }

    fn effect(&mut self) -> Effect {
        let (kind, cell, over) = (self.draws.below(16), self.cell(), self.over());
        let value = self.draws.below(usize::from(self.limit(cell))) as u8;
        match (kind, self.who()) {
            (0..4, _) => Effect::Bump(cell, over),
            (4..7, _) => Effect::Set(cell, value),
            (7, _) => Effect::Drop(cell),
            (8, _) => Effect::Copy(cell, self.condition().term),
            (9 | 10, Some(who)) => Effect::Take(who),
            (11, Some(who)) => Effect::Mark(who),
            (12 | 13, Some(who)) => Effect::Push(who, over),
            (14, _) => Effect::Pop,
            _ => Effect::Release,
        }
    }

    fn conditions(&mut self, least: usize, most: usize) -> Vec<Condition> {
        (0..self.draws.between(least, most)).map(|_| self.condition()).collect()
    }

    /// A claim as an author would write one of this kind, or any.
    fn statement(&mut self, property: usize) -> Statement {
        let kind = Drawn::PROPERTIES[property].kind;
        // Those of one process have a parameter.
        self.processes = usize::from(has_parameter(property));
        let (vacuous, holds, violated) = (Claim::Vacuous, Claim::Holds, Claim::Violated);
        let (cases, otherwise) = match (self.draws.below(8), kind) {
            (0, _) => {
                let any = [vacuous, holds, violated];
                let cases = (0..2).map(|_| (self.conditions(1, 2), self.draws.one(&any)));
                (cases.collect(), self.draws.one(&any))
            }
            (_, Kind::Invariant | Kind::AtRest) => {
                let otherwise = self.draws.one(&[holds, holds, vacuous]);
                (vec![(self.conditions(1, 3), violated)], otherwise)
            }
            (_, Kind::Reachable) => {
                let otherwise = self.draws.one(&[violated, vacuous]);
                (vec![(self.conditions(1, 3), holds)], otherwise)
            }
            (_, Kind::NoFairCycle) => {
                let otherwise = self.draws.one(&[holds, holds, vacuous]);
                let other = if otherwise == holds { vacuous } else { holds };
                (vec![(self.conditions(1, 2), other)], otherwise)
            }
            (_, Kind::Eventually) => {
                let otherwise = self.draws.one(&[violated, vacuous]);
                (vec![(self.conditions(1, 2), holds)], otherwise)
            }
            (0..4, Kind::LeadsTo) => {
                let cases = vec![(self.conditions(1, 1), holds), (self.conditions(1, 2), violated)];
                (cases, vacuous)
            }
            (_, Kind::LeadsTo) => {
                let cases = vec![(self.conditions(1, 2), violated), (self.conditions(1, 1), holds)];
                (cases, vacuous)
            }
        };
        let panics = (self.claims_panic && self.draws.once_in(6)).then(|| self.condition());
        Statement { cases, otherwise, panics }
    }

    fn done(&mut self) -> Statement {
        let (cases, otherwise) = match self.draws.below(4) {
            0 => (Vec::new(), Claim::Holds),
            1 => (vec![(self.conditions(1, 1), Claim::Violated)], Claim::Holds),
            _ => (vec![(self.conditions(1, 2), Claim::Holds)], Claim::Violated),
        };
        let panics = (self.claims_panic && self.draws.once_in(4)).then(|| self.condition());
        Statement { cases, otherwise, panics }
    }

    /// None, one or some initial states, some of them twice.
    fn initial(&mut self) -> Vec<State> {
        let count = match self.draws.below(32) {
            0..22 => 1,
            31 => 0,
            _ => self.draws.between(2, 4),
        };
        let mut initial = vec![nothing(); count];
        for (number, state) in initial.iter_mut().enumerate() {
            let changes = if number == 0 { 0 } else { self.draws.between(1, 3) };
            for _ in 0..changes {
                let at = Proc(self.draws.below(usize::from(self.limits.processes)) as u8);
                let below =
                    |draws: &mut Draws<'_>, limit: u8| draws.below(usize::from(limit)) as u8;
                match self.draws.below(4) {
                    0 => state.at[at] = below(self.draws, self.limits.at),
                    1 => state.has[at] = below(self.draws, self.limits.has),
                    2 => state.shared[0] = below(self.draws, self.limits.shared[0]),
                    _ => state.holder = self.draws.one(&[at, NOBODY]),
                }
            }
        }
        if count > 1 && self.draws.percent(50) {
            let (from, to) = (self.draws.below(count), self.draws.below(count));
            initial[to] = initial[from];
        }
        initial
    }
}

/// Whether a property is about each process separately.
pub fn has_parameter(property: usize) -> bool {
    Drawn::PROPERTIES[property].name.ends_with("_each")
}
