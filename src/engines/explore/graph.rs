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
    /// The states with a step that is cut off, in ascending order.
    cuts: Vec<u32>,
    /// The defect that a test has planted.
    #[cfg(test)]
    pub planted: super::planted::Planted,
}

/// The edges of a contiguous run of states on a level.
pub(super) struct ChunkEdges {
    /// The position of the first state on the level.
    pub start: usize,
    /// By state: its number of edges.
    pub degrees: Vec<u32>,
    /// The table slots that the edges lead to, state after state.
    pub slots: Vec<usize>,
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

    /// Returns the range of the edges of an expanded state among all edges.
    pub fn edges(&self, id: u32) -> std::ops::Range<usize> {
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
            + room(self.targets.len()) * 4) as u64
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
            self.cuts.len(),
        ];
        writer.words(&lens.map(|len| len as u64))?;
        writer.words(&self.levels)?;
        writer.words(&self.states)?;
        writer.words(&self.offsets)?;
        writer.words(&self.targets)?;
        writer.words(&self.cuts)
    }

    /// Reads what [`Self::save`] has written.
    pub(super) fn restore(reader: &mut Reader) -> io::Result<Self> {
        let lens = reader.words::<u64>(5)?;
        let levels = reader.words(lens[0] as usize)?;
        let mut states = Vec::with_capacity(room(lens[1] as usize));
        parse(&reader.words::<u8>(lens[1] as usize * size_of::<S>())?, &mut states)?;
        let offsets = reader.words(lens[2] as usize)?;
        let targets = reader.words(lens[3] as usize)?;
        let cuts = reader.words(lens[4] as usize)?;
        Ok(Self {
            states,
            levels,
            offsets,
            targets,
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

/// Returns, for every state, the number of its strongly connected component in the graph given by
/// `edges`. A component is numbered before those from which it can be reached.
pub fn components(states: u32, mut edges: impl FnMut(u32, &mut Vec<u32>)) -> Vec<u32> {
    const NONE: u32 = u32::MAX;
    let mut component = vec![NONE; states as usize];
    let (mut index, mut low) = (vec![NONE; states as usize], vec![0u32; states as usize]);
    let (mut stack, mut calls) = (Vec::new(), Vec::<(u32, Vec<u32>)>::new());
    let (mut next_index, mut next_component) = (0, 0);
    for root in 0..states {
        if index[root as usize] != NONE {
            continue;
        }
        let mut enter = Some(root);
        loop {
            if let Some(id) = enter.take() {
                index[id as usize] = next_index;
                low[id as usize] = next_index;
                next_index += 1;
                stack.push(id);
                let mut targets = Vec::new();
                edges(id, &mut targets);
                calls.push((id, targets));
            }
            let Some((id, targets)) = calls.last_mut() else { break };
            let id = *id;
            if let Some(target) = targets.pop() {
                if index[target as usize] == NONE {
                    enter = Some(target);
                } else if component[target as usize] == NONE {
                    low[id as usize] = low[id as usize].min(index[target as usize]);
                }
                continue;
            }
            calls.pop();
            if let Some((caller, _)) = calls.last() {
                low[*caller as usize] = low[*caller as usize].min(low[id as usize]);
            }
            if low[id as usize] == index[id as usize] {
                while let Some(member) = stack.pop() {
                    component[member as usize] = next_component;
                    if member == id {
                        break;
                    }
                }
                next_component += 1;
            }
        }
    }
    component
}

#[cfg(test)]
mod tests {
    use super::components;

    #[test]
    fn components_of_two_cycles_and_a_bridge() {
        let edges: [&[u32]; 6] = [&[1], &[2, 3], &[0], &[4], &[3], &[5]];
        let component = components(6, |id, out| out.extend(edges[id as usize]));
        assert_eq!(component[0], component[1]);
        assert_eq!(component[0], component[2]);
        assert_eq!(component[3], component[4]);
        assert!(component[3] < component[0], "the cycle behind the bridge is numbered first");
        assert_ne!(component[5], component[3]);
    }
}
