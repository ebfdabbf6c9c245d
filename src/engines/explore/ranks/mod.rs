//! The same search on several processes, for spaces that do not fit into the memory of one.
//!
//! A state stays with the rank that found it, in its files. Only its fingerprint, 8 bytes, goes to
//! its owner, which answers one bit: new or not. When all answers are home, a rank reports its part of
//! the level to rank 0. Rank 0 concludes the level when all reports are there. So what is concluded is
//! about sets of states, and the report is byte for byte that of a search in one process.
//!
//! Runs are found from the levels in the files of all ranks, and `can_finish` by sweeps over them.
//! Properties of fair runs need a graph. A search in the memory of rank 0 decides them, if it fits.
//!
//! | file | what it holds |
//! |---|---|
//! | `place` | what a rank is given |
//! | `transport` | six functions that carry mails |
//! | `local` | ranks that are threads |
//! | `sockets` | ranks that are processes |
//! | `handshake` | how processes meet |
//! | `office` | questions, answers, credit |
//! | `owned`, `bits` | the fingerprints of an owner, and its answers |
//! | `search` | the level loop of a rank |
//! | `files` | the files of a rank |
//! | `balance` | who gives states to whom |
//! | `words` | what rank 0 and the others say to each other |
//! | `chief` | rank 0 |
//! | `helper` | the other ranks |
//! | `sweeps` | `can_finish` |

mod balance;
mod bits;
mod chief;
mod files;
pub mod handshake;
mod helper;
pub mod local;
mod office;
mod owned;
mod place;
mod search;
pub mod sockets;
mod sweeps;
pub mod transport;
mod words;

use latchwork_model::kit::Model;

use super::discover::within_fairness;
use super::disk::conclude::conclude;
use super::disk::search::{Halt, is_damage};
use super::options::{Options, Watch};
use crate::encoding::json::Problem;
use crate::engines::verdict::Exploration;

use chief::Chief;
use files::Given;
use helper::help;
use office::Office;
use owned::Owned;
pub use place::{Place, WORTH_MOVING};
use search::Rank;
use transport::{Gone, gone};
use words::Word;

/// Searches the whole space of `model` as one of several ranks. Returns the result at rank 0, and
/// nothing at the others. The error explains why the search cannot be done.
pub fn explore_as_rank<M: Model>(
    model: &M,
    options: &Options,
    place: Place<'_>,
    watch: &dyn Watch,
) -> Result<Option<Exploration>, Problem> {
    explored(model, options, place, watch).map_err(|halt| {
        let folder = place.disk.folder.display().to_string();
        match halt {
            Halt::Refused(problem) => problem,
            Halt::Stopped(stopped) => Problem::of_file(folder, stopped.name()),
            Halt::Failed(error) => match gone(&error) {
                Some(gone) => Problem::of_file("the search".to_string(), gone.to_string()),
                None if is_damage(&error) => Problem::of_file(folder, error.to_string())
                    .hint("the search cannot go on from these files; a new folder starts over"),
                None => Problem::of_file(folder, error.to_string()),
            },
        }
    })
}

fn explored<M: Model>(
    model: &M,
    asked: &Options,
    place: Place<'_>,
    watch: &dyn Watch,
) -> Result<Option<Exploration>, Halt> {
    let mut initial = Vec::new();
    model.initial(&mut |state| initial.push(*state));
    let (options, too_many) = &within_fairness(model, asked);
    let Place { disk, transport, .. } = place;
    let given = Given::new(disk, transport.me());
    let owned = Owned::new(options.memory.unwrap_or(u64::MAX), options.threads.max(1));
    let office = Office::new(transport, owned, &given);
    let mut rank = Rank::new(model, options, watch, disk, &office, &given);
    if transport.me() > 0 {
        if let Err(halt) = help(&mut rank, &initial) {
            tell(&rank, &halt);
            return Err(at(halt, rank.levels.len()));
        }
        transport.flush()?;
        return Ok(None);
    }
    let (mut chief, decision) = Chief::begin(rank, &initial, place)?;
    let found = chief
        .run(decision)
        .and_then(|()| conclude(&mut chief, &initial, (options, *too_many), watch));
    let found = found.map_err(|halt| at(halt, chief.rank.levels.len()))?;
    chief.tell(&Word::End)?;
    transport.flush()?;
    Ok(Some(found))
}

/// Adds the level to the error of a rank that is gone.
fn at(halt: Halt, levels: usize) -> Halt {
    match halt {
        Halt::Failed(error) => Halt::Failed(match gone(&error) {
            Some(Gone { rank, why }) => {
                let level = levels.saturating_sub(1);
                Gone { rank: *rank, why: format!("{why}, at level {level}") }.into()
            }
            None => error,
        }),
        halt => halt,
    }
}

/// Tells rank 0 why this rank cannot go on.
fn tell<M: Model>(rank: &Rank<'_, M>, halt: &Halt) {
    let why = match halt {
        Halt::Failed(error) if gone(error).is_some() => return,
        Halt::Failed(error) => error.to_string(),
        Halt::Refused(problem) => problem.to_string(),
        Halt::Stopped(stopped) => stopped.name().to_string(),
    };
    // If rank 0 is gone, nobody asks.
    let _ = rank.say(0, &Word::Failed(why));
    let _ = rank.office.transport.flush();
}
