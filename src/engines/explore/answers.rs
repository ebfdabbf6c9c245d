//! Finds `leads_to` properties whose claim holds in no state: such a property is either violated or
//! vacuous.

use latchwork_model::kit::{Claim, Kind, Model, Property};

use crate::engines::verdict::{PropertyId, PropertySet};

use super::graph::Graph;
use super::panics;

/// Returns the `leads_to` properties that wait in some state of a closed space and hold in none.
pub(super) fn unanswered<M: Model>(
    model: &M,
    graph: &Graph<M::State>,
    properties: PropertySet,
) -> PropertySet {
    let asked = (0..).map(PropertyId).zip(M::PROPERTIES);
    let asked = asked.filter(|(id, own)| own.kind == Kind::LeadsTo && properties.contains(*id));
    asked.filter(|(_, own)| is_unanswered(model, graph, own)).map(|(id, _)| id).collect()
}

fn is_unanswered<M: Model>(model: &M, graph: &Graph<M::State>, property: &Property<M>) -> bool {
    let (mut waits, mut holds) = (false, false);
    for state in &graph.states {
        // A panic of the model in a state is reported as a violation of another property.
        let _ = panics::catch(|| {
            (property.parts)(model, state, &mut |claim| {
                waits |= claim == Claim::Violated;
                holds |= claim == Claim::Holds;
            });
        });
        if holds {
            return false;
        }
    }
    waits
}
