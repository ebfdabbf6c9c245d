//! Searches on disk, with a table as small as it can be.

use latchwork::engines::explore::disk::explore_on_disk;

use super::compare::Case;
use super::draw::Draws;
use super::on_files;

/// Compares a search on disk.
pub fn compare(case: &mut Case<'_>, draws: &mut Draws<'_>) {
    on_files::compare(case, draws, ("on disk", Some(1)), |_, model, options, disk, watch| {
        explore_on_disk(model, options, disk, watch).map_err(|problem| problem.to_string())
    });
}
