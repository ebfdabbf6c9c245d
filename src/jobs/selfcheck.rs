//! Canaries: a model with one planted defect for each kind of property. An engine that misses one
//! is broken, and no other result of it can be trusted.

use latchwork_model::kit::{Claim, FIRED, Fired, Model, Property, claim, exceeded, when};
use latchwork_model::{actions, properties, state};

use crate::engines::explore::{Options, explore};
use crate::engines::verdict::{BuiltIn, PropertyId};

state! {
    /// A worker that takes ten steps.
    pub struct State {
        /// Steps taken.
        pub taken: u8,
        /// The environment has done its harm.
        pub harmed: bool,
    }
}

/// A planted defect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Planted {
    Nothing,
    Invariant,
    AtRest,
    Reachable,
    Deadlock,
    CanFinish,
    Panic,
    Bound,
}

/// A worker with a defect.
struct Canary {
    planted: Planted,
}

actions! { Canary, State;
    fair worker {
        /// Take one of ten steps.
        worker_step();
    }
    fault environment {
        /// Do harm, once, late.
        environment_harm();
    }
}

impl Canary {
    fn worker_step(&self, s: &mut State) -> Fired {
        when(s.taken < 10)?;
        match self.planted {
            Planted::Panic if s.harmed && s.taken == 8 => panic!("a planted panic"),
            Planted::Bound if s.harmed && s.taken == 8 => exceeded("planted")?,
            Planted::Deadlock | Planted::AtRest => when(!s.harmed || s.taken != 8)?,
            Planted::CanFinish if s.harmed && s.taken == 8 => return FIRED,
            _ => {}
        }
        s.taken += 1;
        FIRED
    }

    fn environment_harm(&self, s: &mut State) -> Fired {
        when(s.taken == 7 && !s.harmed)?;
        s.harmed = true;
        FIRED
    }

    fn unharmed(&self, s: &State) -> Claim {
        claim(self.planted != Planted::Invariant || !s.harmed || s.taken < 9)
    }

    fn rests_at_the_end(&self, s: &State) -> Claim {
        claim(self.planted != Planted::AtRest || s.taken == 10)
    }

    fn harm_is_survived(&self, s: &State) -> Claim {
        claim(self.planted == Planted::Reachable && s.harmed && s.taken == 10)
    }
}

impl Model for Canary {
    const PROPERTIES: &'static [Property<Self>] = properties! { Canary;
        /// Harm has no effect.
        invariant unharmed;
        /// It rests at the end only.
        at_rest rests_at_the_end;
        /// It gets to the end although harm was done.
        reachable harm_is_survived;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
    }

    fn done(&self, s: &State) -> bool {
        s.taken == 10
    }
}

/// Runs every canary. Returns a sentence for each one that was missed.
pub fn selfcheck(threads: usize) -> Vec<String> {
    let built_in = |property: BuiltIn| property.id::<Canary>();
    let canaries = [
        (Planted::Invariant, PropertyId(0), 10),
        (Planted::AtRest, PropertyId(1), 9),
        (Planted::Reachable, PropertyId(2), 11),
        (Planted::Deadlock, built_in(BuiltIn::Deadlock), 9),
        (Planted::CanFinish, built_in(BuiltIn::CanFinish), 8),
        (Planted::Panic, built_in(BuiltIn::NoPanic), 10),
        (Planted::Bound, built_in(BuiltIn::BoundExceeded), 10),
    ];
    let run = |planted| {
        explore(&Canary { planted }, &Options { threads, ..Options::default() }, &()).discoveries
    };
    let mut missed = Vec::new();
    for (planted, property, steps) in canaries {
        let found = run(planted).into_iter().find(|found| found.property == property);
        match found {
            Some(found) if found.steps == steps => {}
            Some(found) => missed.push(format!(
                "{planted:?} is found after {} steps instead of {steps}",
                found.steps
            )),
            None => missed.push(format!("{planted:?} is not found")),
        }
    }
    if !run(Planted::Nothing).is_empty() {
        missed.push("something was found where nothing was planted".to_string());
    }
    missed
}
