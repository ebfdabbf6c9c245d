//! A frontier: all configurations that the model can be in, and how each was reached.

use std::collections::BTreeSet;

use latchwork_model::kit::Step;

use crate::engines::verdict::PropertySet;

use super::item::Item;
use super::space::{Space, StateId};

/// The most items that can be open at the same time.
pub const SLOTS: usize = 128;

/// A state of the model, and which items have happened on the way to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Config {
    /// The number of items left out plus steps inserted.
    pub cost: u8,
    /// The state.
    pub state: StateId,
    /// The slots of the items that have happened.
    pub done: u128,
    /// The properties that were violated on the way.
    pub violated: PropertySet,
}

/// How a configuration was reached from another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// By a silent step, which the recording cannot show.
    Silent(Step),
    /// By an item, in one of its ways.
    Item(usize, usize),
    /// By a step that the recording should have shown.
    Extra(Step),
    /// By leaving out an item that must have happened.
    LeftOut(usize),
}

/// A configuration, and how it was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// The configuration.
    pub config: Config,
    /// How it was reached.
    pub from: From,
}

/// How a configuration was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// It is an initial state, by position.
    Initial(usize),
    /// From the node at this position.
    Node(usize, Move),
}

/// What to do with configurations that violate a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violating {
    /// They are dropped.
    Dropped,
    /// They are kept, and their violations are recorded.
    Kept,
    /// Violations are not checked.
    Ignored,
}

impl Violating {
    /// Returns the violations to record for a state, or `None` if it is dropped.
    pub fn at(self, space: &mut Space, state: StateId) -> Option<PropertySet> {
        if self == Self::Ignored {
            return Some(PropertySet::EMPTY);
        }
        let violated = space.violated(state);
        (self == Self::Kept || violated.is_empty()).then_some(violated)
    }
}

/// An item that can happen now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// The item.
    pub item: usize,
    /// Its slot.
    pub slot: u32,
    /// The slots of the items that must happen before it.
    pub needs: u128,
}

/// What may happen in a step of following.
pub struct Allowed<'a> {
    /// All items.
    pub items: &'a [Item],
    /// Those that can happen.
    pub open: &'a [Open],
    /// What to do with configurations that violate a property.
    pub violating: Violating,
    /// Steps that may be inserted, each at a cost of 1.
    pub extra: &'a [Step],
    /// The maximum cost: items left out plus steps inserted.
    pub most_cost: u8,
    /// The maximum number of nodes.
    pub most: usize,
}

/// The error that there would be more nodes than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany;

/// Appends everything that can be reached from the nodes at `begin` and after.
pub fn close(
    space: &mut Space,
    allowed: &Allowed<'_>,
    nodes: &mut Vec<Node>,
    begin: usize,
) -> Result<(), TooMany> {
    let mut found: BTreeSet<Config> = nodes[begin..].iter().map(|node| node.config).collect();
    let mut at = begin;
    while at < nodes.len() {
        let config = nodes[at].config;
        let mut reached = |space: &mut Space, state: StateId, slot: Option<u32>, cost, by| {
            let Some(violated) = allowed.violating.at(space, state) else { return Ok(()) };
            let violated = config.violated.or(violated);
            let done = config.done | slot.map_or(0, |slot| 1 << slot);
            let config = Config { cost, state, done, violated };
            if found.insert(config) {
                if nodes.len() >= allowed.most {
                    return Err(TooMany);
                }
                nodes.push(Node { config, from: From::Node(at, by) });
            }
            Ok(())
        };
        for Open { item, slot, needs } in allowed.open.iter().copied() {
            if config.done >> slot & 1 == 1 || needs & !config.done != 0 {
                continue;
            }
            for (way, what) in allowed.items[item].ways.iter().enumerate() {
                if let Ok(state) = space.go(config.state, what) {
                    reached(space, state, Some(slot), config.cost, Move::Item(item, way))?;
                }
            }
        }
        for (step, state) in space.silent(config.state).iter().copied() {
            reached(space, state, None, config.cost, Move::Silent(step))?;
        }
        if config.cost < allowed.most_cost {
            for step in allowed.extra {
                if let Some(state) = space.fire(config.state, *step) {
                    reached(space, state, None, config.cost + 1, Move::Extra(*step))?;
                }
            }
        }
        at += 1;
    }
    Ok(())
}
