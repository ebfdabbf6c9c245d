//! Executable models of the lock, delegation and recall protocols of distributed filesystems.
//!
//! What this crate promises:
//! - it is `no_std`, without allocation and without `unsafe`: a clock, a thread, I/O, a `HashMap`
//!   or a `println!` inside a protocol does not compile, so a model is deterministic by construction;
//! - a state is a plain value of one-byte fields ([`kit::state!`](state!)), equal situations are
//!   equal bytes;
//! - a protocol imports the [`kit`] and nothing else, no protocol knows another.
//!
//! Engines (search, simulation, replay) live in the `latchwork` crate.
#![no_std]
#![forbid(unsafe_code)]

// The derives behind `state!` name this crate by its name, here as in any other crate.
extern crate self as latchwork_model;

#[macro_use]
pub mod kit;

pub mod async_grant;
pub mod delegation_return;
pub mod downconvert;
pub mod recall;
