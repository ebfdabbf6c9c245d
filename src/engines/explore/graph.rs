//! The graph of a space: states, levels and edges, kept when a property needs more than one
//! state at a time.

use std::io;

use latchwork_model::kit::State;

use crate::encoding::sealed::{Reader, Writer};

use super::spill::parse;

/// The states found, by id, and the edges between them.
///
/// Ids are assigned level by level. The order within a level depends on the threads.
pub struct Graph<S> {
    /// The states, by id.
    pub states: Vec<S>,
    /// `levels[k]` is the first id of level `k`. One more entry marks the end.
    pub levels: Vec<u32>,
    /// `offsets[id]..offsets[id + 1]` are the edges of an expanded state.
    offsets: Vec<u64>,
    /// The targets of the edges, in the order of the steps.
    targets: Vec<u32>,
    /// The actor of each edge ([`Actors`](super::fairness::Actors)); empty if actors are not kept.
    actors: Vec<u8>,
    /// The states with a step that is cut off, in ascending order.
    cuts: Vec<u32>,
    /// The defect that a test has planted.
    #[cfg(test)]
    pub planted: super::planted::Planted,
}

/// The edges of a contiguous run of states on a level.
#[derive(Default)]
pub(super) struct ChunkEdges {
    /// The position of the first state on the level.
    pub start: usize,
    /// By state: its number of edges.
    pub degrees: Vec<u32>,
    /// The table slots that the edges lead to, state after state.
    pub slots: Vec<usize>,
    /// The actors of the edges, if they are kept.
    pub actors: Vec<u8>,
    /// The states with a step that is cut off, by position in the run.
    pub cuts: Vec<u32>,
}

impl<S> Graph<S> {
    pub(super) fn new() -> Self {
        Self {
            states: Vec::new(),
            levels: vec![0],
            offsets: vec![0],
            targets: Vec::new(),
            actors: Vec::new(),
            cuts: Vec::new(),
            #[cfg(test)]
            planted: super::planted::Planted::Nothing,
        }
    }

    /// Appends a level given as pieces of states with their ids. Empties the pieces.
    pub(super) fn push_level<'a>(
        &mut self,
        pieces: impl Iterator<Item = (&'a mut Vec<S>, &'a mut Vec<u32>)>,
    ) where
        S: Copy + 'a,
    {
        let first = self.states.len();
        let pieces: Vec<_> = pieces.collect();
        make_room(&mut self.states, pieces.iter().map(|(states, _)| states.len()).sum());
        for (states, _) in &pieces {
            self.states.extend_from_slice(states);
        }
        for (states, ids) in pieces {
            for (state, id) in states.drain(..).zip(ids.drain(..)) {
                self.states[id as usize] = state;
            }
        }
        if self.states.len() > first {
            self.levels.push(self.states.len() as u32);
        }
    }

    /// Appends the edges of the next state without edges.
    pub(super) fn push_edges(&mut self, targets: impl ExactSizeIterator<Item = u32>) {
        make_room(&mut self.targets, targets.len());
        make_room(&mut self.offsets, 1);
        self.targets.extend(targets);
        self.offsets.push(self.targets.len() as u64);
    }

    /// Records the actors of the edges that were appended last.
    pub(super) fn push_actors(&mut self, actors: &[u8]) {
        make_room(&mut self.actors, actors.len());
        self.actors.extend_from_slice(actors);
    }

    /// Records which of the states that received their edges last have a step that is cut off.
    pub(super) fn push_cuts(&mut self, cuts: impl Iterator<Item = u32>) {
        self.cuts.extend(cuts);
    }

    /// Returns the states with a step that is cut off, in ascending order. What lies beyond these
    /// steps is unknown.
    pub fn cuts(&self) -> &[u32] {
        &self.cuts
    }

    /// Returns whether a state has a step that is cut off.
    pub fn is_cut(&self, id: u32) -> bool {
        self.cuts.binary_search(&id).is_ok()
    }

    /// Returns how many states have their edges.
    pub fn expanded(&self) -> u32 {
        (self.offsets.len() - 1) as u32
    }

    /// Returns the targets of the steps of a state; empty if it was not expanded.
    pub fn successors(&self, id: u32) -> &[u32] {
        if id >= self.expanded() {
            return &[];
        }
        &self.targets[self.edges(id)]
    }

    /// Returns the actors of a state's edges, in the order of [`Self::successors`]. The search must have
    /// kept them.
    pub fn actors(&self, id: u32) -> &[u8] {
        if id >= self.expanded() {
            return &[];
        }
        &self.actors[self.edges(id)]
    }

    /// Returns the range of the edges of an expanded state among all edges.
    fn edges(&self, id: u32) -> std::ops::Range<usize> {
        self.offsets[id as usize] as usize..self.offsets[id as usize + 1] as usize
    }

    /// Returns the number of edges.
    pub fn edge_count(&self) -> u64 {
        self.targets.len() as u64
    }

    /// Returns the ids of level `k`; empty if there is no such level.
    pub fn level(&self, k: usize) -> std::ops::Range<u32> {
        let end = self.states.len() as u32;
        let first = |level: usize| self.levels.get(level).copied().unwrap_or(end);
        first(k)..first(k + 1)
    }

    /// Returns the level of a state.
    pub fn depth(&self, id: u32) -> usize {
        self.levels.partition_point(|first| *first <= id) - 1
    }

    /// Returns the bytes that states and edges use.
    pub fn bytes(&self) -> u64 {
        (room(self.states.len()) * size_of::<S>()
            + room(self.offsets.len()) * 8
            + room(self.targets.len()) * 4
            + room(self.actors.len())) as u64
    }

    /// Returns the edges in reverse, from their targets to their sources.
    pub fn reversed(&self) -> Reversed {
        let mut offsets = vec![0u64; self.states.len() + 1];
        for target in &self.targets {
            offsets[*target as usize + 1] += 1;
        }
        for at in 1..offsets.len() {
            offsets[at] += offsets[at - 1];
        }
        let mut sources = vec![0u32; self.targets.len()];
        let mut next = offsets.clone();
        for id in 0..self.expanded() {
            for target in self.successors(id) {
                let at = &mut next[*target as usize];
                sources[*at as usize] = id;
                *at += 1;
            }
        }
        Reversed { offsets, sources }
    }
}

/// Returns the capacity for a list of this length. The memory of a graph depends on its size alone,
/// not on how it was built up.
fn room(len: usize) -> usize {
    len.next_power_of_two()
}

fn make_room<T>(list: &mut Vec<T>, more: usize) {
    if list.len() + more > list.capacity() {
        list.reserve_exact(room(list.len() + more) - list.len());
    }
}

impl<S: State> Graph<S> {
    /// Writes the graph.
    pub(super) fn save(&self, writer: &mut Writer) -> io::Result<()> {
        let lens = [
            self.levels.len(),
            self.states.len(),
            self.offsets.len(),
            self.targets.len(),
            self.actors.len(),
            self.cuts.len(),
        ];
        writer.words(&lens.map(|len| len as u64))?;
        writer.words(&self.levels)?;
        writer.words(&self.states)?;
        writer.words(&self.offsets)?;
        writer.words(&self.targets)?;
        writer.words(&self.actors)?;
        writer.words(&self.cuts)
    }

    /// Reads what [`Self::save`] has written.
    pub(super) fn restore(reader: &mut Reader) -> io::Result<Self> {
        let lens = reader.words::<u64>(6)?;
        let levels = reader.words(lens[0] as usize)?;
        let mut states = Vec::with_capacity(room(lens[1] as usize));
        parse(&reader.words::<u8>(lens[1] as usize * size_of::<S>())?, &mut states)?;
        let offsets = reader.words(lens[2] as usize)?;
        let targets = reader.words(lens[3] as usize)?;
        let actors = reader.words(lens[4] as usize)?;
        let cuts = reader.words(lens[5] as usize)?;
        Ok(Self {
            states,
            levels,
            offsets,
            targets,
            actors,
            cuts,
            #[cfg(test)]
            planted: super::planted::Planted::Nothing,
        })
    }
}

/// The edges, by target.
pub struct Reversed {
    offsets: Vec<u64>,
    sources: Vec<u32>,
}

impl Reversed {
    /// Returns the predecessors of a state.
    pub fn predecessors(&self, id: u32) -> &[u32] {
        let range = self.offsets[id as usize] as usize..self.offsets[id as usize + 1] as usize;
        &self.sources[range]
    }

    /// Returns, for every state, whether one of `goals` can be reached from it.
    pub fn reaching(&self, goals: impl IntoIterator<Item = u32>) -> Vec<bool> {
        let mut reaching = vec![false; self.offsets.len() - 1];
        let mut work: Vec<u32> = Vec::new();
        for goal in goals {
            reaching[goal as usize] = true;
            work.push(goal);
        }
        while let Some(id) = work.pop() {
            for source in self.predecessors(id) {
                if !std::mem::replace(&mut reaching[*source as usize], true) {
                    work.push(*source);
                }
            }
        }
        reaching
    }
}

/// The strongly connected components of a graph.
pub struct Components {
    /// By state: the number of its component.
    of: Vec<u32>,
    count: u32,
}

impl Components {
    /// Returns the number of a state's component. A component has a smaller number than those from
    /// which it can be reached.
    pub fn of(&self, state: u32) -> u32 {
        self.of[state as usize]
    }

    /// Returns the number of states in each component.
    pub fn sizes(&self) -> Vec<u32> {
        let mut sizes = vec![0; self.count as usize];
        self.of.iter().for_each(|number| sizes[*number as usize] += 1);
        sizes
    }
}

/// A state that is being searched for components.
struct Call {
    state: u32,
    /// How many of its edges were followed.
    edges: usize,
    /// Whether no state of its component that was entered earlier is known.
    root: bool,
}

/// Returns the first target at or after position `at` for which `counts` is true, and sets `at` to the
/// position after it. `counts` receives the position and the target.
pub fn next_of(
    targets: &[u32],
    at: &mut usize,
    counts: impl Fn(usize, u32) -> bool,
) -> Option<u32> {
    while let Some(target) = targets.get(*at).copied() {
        *at += 1;
        if counts(*at - 1, target) {
            return Some(target);
        }
    }
    None
}

/// Returns the strongly connected components of a graph. `next` returns the next target of a state
/// at or after a position in its list of edges, and advances the position.
///
/// The algorithm is from David J. Pearce, "A space-efficient algorithm for finding strongly connected
/// components" (2016). It keeps one number per state. At first this is the order in which states are
/// entered, counted up from 1. Later it is the component, counted down from the largest number.
pub fn components(states: u32, mut next: impl FnMut(u32, &mut usize) -> Option<u32>) -> Components {
    const FIRST: u32 = u32::MAX;
    let mut of = vec![0u32; states as usize];
    let (mut stack, mut calls) = (Vec::new(), Vec::new());
    let (mut order, mut component) = (0, FIRST);
    for start in 0..states {
        if of[start as usize] != 0 {
            continue;
        }
        order += 1;
        of[start as usize] = order;
        calls.push(Call { state: start, edges: 0, root: true });
        while let Some(call) = calls.last_mut() {
            let state = call.state as usize;
            if let Some(target) = next(call.state, &mut call.edges) {
                let number = of[target as usize];
                if number == 0 {
                    order += 1;
                    of[target as usize] = order;
                    calls.push(Call { state: target, edges: 0, root: true });
                } else if number < of[state] {
                    of[state] = number;
                    call.root = false;
                }
                continue;
            }
            let own = of[state];
            if call.root {
                order -= 1;
                while let Some(member) =
                    stack.pop_if(|member: &mut u32| of[*member as usize] >= own)
                {
                    of[member as usize] = component;
                    order -= 1;
                }
                of[state] = component;
                component -= 1;
            } else {
                stack.push(call.state);
            }
            calls.pop();
            if let Some(caller) = calls.last_mut()
                && of[state] < of[caller.state as usize]
            {
                of[caller.state as usize] = of[state];
                caller.root = false;
            }
        }
    }
    of.iter_mut().for_each(|number| *number = FIRST - *number);
    Components { of, count: FIRST - component }
}

#[cfg(test)]
mod tests {
    use super::{components, next_of};

    fn of(edges: &[&[u32]]) -> (Vec<u32>, Vec<u32>) {
        let count = edges.len() as u32;
        let found = components(count, |id, at| next_of(edges[id as usize], at, |_, _| true));
        ((0..edges.len() as u32).map(|id| found.of(id)).collect(), found.sizes())
    }

    #[test]
    fn components_of_two_cycles_and_a_bridge() {
        let (component, sizes) = of(&[&[1], &[2, 3], &[0], &[4], &[3], &[5]]);
        assert_eq!(component[0], component[1]);
        assert_eq!(component[0], component[2]);
        assert_eq!(component[3], component[4]);
        assert!(component[3] < component[0], "the cycle behind the bridge is numbered first");
        assert_ne!(component[5], component[3]);
        let mut sizes = sizes;
        sizes.sort_unstable();
        assert_eq!(sizes, [1, 2, 3]);
    }

    /// Red if a component loses a member, takes one in, or has its number out of order: two states
    /// are in one component exactly if each reaches the other.
    #[test]
    fn components_are_those_of_the_definition() {
        const STATES: usize = 9;
        let mut state = 1u64;
        let mut below = |most: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99_991);
            (state >> 33) % most
        };
        for round in 0..3_000 {
            let edges: Vec<Vec<u32>> = (0..STATES)
                .map(|_| (0..below(4)).map(|_| below(STATES as u64) as u32).collect())
                .collect();
            let mut reaches = [[false; STATES]; STATES];
            for (from, targets) in edges.iter().enumerate() {
                reaches[from][from] = true;
                targets.iter().for_each(|to| reaches[from][*to as usize] = true);
            }
            for by in 0..STATES {
                for from in 0..STATES {
                    for to in 0..STATES {
                        reaches[from][to] |= reaches[from][by] && reaches[by][to];
                    }
                }
            }
            let lists: Vec<&[u32]> = edges.iter().map(Vec::as_slice).collect();
            let (component, sizes) = of(&lists);
            for from in 0..STATES {
                let mut members = 0;
                for to in 0..STATES {
                    let same = reaches[from][to] && reaches[to][from];
                    members += u32::from(same);
                    assert_eq!(component[from] == component[to], same, "round {round}: {edges:?}");
                    let beyond = reaches[from][to] && !same;
                    assert!(!beyond || component[to] < component[from], "round {round}: {edges:?}");
                }
                assert_eq!(sizes[component[from] as usize], members, "round {round}: {edges:?}");
            }
        }
    }
}
