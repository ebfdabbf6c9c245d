//! The level loop of a rank: expands its states, asks the owners of fingerprints which successors are
//! new, and keeps those.

use std::io;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use latchwork_model::kit::Model;
use zerocopy::IntoBytes;

use super::files::{Given, Source, of_level};
use super::office::{Answer, Office, Question, Waiting, bytes};
use super::words::{Decision, Part, Report, Word, out_of_turn};
use crate::engines::explore::disk::Disk;
use crate::engines::explore::disk::search::{Halt, is_damage};
use crate::engines::explore::disk::share::{lock, share};
use crate::engines::explore::disk::states::{StateReader, StateWriter, in_frame};
use crate::engines::explore::expand::{Shared, Tally, Worker};
use crate::engines::explore::fingerprint::fingerprint;
use crate::engines::explore::frontier::Frontier;
use crate::engines::explore::options::{Options, RankFigures, Watch};
use crate::engines::explore::outgoing::{ByOwner, Outgoing, owner};
use crate::engines::explore::steps;
use crate::engines::explore::visited::Visited;
use crate::engines::verdict::Stopped;

use super::transport::gone;

/// The number of fingerprints in a mail.
pub const MAIL: usize = 8_192;
/// The maximum number of states that a thread takes at a time.
pub const CHUNK: usize = 256;
/// The minimum number of states for which a second thread pays off.
const WORTH_THREADS: u64 = 2_048;

/// A rank.
pub struct Rank<'a, M: Model> {
    pub model: &'a M,
    pub options: &'a Options,
    pub watch: &'a dyn Watch,
    pub disk: &'a Disk,
    pub office: &'a Office<'a>,
    pub given: &'a Given<'a, M::State>,
    workers: Vec<Worker<M>>,
    /// By level: the states that this rank has in files.
    pub levels: Vec<Vec<Part>>,
    /// The states to expand next.
    sources: Vec<Source>,
    /// The number of levels whose files are on disk.
    kept: usize,
    /// The maximum number of successors of a state.
    branching: usize,
}

impl<'a, M: Model> Rank<'a, M> {
    /// Creates a rank that has no states.
    pub fn new(
        model: &'a M,
        options: &'a Options,
        watch: &'a dyn Watch,
        disk: &'a Disk,
        office: &'a Office<'a>,
        given: &'a Given<'a, M::State>,
    ) -> Self {
        let ranks = office.transport.peers();
        let mut workers: Vec<Worker<M>> =
            (0..options.threads.max(1)).map(|_| Worker::new()).collect();
        for worker in &mut workers {
            worker.by_owner = ByOwner::new(ranks);
        }
        Self {
            model,
            options,
            watch,
            disk,
            office,
            given,
            workers,
            levels: Vec::new(),
            sources: Vec::new(),
            kept: 0,
            branching: steps::all(model).len().clamp(1, 1 << 20),
        }
    }

    /// Returns the number of this rank.
    pub fn me(&self) -> usize {
        self.office.transport.me()
    }

    /// Returns the number of threads for so many states.
    pub fn threads(&self, states: u64) -> usize {
        if states < WORTH_THREADS { 1 } else { self.options.threads.max(1) }
    }

    /// Level 0: the initial states whose fingerprints this rank owns.
    pub fn begin(&mut self, initial: &[M::State]) -> Result<Report, Halt> {
        let ranks = self.office.transport.peers();
        let mut states = Vec::new();
        let mut stopped = None;
        for state in initial {
            let print = fingerprint(state);
            if owner(print, ranks) == self.me() {
                let answer = self.office.answer(Question::New, &[print]);
                stopped = (!answer.done).then_some(Stopped::Memory).or(stopped);
                if answer.bits.get(0) {
                    states.push(*state);
                }
            }
        }
        let (file, place) = of_level(self.disk, 0, self.me());
        let mut writer = StateWriter::create(place)?;
        writer.append(&mut states)?;
        let part = self.keep(Part { file, size: writer.finish()? })?;
        let report = self.report(&Tally::new::<M>(), part);
        Ok(Report { stopped, ..report })
    }

    /// Goes on with states that are in files: their fingerprints go to their owners again.
    pub fn go_on(&mut self, levels: Vec<Vec<Part>>) -> Result<Report, Halt> {
        self.levels = levels;
        self.have_synced();
        let (ranks, mut full) = (self.office.transport.peers(), false);
        let waiting = Waiting::new();
        let mut outgoing: Vec<Outgoing<()>> = (0..ranks).map(|_| Outgoing::new()).collect();
        let mut pass = |to: usize, letter: Outgoing<()>| -> io::Result<()> {
            if to == self.office.transport.me() {
                full |= !self.office.answer(Question::New, &letter.prints).done;
            } else {
                let content = bytes(&letter.prints);
                self.office.ask(&waiting, to, Question::New, &content, ())?;
            }
            while let Some(((), answer)) = self.office.home(&waiting) {
                full |= !answer.done;
            }
            self.office.serve()
        };
        for part in self.levels.iter().flatten() {
            let place = self.disk.place(&part.file);
            let mut reader = StateReader::<M::State>::open(place, part.size, 0)?;
            let mut states = Vec::new();
            while reader.at() < part.size.items {
                reader.take(CHUNK, &mut states)?;
                for print in states.iter().map(fingerprint) {
                    outgoing[owner(print, ranks)].push(print, ());
                }
                for (to, outgoing) in outgoing.iter_mut().enumerate() {
                    while let Some(letter) = outgoing.take(MAIL, MAIL) {
                        pass(to, letter)?;
                    }
                }
            }
        }
        for (to, outgoing) in outgoing.iter_mut().enumerate() {
            while let Some(letter) = outgoing.take(1, MAIL) {
                pass(to, letter)?;
            }
        }
        while !waiting.is_empty() {
            self.office.attend()?;
            while let Some(((), answer)) = self.office.home(&waiting) {
                full |= !answer.done;
            }
        }
        self.look_at_last();
        let report = self.report(&Tally::new::<M>(), None);
        Ok(Report { stopped: full.then_some(Stopped::Memory), ..report })
    }

    /// Makes the states of the last level those to expand next.
    fn look_at_last(&mut self) {
        let source = |part: &Part| Source {
            place: self.disk.place(&part.file),
            part: part.clone(),
            to: part.size.items,
        };
        self.sources = self.levels.last().into_iter().flatten().map(source).collect();
    }

    fn keep(&mut self, part: Part) -> io::Result<Option<Part>> {
        let kept = (part.size.items > 0).then_some(part.clone());
        if kept.is_none() {
            std::fs::remove_file(self.disk.place(&part.file).path)?;
        }
        self.levels.push(kept.clone().into_iter().collect());
        self.look_at_last();
        Ok(kept)
    }

    fn report(&self, tally: &Tally, part: Option<Part>) -> Report {
        let fresh = self.sources.iter().map(|source| source.to).sum();
        let parts = self.levels.iter().flatten();
        let figures = RankFigures {
            frontier: fresh,
            memory: self.office.owned.bytes(),
            mails: self.office.sent(),
            disk: parts.map(|part| part.size.bytes).sum(),
        };
        Report {
            coverage: tally.coverage::<M>(),
            shown: tally.shown,
            constrained: tally.constrained,
            part,
            fresh,
            stopped: None,
            figures,
        }
    }

    /// Does what was decided before the next level: gives states away, and takes those of others.
    pub fn follow(&mut self, decision: &Decision) -> Result<(), Halt> {
        if decision.commits && self.me() > 0 {
            self.sync()?;
        }
        let waiting = Waiting::new();
        let (me, ranks) = (self.me(), self.office.transport.peers());
        if decision.moves.iter().any(|one| one.to >= ranks) {
            return Err(out_of_turn().into());
        }
        for one in decision.moves.iter().filter(|one| one.from == me) {
            self.give(&waiting, one.to, one.states)?;
        }
        let to_me = decision.moves.iter().filter(|one| one.to == me);
        let expected: u64 = to_me.map(|one| one.states).sum();
        let mut refused = false;
        while !waiting.is_empty() || self.given.count() < expected {
            self.office.attend()?;
            while let Some(((), answer)) = self.office.home(&waiting) {
                refused |= !answer.done;
            }
        }
        self.sources.extend(self.given.source()?);
        if refused || self.given.has_failed() {
            let message = "states that go to another rank could not be written";
            return Err(io::Error::new(io::ErrorKind::StorageFull, message).into());
        }
        Ok(())
    }

    /// Gives the last states that are to be expanded away. Their file stays.
    fn give(&mut self, waiting: &Waiting<()>, to: usize, mut count: u64) -> io::Result<()> {
        while count > 0
            && let Some(source) = self.sources.last_mut()
        {
            let from = source.to - count.min(source.to);
            let size = source.part.size;
            let mut reader = StateReader::<M::State>::open(source.place.clone(), size, from)?;
            reader.stop_at(source.to);
            let mut states = Vec::new();
            while reader.at() < source.to {
                reader.take(in_frame::<M::State>(), &mut states)?;
                let content = states.as_bytes().to_vec();
                self.office.ask(waiting, to, Question::Take, &content, ())?;
            }
            count -= source.to - from;
            source.to = from;
            if from == 0 {
                self.sources.pop();
            }
        }
        Ok(())
    }

    /// Brings the files of new levels to the disk.
    fn sync(&mut self) -> io::Result<()> {
        for path in self.unsynced() {
            std::fs::File::open(path)?.sync_data()?;
        }
        self.have_synced();
        self.say(0, &Word::OnDisk)
    }

    /// Returns the files of new levels.
    pub fn unsynced(&self) -> Vec<PathBuf> {
        let parts = self.levels[self.kept..].iter().flatten();
        parts.map(|part| self.disk.place(&part.file).path).collect()
    }

    /// Notes that these files are on the disk.
    pub fn have_synced(&mut self) {
        self.kept = self.levels.len();
    }

    /// Says something to a rank.
    pub fn say(&self, to: usize, word: &Word) -> io::Result<()> {
        self.office.say(to, &serde_json::to_vec(word)?)
    }

    /// Expands the states of this rank on a level.
    pub fn level(&mut self) -> Result<Report, Halt> {
        match self.expand() {
            Ok(report) => Ok(report),
            Err(halt) => self.ended(halt),
        }
    }

    /// Returns the report of a part that was not finished; an error if nothing can be reported.
    pub fn ended(&self, halt: Halt) -> Result<Report, Halt> {
        match halt {
            Halt::Failed(error) if gone(&error).is_none() && !is_damage(&error) => {
                self.watch.problem(&error.to_string());
                let report = self.report(&Tally::new::<M>(), None);
                Ok(Report { stopped: Some(Stopped::Disk), ..report })
            }
            Halt::Stopped(stopped) => {
                let report = self.report(&Tally::new::<M>(), None);
                Ok(Report { stopped: Some(stopped), ..report })
            }
            halt => Err(halt),
        }
    }

    fn expand(&mut self) -> Result<Report, Halt> {
        let level = self.levels.len();
        let (file, place) = of_level(self.disk, level, self.me());
        let (office, watch) = (self.office, self.watch);
        let finding = Finding {
            office,
            waiting: Waiting::new(),
            found: Mutex::new(StateWriter::create(place)?),
            is_full: AtomicBool::new(false),
        };
        let nothing = Visited::new(false);
        let frontier = Frontier::new(0);
        let chunk = (MAIL / self.branching).clamp(1, CHUNK);
        let goes_on = || {
            !watch.interrupted()
                && !office.called_off.load(Relaxed)
                && !finding.is_full.load(Relaxed)
        };
        for source in std::mem::take(&mut self.sources) {
            let threads = self.threads(source.to);
            let mut reader = source.open::<M::State>()?;
            let shared = Shared {
                model: self.model,
                visited: &nothing,
                parts: None,
                alone: threads == 1,
                frontier: Some(&frontier),
                actors: None,
                prints_only: false,
                quotient: None,
            };
            let workers = &mut self.workers[..threads];
            share(&mut reader, workers, chunk, goes_on, |worker, _, states| {
                worker.chunk(&shared, states, 0);
                finding.pass(&mut worker.by_owner.outgoing, MAIL)?;
                office.serve()
            })?;
            if source.part.file.starts_with("moved-") {
                std::fs::remove_file(Given::<M::State>::path(&source))?;
            }
        }
        for worker in &mut self.workers {
            finding.pass(&mut worker.by_owner.outgoing, 1)?;
        }
        finding.settle()?;
        while !finding.waiting.is_empty() && goes_on() {
            office.attend()?;
            finding.settle()?;
        }
        if finding.is_full.load(Relaxed) {
            return Err(Halt::Stopped(Stopped::Memory));
        }
        if !goes_on() {
            return Err(Halt::Stopped(watch.why()));
        }
        let found = finding.found.into_inner();
        let found = found.unwrap_or_else(std::sync::PoisonError::into_inner);
        let part = self.keep(Part { file, size: found.finish()? })?;
        let mut tally = Tally::new::<M>();
        self.workers.iter_mut().for_each(|worker| tally.absorb(&mut worker.tally));
        Ok(self.report(&tally, part))
    }
}

/// What the threads of a rank share on a level.
struct Finding<'a, S> {
    office: &'a Office<'a>,
    waiting: Waiting<Vec<S>>,
    /// Receives the new states.
    found: Mutex<StateWriter<S>>,
    /// Whether an owner has no room.
    is_full: AtomicBool,
}

impl<S: latchwork_model::kit::State> Finding<'_, S> {
    /// Asks the owners, where at least so many fingerprints have come together.
    fn pass(&self, outgoing: &mut [Outgoing<S>], least: usize) -> io::Result<()> {
        for (to, outgoing) in outgoing.iter_mut().enumerate() {
            while let Some(Outgoing { prints, items }) = outgoing.take(least, MAIL) {
                if to == self.office.transport.me() {
                    let answer = self.office.answer(Question::New, &prints);
                    self.keep(items, &answer)?;
                } else {
                    let content = bytes(&prints);
                    self.office.ask(&self.waiting, to, Question::New, &content, items)?;
                }
                self.settle()?;
            }
        }
        Ok(())
    }

    /// Keeps the new states of all answers that are home.
    fn settle(&self) -> io::Result<()> {
        while let Some((states, answer)) = self.office.home(&self.waiting) {
            self.keep(states, &answer)?;
        }
        Ok(())
    }

    fn keep(&self, states: Vec<S>, answer: &Answer) -> io::Result<()> {
        if !answer.done {
            self.is_full.store(true, Relaxed);
        }
        let new = states.into_iter().enumerate().filter(|(at, _)| answer.bits.get(*at));
        let mut new: Vec<S> = new.map(|(_, state)| state).collect();
        lock(&self.found).append(&mut new)
    }
}
