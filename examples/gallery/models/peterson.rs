//! Peterson's algorithm: mutual exclusion of two processes with two flags and a turn.
//!
//! Source: G. L. Peterson, "Myths about the mutual exclusion problem", Information Processing
//! Letters 12(3), 1981. The labels are those of module Peterson in `locks_auxiliary_vars` of the TLA+
//! examples, whose manifest has the counts that TLC finds.

use latchwork_model::kit::{
    Claim, Domain, FIRED, Fired, Model, Property, Set, Table, awaits, claim, values, when,
};
use latchwork_model::{actions, ids, properties, state};

use super::known::{Known, Visitor};

ids! {
    /// A process.
    pub ProcessId p;
}

state! {
    /// Where a process is: what it does next.
    pub enum At { Outside, Raise, Yield, Wait, Inside, Lower }
}

state! {
    /// The whole state.
    pub struct State {
        /// Where each process is.
        pub at: Table<ProcessId, At, 2>,
        /// The processes whose flag is raised.
        pub flags: Set<ProcessId>,
        /// The process that goes first if both want to enter.
        pub turn: ProcessId,
    }
}

/// Which form of the algorithm.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As published.
    Whole,
    /// Without the turn: a process waits until the other flag is down.
    FlagsAlone,
    /// A process gives the turn away before it raises its flag.
    TurnFirst,
}

/// Two processes that enter and leave the critical section again and again.
pub struct Peterson {
    form: Form,
}

actions! { Peterson, State;
    /// A process outside the critical section: it may stay there.
    optional idle {
        /// Decide to enter (a0).
        want(p: ProcessId);
    }
    /// A process on its way through the critical section.
    fair process {
        /// Raise the flag (a1).
        raise(p: ProcessId);
        /// Give the turn to the other process (a2).
        give_way(p: ProcessId);
        /// Enter (a3).
        enter(p: ProcessId);
        /// Leave the critical section (cs).
        leave(p: ProcessId);
        /// Lower the flag (a4).
        lower(p: ProcessId);
    }
}

impl Domain<ProcessId> for Peterson {
    fn size(&self) -> u8 {
        2
    }
}

fn other(p: ProcessId) -> ProcessId {
    ProcessId(1 - p.0)
}

impl Peterson {
    /// Moves the process from one place to the next.
    fn goes(s: &mut State, p: ProcessId, from: At, to: At) -> Fired {
        when(s.at[p] == from)?;
        s.at[p] = to;
        FIRED
    }

    fn want(&self, s: &mut State, p: ProcessId) -> Fired {
        let first = if self.form == Form::TurnFirst { At::Yield } else { At::Raise };
        Self::goes(s, p, At::Outside, first)
    }

    fn raise(&self, s: &mut State, p: ProcessId) -> Fired {
        let next = if self.form == Form::TurnFirst { At::Wait } else { At::Yield };
        Self::goes(s, p, At::Raise, next)?;
        s.flags.insert(p);
        FIRED
    }

    fn give_way(&self, s: &mut State, p: ProcessId) -> Fired {
        let next = if self.form == Form::TurnFirst { At::Raise } else { At::Wait };
        Self::goes(s, p, At::Yield, next)?;
        s.turn = other(p);
        FIRED
    }

    fn enter(&self, s: &mut State, p: ProcessId) -> Fired {
        let first = self.form != Form::FlagsAlone && s.turn == p;
        when(!s.flags.contains(other(p)) || first)?;
        Self::goes(s, p, At::Wait, At::Inside)
    }

    fn leave(&self, s: &mut State, p: ProcessId) -> Fired {
        Self::goes(s, p, At::Inside, At::Lower)
    }

    fn lower(&self, s: &mut State, p: ProcessId) -> Fired {
        Self::goes(s, p, At::Lower, At::Outside)?;
        s.flags.remove(p);
        FIRED
    }

    fn mutual_exclusion(&self, s: &State) -> Claim {
        claim(!values::<ProcessId>(self).all(|p| s.at[p] == At::Inside))
    }

    fn gets_in(&self, s: &State, p: ProcessId) -> Claim {
        awaits(matches!(s.at[p], At::Raise | At::Yield | At::Wait), s.at[p] == At::Inside)
    }
}

impl Model for Peterson {
    const PROPERTIES: &'static [Property<Self>] = properties! { Peterson;
        /// At most one process is in the critical section.
        invariant mutual_exclusion;
        /// A process that wants to enter does so in the end.
        leads_to gets_in(p: ProcessId);
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
    }

    fn done(&self, s: &State) -> bool {
        values::<ProcessId>(self).all(|p| s.at[p] == At::Outside)
    }
}

/// Shows the algorithm as published, and two broken forms of it.
pub fn show(visitor: &mut impl Visitor) {
    let source = "TLA+ examples, locks_auxiliary_vars/manifest.json, Peterson.cfg";
    let whole = Known {
        distinct: Some(42),
        generated: Some(77),
        depth: Some(10),
        ..Known::of("peterson", source)
    };
    visitor.visit(whole, Peterson { form: Form::Whole });
    // Both flags are up after two steps of each process, and both processes wait one step later.
    let flags_alone = Known {
        found: &[("gets_in", None), ("deadlock", Some(6)), ("can_finish", Some(4))],
        ..Known::of("peterson/flags_alone", "Peterson 1981: flags alone block both")
    };
    visitor.visit(flags_alone, Peterson { form: Form::FlagsAlone });
    // A process needs four steps to enter.
    let turn_first = Known {
        found: &[("mutual_exclusion", Some(8))],
        ..Known::of("peterson/turn_first", "Peterson 1981: the flag is raised first")
    };
    visitor.visit(turn_first, Peterson { form: Form::TurnFirst });
}
