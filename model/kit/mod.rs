//! The modelling kit: everything that a protocol author may use.
//!
//! | file | what it holds |
//! |---|---|
//! | `model` | [`Model`]: what engines run |
//! | `outcome` | guards ([`when`]), and the outcome of trying an action ([`Fired`]) |
//! | `next` | [`Next`]: the state that an action changes |
//! | `claim` | the claims of properties about states ([`Claim`]) |
//! | `step` | [`Step`]: an action with its arguments, and who takes it |
//! | `actions` | [`actions!`](crate::actions!): the list of actions, and what follows from it |
//! | `sentence` | the sentence above each item of these lists |
//! | `properties` | [`properties!`](crate::properties!): the list of properties |
//! | `rules` | [`rules!`](crate::rules!): clauses that can be switched off, variants, profiles |
//! | `state` | [`state!`](crate::state!): flat states whose fields have names |
//! | `visit` | [`Visit`]: the parts of a value by name |
//! | `param` | [`Param`], [`Id`], [`Domain`], [`domains!`](crate::domains!): action parameters |
//! | `domain` | [`ids!`](crate::ids!), tables and sets over ids |
//! | `channel` | bounded queues |
//! | `timer` | [`Timer`], [`tick`]: time that is counted down |
//! | `clock` | [`Clock`], [`tick_of`]: clocks that drift apart within a bound |
//! | `crash` | [`Crash`]: what a crash leaves of a value |
//! | `durable` | [`Durable`]: stable storage |
//! | `refs` | [`Refs`]: reference counts, use after free and leaks |
//! | `refine` | [`Refines`], [`Refinement`]: every step of a model is a step of a specification |
//! | `compose` | [`together`]: actions that several parts of a state share |
//! | `stamp` | [`Stamp`], [`renumber`]: numbers that are only compared |
//! | `symmetry` | [`Permutation`], [`Permute`]: interchangeable processes |
//! | [`names`] | compile-time checks that names in the lists are unique and defined |
//! | `mutants` | with the feature `mutants`: guards, claims and effects that are changed one at a time |
//! | `protocol` | [`Protocol`]: what the command line tool needs beyond a model |
//! | `view` | [`View`]: how runs are drawn |

#[macro_use]
mod sentence;
#[macro_use]
mod actions;
#[macro_use]
mod domain;
#[macro_use]
mod param;
#[macro_use]
mod properties;
#[macro_use]
mod protocol;
#[macro_use]
mod rules;
#[macro_use]
mod state;
mod channel;
mod claim;
mod clock;
mod compose;
mod crash;
mod durable;
mod model;
#[cfg(feature = "mutants")]
pub mod mutants;
pub mod names;
mod next;
mod outcome;
mod refine;
mod refs;
mod stamp;
mod step;
mod symmetry;
mod timer;
mod view;
mod visit;

pub use actions::Actions;
pub use channel::{Bag, Fifo, Full, Queue};
pub use claim::{Claim, awaits, claim, every, if_then, implies};
pub use clock::{Clock, tick_of};
pub use compose::together;
pub use crash::Crash;
pub use domain::{Set, Table};
pub use durable::Durable;
pub use model::Model;
pub use next::Next;
pub use outcome::{Cut, FIRED, Fired, Refused, exceeded, when};
pub use param::{Domain, Id, Param, values};
pub use properties::{Kind, Property, demand_properties};
pub use protocol::{Field, Protocol, Setup, Shape, Value};
pub use refine::{Mapped, Refinement, Refines, step_between};
pub use refs::Refs;
pub use rules::{Declared, ProfileInfo, RuleInfo, SourceInfo, Switches, VariantInfo, demand_rules};
pub use stamp::{Stamp, renumber};
pub use state::{State, same};
pub use step::{
    ActionInfo, Fairness, LaneInfo, ParamInfo, Process, Spelled, Step, Unit, demand_actions,
    in_lanes,
};
pub use symmetry::{Permutation, Permute, permutations};
pub use timer::{Timer, tick};
pub use view::{Bar, Mail, Seat, Spread, View};
pub use visit::{Items, Visit, Visitor};

/// The derives that [`state!`](crate::state!) uses.
pub use zerocopy;
