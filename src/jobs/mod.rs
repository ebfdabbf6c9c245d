//! The operations behind the commands, as functions that return data.

pub mod ablate;
pub mod apart;
pub mod campaign;
pub mod check;
#[cfg(feature = "recordings")]
pub mod conform;
pub mod coverage;
pub mod evaluate;
pub mod finish;
#[cfg(all(feature = "probe", target_os = "linux"))]
mod folders;
pub mod generate;
pub mod parallel;
pub mod predict;
#[cfg(all(feature = "probe", target_os = "linux"))]
pub mod probe;
pub mod refined;
pub mod replay;
pub mod selfcheck;
pub mod shrink;
#[cfg(all(feature = "probe", target_os = "linux"))]
pub mod storm;
#[cfg(all(feature = "probe", target_os = "linux"))]
pub mod storm_again;
#[cfg(feature = "threads")]
pub mod threads;
