//! Values of fields: those without names are those with names.

use latchwork::engines::instance::{Instance, StateBytes};

use crate::committed::scenario;

const SCENARIOS: [&str; 4] = [
    "async_grant/try_one.json",
    "recall/two_ops_faults.json",
    "downconvert/two_apps.json",
    "delegation_return/variant_courtesy.json",
];

#[test]
fn values_are_written_as_the_fields_are() {
    for name in SCENARIOS {
        let instance = scenario(name).configuration.instance().expect("an instance");
        let mut states = instance.initial();
        // The first states of a walk through the space, lists that are full and empty among them.
        for at in 0..300 {
            let Some(state) = states.get(at).cloned() else { break };
            assert_written_so(instance.as_ref(), &state);
            for step in instance.enabled(&state) {
                let next = instance.fire(&state, step);
                states.extend(next.ok().filter(|next| !states.contains(next)));
            }
        }
        assert!(states.len() > 300, "{name}: only {} states", states.len());
    }
}

fn assert_written_so(instance: &dyn Instance, state: &StateBytes) {
    let values = instance.values(state);
    for (at, (path, value)) in instance.fields(state).into_iter().enumerate() {
        assert_eq!(values.at(at), value.to_string(), "{path}");
    }
}
