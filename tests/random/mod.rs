//! Random models, and a naive reference that every engine must agree with.
//!
//! A model is drawn from bytes: a few processes of every fairness, numbers that stay below a
//! limit, guards, and a property of every kind, with and without a parameter. Some models exceed
//! bounds, panic, begin in several states, or say that processes are interchangeable, which may be
//! wrong. The reference computes from the same data what a search must find, in the way in which a
//! textbook would: plain maps, strongly connected components, no code of the engine.
//!
//! `tests/it/random.rs` compares a fixed thousand of models, `examples/random_models.rs` as many as
//! you like, and `fuzz/fuzz_targets/model.rs` those of a fuzzer.
//!
//! | file | what it holds |
//! |---|---|
//! | `table` | the data of a model, and what it does |
//! | `model` | the same as engines see it |
//! | `draw` | a model from bytes |
//! | `space` | the reference: states and steps |
//! | `fair` | the reference: fair runs |
//! | `expected` | the reference: what a search must find |
//! | `orbits` | the reference: interchangeable processes |
//! | `judge` | whether a run that was found shows what it should |
//! | `compare` | one model: the plain search, and all other ways to ask |
//! | `interrupted` | searches that are stopped and go on |
//! | `shortened` | runs that are sampled and made short |
//! | `counts` | what was compared |

mod compare;
mod counts;
mod draw;
mod expected;
mod fair;
mod interrupted;
mod judge;
mod model;
mod orbits;
mod shortened;
mod space;
mod table;

pub use compare::{Disagreement, compare};
pub use counts::Counts;
pub use draw::bytes_of;
