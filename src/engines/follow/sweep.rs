//! Follows a recording, position by position.

use std::collections::BTreeSet;

use crate::engines::verdict::{Path, PropertySet};

use latchwork_model::kit::Step;

use super::frontier::{Allowed, Config, From, Move, Node, Open, SLOTS, TooMany, Violating, close};
use super::item::Item;
use super::outcome::{Followed, Rejection, Run};
use super::space::{Space, StateId};

/// Follows a recording, visiting at most `most` configurations. With `may`, also computes which
/// properties some run of an admitted recording violates.
pub fn follow(space: &mut Space, items: &[Item], may: bool, most: usize) -> Followed {
    let sweep = |space: &mut Space, violating| {
        Sweep { space, items, violating, extra: &[], most_cost: 0, most }.run()
    };
    let clean = sweep(space, Violating::Dropped);
    let all = match (&clean, may) {
        (Ok(Swept::End(_)), false) | (Err(TooMany), _) => None,
        (Ok(Swept::End(_)), true) | (Ok(Swept::Rejected(_)), _) => {
            Some(sweep(space, Violating::Kept))
        }
    };
    match (clean, all) {
        (Err(TooMany), _) | (_, Some(Err(TooMany))) => Followed::TooMany(most),
        (Ok(Swept::End(end)), all) => {
            let some = match all {
                Some(Ok(Swept::End(all))) => all.some(),
                _ => PropertySet::EMPTY,
            };
            Followed::Admitted { run: end.run(items), may: some }
        }
        (Ok(Swept::Rejected(first)), Some(Ok(Swept::End(end)))) => Followed::Violates {
            run: end.run(items),
            every: end.every(),
            some: end.some(),
            certain: first.item,
        },
        (Ok(Swept::Rejected(first)), all) => match all {
            Some(Ok(Swept::Rejected(rejection))) => Followed::Rejected(rejection),
            _ => Followed::Rejected(first),
        },
    }
}

/// How far following has come.
pub enum Swept {
    /// The end of the recording was reached.
    End(End),
    /// An item happens in no configuration.
    Rejected(Rejection),
}

/// The configurations at the end of a recording.
pub struct End {
    nodes: Vec<Node>,
    /// The position of the first configuration at the end.
    begin: usize,
}

/// A pass over a recording, with its options.
pub struct Sweep<'a> {
    /// The states that are visited.
    pub space: &'a mut Space,
    /// The items of the recording.
    pub items: &'a [Item],
    /// What to do with configurations that violate a property.
    pub violating: Violating,
    /// Steps that may be inserted.
    pub extra: &'a [Step],
    /// The maximum number of items left out plus steps inserted.
    pub most_cost: u8,
    /// The maximum number of configurations.
    pub most: usize,
}

impl Sweep<'_> {
    /// Follows to the end, or to the item at which no configuration continues.
    pub fn run(mut self) -> Result<Swept, TooMany> {
        let mut nodes = self.initial();
        let mut begin = 0;
        let mut slots: Vec<Option<u32>> = vec![None; self.items.len()];
        let positions: BTreeSet<u64> =
            self.items.iter().flat_map(|item| [item.from, item.to]).collect();
        self.close(&mut nodes, begin, &slots, 0)?;
        for position in positions {
            // An item that ends here began earlier, or it begins and ends at the same position.
            for at_once in [false, true] {
                if at_once {
                    self.open(position, &mut slots)?;
                    self.close(&mut nodes, begin, &slots, position)?;
                }
                let ending: Vec<usize> = (0..self.items.len())
                    .filter(|at| self.items[*at].to == position && slots[*at].is_some())
                    .collect();
                for at in ending {
                    match self.end(at, &mut nodes, begin, &mut slots)? {
                        Ok(next) => begin = next,
                        Err(rejection) => return Ok(Swept::Rejected(rejection)),
                    }
                }
            }
        }
        Ok(Swept::End(End { nodes, begin }))
    }

    fn initial(&mut self) -> Vec<Node> {
        let states = self.space.initial();
        let first = |(at, state)| {
            let violated = self.violating.at(self.space, state)?;
            let config = Config { cost: 0, state, done: 0, violated };
            Some(Node { config, from: From::Initial(at) })
        };
        states.into_iter().enumerate().filter_map(first).collect()
    }

    /// Assigns a slot to each item that begins here.
    fn open(&self, position: u64, slots: &mut [Option<u32>]) -> Result<(), TooMany> {
        for at in 0..self.items.len() {
            if self.items[at].from == position {
                let free = (0..SLOTS as u32).find(|slot| !slots.contains(&Some(*slot)));
                slots[at] = Some(free.ok_or(TooMany)?);
            }
        }
        Ok(())
    }

    /// Appends everything reachable from the frontier.
    fn close(
        &mut self,
        nodes: &mut Vec<Node>,
        begin: usize,
        slots: &[Option<u32>],
        position: u64,
    ) -> Result<(), TooMany> {
        let open = |(item, slot): (usize, &Option<u32>)| {
            let slot = (*slot)?;
            let mut needs = 0;
            for needed in &self.items[item].needs {
                match slots[*needed] {
                    Some(slot) => needs |= 1 << slot,
                    None if self.items[*needed].from > position => return None,
                    None => {}
                }
            }
            Some(Open { item, slot, needs })
        };
        let open: Vec<Open> = slots.iter().enumerate().filter_map(open).collect();
        let allowed = Allowed {
            items: self.items,
            open: &open,
            violating: self.violating,
            extra: self.extra,
            most_cost: self.most_cost,
            most: self.most,
        };
        close(self.space, &allowed, nodes, begin)
    }

    /// Keeps the configurations in which the item that ends here has happened, and frees its slot.
    /// Returns the position of the first one, or the rejection.
    fn end(
        &self,
        at: usize,
        nodes: &mut Vec<Node>,
        begin: usize,
        slots: &mut [Option<u32>],
    ) -> Result<Result<usize, Rejection>, TooMany> {
        let Some(slot) = slots[at].take() else { return Ok(Ok(begin)) };
        let next = nodes.len();
        let mut found = BTreeSet::new();
        for old in begin..next {
            let Node { mut config, mut from } = nodes[old];
            if config.done >> slot & 1 == 0 && self.items[at].must {
                if config.cost == self.most_cost {
                    continue;
                }
                config.cost += 1;
                from = From::Node(old, Move::LeftOut(at));
            }
            config.done &= !(1 << slot);
            if found.insert(config) {
                nodes.push(Node { config, from });
            }
        }
        if nodes.len() > self.most {
            return Err(TooMany);
        }
        if nodes.len() > next {
            return Ok(Ok(next));
        }
        Ok(Err(self.rejection(at, &nodes[begin..])))
    }

    /// Builds the rejection of an item from configurations in which it has not happened.
    fn rejection(&self, item: usize, nodes: &[Node]) -> Rejection {
        let mut missing: Vec<_> =
            nodes.iter().map(|node| (node.config.done.count_zeros(), node.config.state)).collect();
        missing.sort();
        let mut states: Vec<StateId> = Vec::new();
        let mut seen = BTreeSet::new();
        for (_, state) in missing {
            if seen.insert(state) {
                states.push(state);
            }
        }
        Rejection { item, states }
    }
}

impl End {
    fn configs(&self) -> impl Iterator<Item = &Config> {
        self.nodes[self.begin..].iter().map(|node| &node.config)
    }

    /// Returns the properties that every run violates.
    pub fn every(&self) -> PropertySet {
        self.configs().fold(PropertySet::ALL, |all, config| all.and(config.violated))
    }

    /// Returns the properties that some run violates.
    pub fn some(&self) -> PropertySet {
        self.configs().fold(PropertySet::EMPTY, |all, config| all.or(config.violated))
    }

    /// Returns one run: the one that was reached first.
    pub fn run(&self, items: &[Item]) -> Run {
        let (initial, moves) = self.moves();
        let mut run = Run { path: Path { initial, steps: Vec::new() }, items: Vec::new() };
        for by in moves {
            let (step, item) = match by {
                Move::Silent(step) | Move::Extra(step) => (Some(step), None),
                Move::Item(item, way) => (items[item].ways[way].step, Some(item)),
                Move::LeftOut(_) => (None, None),
            };
            if let Some(step) = step {
                run.path.steps.push(step);
                run.items.push(item);
            }
        }
        run
    }

    /// Returns the position of the initial state, and the moves from there.
    pub fn moves(&self) -> (usize, Vec<Move>) {
        let mut at = self.begin;
        let mut moves = Vec::new();
        loop {
            match self.nodes[at].from {
                From::Node(before, by) => {
                    moves.push(by);
                    at = before;
                }
                From::Initial(initial) => {
                    moves.reverse();
                    return (initial, moves);
                }
            }
        }
    }
}
