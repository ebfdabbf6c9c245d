//! Saves a search so that another process can resume it.
//!
//! A checkpoint is written at the end of a level, once enough work was done since the last one, and
//! when the search stops early. In the latter case it may be in the middle of a level, between two
//! rounds. The conclusions of a level depend neither on how it was split into rounds nor on the
//! order of states, so a resumed search gives the same result as an uninterrupted one.

use std::io;

use latchwork_model::kit::Model;
use serde::{Deserialize, Serialize};
use zerocopy::IntoBytes;

use crate::encoding::json::Problem;
use crate::encoding::sealed::{self, Reader, Writer};
use crate::engines::verdict::{Coverage, PropertySet, Stopped};

use super::expand::Tally;
use super::fingerprint::fingerprint;
use super::found::Found;
use super::graph::Graph;
use super::options::{Options, Watch};
use super::search::{Keep, Search};
use super::spill::parse;
use super::symmetry::Quotient;

/// Everything of a search that is small.
#[derive(Serialize, Deserialize)]
struct Progress {
    found: Found,
    /// Whether a level is being expanded; it may lack only its conclusion.
    open: bool,
    /// What that level has shown so far.
    level: Coverage,
    shown: PropertySet,
    fresh: usize,
}

impl<'a, M: Model> Search<'a, M> {
    /// Restores the saved search; `None` if there is none.
    pub fn resumed(
        model: &'a M,
        options: &'a Options,
        watch: &'a dyn Watch,
        keep: Keep,
        quotient: Option<&'a Quotient>,
    ) -> Option<Self> {
        let checkpoint = options.checkpoint.as_ref().filter(|there| there.file.exists())?;
        let read = || -> Result<Self, Problem> {
            let mut reader = sealed::open(&checkpoint.file, &checkpoint.stamp)?;
            let mut search = Search::new(model, options, watch, keep, quotient);
            search.restore(&mut reader).map_err(|error| {
                Problem::of_file(checkpoint.file.display().to_string(), error.to_string())
            })?;
            Ok(search)
        };
        // The caller has already checked the file. If it has changed since then, the search starts
        // again from the beginning, with the same result.
        read().map_err(|problem| watch.problem(&format!("{problem}; beginning anew"))).ok()
    }

    /// Saves the search if a checkpoint is due, or if the search stops early.
    pub fn keep(&mut self) {
        let options = self.options;
        let Some(checkpoint) = &options.checkpoint else { return };
        let fresh: usize = self.workers.iter().map(|worker| worker.tally.fresh).sum();
        let states = self.found.statistics.distinct + fresh as u64;
        let since = states - self.kept.min(states);
        let due = match self.found.stopped {
            None => self.frontier_len() > 0 && since >= checkpoint.every.max(states / 8),
            Some(Stopped::Found) => false,
            // States that could not be written to disk are lost to this search.
            Some(_) if self.frontier.has_failed() => false,
            Some(_) => fresh > 0 || self.found.statistics.depth() > 0,
        };
        if !due {
            return;
        }
        self.hand_over();
        let written =
            sealed::write(&checkpoint.file, &checkpoint.stamp, |writer| self.save(writer));
        // After a failure, the next attempt comes when the same amount of work has been done again.
        self.kept = states;
        if let Err(error) = written {
            let file = &checkpoint.file;
            let before = match file.exists() {
                true => "the one before is still good",
                false => "there is none yet",
            };
            let file = file.display();
            self.watch.problem(&format!("{file}: cannot write a checkpoint: {error}; {before}"));
        }
    }

    /// Collects the states that threads hold, so that they are saved.
    fn hand_over(&mut self) {
        let Some((first, others)) = self.workers.split_first_mut() else { return };
        for other in others {
            first.tally.absorb(&mut other.tally);
            first.fresh.append(&mut other.fresh);
            first.fresh_ids.append(&mut other.fresh_ids);
        }
        if self.graph.is_none() {
            first.fresh_ids.clear();
            self.frontier.found(&mut first.fresh);
        }
    }

    fn save(&self, writer: &mut Writer) -> io::Result<()> {
        let worker = &self.workers[0];
        let constrained = self.found.constrained || worker.tally.constrained;
        writer.value(&Progress {
            found: Found { constrained, ..self.found.clone() },
            open: self.open,
            level: worker.tally.coverage::<M>(),
            shown: worker.tally.shown,
            fresh: worker.tally.fresh,
        })?;
        match &self.graph {
            Some(graph) => {
                graph.save(writer)?;
                writer.words(&worker.fresh)?;
                writer.words(&worker.fresh_ids)
            }
            None => {
                self.parts.as_ref().map_or(Ok(()), |parts| parts.save(writer))?;
                self.visited.entries().try_for_each(|(print, _)| writer.words(&[print]))?;
                self.frontier.save(writer)
            }
        }
    }

    fn restore(&mut self, reader: &mut Reader) -> io::Result<()> {
        let progress: Progress = reader.value()?;
        let fresh = progress.fresh;
        self.found = progress.found;
        let entries = self.found.statistics.distinct as usize + fresh;
        self.kept = entries as u64;
        self.open = progress.open;
        self.found.stopped = self.found.enough::<M>(self.options);
        if !self.visited.reserve(entries) {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        self.keep_to_memory();
        if self.graph.is_some() {
            let graph = Graph::restore(reader)?;
            let worker = &mut self.workers[0];
            parse(&reader.words::<u8>(fresh * size_of::<M::State>())?, &mut worker.fresh)?;
            worker.fresh_ids = reader.words(fresh)?;
            let mut print = |state: &M::State| match &mut self.parts {
                Some(parts) => parts.take_apart_alone(state.as_bytes()),
                None => fingerprint(state),
            };
            for (state, id) in graph.states.iter().zip(0..) {
                self.visited.restore(print(state), id);
            }
            for (state, id) in worker.fresh.iter().zip(&worker.fresh_ids) {
                self.visited.restore(print(state), *id);
            }
            self.graph = Some(graph);
        } else {
            self.parts.as_mut().map_or(Ok(()), |parts| parts.restore(reader))?;
            for id in 0..entries {
                self.visited.restore(reader.word()?, id as u32);
            }
            self.frontier.restore(reader)?;
        }
        let restored = Tally::restored(&progress.level, progress.shown, fresh);
        self.workers[0].tally = restored;
        Ok(())
    }
}
