//! The run of the model that differs least from a recording which is none of its runs.

use latchwork_model::kit::Step;

use super::frontier::{Move, TooMany, Violating};
use super::item::Item;
use super::space::Space;
use super::sweep::{Sweep, Swept};

/// The most that is left out and put in.
pub const MOST_COST: u8 = 2;

/// What must be changed about a recording to make it a run of the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alignment {
    /// The items that are left out.
    pub left_out: Vec<usize>,
    /// The steps that are put in, each behind so many items that have happened.
    pub put_in: Vec<(Step, Option<usize>)>,
}

/// What came of looking for the closest run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closest {
    /// This has to be changed.
    At(Alignment),
    /// More than [`MOST_COST`] has to be changed.
    Far,
    /// Too many configurations were met before one was found.
    TooMany,
}

/// Looks for the run that differs least. `visible` are the steps that a recording shows.
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
