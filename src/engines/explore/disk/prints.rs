//! Files of fingerprints in no order.

use std::io;

use zerocopy::IntoBytes;

use super::frames::{Place, Reader, Writer};

/// The number of fingerprints in a frame.
const FRAME: usize = 1 << 13;

/// A writer of fingerprints.
pub struct PrintWriter {
    frames: Writer,
    held: Vec<u64>,
}

impl PrintWriter {
    /// Creates the file.
    pub fn create(place: Place) -> io::Result<Self> {
        Ok(Self { frames: Writer::create(place)?, held: Vec::new() })
    }

    /// Appends fingerprints, and empties the list.
    pub fn append(&mut self, prints: &mut Vec<u64>) -> io::Result<()> {
        self.held.append(prints);
        if self.held.len() >= FRAME { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        let held = &self.held;
        self.frames.frame(held.len(), |bytes| bytes.extend_from_slice(held.as_bytes()))?;
        self.held.clear();
        Ok(())
    }

    /// Ends the file and returns its bytes.
    pub fn finish(mut self) -> io::Result<u64> {
        if !self.held.is_empty() {
            self.flush()?;
        }
        Ok(self.frames.bytes)
    }
}

/// A reader of fingerprints.
pub struct PrintReader {
    frames: Reader,
    content: Vec<u8>,
    next: usize,
}

impl PrintReader {
    /// Opens a file.
    pub fn open(place: Place, bytes: u64) -> io::Result<Self> {
        Ok(Self { frames: Reader::open(place, bytes)?, content: Vec::new(), next: 0 })
    }

    /// Returns the next fingerprint; `None` at the end.
    pub fn next(&mut self) -> io::Result<Option<u64>> {
        if self.next >= self.content.len() {
            self.next = 0;
            if self.frames.next(&mut self.content)?.is_none() {
                self.content.clear();
                return Ok(None);
            }
        }
        let rest = self.content.get(self.next..).and_then(<[u8]>::first_chunk::<8>);
        self.next += 8;
        rest.map(|bytes| Some(u64::from_ne_bytes(*bytes))).ok_or_else(|| self.frames.damage())
    }
}
