//! Finds the run of the model that differs least from a recording that is not a run of it.

use latchwork_model::kit::Step;

use super::frontier::{Move, TooMany, Violating};
use super::item::Item;
use super::space::Space;
use super::sweep::{Sweep, Swept};

/// The maximum number of items left out plus steps inserted.
pub const MOST_COST: u8 = 2;

/// The changes that turn a recording into a run of the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alignment {
    /// The items that are left out.
    pub left_out: Vec<usize>,
    /// The inserted steps, each with the last item before it, if any.
    pub put_in: Vec<(Step, Option<usize>)>,
}

/// The outcome of the search for the closest run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closest {
    /// These changes are needed.
    At(Alignment),
    /// More than [`MOST_COST`] changes are needed.
    Far,
    /// Too many configurations were visited before a run was found.
    TooMany,
}

/// Searches for the run that differs least. `visible` are the steps that a recording can show.
pub fn closest(space: &mut Space, items: &[Item], visible: &[Step], most: usize) -> Closest {
    for most_cost in 1..=MOST_COST {
        let violating = Violating::Ignored;
        let sweep = Sweep { space, items, violating, extra: visible, most_cost, most };
        match sweep.run() {
            Err(TooMany) => return Closest::TooMany,
            Ok(Swept::Rejected(_)) => {}
            Ok(Swept::End(end)) => {
                let mut alignment = Alignment::default();
                let mut last = None;
                for by in end.moves().1 {
                    match by {
                        Move::Silent(_) => {}
                        Move::Item(item, _) => last = Some(item),
                        Move::Extra(step) => alignment.put_in.push((step, last)),
                        Move::LeftOut(item) => alignment.left_out.push(item),
                    }
                }
                return Closest::At(alignment);
            }
        }
    }
    Closest::Far
}
