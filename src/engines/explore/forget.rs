//! Views: what a model forgets after each step, and whether anybody would have needed it.

use std::collections::{BTreeSet, VecDeque};

use latchwork_model::kit::{Claim, Cut, Model, Step, claim, same};
use zerocopy::IntoBytes;

/// What a state says of itself: whether it may be the last one, whether the search goes on from it,
/// and the claims of the properties.
fn told<M: Model>(model: &M, state: &M::State) -> Vec<(&'static str, Vec<Claim>)> {
    let claims = M::PROPERTIES.iter().map(|property| {
        let mut claims = Vec::new();
        (property.parts)(model, state, &mut |claim| claims.push(claim));
        (property.name, claims)
    });
    let done = ("done", vec![claim(model.done(state))]);
    let constraint = ("constraint", vec![claim(model.constraint(state))]);
    claims.chain([done, constraint]).collect()
}

/// A step, and the bytes of the state that it leads to, or why it leads to none.
type Leads = (Step, Result<Vec<u8>, Cut<'static>>);

fn steps<M: Model>(model: &M, state: &M::State) -> Vec<Leads> {
    let mut steps = Vec::new();
    model.successors(state, |step, next| {
        steps.push((step, next.map(|next| next.as_bytes().to_vec())));
    });
    steps
}

/// Verifies that what the model forgets matters to nobody: each state that a step leads to and what
/// is kept of it make the same claims, and have the same steps, to states of which the same is kept.
/// Then the verdicts are those of the model that forgets nothing. Only a step that changes nothing
/// but what is forgotten is no longer a step.
///
/// Returns the number of states that were compared. It is 0 if nothing is ever forgotten.
///
/// # Errors
///
/// A sentence that names a step, and what differs after it; or that there are more than `most`
/// states, so that nothing is verified.
///
/// docs/kit.md has an example.
pub fn forgets_nothing_needed<M: Model>(model: &M, most: usize) -> Result<usize, String> {
    let (mut seen, mut open) = (BTreeSet::new(), VecDeque::new());
    model.initial(&mut |state| {
        if seen.insert(state.as_bytes().to_vec()) {
            open.push_back(*state);
        }
    });
    let mut compared = 0;
    while let Some(state) = open.pop_front() {
        let fired = steps(model, &state).into_iter().filter(|(_, next)| next.is_ok());
        for (step, _) in fired {
            let mut whole = state;
            // It fired a moment ago.
            let _ = model.act(&mut whole, step);
            let mut kept = whole;
            model.forget(&mut kept);
            if !same(&whole, &kept) {
                compared += 1;
                compare(model, &whole, &kept)
                    .map_err(|what| format!("after {}: {what}", step.spell(M::ACTIONS)))?;
            }
            if seen.insert(kept.as_bytes().to_vec()) {
                open.push_back(kept);
            }
            if seen.len() > most {
                return Err(format!("there are more than {most} states"));
            }
        }
    }
    Ok(compared)
}

/// Compares a state with what is kept of it.
fn compare<M: Model>(model: &M, whole: &M::State, kept: &M::State) -> Result<(), String> {
    for ((name, all), (_, left)) in told(model, whole).into_iter().zip(told(model, kept)) {
        if all != left {
            return Err(format!("{name} needs what is forgotten"));
        }
    }
    let (all, left) = (steps(model, whole), steps(model, kept));
    let only = |these: &[Leads], those: &[Leads]| {
        these.iter().find(|step| !those.contains(step)).map(|(step, _)| *step)
    };
    match only(&all, &left).or_else(|| only(&left, &all)) {
        Some(step) => Err(format!("{} needs what is forgotten", step.spell(M::ACTIONS))),
        None => Ok(()),
    }
}
