//! Views: a model that forgets what a guard, an effect, a property, `done` or the constraint needs
//! is told so.

use latchwork::engines::explore::forgets_nothing_needed;
use latchwork_model::kit::{Actions, Claim, FIRED, Fired, Model, Property, Step, claim, when};
use latchwork_model::{actions, properties, state};

state! {
    /// A worker that counts what it did.
    pub struct State {
        /// What it works on, from 0 to 2.
        pub at: u8,
        /// How often it went on: nobody needs it, unless the model says so.
        pub count: u8,
    }
}

/// Who needs the count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nobody,
    Guard,
    Effect,
    Property,
    Done,
    Constraint,
}

struct Worker {
    needs: Needs,
}

actions! { Worker, State, forget count;
    /// The worker.
    fair worker {
        /// Go on.
        worker_go();
        /// Begin again.
        worker_begin();
    }
}

impl Worker {
    fn count(&self, s: &mut State) {
        s.count = 0;
    }

    fn needs(&self, needs: Needs, s: &State) -> bool {
        self.needs == needs && s.count > 0
    }

    fn worker_go(&self, s: &mut State) -> Fired {
        when(s.at < 2 && !self.needs(Needs::Guard, s))?;
        s.at += 1 + u8::from(s.at == 0 && self.needs(Needs::Effect, s));
        s.count += 1;
        FIRED
    }

    fn worker_begin(&self, s: &mut State) -> Fired {
        when(s.at == 2)?;
        s.at = 0;
        s.count += 1;
        FIRED
    }

    fn is_small(&self, s: &State) -> Claim {
        claim(!self.needs(Needs::Property, s))
    }
}

impl Model for Worker {
    const PROPERTIES: &'static [Property<Self>] = properties! { Worker;
        /// The count is small.
        invariant is_small;
    };

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::default());
    }

    fn done(&self, s: &State) -> bool {
        self.needs(Needs::Done, s)
    }

    fn constraint(&self, s: &State) -> bool {
        !self.needs(Needs::Constraint, s)
    }
}

fn verified(needs: Needs) -> Result<usize, String> {
    forgets_nothing_needed(&Worker { needs }, 100)
}

/// Red if one of the five places in which a forgotten field can be read is not looked at.
#[test]
fn what_is_needed_is_named() {
    assert_eq!(verified(Needs::Nobody), Ok(3));
    let refused = |what: &str| Err(format!("after {what} needs what is forgotten"));
    assert_eq!(verified(Needs::Guard), refused("worker_go(): worker_go()"));
    assert_eq!(verified(Needs::Effect), refused("worker_begin(): worker_go()"));
    assert_eq!(verified(Needs::Property), refused("worker_go(): is_small"));
    assert_eq!(verified(Needs::Done), refused("worker_go(): done"));
    assert_eq!(verified(Needs::Constraint), refused("worker_go(): constraint"));
    let few = forgets_nothing_needed(&Worker { needs: Needs::Nobody }, 2);
    assert_eq!(few, Err("there are more than 2 states".to_string()));
}

/// Red if a search and a single step keep different parts of a state, or if an action is tried on
/// what the action before it left.
#[test]
fn every_engine_forgets() {
    let model = Worker { needs: Needs::Nobody };
    for at in 0..=2 {
        let before = State { at, count: 0 };
        let mut steps = 0;
        model.successors(&before, |step: Step, next| {
            let next = next.expect("nothing is cut off");
            let (mut fired, mut acted) = (before, before);
            assert!(model.fire(&mut fired, step).is_ok() && model.act(&mut acted, step).is_ok());
            assert_eq!((*next, next.count, acted.count), (fired, 0, 1));
            steps += 1;
        });
        assert_eq!(steps, 1);
    }
}
