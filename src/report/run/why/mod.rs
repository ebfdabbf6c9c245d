//! Why a run is a violation: one explanation for the terminal, for pages, and for programs.

pub mod explanation;
