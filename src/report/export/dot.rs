//! The state space of a small configuration as a graph for Graphviz, with the run of a case in
//! bold.

use std::collections::BTreeMap;
use std::fmt::{Result, Write};

use latchwork_model::kit::Step;

use crate::engines::instance::{Instance, StateBytes};
use crate::report::run::on_model::Run;

/// The states of a space, each with the steps enabled in it.
struct Graph {
    states: Vec<StateBytes>,
    numbers: BTreeMap<StateBytes, usize>,
    edges: Vec<(usize, Step, Option<usize>)>,
}

/// Returns the graph; `None` if there are more than `most` states.
pub fn to_graph(run: &Run<'_>, title: &str, most: usize) -> Option<String> {
    let graph = graph(run.instance, most)?;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, run, &graph, title);
    Some(text)
}

/// Returns all states, in the order in which they are first reached.
fn graph(instance: &dyn Instance, most: usize) -> Option<Graph> {
    let mut graph = Graph { states: Vec::new(), numbers: BTreeMap::new(), edges: Vec::new() };
    for state in instance.initial() {
        graph.number(state);
    }
    let mut at = 0;
    while at < graph.states.len() {
        if graph.states.len() > most {
            return None;
        }
        let state = graph.states[at].clone();
        for step in instance.enabled(&state) {
            let next = instance.fire(&state, step).ok().map(|next| graph.number(next));
            graph.edges.push((at, step, next));
        }
        at += 1;
    }
    Some(graph)
}

impl Graph {
    fn number(&mut self, state: StateBytes) -> usize {
        let next = self.states.len();
        let number = *self.numbers.entry(state.clone()).or_insert(next);
        if number == next {
            self.states.push(state);
        }
        number
    }
}

fn write(text: &mut String, run: &Run<'_>, graph: &Graph, title: &str) -> Result {
    let on_the_way: Vec<Option<usize>> =
        run.states.iter().map(|state| graph.numbers.get(state).copied()).collect();
    writeln!(text, "digraph space {{\n    label=\"{}\"", title.replace('"', "'"))?;
    writeln!(text, "    node [shape=circle]")?;
    let initial = run.instance.initial();
    for (number, state) in graph.states.iter().enumerate() {
        let mut marks = Vec::new();
        if run.instance.done(state) {
            marks.push("shape=doublecircle");
        }
        if initial.contains(state) {
            marks.push("style=filled");
        }
        if on_the_way.contains(&Some(number)) {
            marks.push("penwidth=3");
        }
        writeln!(text, "    s{number} [{}]", marks.join(" "))?;
    }
    for (from, step, to) in &graph.edges {
        let taken = run
            .path
            .steps
            .iter()
            .enumerate()
            .any(|(at, taken)| taken == step && on_the_way.get(at) == Some(&Some(*from)));
        let bold = if taken { " penwidth=3" } else { "" };
        let label = run.spell(*step);
        match to {
            Some(to) => writeln!(text, "    s{from} -> s{to} [label=\"{label}\"{bold}]")?,
            None => {
                writeln!(text, "    s{from} -> refused [label=\"{label}\" style=dashed{bold}]")?
            }
        }
    }
    writeln!(text, "}}")
}
