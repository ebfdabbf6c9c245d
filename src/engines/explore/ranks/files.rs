//! The files of a rank: the states that it has found, level by level, and those that it was given.

use std::io;
use std::path::PathBuf;
use std::sync::Mutex;

use latchwork_model::kit::State;

use super::office::Takes;
use super::words::Part;
use crate::engines::explore::disk::Disk;
use crate::engines::explore::disk::frames::Place;
use crate::engines::explore::disk::share::lock;
use crate::engines::explore::disk::states::{StateReader, StateWriter};
use crate::engines::explore::spill::parse;

/// States to expand: those of a file, from a position to another.
pub struct Source {
    pub place: Place,
    pub part: Part,
    pub to: u64,
}

impl Source {
    /// Opens it.
    pub fn open<S: State>(&self) -> io::Result<StateReader<S>> {
        let mut reader = StateReader::open(self.place.clone(), self.part.size, 0)?;
        reader.stop_at(self.to);
        Ok(reader)
    }
}

/// Returns the file of a rank for a level.
pub fn of_level(disk: &Disk, level: usize, rank: usize) -> (String, Place) {
    let file = format!("level-{level:05}-{rank:03}");
    let place = disk.place(&file);
    (file, place)
}

/// States that others have given.
pub struct Given<'a, S> {
    disk: &'a Disk,
    rank: usize,
    writer: Mutex<Writer<S>>,
}

struct Writer<S> {
    states: Option<StateWriter<S>>,
    count: u64,
    number: usize,
    failed: bool,
}

impl<'a, S: State> Given<'a, S> {
    /// Creates it, without states.
    pub fn new(disk: &'a Disk, rank: usize) -> Self {
        let writer = Writer { states: None, count: 0, number: 0, failed: false };
        Self { disk, rank, writer: Mutex::new(writer) }
    }

    fn file(&self, number: usize) -> (String, Place) {
        // The file before may still be open.
        let file = format!("moved-{}-{:03}", number % 2, self.rank);
        let place = self.disk.place(&file);
        (file, place)
    }

    /// Returns how many states have arrived since the last time that they were taken.
    pub fn count(&self) -> u64 {
        lock(&self.writer).count
    }

    /// Returns whether states could not be written.
    pub fn has_failed(&self) -> bool {
        lock(&self.writer).failed
    }

    /// Returns the states that have arrived.
    pub fn source(&self) -> io::Result<Option<Source>> {
        let mut writer = lock(&self.writer);
        let Some(states) = writer.states.take() else { return Ok(None) };
        let (file, place) = self.file(writer.number);
        (writer.count, writer.number) = (0, writer.number + 1);
        let size = states.finish()?;
        Ok(Some(Source { place, part: Part { file, size }, to: size.items }))
    }

    /// Returns the path of a file of given states.
    pub fn path(source: &Source) -> PathBuf {
        source.place.path.clone()
    }
}

impl<S: State> Takes for Given<'_, S> {
    fn take(&self, bytes: &[u8]) -> io::Result<()> {
        let mut states: Vec<S> = Vec::new();
        parse(bytes, &mut states)?;
        let mut writer = lock(&self.writer);
        let count = states.len() as u64;
        let number = writer.number;
        let mut take = || -> io::Result<()> {
            if writer.states.is_none() {
                writer.states = Some(StateWriter::create(self.file(number).1)?);
            }
            match &mut writer.states {
                Some(there) => there.append(&mut states),
                None => Ok(()),
            }
        };
        let taken = take();
        writer.count += count;
        writer.failed |= taken.is_err();
        taken
    }
}
