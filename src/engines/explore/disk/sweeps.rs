//! `can_finish` without a graph, in two parts.
//!
//! 1. From the last level to the first: a state can finish if it is done, if a step of it is cut
//!    off, or if it has a step to a state of the next level that can finish. The fingerprints of
//!    those fill the table, in several pieces if they are too many.
//! 2. The states that are left have steps only to states of the same or earlier levels, or to each
//!    other. All successors of a state were found. So one that is not among those that are left can
//!    finish, and so can the state with that step. This is repeated until nothing changes.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use latchwork_model::kit::Model;

use super::conclude::Stuck;
use super::finder::each_step;
use super::frames::Place;
use super::prints::{PrintReader, PrintWriter};
use super::search::{Halt, Search};
use super::share::{lock, share};
use super::states::{Size, StateReader, StateWriter, in_frame};
use crate::engines::explore::fingerprint::fingerprint;
use crate::engines::explore::panics::catch;
use crate::engines::explore::visited::Inserted;

/// The maximum number of states that a thread takes at a time.
const CHUNK: usize = 256;
/// The minimum number of states for which a second thread pays off.
const WORTH_THREADS: u64 = 2048;

/// States of a level, in a file.
#[derive(Clone)]
struct Part {
    place: Place,
    size: Size,
}

/// A part of a level whose successors are in the table.
struct Segment {
    level: usize,
    from: u64,
    to: u64,
}

/// The states that are left after the first part.
struct Left {
    /// By level.
    parts: Vec<Part>,
    /// By level: the number of states on lower levels.
    before: Vec<u64>,
    /// A bit for each state that can finish after all.
    finishing: Vec<AtomicU64>,
}

impl Left {
    fn of(parts: Vec<Part>) -> Self {
        let mut sum = 0;
        let before = |part: &Part| {
            sum += part.size.items;
            sum - part.size.items
        };
        let before = parts.iter().map(before).collect();
        let mut finishing = Vec::new();
        finishing.resize_with(sum.div_ceil(64) as usize, AtomicU64::default);
        Self { parts, before, finishing }
    }

    fn can_finish(&self, level: usize, at: u64) -> bool {
        let bit = self.before[level] + at;
        self.finishing[(bit / 64) as usize].load(Relaxed) >> (bit % 64) & 1 == 1
    }

    fn finishes(&self, level: usize, at: u64) {
        let bit = self.before[level] + at;
        self.finishing[(bit / 64) as usize].fetch_or(1 << (bit % 64), Relaxed);
    }

    /// Returns the states of a run of a level that are still left, with their positions.
    fn among<'a, S>(
        &'a self,
        level: usize,
        from: u64,
        states: &'a [S],
    ) -> impl Iterator<Item = (u64, &'a S)> {
        (from..).zip(states).filter(move |(at, _)| !self.can_finish(level, *at))
    }
}

impl<M: Model> Search<'_, M> {
    /// Returns the shallowest states from which the protocol cannot finish, if there are any. The
    /// space is closed.
    pub fn stuck(&mut self) -> Result<Option<Stuck<M::State>>, Halt> {
        let stuck = self.first_part().and_then(|parts| self.second_part(parts));
        self.table.clear();
        self.remove_sweeps()?;
        stuck
    }

    fn remove_sweeps(&self) -> io::Result<()> {
        for entry in std::fs::read_dir(&self.disk.folder)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with("sweep-") {
                std::fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn go_on(&self) -> Result<(), Halt> {
        if self.watch.interrupted() { Err(Halt::Stopped(self.watch.why())) } else { Ok(()) }
    }

    /// Returns the number of threads for so many states.
    pub fn threads(&self, states: u64) -> usize {
        if states < WORTH_THREADS { 1 } else { self.options.threads.max(1) }
    }

    /// Returns, by level, the states that are left.
    fn first_part(&mut self) -> Result<Vec<Part>, Halt> {
        let mut parts = Vec::new();
        let mut beyond: Option<PrintReader> = None;
        for level in (0..self.levels.len()).rev() {
            let place = self.disk.sweeping(&format!("finishing-{}", level % 2));
            let finishing = PrintWriter::create(place.clone())?;
            let (part, finishing) = self.one_level(level, beyond, finishing)?;
            parts.push(part);
            beyond = Some(PrintReader::open(place, finishing)?);
        }
        parts.reverse();
        Ok(parts)
    }

    /// Divides a level into states that can finish, whose fingerprints are written, and others.
    /// `beyond` are the fingerprints of those of the next level that can finish.
    fn one_level(
        &mut self,
        level: usize,
        mut beyond: Option<PrintReader>,
        finishing: PrintWriter,
    ) -> Result<(Part, u64), Halt> {
        let mut source = Part { place: self.disk.level(level), size: self.levels[level] };
        let finishing = Mutex::new(finishing);
        for round in 0.. {
            let more = self.fill(&mut beyond)?;
            let place = self.disk.sweeping(&format!("left-{level:05}-{}", round % 2));
            let left = Mutex::new(StateWriter::create(place.clone())?);
            let (model, watch, table) = (self.model, self.watch, &self.table);
            let is_first = round == 0;
            let can_finish = |state: &M::State| {
                if is_first && catch(|| model.done(state)).unwrap_or(true) {
                    return true;
                }
                let (mut cut, mut leads) = (false, false);
                let known = each_step(model, state, |_, next| match next {
                    Ok(next) => leads |= table.visited.find(fingerprint(next)).is_some(),
                    Err(_) => cut = true,
                });
                leads || is_first && (cut || !known)
            };
            let mut reader = StateReader::<M::State>::open(source.place, source.size, 0)?;
            let mut workers = vec![(Vec::new(), Vec::new()); self.threads(source.size.items)];
            let goes_on = || !watch.interrupted();
            share(&mut reader, &mut workers, CHUNK, goes_on, |(prints, others), _, states| {
                for state in states {
                    match can_finish(state) {
                        true => prints.push(fingerprint(state)),
                        false => others.push(*state),
                    }
                }
                lock(&finishing).append(prints)?;
                if others.len() < in_frame::<M::State>() {
                    Ok(())
                } else {
                    lock(&left).append(others)
                }
            })?;
            self.go_on()?;
            let mut left = left.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
            workers.iter_mut().try_for_each(|(_, others)| left.append(others))?;
            source = Part { place, size: left.finish()? };
            if !more || source.size.items == 0 {
                break;
            }
        }
        let finishing = finishing.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok((source, finishing.finish()?))
    }

    /// Fills the table with the fingerprints that follow. Returns whether there are more.
    fn fill(&mut self, prints: &mut Option<PrintReader>) -> io::Result<bool> {
        self.table.clear();
        let Some(prints) = prints else { return Ok(false) };
        let threads = self.options.threads.max(1);
        while self.table.has_room(threads) {
            let Some(print) = prints.next()? else { return Ok(false) };
            let inserted = self.table.visited.insert(print, true);
            self.table.entries += usize::from(matches!(inserted, Inserted::New(..)));
        }
        Ok(true)
    }

    fn second_part(&mut self, parts: Vec<Part>) -> Result<Option<Stuck<M::State>>, Halt> {
        let left = Left::of(parts);
        loop {
            let (mut changed, mut pieces) = (false, 0);
            let mut end = (left.parts.len(), 0);
            while let Some(segments) = self.piece_of_left(&left, &mut end)? {
                self.mark_left(&left)?;
                while self.look_again(&left, &segments)? > 0 {
                    changed = true;
                }
                pieces += 1;
            }
            // One piece was repeated until nothing changed.
            if !changed || pieces == 1 {
                break;
            }
        }
        for (level, part) in left.parts.iter().enumerate() {
            let mut reader = StateReader::<M::State>::open(part.place.clone(), part.size, 0)?;
            let mut stuck = Vec::new();
            share(
                &mut reader,
                &mut [&mut stuck],
                CHUNK,
                || true,
                |stuck, from, states| {
                    stuck.extend(left.among(level, from, states).map(|(_, state)| *state));
                    Ok(())
                },
            )?;
            if !stuck.is_empty() {
                return Ok(Some(Stuck { level, states: stuck }));
            }
        }
        Ok(None)
    }

    /// Fills the table with the successors of states that are left, from the last level to the
    /// first, until it is full. `end` is a level and a position there: levels from it on, and
    /// states before the position on the level before it, were in the table. Returns `None` if
    /// that were all.
    fn piece_of_left(
        &mut self,
        left: &Left,
        end: &mut (usize, u64),
    ) -> Result<Option<Vec<Segment>>, Halt> {
        self.table.clear();
        let mut segments = Vec::new();
        while end.0 > 0 {
            let level = end.0 - 1;
            let part = &left.parts[level];
            let mut reader = StateReader::<M::State>::open(part.place.clone(), part.size, end.1)?;
            let threads = self.threads(part.size.items);
            while reader.at() < part.size.items && self.table.has_room(threads) {
                self.collect_left(left, level, &mut reader, threads)?;
            }
            segments.push(Segment { level, from: end.1, to: reader.at() });
            if reader.at() < part.size.items {
                *end = (end.0, reader.at());
                return Ok(Some(segments));
            }
            *end = (level, 0);
        }
        Ok((!segments.is_empty()).then_some(segments))
    }

    fn collect_left(
        &mut self,
        left: &Left,
        level: usize,
        reader: &mut StateReader<M::State>,
        threads: usize,
    ) -> Result<(), Halt> {
        let visited = &self.table.visited;
        let chunk = (visited.capacity() / 8 / (threads * self.branching)).clamp(1, CHUNK);
        let (entries, limit) = (AtomicUsize::new(self.table.entries), visited.limit());
        let (model, watch) = (self.model, self.watch);
        let goes_on = || entries.load(Relaxed) < limit && !watch.interrupted();
        share(reader, &mut vec![(); threads], chunk, goes_on, |(), from, states| {
            let mut fresh = 0;
            for (_, state) in left.among(level, from, states) {
                let own = fingerprint(state);
                each_step(model, state, |_, next| {
                    let Some(print) = next.ok().map(fingerprint).filter(|print| *print != own)
                    else {
                        return;
                    };
                    let inserted = visited.insert(print, threads == 1);
                    fresh += usize::from(matches!(inserted, Inserted::New(..)));
                });
            }
            entries.fetch_add(fresh, Relaxed);
            Ok(())
        })?;
        self.table.entries = entries.into_inner();
        self.go_on()
    }

    /// Marks the successors that are among the states that are left.
    fn mark_left(&mut self, left: &Left) -> Result<(), Halt> {
        self.table.unmark_all();
        let (table, watch) = (&self.table, self.watch);
        for (level, part) in left.parts.iter().enumerate() {
            let mut reader = StateReader::<M::State>::open(part.place.clone(), part.size, 0)?;
            let mut threads = vec![(); self.threads(part.size.items)];
            let goes_on = || !watch.interrupted();
            share(&mut reader, &mut threads, CHUNK, goes_on, |(), from, states| {
                for (_, state) in left.among(level, from, states) {
                    if let Some(slot) = table.visited.find(fingerprint(state)) {
                        table.mark(slot);
                    }
                }
                Ok(())
            })?;
        }
        self.go_on()
    }

    /// Looks at the states of a piece that are left: one with a successor that is not left can
    /// finish. Returns how many these are.
    fn look_again(&self, left: &Left, segments: &[Segment]) -> Result<usize, Halt> {
        let found = AtomicUsize::new(0);
        let (model, table, watch) = (self.model, &self.table, self.watch);
        for Segment { level, from, to } in segments {
            let part = &left.parts[*level];
            let mut reader = StateReader::<M::State>::open(part.place.clone(), part.size, *from)?;
            reader.stop_at(*to);
            let mut threads = vec![(); self.threads(to - from)];
            let goes_on = || !watch.interrupted();
            share(&mut reader, &mut threads, CHUNK, goes_on, |(), from, states| {
                for (at, state) in left.among(*level, from, states) {
                    let mut escapes = false;
                    each_step(model, state, |_, next| {
                        let slot = next.ok().and_then(|next| table.visited.find(fingerprint(next)));
                        escapes |= slot.is_some_and(|slot| !table.is_marked(slot));
                    });
                    if escapes {
                        left.finishes(*level, at);
                        if let Some(slot) = table.visited.find(fingerprint(state)) {
                            table.unmark(slot);
                        }
                        found.fetch_add(1, Relaxed);
                    }
                }
                Ok(())
            })?;
        }
        self.go_on()?;
        Ok(found.into_inner())
    }
}
