//! Files of states: the states of a level, or a part of them.

use std::io;

use latchwork_model::kit::State;
use serde::{Deserialize, Serialize};
use zerocopy::IntoBytes;

use super::frames::{HEADER, Place, Reader, Writer};
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
    states: u64,
}

impl<S: State> StateWriter<S> {
    /// Creates the file.
    pub fn create(place: Place) -> io::Result<Self> {
        Ok(Self { frames: Writer::create(place)?, held: Vec::new(), states: 0 })
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
        let held = &self.held;
        self.frames.frame(held.len(), |bytes| bytes.extend_from_slice(held.as_bytes()))?;
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
        let first = from / frame;
        frames.seek(first * (HEADER + frame * size_of::<S>() as u64))?;
        let (content, frame_states) = (Vec::new(), Vec::new());
        let states = size.items;
        let mut reader =
            Self { frames, content, frame: frame_states, next: 0, at: from, states, end: states };
        if from < size.items {
            reader.load()?;
            reader.next = (from % frame) as usize;
        }
        Ok(reader)
    }

    fn load(&mut self) -> io::Result<()> {
        let count = self.frames.next(&mut self.content)?;
        self.frame.clear();
        self.next = 0;
        parse::<S>(&self.content, &mut self.frame).map_err(|_| self.frames.damage())?;
        let frame = in_frame::<S>() as u64;
        let expected = frame.min(self.states - self.at / frame * frame);
        match count {
            Some(count) if count as u64 == expected && count == self.frame.len() => Ok(()),
            _ if size_of::<S>() == 0 => {
                self.frame.resize(expected as usize, S::new_zeroed());
                Ok(())
            }
            _ => Err(self.frames.damage()),
        }
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
