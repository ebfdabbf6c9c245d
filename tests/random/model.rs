//! A drawn model as engines see it: lists of lanes, actions and properties that are always the
//! same, and behind each name what was drawn for it.

use latchwork_model::kit::{
    Claim, Domain, FIRED, Fired, Model, Param, Permutation, Permute, Property, Refused, Table,
};
use latchwork_model::{actions, properties};

use super::table::{
    Arguments, Clause, Limits, Member, Outcome, PROCESSES, Proc, State, Statement, Value,
};

/// The message of a random model that panics.
pub const PANIC: &str = "this was drawn";

/// A random model.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// How many processes there are, and how large numbers grow.
    pub limits: Limits,
    /// How many members the crowd has.
    pub members: u8,
    /// By action: its alternatives; without any it is never enabled.
    pub actions: Vec<Vec<Clause>>,
    /// By property: what it claims.
    pub claims: Vec<Statement>,
    /// Where it holds the protocol is done.
    pub done: Statement,
    /// The initial states, as they are handed over.
    pub initial: Vec<State>,
    /// Which processes are said to be interchangeable.
    pub symmetry: Symmetry,
    /// Whether it was generated to have many states.
    pub is_large: bool,
}

/// What a random model declares about its symmetry, which may be wrong.
#[derive(Clone, Debug, Default)]
pub struct Symmetry {
    /// Where each process goes.
    pub generators: Vec<[u8; PROCESSES]>,
    /// Whether and how it sorts.
    pub sorting: Sorting,
    /// A defect: the token stays where it is when processes change places.
    pub forgets_holder: bool,
}

/// How a random model sorts its processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sorting {
    /// It does not.
    #[default]
    Not,
    /// By all that the state says of each.
    ByAll,
    /// By where they are and by nothing else, which is not enough.
    ByPlace,
}

actions! { Drawn, State;
    /// Acts if it stays enabled.
    fair worker {
        /// Drawn.
        worker_a(p: Proc);
        /// Drawn.
        worker_b(p: Proc);
        /// Drawn.
        worker_c(p: Proc, q: Proc) => boss;
    }
    /// Acts if it is enabled again and again.
    strong keen {
        /// Drawn.
        keen_a(p: Proc);
        /// Drawn.
        keen_b(p: Proc, v: Value);
    }
    /// One process without a name of its own, of which each action is fair.
    fair each clock {
        /// Drawn.
        clock_a();
        /// Drawn.
        clock_b();
    }
    /// May never act.
    optional user {
        /// Drawn.
        user_a(p: Proc);
        /// Drawn.
        user_b(v: Value);
    }
    /// One process that acts if it is enabled again and again.
    strong boss {
        /// Drawn.
        boss_a();
    }
    /// Does harm.
    fault environment {
        /// Drawn.
        fault_a(p: Proc);
        /// Drawn.
        fault_b();
    }
    /// Nobody, or some, or more than fit into a word of bits.
    fair crowd {
        /// Drawn.
        crowd_a(m: Member);
    }
}

/// Methods that hand their arguments to the table.
macro_rules! drawn {
    (actions $($at:literal $action:ident($($arg:ident: $ty:ty),*);)*
     properties $($of:literal $property:ident($($part:ident)?);)*) => {
        impl Drawn {
            $(fn $action(&self, s: &mut State $(, $arg: $ty)*) -> Fired {
                self.take($at, s, &[$($arg.index()),*])
            })*
            $(fn $property(&self, s: &State $(, $part: Proc)?) -> Claim {
                #[allow(unused_mut, reason = "a property may take nothing")]
                let mut arguments = Arguments::default();
                $(arguments.processes[0] = $part.0;)?
                self.says($of, s, arguments)
            })*
        }
    };
}

drawn! {
    actions
    0 worker_a(p: Proc);
    1 worker_b(p: Proc);
    2 worker_c(p: Proc, q: Proc);
    3 keen_a(p: Proc);
    4 keen_b(p: Proc, v: Value);
    5 clock_a();
    6 clock_b();
    7 user_a(p: Proc);
    8 user_b(v: Value);
    9 boss_a();
    10 fault_a(p: Proc);
    11 fault_b();
    12 crowd_a(m: Member);
    properties
    0 never();
    1 never_each(p);
    2 rests();
    3 rests_each(p);
    4 reached();
    5 met();
    6 busy();
    7 busy_each(p);
    8 comes();
    9 comes_each(p);
    10 served();
    11 served_each(p);
}

impl Drawn {
    /// The arguments of an action, from their numbers in order.
    pub fn arguments(action: usize, numbers: &[u8]) -> Arguments {
        let mut arguments = Arguments::default();
        let mut processes = arguments.processes.iter_mut();
        let params = <Self as latchwork_model::kit::Actions>::ACTIONS[action].params;
        for (param, number) in params.iter().zip(numbers) {
            match processes.next().filter(|_| param.kind == Proc::KIND) {
                Some(process) => *process = *number,
                None => arguments.other = *number,
            }
        }
        arguments
    }

    fn take(&self, action: usize, s: &mut State, numbers: &[u8]) -> Fired {
        let arguments = Self::arguments(action, numbers);
        match self.limits.attempt(s, &self.actions[action], arguments) {
            Outcome::Disabled | Outcome::Slips => Err(Refused::Disabled),
            Outcome::Fires => FIRED,
            Outcome::Exceeds(what) => Err(Refused::Exceeded(what)),
            Outcome::Panics => panic!("{PANIC}"),
        }
    }

    fn says(&self, property: usize, s: &State, arguments: Arguments) -> Claim {
        let claim = self.limits.claim(s, &self.claims[property], arguments);
        claim.unwrap_or_else(|| panic!("{PANIC}"))
    }
}

impl Domain<Proc> for Drawn {
    fn size(&self) -> u8 {
        self.limits.processes
    }
}

impl Domain<Value> for Drawn {
    fn size(&self) -> u8 {
        2
    }
}

impl Domain<Member> for Drawn {
    fn size(&self) -> u8 {
        self.members
    }
}

impl Model for Drawn {
    const PROPERTIES: &'static [Property<Self>] = properties! { Drawn;
        /// Drawn.
        invariant never;
        /// Drawn.
        invariant never_each(p: Proc);
        /// Drawn.
        at_rest rests;
        /// Drawn.
        at_rest rests_each(p: Proc);
        /// Drawn.
        reachable reached;
        /// Drawn.
        reachable met;
        /// Drawn.
        no_fair_cycle busy;
        /// Drawn.
        no_fair_cycle busy_each(p: Proc);
        /// Drawn.
        eventually comes;
        /// Drawn.
        eventually comes_each(p: Proc);
        /// Drawn.
        leads_to served;
        /// Drawn.
        leads_to served_each(p: Proc);
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        self.initial.iter().for_each(emit);
    }

    fn done(&self, s: &State) -> bool {
        let done = self.limits.claim(s, &self.done, Arguments::default());
        done.unwrap_or_else(|| panic!("{PANIC}")) == Claim::Holds
    }

    fn symmetries(&self, emit: &mut dyn FnMut(Permutation)) {
        let processes = usize::from(self.limits.processes);
        for to in &self.symmetry.generators {
            emit(Permutation::IDENTITY.with::<Proc>(&to[..processes]));
        }
    }

    fn permuted(&self, state: &State, by: &Permutation) -> State {
        let mut permuted = Permute::permuted(state, by);
        if self.symmetry.forgets_holder {
            permuted.holder = state.holder;
        }
        permuted
    }

    fn sorting(&self, s: &State) -> Option<Permutation> {
        let to = self.symmetry.sorting.to(s, self.limits.processes)?;
        Some(Permutation::IDENTITY.with::<Proc>(&to[..usize::from(self.limits.processes)]))
    }
}

impl Sorting {
    /// Where each process goes when they are sorted.
    pub fn to(self, s: &State, processes: u8) -> Option<[u8; PROCESSES]> {
        let mut order: Vec<u8> = (0..processes).collect();
        match self {
            Self::Not => return None,
            Self::ByAll => order.sort_by_key(|p| known(s, Proc(*p))),
            Self::ByPlace => order.sort_by_key(|p| s.at[Proc(*p)]),
        }
        let mut to = [0, 1, 2, 3];
        for (place, p) in (0..).zip(order) {
            to[usize::from(p)] = place;
        }
        Some(to)
    }
}

/// All that a state says of a process.
fn known(s: &State, p: Proc) -> (u8, u8, bool, bool, Vec<bool>) {
    let waits = s.queue.items().iter().map(|other| *other == p).collect();
    (s.at[p], s.has[p], s.holder == p, s.marked.contains(p), waits)
}

/// The state in which nothing has happened.
pub fn nothing() -> State {
    State { holder: super::table::NOBODY, at: Table::filled(0), ..State::default() }
}
