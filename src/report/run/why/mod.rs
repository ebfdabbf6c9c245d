//! Why a run is a violation: one explanation for the terminal, for pages, and for programs.

mod chain;
mod claims;
pub mod explain;
pub mod explanation;
mod fair;
mod finish;
pub(super) mod putting_back;
mod scene;
pub mod sentences;
