//! Everything that a protocol author may use.
//!
//! | file | what it holds |
//! |---|---|
//! | `model` | [`Model`], guards ([`when`]), what a property may say ([`Claim`]) |
//! | `actions` | [`actions!`](crate::actions!): the list of actions, and all that follows from it |
//! | `properties` | [`properties!`](crate::properties!): the list of properties |
//! | `rules` | [`rules!`](crate::rules!): clauses that can be switched off, variants, profiles |
//! | `state` | [`state!`](crate::state!): flat states whose fields have names |
//! | `domain` | [`ids!`](crate::ids!), tables and sets over ids |
//! | `channel` | bounded queues |
//! | `symmetry` | [`Permutation`], [`Permute`]: processes that are interchangeable |
//! | `protocol` | [`Protocol`]: what the command line tool needs beyond a model |

#[macro_use]
mod actions;
#[macro_use]
mod domain;
#[macro_use]
mod properties;
#[macro_use]
mod rules;
#[macro_use]
mod state;
mod channel;
mod model;
mod protocol;
mod symmetry;

pub use actions::{ActionInfo, Actions, Fairness, LaneInfo, ParamInfo, Process, Spelled, Step};
pub use channel::{Bag, Fifo, Full, Queue};
pub use domain::{Domain, Id, Param, Set, Table, values};
pub use model::{Claim, Cut, FIRED, Fired, Model, Refused, claim, every, exceeded, implies, when};
pub use properties::{Kind, Property};
pub use protocol::{Field, Protocol, Setup, Shape, Value};
pub use rules::{Declared, ProfileInfo, RuleInfo, Switches, VariantInfo};
pub use state::{Items, State, Visit, Visitor, same};
pub use symmetry::{Permutation, Permute, permutations};

/// The derives that [`state!`](crate::state!) uses.
pub use zerocopy;
