//! The data of a random model: what guards and claims read, what effects write.
//!
//! Everything that a random model does is computed here, by a plain interpreter. The engine reaches
//! it through the methods of the model ([`super::model`]), the reference calls it directly.

use latchwork_model::kit::{Claim, Fifo, Set, Table};
use latchwork_model::{ids, state};

/// The most processes.
pub const PROCESSES: usize = 4;
/// The numbers that all processes share.
pub const SHARED: usize = 4;
/// Holds the token while nobody does.
pub const NOBODY: Proc = Proc(PROCESSES as u8);
/// The bound that a full queue exceeds.
pub const QUEUE: &str = "queue";
/// The bound that a number exceeds.
pub const NUMBER: &str = "number";

ids! {
    /// A process.
    pub Proc p;
    /// One of a crowd; its members are never interchangeable.
    pub Member m;
}

state! {
    /// The values of a parameter that is no id.
    pub enum Value { Low, High }
}

state! {
    /// The whole state.
    pub struct State {
        /// Where each process is.
        pub at: Table<Proc, u8, PROCESSES>,
        /// What each process has.
        pub has: Table<Proc, u8, PROCESSES>,
        /// What all processes share.
        pub shared: [u8; SHARED],
        /// Which process has the token.
        pub holder: Proc,
        /// Which processes are marked.
        pub marked: Set<Proc>,
        /// Processes that wait.
        pub queue: Fifo<Proc, 2>,
    }
}

/// A process that a term, a cell or an effect speaks of.
#[derive(Clone, Copy, Debug)]
pub enum Who {
    /// The first argument.
    First,
    /// The second argument.
    Second,
    /// Always the same one, which makes a model asymmetric.
    Fixed(u8),
}

/// A number that is read.
#[derive(Clone, Copy, Debug)]
pub enum Term {
    /// A number that can be written, too.
    Cell(Cell),
    /// 1 if the process has the token.
    Holds(Who),
    /// 1 if no process has the token.
    Free,
    /// 1 if the process is marked.
    Marked(Who),
    /// How many processes are marked.
    Marks,
    /// How many processes are there.
    Count(u8),
    /// How many processes wait.
    Waiting,
    /// 1 if the process waits first.
    WaitsFirst(Who),
    /// The argument that is no process.
    Argument,
    /// The number of the process, which makes a model asymmetric.
    Index(Who),
}

/// A number that is read and written.
#[derive(Clone, Copy, Debug)]
pub enum Cell {
    /// Where the process is.
    At(Who),
    /// What the process has.
    Has(Who),
    /// A shared number.
    Shared(u8),
}

/// How a number is compared.
#[derive(Clone, Copy, Debug)]
pub enum Test {
    /// Equal.
    Is,
    /// Different.
    IsNot,
    /// Less.
    Below,
}

/// A comparison.
#[derive(Clone, Copy, Debug)]
pub struct Condition {
    /// What is compared.
    pub term: Term,
    /// How.
    pub test: Test,
    /// With what.
    pub than: u8,
}

/// What an effect does where it would leave the range of a number or the room of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// It begins again at 0; the queue drops the process.
    Wraps,
    /// Nothing.
    Stays,
    /// The action is not enabled.
    Disables,
    /// The action exceeds a bound.
    Exceeds,
    /// The model panics.
    Panics,
}

/// A change of the state.
#[derive(Clone, Copy, Debug)]
pub enum Effect {
    /// Writes a number.
    Set(Cell, u8),
    /// Copies a number.
    Copy(Cell, Term),
    /// Counts up.
    Bump(Cell, Over),
    /// Counts down; stays at 0.
    Drop(Cell),
    /// The process takes the token.
    Take(Who),
    /// The token is free.
    Release,
    /// The process becomes marked, or is so no more.
    Mark(Who),
    /// The process waits.
    Push(Who, Over),
    /// The first process that waits takes the token.
    Pop,
}

/// One alternative of an action.
#[derive(Clone, Debug, Default)]
pub struct Clause {
    /// All of these must be true.
    pub guards: Vec<Condition>,
    /// What happens.
    pub effects: Vec<Effect>,
    /// A guard that stands behind the effects: a slip of the author.
    pub late: Option<Condition>,
}

/// A claim about a state.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The first case of which all conditions are true says what is claimed.
    pub cases: Vec<(Vec<Condition>, Claim)>,
    /// What is claimed otherwise.
    pub otherwise: Claim,
    /// Where the model panics instead.
    pub panics: Option<Condition>,
}

/// The arguments of an action or of a property.
#[derive(Clone, Copy, Debug, Default)]
pub struct Arguments {
    /// The processes among them.
    pub processes: [u8; 2],
    /// The one that is no process.
    pub other: u8,
}

/// The numbers below which numbers stay.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many processes there are.
    pub processes: u8,
    /// Of where a process is.
    pub at: u8,
    /// Of what a process has.
    pub has: u8,
    /// Of the shared numbers.
    pub shared: [u8; SHARED],
}

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is not enabled, and nothing has changed.
    Disabled,
    /// It is not enabled, and something has changed.
    Slips,
    /// It happens.
    Fires,
    /// It would exceed this bound.
    Exceeds(&'static str),
    /// The model panics.
    Panics,
}

impl Limits {
    fn who(&self, who: Who, arguments: Arguments) -> Proc {
        let index = match who {
            Who::First => arguments.processes[0],
            Who::Second => arguments.processes[1],
            Who::Fixed(index) => index,
        };
        Proc(index % self.processes)
    }

    fn everybody(&self) -> impl Iterator<Item = Proc> {
        (0..self.processes).map(Proc)
    }

    /// The number that a term stands for.
    pub fn read(&self, s: &State, term: Term, arguments: Arguments) -> u8 {
        let who = |who| self.who(who, arguments);
        match term {
            Term::Cell(Cell::At(p)) => s.at[who(p)],
            Term::Cell(Cell::Has(p)) => s.has[who(p)],
            Term::Cell(Cell::Shared(at)) => s.shared[usize::from(at) % SHARED],
            Term::Holds(p) => u8::from(s.holder == who(p)),
            Term::Free => u8::from(s.holder == NOBODY),
            Term::Marked(p) => u8::from(s.marked.contains(who(p))),
            Term::Marks => s.marked.len(),
            Term::Count(at) => self.everybody().filter(|p| s.at[*p] == at).count() as u8,
            Term::Waiting => s.queue.len() as u8,
            Term::WaitsFirst(p) => u8::from(s.queue.head() == Some(who(p))),
            Term::Argument => arguments.other,
            Term::Index(p) => who(p).0,
        }
    }

    /// Whether a condition is true.
    pub fn is_true(&self, s: &State, condition: &Condition, arguments: Arguments) -> bool {
        let number = self.read(s, condition.term, arguments);
        match condition.test {
            Test::Is => number == condition.than,
            Test::IsNot => number != condition.than,
            Test::Below => number < condition.than,
        }
    }

    /// Whether all of some conditions are true.
    pub fn all(&self, s: &State, conditions: &[Condition], arguments: Arguments) -> bool {
        conditions.iter().all(|condition| self.is_true(s, condition, arguments))
    }

    /// What a statement says of a state; `None` if it panics there.
    pub fn claim(&self, s: &State, statement: &Statement, arguments: Arguments) -> Option<Claim> {
        if statement.panics.is_some_and(|panics| self.is_true(s, &panics, arguments)) {
            return None;
        }
        let mut cases = statement.cases.iter();
        let case = cases.find(|(conditions, _)| self.all(s, conditions, arguments));
        Some(case.map_or(statement.otherwise, |(_, claim)| *claim))
    }

    /// Tries an action: its first clause whose guards are true. Whatever happens, what it has
    /// changed until then stays changed.
    pub fn attempt(&self, s: &mut State, clauses: &[Clause], arguments: Arguments) -> Outcome {
        let before = *s;
        let clause = clauses.iter().find(|clause| self.all(s, &clause.guards, arguments));
        let Some(clause) = clause else { return Outcome::Disabled };
        let refused = |s: &State| match *s == before {
            true => Outcome::Disabled,
            false => Outcome::Slips,
        };
        for effect in &clause.effects {
            match self.effect(s, *effect, arguments) {
                Ok(()) => {}
                Err(Over::Exceeds) => {
                    let queue = matches!(effect, Effect::Push(..));
                    return Outcome::Exceeds(if queue { QUEUE } else { NUMBER });
                }
                Err(Over::Panics) => return Outcome::Panics,
                Err(_) => return refused(s),
            }
        }
        match clause.late.is_none_or(|late| self.is_true(s, &late, arguments)) {
            true => Outcome::Fires,
            false => refused(s),
        }
    }

    fn effect(&self, s: &mut State, effect: Effect, arguments: Arguments) -> Result<(), Over> {
        let who = |who| self.who(who, arguments);
        match effect {
            Effect::Set(cell, value) => {
                let (number, limit) = self.cell(s, cell, arguments);
                *number = value % limit;
            }
            Effect::Copy(cell, term) => {
                let value = self.read(s, term, arguments);
                let (number, limit) = self.cell(s, cell, arguments);
                *number = value.min(limit - 1);
            }
            Effect::Bump(cell, over) => {
                let (number, limit) = self.cell(s, cell, arguments);
                match over {
                    _ if *number + 1 < limit => *number += 1,
                    Over::Wraps => *number = 0,
                    Over::Stays => {}
                    over => return Err(over),
                }
            }
            Effect::Drop(cell) => {
                let (number, _) = self.cell(s, cell, arguments);
                *number = number.saturating_sub(1);
            }
            Effect::Take(p) => s.holder = who(p),
            Effect::Release => s.holder = NOBODY,
            Effect::Mark(p) if s.marked.contains(who(p)) => s.marked.remove(who(p)),
            Effect::Mark(p) => s.marked.insert(who(p)),
            Effect::Push(p, over) => match (s.queue.push(who(p)), over) {
                (Ok(()), _) | (Err(_), Over::Wraps | Over::Stays) => {}
                (Err(_), over) => return Err(over),
            },
            Effect::Pop => s.holder = s.queue.pop().ok_or(Over::Disables)?,
        }
        Ok(())
    }

    /// A number and its limit.
    fn cell<'a>(&self, s: &'a mut State, cell: Cell, arguments: Arguments) -> (&'a mut u8, u8) {
        match cell {
            Cell::At(p) => (&mut s.at[self.who(p, arguments)], self.at),
            Cell::Has(p) => (&mut s.has[self.who(p, arguments)], self.has),
            Cell::Shared(at) => {
                let at = usize::from(at) % SHARED;
                (&mut s.shared[at], self.shared[at])
            }
        }
    }
}
