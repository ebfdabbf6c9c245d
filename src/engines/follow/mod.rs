//! Following: whether a recording is a run of a model.
//!
//! A recording is a list of [items](item::Item), each with a window of positions: within it one of its
//! [ways](item::Way) happens, which is a step of the model, or something to be seen in its state. Between
//! them the model takes steps that the recording has no word for. There may be many ways to fill
//! them in and to order what overlaps, so what is followed is the set of all
//! [configurations](frontier::Config): a state of the model, and the items that have happened in it.
//!
//! | file | what it holds |
//! |---|---|
//! | `item` | what a recording says |
//! | `outcome` | what following it came to |
//! | `space` | states by number, and what is known of them |
//! | `frontier` | the ways on from a set of states |
//! | `sweep` | a recording, position by position |
//! | `why` | why an item happens in none of them |
//! | `closest` | the run that differs least from a recording |

pub mod closest;
pub mod frontier;
pub mod item;
pub mod outcome;
pub mod space;
pub mod sweep;
pub mod why;
