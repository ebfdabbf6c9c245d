//! The page for a design review: what a protocol is for, what each of its rules is for, what was
//! explored and what was not, and how to reproduce every number.

mod covered;
pub mod html;
mod index;
pub mod markdown;
mod material;
pub mod matrix;
pub mod parties;
mod rules;
mod runs;

pub use index::index;
pub use material::{Other, Review};
