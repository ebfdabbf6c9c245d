//! Latchwork's own answer, for comparison.

use latchwork::engines::explore::{Options, explore};
use latchwork::engines::verdict::{PropertySet, of_graph, properties};
use latchwork_model::kit::Model;

use super::answer::Answer;
use super::judge::Question;

/// Searches the whole space, without what needs more than single states; returns how many states there
/// are.
pub fn distinct<M: Model>(model: &M, threads: usize) -> u64 {
    let of_states = PropertySet::ALL.minus(of_graph(&properties::<M>()));
    let options = Options { threads, properties: of_states, ..Options::default() };
    explore(model, &options, &()).statistics.distinct
}

/// Searches the whole space with all properties; returns how many states there are.
pub fn everything<M: Model>(model: &M, threads: usize) -> u64 {
    explore(model, &Options { threads, ..Options::default() }, &()).statistics.distinct
}

/// Searches the whole space of a model as `latchwork check` does; `None` if there are more states.
pub fn answer<M: Model>(model: &M, states: u64) -> Option<Answer> {
    let options = Options { states: Some(states), ..Options::default() };
    let found = explore(model, &options, &());
    if found.stopped.is_some() {
        return None;
    }
    let infos = properties::<M>();
    let asked: Vec<&str> = Question::all::<M>().into_iter().map(Question::name::<M>).collect();
    let shown = found
        .discoveries
        .iter()
        .map(|discovery| (infos[usize::from(discovery.property.0)].name, discovery.steps as u64));
    let shown = shown.filter(|(name, _)| asked.contains(name));
    Some(Answer {
        distinct: found.statistics.distinct,
        generated: Some(found.statistics.generated),
        depth: found.statistics.depth() as u64,
        shown: shown.map(|(name, steps)| (name.to_string(), steps)).collect(),
    })
}
