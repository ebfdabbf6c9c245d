//! What every rank does for rank 0: its part of a request about the levels.

use std::io;

use latchwork_model::kit::Model;
use zerocopy::IntoBytes;

use super::search::Rank;
use super::sweeps::Finishing;
use super::words::{Swept, Word, out_of_turn};
use crate::engines::explore::disk::search::Halt;
use crate::engines::explore::disk::states::StateReader;
use crate::engines::explore::disk::traces::Wanted;
use crate::engines::explore::spill::parse;

/// The number of bytes of states in a mail.
const MAIL: usize = 1 << 20;

/// Searches as one of the ranks that rank 0 leads.
pub fn help<M: Model>(rank: &mut Rank<'_, M>, initial: &[M::State]) -> Result<(), Halt> {
    let mut finishing = None;
    loop {
        let word = hear(rank)?;
        match word {
            Word::Begin(levels) => {
                let report = match levels.is_empty() {
                    true => rank.begin(initial)?,
                    false => rank.go_on(levels)?,
                };
                rank.say(0, &Word::Report(Box::new(report)))?;
            }
            Word::Decision(decision) => {
                let followed = rank.follow(&decision);
                if decision.goes_on {
                    let report = match followed {
                        Ok(()) => rank.level()?,
                        Err(halt) => rank.ended(halt)?,
                    };
                    rank.say(0, &Word::Report(Box::new(report)))?;
                } else {
                    followed?;
                }
            }
            Word::Select(level, wanted) => {
                let states = rank.select(level, &wanted)?;
                send(rank, &states)?;
            }
            Word::BeginSweeps => {
                finishing = Some(Finishing::begin(rank));
                rank.say(0, &Word::Swept(Swept::default()))?;
            }
            Word::Sweep(level) => {
                let finishing = finishing.as_mut().ok_or_else(out_of_turn)?;
                let swept = rank.sweep(finishing, level)?;
                rank.say(0, &Word::Swept(swept))?;
            }
            Word::FirstLeft => {
                let finishing = finishing.as_ref().ok_or_else(out_of_turn)?;
                rank.say(0, &Word::Left(finishing.first_left()))?;
            }
            Word::SelectLeft(level) => {
                let finishing = finishing.as_ref().ok_or_else(out_of_turn)?;
                let states = rank.left(finishing, level)?;
                send(rank, &states)?;
            }
            Word::Free => {
                finishing = None;
                rank.office.owned.give_up();
            }
            Word::End => return Ok(()),
            _ => return Err(out_of_turn().into()),
        }
    }
}

/// Waits for a word of rank 0.
fn hear<M: Model>(rank: &Rank<'_, M>) -> Result<Word, Halt> {
    let (_, word) = rank.office.hear(|| Ok(()))?;
    Ok(serde_json::from_slice(&word).map_err(io::Error::from)?)
}

/// Sends states to rank 0.
fn send<M: Model>(rank: &Rank<'_, M>, states: &[M::State]) -> Result<(), Halt> {
    let size = size_of::<M::State>().max(1);
    let mails = states.chunks((MAIL / size).max(1));
    rank.say(0, &Word::States(mails.len()))?;
    for states in mails {
        rank.office.say(0, states.as_bytes())?;
    }
    Ok(())
}

/// Reads the states of a mail.
pub fn read<M: Model>(mail: &[u8], states: &mut Vec<M::State>) -> io::Result<()> {
    parse(mail, states)
}

impl<M: Model> Rank<'_, M> {
    /// Returns the states of a level that are wanted, of those that this rank has.
    pub fn select(&self, level: usize, wanted: &Wanted) -> io::Result<Vec<M::State>> {
        let mut states = Vec::new();
        for part in self.levels.get(level).into_iter().flatten() {
            let place = self.disk.place(&part.file);
            let mut reader = StateReader::<M::State>::open(place, part.size, 0)?;
            let threads = self.threads(part.size.items);
            wanted.select(self.model, &mut reader, threads, &mut states)?;
        }
        Ok(states)
    }
}
