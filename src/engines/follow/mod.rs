//! Following: decides whether a recording is a run of a model.
//!
//! A recording is a list of [items](item::Item), each with a window of positions. Within the
//! window, one of the item's [ways](item::Way) happens: a step of the model, or an observation of
//! its state. In between, the model takes silent steps that the recording cannot show. There may be
//! many ways to insert these steps and to order overlapping items. So following tracks the set of
//! all [configurations](frontier::Config): a state of the model, and the items that have happened
//! on the way to it.
//!
//! | file | what it holds |
//! |---|---|
//! | `item` | the content of a recording |
//! | `outcome` | the outcome of following a recording |
//! | `space` | states by number, and what is known of them |
//! | `frontier` | everything reachable from a set of states |
//! | `sweep` | following a recording, position by position |
//! | `why` | why an item happens in no configuration |
//! | `closest` | the run that differs least from a recording |

pub mod closest;
pub mod frontier;
pub mod item;
pub mod outcome;
pub mod space;
pub mod sweep;
pub mod why;
