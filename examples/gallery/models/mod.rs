//! The models, one per file, each with what is known about it.

mod chandy_misra;
mod chang_roberts;
mod die_hard;
mod ewd840;
pub mod known;
mod missionaries;
mod paxos;
mod peterson;
mod philosophers;
mod two_phase;

use known::Visitor;

/// Hands every model to `visitor`.
pub fn show(visitor: &mut impl Visitor) {
    peterson::show(visitor);
    philosophers::show(visitor);
    chandy_misra::show(visitor);
    die_hard::show(visitor);
    missionaries::show(visitor);
    chang_roberts::show(visitor);
    ewd840::show(visitor);
    paxos::show(visitor);
    two_phase::show(visitor);
}
