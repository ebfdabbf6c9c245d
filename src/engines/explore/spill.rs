//! Blocks of states on disk, for frontiers that do not fit in memory.
//!
//! The file is an unnamed temporary file, which disappears when the search ends. States are written
//! as their raw bytes.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use latchwork_model::kit::State;
use zerocopy::IntoBytes;

/// Appends the states stored contiguously in some bytes.
pub(super) fn parse<S: State>(bytes: &[u8], states: &mut Vec<S>) -> io::Result<()> {
    for bytes in bytes.chunks_exact(size_of::<S>().max(1)) {
        states.push(S::try_read_from_bytes(bytes).map_err(|_| io::ErrorKind::InvalidData)?);
    }
    Ok(())
}

/// A file of blocks.
#[derive(Default)]
pub(super) struct Spill {
    file: Option<File>,
    end: u64,
    buffer: Vec<u8>,
}

/// The place of a block in its file.
pub(super) struct Place {
    start: u64,
    /// The number of states in the block.
    pub states: usize,
}

impl Spill {
    /// Writes a block.
    pub fn write<S: State>(&mut self, states: &[S]) -> io::Result<Place> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        file.seek(SeekFrom::Start(self.end))?;
        file.write_all(states.as_bytes())?;
        let place = Place { start: self.end, states: states.len() };
        self.end += size_of_val(states) as u64;
        Ok(place)
    }

    /// Reads a block into an empty list.
    pub fn read<S: State>(&mut self, place: &Place, states: &mut Vec<S>) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Err(io::ErrorKind::NotFound.into()) };
        self.buffer.resize(place.states * size_of::<S>(), 0);
        file.seek(SeekFrom::Start(place.start))?;
        file.read_exact(&mut self.buffer)?;
        parse(&self.buffer, states)
    }

    /// Forgets all blocks, and frees the disk space.
    pub fn clear(&mut self) -> io::Result<()> {
        self.end = 0;
        self.file.as_mut().map_or(Ok(()), |file| file.set_len(0))
    }
}
