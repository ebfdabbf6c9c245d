//! Cycles of steps of fair lanes: the system keeps itself busy.

use std::collections::BTreeMap;

use latchwork_model::kit::{Claim, Model, Property, Step};
use zerocopy::IntoBytes;

use super::fairness::NOBODY;
use super::graph::{Graph, components, next_of};
use super::shown::{is_fair, part_of, parts};
use super::{paths, steps};

/// Returns which states are on a cycle of fair-lane steps that stays in states where a claim holds.
/// `claims` has one entry per state. A step that changes nothing is a cycle.
pub fn on_cycle<S>(graph: &Graph<S>, claims: &[Option<Claim>]) -> Vec<bool> {
    let counts = |id: u32| claims[id as usize] == Some(Claim::Holds);
    let states = claims.len() as u32;
    let mut on_cycle = vec![false; claims.len()];
    let components = components(states, |id, at| {
        if !counts(id) {
            return None;
        }
        let actors = graph.actors(id);
        let is_fair = |at: usize, target| actors[at] != NOBODY && counts(target);
        let target = next_of(graph.successors(id), at, is_fair);
        on_cycle[id as usize] |= target == Some(id);
        target
    });
    let sizes = components.sizes();
    let among = |id: u32| sizes[components.of(id) as usize] > 1;
    on_cycle.iter_mut().zip(0..).for_each(|(cycle, id)| *cycle |= among(id));
    on_cycle
}

/// Returns the shortest cycle of fair-lane steps through a state on such a cycle, using only states
/// that count for the first part of the property that has one. Of equally short cycles, the one
/// whose actions come first in the model's list is chosen.
pub fn around<M: Model>(model: &M, property: &Property<M>, start: &M::State) -> Vec<Step> {
    let parts = 0..parts(model, property, &[*start]);
    let mut cycles = parts.map(|part| around_for(model, property, part, start));
    cycles.find(|cycle| !cycle.is_empty()).unwrap_or_default()
}

fn around_for<M: Model>(
    model: &M,
    property: &Property<M>,
    part: usize,
    start: &M::State,
) -> Vec<Step> {
    let counts = |state: &M::State| part_of(model, property, state, part) == Some(Claim::Holds);
    if !counts(start) {
        return Vec::new();
    }
    let mut states = vec![*start];
    let mut ids = BTreeMap::from([(start.as_bytes().to_vec(), 0)]);
    let edges = |id: u32| {
        let mut edges = Vec::new();
        let state = states[id as usize];
        steps::each(model, &state, |step, next| {
            let Ok(next) = next else { return };
            if !is_fair::<M>(step.action) || !counts(next) {
                return;
            }
            let id = *ids.entry(next.as_bytes().to_vec()).or_insert_with(|| {
                states.push(*next);
                states.len() as u32 - 1
            });
            edges.push((step, id));
        });
        edges
    };
    let around = paths::nearest(0, edges, |_, target| target == 0);
    around.map(|(steps, _)| steps).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use latchwork_model::kit::{Claim, FIRED, Fired, Model, Property, claim, implies, when};
    use latchwork_model::{actions, properties, state};

    use crate::engines::explore::{Options, explore};
    use crate::engines::verdict::{BuiltIn, End, PropertyId, Stopped};

    state! {
        /// A place on a small map: 0 to 1 by an application; 1, 2, 3 in a ring of the system, with
        /// a short cut from 3 to 2; 4 beside it, and a shallow cycle of 0 and 5 that is not fair.
        pub struct At {
            /// Where.
            pub place: u8,
        }
    }

    struct Ring;

    actions! { Ring, At;
        optional app {
            /// Start.
            app_start();
            /// Away from the start.
            app_leave();
        }
        fair system {
            /// Around the ring.
            system_next();
            /// From 3 to 2.
            system_short_cut();
            /// Stay at 4.
            system_stay();
            /// Back from 5.
            system_back();
        }
    }

    impl Ring {
        fn go(s: &mut At, from: u8, to: u8) -> Fired {
            when(s.place == from)?;
            s.place = to;
            FIRED
        }

        fn app_start(&self, s: &mut At) -> Fired {
            Self::go(s, 0, 1)
        }

        fn app_leave(&self, s: &mut At) -> Fired {
            Self::go(s, 0, 5)
        }

        fn system_next(&self, s: &mut At) -> Fired {
            when((1..=3).contains(&s.place))?;
            s.place = s.place % 3 + 1;
            FIRED
        }

        fn system_short_cut(&self, s: &mut At) -> Fired {
            Self::go(s, 3, 2)
        }

        fn system_stay(&self, s: &mut At) -> Fired {
            Self::go(s, 3, 4).or_else(|_| when(s.place == 4))
        }

        fn system_back(&self, s: &mut At) -> Fired {
            Self::go(s, 5, 0)
        }

        fn no_storm(&self, _: &At) -> Claim {
            claim(true)
        }

        fn no_storm_far_out(&self, s: &At) -> Claim {
            implies(s.place != 1, true)
        }

        fn no_storm_near(&self, s: &At) -> Claim {
            implies(s.place < 2, true)
        }

        fn no_idling(&self, s: &At) -> Claim {
            implies(s.place == 4, true)
        }
    }

    impl Model for Ring {
        const PROPERTIES: &'static [Property<Self>] = properties! { Ring;
            /// The system never keeps itself busy.
            no_fair_cycle no_storm;
            /// Nor without coming by the place 1.
            no_fair_cycle no_storm_far_out;
            /// Nor near the start.
            no_fair_cycle no_storm_near;
            /// Nor does it take steps that change nothing.
            no_fair_cycle no_idling;
        };

        fn initial(&self, emit: &mut dyn FnMut(&At)) {
            emit(&At::default());
        }

        fn done(&self, _: &At) -> bool {
            true
        }
    }

    fn names(steps: &[latchwork_model::kit::Step]) -> Vec<String> {
        let actions = <Ring as latchwork_model::kit::Actions>::ACTIONS;
        steps.iter().map(|step| step.spell(actions).to_string()).collect()
    }

    #[test]
    fn the_shallowest_fair_cycle_is_found_and_gone_around_once() {
        let found = explore(&Ring, &Options::default(), &());
        let [ring, short, stay] = found.discoveries.as_slice() else {
            panic!("three of four: {:?}", found.discoveries)
        };
        // The cycle of 0 and 5 is shallower, but an application takes part in it.
        assert_eq!((ring.property, ring.steps), (PropertyId(0), 1));
        assert_eq!(ring.end, End::Stuck { prefix: 1, cycle: Some(1), proven: true });
        assert_eq!(
            names(&ring.path.steps),
            ["app_start()", "system_next()", "system_next()", "system_next()"]
        );
        // Without place 1, the short cut closes the only cycle, which has two states.
        assert_eq!((short.property, short.steps), (PropertyId(1), 2));
        assert_eq!(names(&short.path.steps)[2..], ["system_next()", "system_short_cut()"]);
        // A step that changes nothing is a cycle of its own.
        assert_eq!((stay.property, stay.steps), (PropertyId(3), 4));
        assert_eq!(names(&stay.path.steps)[4..], ["system_stay()"]);
    }

    #[test]
    fn an_open_space_says_nothing_about_cycles() {
        let found = explore(&Ring, &Options { states: Some(2), ..Options::default() }, &());
        assert_eq!(found.stopped, Some(Stopped::States));
        assert!(found.undecided.contains(PropertyId(0)));
        assert!(found.undecided.contains(BuiltIn::CanFinish.id::<Ring>()));
    }
}
