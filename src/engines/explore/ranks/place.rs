//! What a rank of a search is given: files and mails.

use super::transport::Transport;
use crate::engines::explore::disk::Disk;

/// What a rank of a search is given.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// Its files. All ranks use the same folder, or each has its own.
    pub disk: &'a Disk,
    /// Whether the search can go on from its files after a kill. Then all ranks use the same folder.
    pub commits: bool,
    /// Its mails.
    pub transport: &'a dyn Transport,
    /// States are moved between ranks if there are at least so many for each; [`WORTH_MOVING`] is
    /// sensible.
    pub worth_moving: u64,
}

/// With fewer states for each rank, it is quicker to expand them where they are.
pub const WORTH_MOVING: u64 = 2_048;
