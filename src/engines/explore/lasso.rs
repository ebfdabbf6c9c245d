//! Checks whether a run shows a violation of a temporal property or a fair cycle.
//!
//! The check evaluates the run itself, step by step, and shares nothing with the search that found
//! it. Found and replayed runs are verified with it.

use std::collections::BTreeSet;

use latchwork_model::kit::{Claim, Fairness, Kind, Model, Property, Step, Unit};
use zerocopy::IntoBytes;

use crate::engines::verdict::Path;

use super::shown::{part_of, parts};
use super::steps;

/// A fair run that waits forever.
#[derive(Clone)]
pub struct Waiting {
    /// The run: the prefix, then the cycle once.
    pub path: Path,
    /// The number of steps in the prefix.
    pub prefix: usize,
    /// Whether there is a cycle; otherwise the run stays in its last state.
    pub cycle: bool,
    /// Whether no shorter cycle begins where a shortest prefix ends.
    pub proven: bool,
}

/// Panics if a found run does not show what it should.
pub(super) fn demand<M: Model>(
    model: &M,
    property: &Property<M>,
    initial: &M::State,
    waiting: &Waiting,
) {
    let mut state = *initial;
    let mut states = vec![state];
    for step in &waiting.path.steps {
        let next = steps::take(model, &state, *step);
        state = next.unwrap_or_else(|_| panic!("{}: a step that is not enabled", property.name));
        states.push(state);
    }
    let cycle = waiting.cycle.then_some(waiting.prefix);
    let shown = is_shown(model, property, &states, &waiting.path.steps, cycle);
    assert!(shown, "{}: the run that was found is no counterexample", property.name);
}

/// Returns whether a run shows that `property` is violated: it waits forever, or repeats a cycle
/// of fair lanes forever. `states` are the states of the run, one more than steps. The cycle
/// begins after `cycle` steps; without one, the run stays in its last state.
pub fn is_shown<M: Model>(
    model: &M,
    property: &Property<M>,
    states: &[M::State],
    steps: &[Step],
    cycle: Option<usize>,
) -> bool {
    let begin = cycle.unwrap_or(steps.len());
    let (Some(around), Some(taken)) = (states.get(begin..), steps.get(begin..)) else {
        return false;
    };
    let bytes = |state: Option<&M::State>| state.map(|state| state.as_bytes().to_vec());
    let closes = bytes(around.first()) == bytes(around.last()) && around.len() == taken.len() + 1;
    if !closes || cycle.is_some() && taken.is_empty() {
        return false;
    }
    match property.kind {
        Kind::NoFairCycle => {
            let counts = |part| {
                let claim = |state| part_of(model, property, state, part);
                let claims = around.iter().map(claim).collect::<Option<Vec<Claim>>>()?;
                Some(claims.iter().all(|claim| *claim == Claim::Holds))
            };
            cycle.is_some()
                && (0..).map_while(counts).any(|all| all)
                && taken.iter().all(|step| must_act::<M>(unit::<M>(*step)).is_some())
        }
        Kind::Eventually | Kind::LeadsTo => {
            is_fair(model, around, taken) && waits(model, property, states, begin)
        }
        Kind::Invariant | Kind::AtRest | Kind::Reachable => false,
    }
}

/// Returns the fair unit that takes a step.
fn unit<M: Model>(step: Step) -> Unit {
    step.unit(M::LANES, M::ACTIONS)
}

/// Returns the fairness of a unit, if it must act.
fn must_act<M: Model>(unit: Unit) -> Option<Fairness> {
    let fairness = M::LANES[usize::from(unit.process.lane)].fairness;
    fairness.is_fair().then_some(fairness)
}

/// Returns whether repeating a cycle forever, or staying in its only state, is fair.
fn is_fair<M: Model>(model: &M, around: &[M::State], taken: &[Step]) -> bool {
    let acts: BTreeSet<Unit> = taken.iter().map(|step| unit::<M>(*step)).collect();
    let enabled: Vec<BTreeSet<Unit>> = around.iter().map(|state| enabled(model, state)).collect();
    let everybody: BTreeSet<Unit> = enabled.iter().flatten().copied().collect();
    everybody.difference(&acts).all(|who| match must_act::<M>(*who) {
        None => true,
        Some(Fairness::Strong) => false,
        Some(_) => enabled.iter().any(|here| !here.contains(who)),
    })
}

/// Returns the units that can take a step, including steps that are cut off.
fn enabled<M: Model>(model: &M, state: &M::State) -> BTreeSet<Unit> {
    let mut enabled = BTreeSet::new();
    steps::each(model, state, |step, _| {
        enabled.insert(unit::<M>(step));
    });
    enabled
}

/// Returns whether some part of a property waits in the run and is never answered. The part that
/// repeats forever begins after `begin` steps, and by then the property must be waiting.
pub(crate) fn waits<M: Model>(
    model: &M,
    property: &Property<M>,
    states: &[M::State],
    begin: usize,
) -> bool {
    let part = |part: usize| {
        let claims: Vec<Option<Claim>> =
            states.iter().map(|state| part_of(model, property, state, part)).collect();
        // A state in which the claim panics counts as answered.
        let answered = |claim: &Option<Claim>| matches!(claim, None | Some(Claim::Holds));
        let after = claims.iter().rposition(answered).map_or(0, |at| at + 1);
        match property.kind {
            Kind::Eventually => after == 0,
            _ => after <= begin && claims[after..=begin].contains(&Some(Claim::Violated)),
        }
    };
    (0..parts(model, property, states)).any(part)
}

#[cfg(test)]
mod tests {
    use latchwork_model::kit::{Claim, FIRED, Fired, Model, Property, claim, implies};
    use latchwork_model::{actions, properties, state};

    use crate::engines::explore::{Options, explore};
    use crate::engines::verdict::{BuiltIn, PropertyId};

    state! {
        /// A hand of a clock.
        pub struct Hand {
            /// 0 before it moves, then 1 and 2 in turn.
            pub at: u8,
        }
    }

    /// A clock of which nothing can be said before it moves.
    struct Clock;

    actions! { Clock, Hand;
        fair hand {
            /// Move.
            hand_moves();
        }
    }

    impl Clock {
        fn hand_moves(&self, s: &mut Hand) -> Fired {
            s.at = s.at % 2 + 1;
            FIRED
        }

        fn strikes(&self, s: &Hand) -> Claim {
            assert!(s.at > 0, "it does not move yet");
            implies(s.at == 1, s.at == 3)
        }

        fn stops(&self, s: &Hand) -> Claim {
            self.strikes(s)
        }

        fn ticks(&self, s: &Hand) -> Claim {
            assert!(s.at > 0, "it does not move yet");
            claim(true)
        }
    }

    impl Model for Clock {
        const PROPERTIES: &'static [Property<Self>] = properties! { Clock;
            /// It strikes.
            leads_to strikes;
            /// It stops.
            eventually stops;
            /// It does not move for ever.
            no_fair_cycle ticks;
        };

        fn initial(&self, emit: &mut dyn FnMut(&Hand)) {
            emit(&Hand::default());
        }

        fn done(&self, _: &Hand) -> bool {
            true
        }
    }

    /// All properties panic in the first state, so waiting can begin only in the second state, and
    /// nothing follows about the run as a whole.
    #[test]
    fn a_claim_that_panics_where_a_run_begins_is_asked_of_the_rest() {
        let exploration = explore(&Clock, &Options::default(), &());
        let found: Vec<_> =
            exploration.discoveries.iter().map(|found| (found.property, found.steps)).collect();
        let panic = BuiltIn::NoPanic.id::<Clock>();
        assert_eq!(found, [(PropertyId(0), 1), (PropertyId(2), 1), (panic, 0)]);
        assert!(exploration.undecided.contains(PropertyId(1)));
    }
}
