//! Searches by several ranks, which are threads here. They must say what a search in one process says,
//! also if they are stopped and go on as another number of ranks.

use latchwork::engines::explore::disk::Disk;
use latchwork::engines::explore::ranks::local::Local;
use latchwork::engines::explore::ranks::{Place, explore_as_rank};
use latchwork::engines::explore::{Options, Watch};
use latchwork::engines::verdict::Exploration;

use super::compare::Case;
use super::draw::Draws;
use super::model::Drawn;
use super::on_files;

/// Searches by so many ranks.
fn search(
    model: &Drawn,
    options: &Options,
    disk: &Disk,
    ranks: usize,
    watch: &dyn Watch,
) -> Result<Exploration, String> {
    let locals = Local::ranks(ranks);
    std::thread::scope(|scope| {
        let rank = |local| {
            scope.spawn(move || {
                let place = Place { disk, commits: true, transport: &local, worth_moving: 1 };
                explore_as_rank(model, options, place, watch).map_err(|why| why.to_string())
            })
        };
        let ranks: Vec<_> = locals.into_iter().map(rank).collect();
        let results: Result<Vec<_>, _> =
            ranks.into_iter().map(|rank| rank.join().expect("no panic")).collect();
        results?.into_iter().flatten().next().ok_or_else(|| "nothing".to_string())
    })
}

/// Compares a search by several ranks, another number of them each time that it goes on.
pub fn compare(case: &mut Case<'_>, draws: &mut Draws<'_>) {
    on_files::compare(case, draws, ("by ranks", None), |draws, model, options, disk, watch| {
        search(model, options, disk, draws.between(1, 3), watch)
    });
}
