//! The floor `engines`: explore, simulate and what they find.

mod awaits;
mod borders;
mod cuts;
mod disk;
mod each;
mod explore;
mod fair;
mod fields;
mod initial_states;
mod liveness;
mod random;
mod resume;
mod symmetry;
