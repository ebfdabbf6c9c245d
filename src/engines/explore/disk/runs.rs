//! The fingerprints of all states, in sorted files that are merged as they become more.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::folder::Disk;
use super::frames::{Place, Reader, Writer, damaged};
use super::rice::{PADDING, decode, encode};
use super::states::Size;

/// The number of fingerprints in a frame.
const FRAME: usize = 1 << 13;

/// A sorted file of fingerprints.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    /// Its number, which is part of its name.
    pub number: u32,
    /// What it holds.
    pub size: Size,
}

/// All runs. Together they hold every fingerprint once.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Runs {
    /// The runs; each is at least twice as long as the next.
    pub runs: Vec<Run>,
    /// The number of the next run.
    pub next: u32,
    /// Files whose fingerprints are in another run now. A commit may still name them.
    #[serde(skip)]
    pub merged: Vec<PathBuf>,
}

impl Runs {
    /// Returns the number of fingerprints.
    pub fn len(&self) -> u64 {
        self.runs.iter().map(|run| run.size.items).sum()
    }

    /// Adds a run of ascending fingerprints, which `write` passes on, and returns how many it has.
    pub fn add(
        &mut self,
        disk: &Disk,
        write: impl FnOnce(&mut RunWriter) -> io::Result<()>,
    ) -> io::Result<u64> {
        let run = self.write(disk, write)?;
        let items = run.size.items;
        if items == 0 {
            std::fs::remove_file(disk.run(run.number).path)?;
            return Ok(0);
        }
        self.runs.push(run);
        // A run that is not twice as long as what follows is merged with it.
        let (mut from, mut sum) = (self.runs.len() - 1, items);
        while from > 0 && self.runs[from - 1].size.items < 2 * sum {
            from -= 1;
            sum += self.runs[from].size.items;
        }
        if from + 1 < self.runs.len() {
            self.merge(disk, from)?;
        }
        Ok(items)
    }

    fn write(
        &mut self,
        disk: &Disk,
        write: impl FnOnce(&mut RunWriter) -> io::Result<()>,
    ) -> io::Result<Run> {
        let number = self.next;
        self.next += 1;
        let mut writer = RunWriter::create(disk.run(number))?;
        write(&mut writer)?;
        Ok(Run { number, size: writer.finish()? })
    }

    /// Merges the runs from position `from` on.
    fn merge(&mut self, disk: &Disk, from: usize) -> io::Result<()> {
        let old = self.runs.split_off(from);
        let readers = old.iter().map(|run| RunReader::open(disk.run(run.number), run.size));
        let mut readers = readers.collect::<io::Result<Vec<_>>>()?;
        let merged = self.write(disk, |writer| {
            let mut heads = BinaryHeap::new();
            for (at, reader) in readers.iter_mut().enumerate() {
                heads.extend(reader.next()?.map(|print| Reverse((print, at))));
            }
            while let Some(mut head) = heads.peek_mut() {
                let Reverse((print, at)) = *head;
                writer.push(print)?;
                match readers[at].next()? {
                    Some(next) => *head = Reverse((next, at)),
                    None => drop(std::collections::binary_heap::PeekMut::pop(head)),
                }
            }
            Ok(())
        })?;
        let before: u64 = old.iter().map(|run| run.size.items).sum();
        if merged.size.items != before {
            return Err(damaged(&disk.run(merged.number).path, "lacks fingerprints"));
        }
        self.merged.extend(old.iter().map(|run| disk.run(run.number).path));
        self.runs.push(merged);
        Ok(())
    }

    /// Returns the frames of all runs.
    pub fn frames(&self, disk: &Disk) -> RunFrames {
        let files = self.runs.iter().rev().map(|run| (disk.run(run.number), run.size));
        RunFrames { files: files.collect(), current: None }
    }
}

/// A writer of a run.
pub struct RunWriter {
    frames: Writer,
    held: Vec<u64>,
    prints: u64,
}

impl RunWriter {
    fn create(place: Place) -> io::Result<Self> {
        let held = Vec::with_capacity(FRAME);
        Ok(Self { frames: Writer::create(place)?, held, prints: 0 })
    }

    /// Appends a fingerprint, which is greater than those before.
    pub fn push(&mut self, print: u64) -> io::Result<()> {
        self.held.push(print);
        if self.held.len() == FRAME { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        let held = &self.held;
        self.prints += held.len() as u64;
        self.frames.frame(held.len(), |bytes| {
            bytes.extend_from_slice(&held[0].to_le_bytes());
            encode(held, bytes);
        })?;
        self.held.clear();
        Ok(())
    }

    fn finish(mut self) -> io::Result<Size> {
        if !self.held.is_empty() {
            self.flush()?;
        }
        Ok(Size { items: self.prints, bytes: self.frames.bytes })
    }
}

/// Passes the fingerprints of a frame to `each`. Returns `None` if it is not valid.
pub fn prints_of(content: &mut Vec<u8>, count: usize, each: impl FnMut(u64)) -> Option<()> {
    content.extend_from_slice(&[0; PADDING]);
    let (first, code) = content.split_first_chunk::<8>()?;
    decode(u64::from_le_bytes(*first), count, code, each)
}

/// The frames of several runs, one after the other.
pub struct RunFrames {
    files: Vec<(Place, Size)>,
    current: Option<Reader>,
}

impl RunFrames {
    /// Reads the next frame, and returns its number of fingerprints; `None` at the end.
    pub fn next(&mut self, content: &mut Vec<u8>) -> io::Result<Option<usize>> {
        loop {
            if let Some(reader) = &mut self.current
                && let Some(count) = reader.next(content)?
            {
                return Ok(Some(count));
            }
            let Some((place, size)) = self.files.pop() else { return Ok(None) };
            self.current = Some(Reader::open(place, size.bytes)?);
        }
    }
}

/// A reader of a run.
struct RunReader {
    frames: Reader,
    content: Vec<u8>,
    prints: Vec<u64>,
    next: usize,
}

impl RunReader {
    fn open(place: Place, size: Size) -> io::Result<Self> {
        let frames = Reader::open(place, size.bytes)?;
        Ok(Self { frames, content: Vec::new(), prints: Vec::new(), next: 0 })
    }

    #[inline]
    fn next(&mut self) -> io::Result<Option<u64>> {
        if self.next == self.prints.len() {
            let Some(count) = self.frames.next(&mut self.content)? else { return Ok(None) };
            self.prints.clear();
            self.next = 0;
            let prints = &mut self.prints;
            prints_of(&mut self.content, count, |print| prints.push(print))
                .ok_or_else(|| self.frames.damage())?;
        }
        self.next += 1;
        Ok(self.prints.get(self.next - 1).copied())
    }
}
