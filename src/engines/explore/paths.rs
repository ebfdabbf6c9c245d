//! The best of all shortest paths: fewest process switches first, then the smallest order of
//! actions.

use std::collections::{BTreeMap, VecDeque};

use latchwork_model::kit::{Model, Process, Step};

use crate::engines::verdict::Path;

use super::graph::{Graph, components, next_of};
use super::steps::each;

/// The distance of every state from the start of a path.
pub struct Depths {
    /// By id; `u32::MAX` if the state is not reached.
    depth: Vec<u32>,
    /// The start states of paths, in order of preference.
    starts: Vec<u32>,
    /// The states by distance.
    levels: Vec<Vec<u32>>,
}

impl Depths {
    /// Returns the distances from the initial states: the levels of the search.
    pub fn of_levels<S>(graph: &Graph<S>) -> Self {
        let mut depth = vec![0; graph.states.len()];
        let levels = (0..graph.levels.len() - 1).map(|level| {
            let ids = graph.level(level);
            depth[ids.start as usize..ids.end as usize].fill(level as u32);
            ids.collect()
        });
        let levels = levels.collect();
        // The initial states have ids in their own order, because a single thread inserts them.
        Self { depth, starts: graph.level(0).collect(), levels }
    }

    /// Returns the distances from some states along the edges.
    pub fn from<S>(graph: &Graph<S>, starts: Vec<u32>) -> Self {
        Self::within(graph, starts, |_| true)
    }

    /// Returns the distances from some states, along edges to states in a region.
    pub fn within<S>(graph: &Graph<S>, starts: Vec<u32>, region: impl Fn(u32) -> bool) -> Self {
        let mut depth = vec![u32::MAX; graph.states.len()];
        starts.iter().for_each(|id| depth[*id as usize] = 0);
        let mut levels = vec![starts.clone()];
        for distance in 1.. {
            let mut next = Vec::new();
            for id in levels.last().into_iter().flatten() {
                for target in graph.successors(*id) {
                    if depth[*target as usize] == u32::MAX && region(*target) {
                        depth[*target as usize] = distance;
                        next.push(*target);
                    }
                }
            }
            if next.is_empty() {
                break;
            }
            levels.push(next);
        }
        Self { depth, starts, levels }
    }

    /// Returns the distance of a state; `u32::MAX` if it is not reached.
    pub fn of(&self, id: u32) -> u32 {
        self.depth[id as usize]
    }
}

/// A path and the state in which it ends.
pub struct Best {
    /// The path. Its initial state is an index into the starts.
    pub path: Path,
    /// The id of the goal that it leads to.
    pub end: u32,
}

/// One step of a shortest path, with its cost from here to the goal.
struct Edge {
    step: Step,
    process: Process,
    target: u32,
    /// Process switches after this step.
    switches: u32,
}

/// The target of a step that is cut off.
const NOWHERE: u32 = u32::MAX;

/// Returns the best of the shortest paths to one of `goals`, which all have the same distance.
/// `before` is the step before the path, if any.
pub fn best<M: Model>(
    model: &M,
    graph: &Graph<M::State>,
    depths: &Depths,
    goals: &[u32],
    before: Option<Step>,
) -> Best {
    best_beyond(model, graph, depths, goals, before, |_| Vec::new())
}

/// Returns the best path with one more step: one of those that `beyond` returns for the goal, if
/// there are any.
pub fn best_beyond<M: Model>(
    model: &M,
    graph: &Graph<M::State>,
    depths: &Depths,
    goals: &[u32],
    before: Option<Step>,
    beyond: impl Fn(u32) -> Vec<Step>,
) -> Best {
    let last = |step: Step| {
        let process = step.process(M::ACTIONS);
        Edge { step, process, target: NOWHERE, switches: 0 }
    };
    let at_goal = |id: &u32| (*id, beyond(*id).into_iter().map(last).collect());
    // The states on shortest paths, from the goals back to the starts, each with its edges.
    let mut edges: BTreeMap<u32, Vec<Edge>> = goals.iter().map(at_goal).collect();
    let mut on_way = vec![false; graph.states.len()];
    goals.iter().for_each(|id| on_way[*id as usize] = true);
    let mut layer: Vec<u32> = goals.to_vec();
    let distance = goals.first().map_or(0, |id| depths.of(*id));
    for level in depths.levels[..distance as usize].iter().rev() {
        layer.clear();
        for id in level.iter().copied() {
            // A step leads at most one level down. Most states have none to a shortest path, so the
            // model is not asked for their steps.
            let leads = |target: &u32| on_way.get(*target as usize) == Some(&true);
            if !graph.successors(id).iter().any(leads) {
                continue;
            }
            let onward = steps(model, graph, id).into_iter();
            let onward = onward.filter(|(_, target)| leads(target));
            let onward = onward.map(|(step, target)| {
                let process = step.process(M::ACTIONS);
                let switches = cheapest(&edges[&target], Some(process));
                Edge { step, process, target, switches }
            });
            let onward = onward.collect();
            edges.insert(id, onward);
            layer.push(id);
        }
        // Only now: a step within a level is not on a shortest path.
        layer.iter().for_each(|id| on_way[*id as usize] = true);
    }
    let mut process = before.map(|step| step.process(M::ACTIONS));
    let start = depths.starts.iter().enumerate().filter(|(_, id)| layer.contains(id));
    let Some((initial, mut end)) = start
        .map(|(initial, id)| (initial, *id))
        .min_by_key(|(initial, id)| (cheapest(&edges[id], process), *initial))
    else {
        return Best { path: Path::default(), end: 0 };
    };
    let mut path = Path { initial, steps: Vec::new() };
    while let Some(edge) = edges[&end].iter().min_by_key(|edge| (edge.cost(process), edge.step)) {
        path.steps.push(edge.step);
        if edge.target == NOWHERE {
            break;
        }
        process = Some(edge.process);
        end = edge.target;
    }
    Best { path, end }
}

impl Edge {
    fn cost(&self, before: Option<Process>) -> u32 {
        self.switches + u32::from(before.is_some_and(|before| before != self.process))
    }
}

/// Returns the minimum number of switches from a state to the goal, after a step of `before`. A
/// goal costs nothing.
fn cheapest(edges: &[Edge], before: Option<Process>) -> u32 {
    edges.iter().map(|edge| edge.cost(before)).min().unwrap_or(0)
}

/// Returns the steps of a state with the ids that they lead to.
pub fn steps<M: Model>(model: &M, graph: &Graph<M::State>, id: u32) -> Vec<(Step, u32)> {
    let (mut steps, targets) = (Vec::new(), graph.successors(id));
    each(model, &graph.states[id as usize], |step, next| {
        if next.is_ok() {
            steps.push(step);
        }
    });
    steps.into_iter().zip(targets.iter().copied()).collect()
}

/// Returns the steps of a state that are cut off.
pub fn cut_off<M: Model>(model: &M, graph: &Graph<M::State>, id: u32) -> Vec<Step> {
    let mut steps = Vec::new();
    if graph.is_cut(id) {
        each(model, &graph.states[id as usize], |step, next| {
            if next.is_err() {
                steps.push(step);
            }
        });
    }
    steps
}

/// Returns the shortest path, of at least one step, to a wanted edge, and where it leads. Of
/// equally short paths, the one whose actions come first is chosen. `edges` returns the edges of a
/// state in the order of steps.
pub fn nearest(
    from: u32,
    mut edges: impl FnMut(u32) -> Vec<(Step, u32)>,
    wanted: impl Fn(Step, u32) -> bool,
) -> Option<(Vec<Step>, u32)> {
    // Breadth-first: a state seen first, by its first predecessor, has the smallest path of that
    // length.
    let mut came = BTreeMap::from([(from, None)]);
    let mut queue = VecDeque::from([from]);
    while let Some(id) = queue.pop_front() {
        for (step, target) in edges(id) {
            if wanted(step, target) {
                let mut way = vec![step];
                let mut last = &came[&id];
                while let Some((id, step)) = last {
                    way.push(*step);
                    last = &came[id];
                }
                way.reverse();
                return Some((way, target));
            }
            came.entry(target).or_insert_with(|| {
                queue.push_back(target);
                Some((id, step))
            });
        }
    }
    None
}

/// How a run continues from a state that cannot finish.
pub struct WayOn {
    /// The steps.
    pub steps: Vec<Step>,
    /// The number of steps before a cycle that ends with the last step; `None` if the run ends in a
    /// standstill.
    pub cycle: Option<usize>,
}

/// Returns the shortest path from a state to a standstill, or else to a cycle and once around it.
pub fn way_on<M: Model>(
    model: &M,
    graph: &Graph<M::State>,
    from: u32,
    before: Option<Step>,
) -> WayOn {
    let depths = Depths::from(graph, vec![from]);
    let nearest = |is_goal: &dyn Fn(u32) -> bool| -> Vec<u32> {
        let reached = (0..graph.expanded()).filter(|id| depths.depth[*id as usize] != u32::MAX);
        let goals: Vec<u32> = reached.filter(|id| is_goal(*id)).collect();
        let least = goals.iter().map(|id| depths.depth[*id as usize]).min();
        goals.into_iter().filter(|id| Some(depths.depth[*id as usize]) == least).collect()
    };
    let standstills = nearest(&|id| graph.successors(id).is_empty());
    if !standstills.is_empty() {
        let best = best(model, graph, &depths, &standstills, before);
        return WayOn { steps: best.path.steps, cycle: None };
    }
    let components = components(graph.expanded(), |id, at| {
        next_of(graph.successors(id), at, |_, target| target < graph.expanded())
    });
    let sizes = components.sizes();
    let on_cycle =
        |id: u32| sizes[components.of(id) as usize] > 1 || graph.successors(id).contains(&id);
    let entry = best(model, graph, &depths, &nearest(&on_cycle), before);
    let mut steps = entry.path.steps;
    let cycle = steps.len();
    steps.extend(around(model, graph, entry.end));
    WayOn { steps, cycle: Some(cycle) }
}

/// Returns the shortest cycle through a state; of equally short ones, the one whose first step
/// comes first.
fn around<M: Model>(model: &M, graph: &Graph<M::State>, id: u32) -> Vec<Step> {
    let mut shortest: Vec<Step> = Vec::new();
    for (step, target) in steps(model, graph, id) {
        let depths = Depths::from(graph, vec![target]);
        let length = depths.depth[id as usize].saturating_add(1) as usize;
        if shortest.is_empty() && length < u32::MAX as usize || length < shortest.len() {
            let back = best(model, graph, &depths, &[id], Some(step));
            shortest = std::iter::once(step).chain(back.path.steps).collect();
        }
    }
    shortest
}
