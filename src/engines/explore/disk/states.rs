//! Files of states: the states of a level, or a part of them. Frames are compressed: the states of a
//! level have most of their bytes in common.

use std::io;

use latchwork_model::kit::State;
use lz4_flex::block::{compress_into, decompress_into, get_maximum_output_size};
use serde::{Deserialize, Serialize};
use zerocopy::IntoBytes;

use super::frames::{Place, Reader, Writer};
use crate::engines::explore::spill::parse;

/// The bytes of states in a frame.
const FRAME: usize = 1 << 16;

/// The number of states in a frame.
pub const fn in_frame<S>() -> usize {
    let size = if size_of::<S>() == 0 { 1 } else { size_of::<S>() };
    let states = FRAME / size;
    if states == 0 { 1 } else { states }
}

/// What a file holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// The number of items.
    pub items: u64,
    /// The number of bytes.
    pub bytes: u64,
}

/// A writer of states.
pub struct StateWriter<S> {
    frames: Writer,
    held: Vec<S>,
    compressed: Vec<u8>,
    states: u64,
}

impl<S: State> StateWriter<S> {
    /// Creates the file.
    pub fn create(place: Place) -> io::Result<Self> {
        let (held, compressed) = (Vec::new(), Vec::new());
        Ok(Self { frames: Writer::create(place)?, held, compressed, states: 0 })
    }

    /// Appends states, and empties the list.
    pub fn append(&mut self, states: &mut Vec<S>) -> io::Result<()> {
        self.states += states.len() as u64;
        let mut rest = &states[..];
        while !rest.is_empty() {
            let room = in_frame::<S>() - self.held.len();
            let (some, others) = rest.split_at(room.min(rest.len()));
            self.held.extend_from_slice(some);
            rest = others;
            if self.held.len() == in_frame::<S>() {
                self.flush()?;
            }
        }
        states.clear();
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let states = self.held.as_bytes();
        self.compressed.resize(get_maximum_output_size(states.len()), 0);
        let len = compress_into(states, &mut self.compressed).map_err(io::Error::other)?;
        let compressed = &self.compressed[..len];
        self.frames.frame(self.held.len(), |bytes| bytes.extend_from_slice(compressed))?;
        self.held.clear();
        Ok(())
    }

    /// Ends the file.
    pub fn finish(mut self) -> io::Result<Size> {
        if !self.held.is_empty() {
            self.flush()?;
        }
        Ok(Size { items: self.states, bytes: self.frames.bytes })
    }
}

/// A reader of states.
pub struct StateReader<S> {
    frames: Reader,
    compressed: Vec<u8>,
    /// The bytes of the current frame.
    content: Vec<u8>,
    /// The states of the current frame.
    frame: Vec<S>,
    /// The next state in that frame.
    next: usize,
    /// The position of that state in the file.
    at: u64,
    states: u64,
    /// The position before which reading ends.
    end: u64,
}

impl<S: State> StateReader<S> {
    /// Opens a file, to read from the state at position `from`.
    pub fn open(place: Place, size: Size, from: u64) -> io::Result<Self> {
        let mut frames = Reader::open(place, size.bytes)?;
        let frame = in_frame::<S>() as u64;
        for _ in 0..from / frame {
            frames.skip()?;
        }
        let mut reader = Self {
            frames,
            compressed: Vec::new(),
            content: Vec::new(),
            frame: Vec::new(),
            next: 0,
            at: from,
            states: size.items,
            end: size.items,
        };
        if from < size.items {
            reader.load()?;
            reader.next = (from % frame) as usize;
        }
        Ok(reader)
    }

    fn load(&mut self) -> io::Result<()> {
        let count = self.frames.next(&mut self.compressed)?;
        self.frame.clear();
        self.next = 0;
        let frame = in_frame::<S>() as u64;
        let expected = frame.min(self.states - self.at / frame * frame) as usize;
        if count != Some(expected) {
            return Err(self.frames.damage());
        }
        self.content.resize(expected * size_of::<S>(), 0);
        match decompress_into(&self.compressed, &mut self.content) {
            Ok(len) if len == self.content.len() => {}
            _ => return Err(self.frames.damage()),
        }
        if size_of::<S>() == 0 {
            self.frame.resize(expected, S::new_zeroed());
            return Ok(());
        }
        parse::<S>(&self.content, &mut self.frame).map_err(|_| self.frames.damage())
    }

    /// Returns the position of the next state.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Lets reading end before a position.
    pub fn stop_at(&mut self, end: u64) {
        self.end = end.min(self.states);
    }

    /// Replaces `states` with at most `most` states that follow; with none at the end. Returns the
    /// position of the first one.
    pub fn take(&mut self, most: usize, states: &mut Vec<S>) -> io::Result<u64> {
        states.clear();
        let from = self.at;
        if self.at >= self.end {
            return Ok(from);
        }
        if self.next == self.frame.len() {
            self.load()?;
        }
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let end = self.frame.len().min(self.next + most.max(1).min(left));
        states.extend_from_slice(&self.frame[self.next..end]);
        self.at += (end - self.next) as u64;
        self.next = end;
        Ok(from)
    }
}
