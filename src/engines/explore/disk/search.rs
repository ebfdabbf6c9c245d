//! The level loop of a search on disk. Each piece of a level is expanded twice: first the
//! fingerprints of its successors are collected, then those that are on disk already are marked, and
//! then the states of the others are found and written.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use latchwork_model::kit::Model;

use super::commit::{Progress, commit, committed};
use super::finder::{Finder, Finding};
use super::folder::Disk;
use super::runs::Runs;
use super::share::share;
use super::states::{Size, StateReader, StateWriter};
use super::table::Table;
use crate::encoding::json::Problem;
use crate::engines::explore::expand::{Shared, Tally, Worker};
use crate::engines::explore::fingerprint::fingerprint;
use crate::engines::explore::found::Found;
use crate::engines::explore::frontier::Frontier;
use crate::engines::explore::options::{Options, Watch};
use crate::engines::explore::steps;
use crate::engines::verdict::Stopped;

/// The maximum number of states that a thread takes at a time.
const CHUNK: usize = 256;
/// The minimum number of states for which a second thread pays off.
const WORTH_THREADS: u64 = 2048;
/// The memory for a search, if no budget is given.
pub const MEMORY: u64 = 1 << 28;
/// At most this much of the memory is not for the table: buffers, and the files being merged.
const REST: u64 = 1 << 24;

/// Why a level was not finished.
pub enum Halt {
    /// A budget ended it.
    Stopped(Stopped),
    /// The disk failed, or a file is damaged.
    Failed(io::Error),
    /// The folder holds something else.
    Refused(Problem),
}

impl From<Problem> for Halt {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// Returns the bytes for the table of a search.
pub fn table_bytes(options: &Options) -> u64 {
    let memory = options.memory.unwrap_or(MEMORY);
    memory - REST.min(memory / 4)
}

/// A search on disk.
pub struct Search<'a, M: Model> {
    pub model: &'a M,
    pub options: &'a Options,
    pub watch: &'a dyn Watch,
    pub disk: &'a Disk,
    pub found: Found,
    /// The states of each level.
    pub levels: Vec<Size>,
    runs: Runs,
    pub table: Table,
    workers: Vec<(Worker<M>, Finder<M>)>,
    /// The maximum number of successors of a state.
    pub branching: usize,
    /// The number of levels that are expanded.
    pub expanded: usize,
    /// The number of levels that were expanded before this search went on, if it did not begin.
    pub resumed: Option<usize>,
    /// The number of states at the last commit.
    kept: u64,
    /// The number of levels, and that of the next run, at that time.
    kept_levels: usize,
    kept_runs: u32,
}

impl<'a, M: Model> Search<'a, M> {
    /// Opens the search that was committed, or begins one.
    pub fn open(
        model: &'a M,
        initial: &[M::State],
        options: &'a Options,
        disk: &'a Disk,
        watch: &'a dyn Watch,
    ) -> Result<Self, Halt> {
        let branching = steps::all(model).len().clamp(1, 1 << 20);
        let threads = options.threads.max(1);
        let table = Table::new(table_bytes(options), 16 * threads * branching);
        let mut search = Self {
            model,
            options,
            watch,
            disk,
            found: Found::new::<M>(),
            levels: Vec::new(),
            runs: Runs::default(),
            table,
            workers: (0..threads).map(|_| (Worker::new(), Finder::new())).collect(),
            branching,
            expanded: 0,
            resumed: None,
            kept: 0,
            kept_levels: 0,
            kept_runs: 0,
        };
        match committed(disk)? {
            Some(progress) => search.restore(progress)?,
            None => {
                disk.tidy(&[])?;
                search.start(initial)?;
            }
        }
        Ok(search)
    }

    fn restore(&mut self, progress: Progress) -> io::Result<()> {
        let Progress { found, levels, runs, expanded } = progress;
        (self.found, self.levels, self.runs, self.expanded) = (found, levels, runs, expanded);
        self.resumed = Some(expanded);
        self.have_kept();
        let keep = (0..self.levels.len()).map(|level| self.disk.level(level).path);
        let runs = self.runs.runs.iter().map(|run| self.disk.run(run.number).path);
        let keep: Vec<_> = keep.chain(runs).collect();
        self.disk.tidy(&keep)?;
        if !self.is_over() {
            self.found.stopped = self.found.enough::<M>(self.options);
        }
        Ok(())
    }

    /// Level 0: the initial states.
    fn start(&mut self, initial: &[M::State]) -> io::Result<()> {
        self.found.statistics.generated = initial.len() as u64;
        let mut prints: Vec<(u64, usize)> = initial.iter().map(fingerprint).zip(0..).collect();
        prints.sort_unstable();
        prints.dedup_by_key(|(print, _)| *print);
        let mut states: Vec<M::State> = prints.iter().map(|(_, at)| initial[*at]).collect();
        self.runs.add(self.disk, |writer| {
            prints.iter().try_for_each(|(print, _)| writer.push(*print))
        })?;
        let fresh = states.len() as u64;
        if fresh > 0 {
            let mut writer = StateWriter::create(self.disk.level(0))?;
            writer.append(&mut states)?;
            self.levels.push(writer.finish()?);
        }
        self.found.begin_level(fresh);
        Ok(())
    }

    /// Returns whether every level is expanded.
    pub fn is_over(&self) -> bool {
        self.expanded == self.levels.len()
    }

    /// Searches until everything is found, or a budget is used up.
    pub fn run(&mut self) -> Result<(), Halt> {
        while self.found.stopped.is_none() && !self.is_over() {
            if let Err(halt) = self.level() {
                self.found.stopped = Some(self.why(halt)?);
            }
        }
        Ok(())
    }

    /// Returns why the search ends; an error if nothing can be concluded.
    pub fn why(&self, halt: Halt) -> Result<Stopped, Halt> {
        match halt {
            Halt::Stopped(stopped) => Ok(stopped),
            // What is damaged is not the search that it was.
            Halt::Failed(error) if !is_damage(&error) => {
                let goes_on = "the search ends here; the same command goes on from its last commit";
                self.watch.problem(&format!("{error}\nhint: {goes_on}"));
                Ok(Stopped::Disk)
            }
            halt => Err(halt),
        }
    }

    /// Expands the current level, and concludes it.
    fn level(&mut self) -> Result<(), Halt> {
        let level = self.expanded;
        let size = self.levels[level];
        let threads = if size.items < WORTH_THREADS { 1 } else { self.workers.len() };
        let found = Mutex::new(StateWriter::create(self.disk.level(level + 1))?);
        let (mut at, mut fresh) = (0, 0);
        while at < size.items {
            let (end, new) = self.piece(at, size, threads, &found)?;
            fresh += new;
            at = end;
        }
        let next = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let next = next.finish()?;
        if next.items != fresh {
            return Err(strange().into());
        }
        let mut tally = Tally::new::<M>();
        self.workers.iter_mut().for_each(|(worker, _)| tally.absorb(&mut worker.tally));
        self.found.conclude::<M>(&tally, self.options);
        self.found.begin_level(fresh);
        self.expanded += 1;
        if fresh > 0 {
            self.levels.push(next);
        } else {
            std::fs::remove_file(self.disk.level(level + 1).path)?;
        }
        let distinct = self.found.statistics.distinct;
        self.watch.memory(self.table.bytes());
        self.watch.disk(self.disk_bytes());
        self.watch.level(level, distinct, fresh);
        if !self.is_over() {
            self.found.stopped = self.found.enough::<M>(self.options);
        }
        let since = distinct - self.kept;
        let is_due = since >= self.disk.every.max(distinct / 32);
        if is_due || self.is_over() || self.found.stopped.is_some() {
            self.commit()?;
        }
        Ok(())
    }

    /// Returns the bytes of all files.
    pub fn disk_bytes(&self) -> u64 {
        let levels: u64 = self.levels.iter().map(|size| size.bytes).sum();
        levels + self.runs.runs.iter().map(|run| run.size.bytes).sum::<u64>()
    }

    fn commit(&mut self) -> io::Result<()> {
        let progress = Progress {
            found: self.found.clone(),
            levels: self.levels.clone(),
            runs: self.runs.clone(),
            expanded: self.expanded,
        };
        let levels = (self.kept_levels..self.levels.len()).map(|level| self.disk.level(level).path);
        let runs = self.runs.runs.iter().filter(|run| run.number >= self.kept_runs);
        let runs = runs.map(|run| self.disk.run(run.number).path);
        commit(self.disk, &progress, levels.chain(runs))?;
        self.have_kept();
        for path in self.runs.merged.drain(..) {
            std::fs::remove_file(path)?;
        }
        Ok(())
    }

    fn have_kept(&mut self) {
        self.kept = self.found.statistics.distinct;
        (self.kept_levels, self.kept_runs) = (self.levels.len(), self.runs.next);
    }

    /// Expands the states of a level from a position on, as many as the table holds successors.
    /// Returns the position behind them, and how many states were new.
    fn piece(
        &mut self,
        from: u64,
        size: Size,
        threads: usize,
        found: &Mutex<StateWriter<M::State>>,
    ) -> Result<(u64, u64), Halt> {
        self.table.clear();
        self.table.widen(8 * self.branching, threads);
        for (worker, finder) in &mut self.workers {
            worker.forget();
            finder.forget();
        }
        let place = self.disk.level(self.expanded);
        let mut reader = StateReader::<M::State>::open(place.clone(), size, from)?;
        let frontier = Frontier::new(0);
        while reader.at() < size.items && self.table.has_room(threads) {
            self.collect(&mut reader, threads, &frontier)?;
        }
        self.table.mark_old(&self.runs, self.disk, threads)?;
        let table = &self.table;
        let new = self.runs.add(self.disk, |writer| table.write_new(writer))?;
        let end = reader.at();
        let mut reader = StateReader::<M::State>::open(place, size, from)?;
        reader.stop_at(end);
        let (model, watch) = (self.model, self.watch);
        let finding = Finding { model, table, found };
        let goes_on = || !watch.interrupted();
        share(&mut reader, &mut self.workers[..threads], CHUNK, goes_on, |worker, _, states| {
            worker.1.states(&finding, states)
        })?;
        self.workers.iter_mut().try_for_each(|worker| worker.1.hand_over(&finding))?;
        if reader.at() < end {
            return Err(Halt::Stopped(watch.why()));
        }
        Ok((end, new))
    }

    /// Collects the fingerprints of successors until the table is full or the level ends.
    fn collect(
        &mut self,
        reader: &mut StateReader<M::State>,
        threads: usize,
        frontier: &Frontier<M::State>,
    ) -> Result<(), Halt> {
        let visited = &self.table.visited;
        // At most an eighth of the table can be overshot.
        let chunk = (visited.capacity() / 8 / (threads * self.branching)).clamp(1, CHUNK);
        let (entries, limit) = (AtomicUsize::new(self.table.entries), visited.limit());
        let shared = Shared {
            model: self.model,
            visited,
            parts: None,
            alone: threads == 1,
            frontier: Some(frontier),
            actors: None,
            prints_only: true,
            quotient: None,
        };
        let watch = self.watch;
        let goes_on = || entries.load(Relaxed) < limit && !watch.interrupted();
        share(reader, &mut self.workers[..threads], chunk, goes_on, |worker, _, states| {
            entries.fetch_add(worker.0.chunk(&shared, states, 0), Relaxed);
            Ok(())
        })?;
        self.table.entries = entries.into_inner();
        if watch.interrupted() { Err(Halt::Stopped(watch.why())) } else { Ok(()) }
    }
}

/// Returns whether a file is not what was written.
pub fn is_damage(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, NotFound, UnexpectedEof};
    matches!(error.kind(), InvalidData | NotFound | UnexpectedEof)
}

fn strange() -> io::Error {
    let message = "a state has other successors when it is expanded again: the model depends on \
                   more than its state";
    io::Error::new(io::ErrorKind::InvalidData, message)
}
