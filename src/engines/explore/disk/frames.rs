//! Files of frames, each with a checksum, so that damage is noticed when a frame is read.
//!
//! A frame has the number of bytes and of items, its checksum and its bytes. The checksum covers
//! the place of the frame as well: a frame of another file or from another place is damage, too.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::engines::explore::fingerprint::fingerprint;

/// The bytes of a frame before its content.
const HEADER: u64 = 16;
/// The maximum number of bytes of a frame that is read.
const MOST: usize = 1 << 24;

/// A place for frames: a file, and what its checksums begin with.
#[derive(Clone, Debug)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// Identifies the search and the file.
    pub salt: u64,
}

/// Adds the name of a file to an error.
pub fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// Returns the error of a file that is damaged.
pub fn damaged(path: &Path, how: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{}: {how}", path.display()))
}

fn checksum(salt: u64, start: u64, count: u32, bytes: &[u8]) -> u64 {
    fingerprint(&[salt, start, u64::from(count), fingerprint(bytes)])
}

/// A writer of frames.
pub struct Writer {
    place: Place,
    file: File,
    /// The bytes written so far.
    pub bytes: u64,
    buffer: Vec<u8>,
}

impl Writer {
    /// Creates the file, or empties it.
    pub fn create(place: Place) -> io::Result<Self> {
        let file = File::create(&place.path).map_err(|error| named(&place.path, &error))?;
        Ok(Self { place, file, bytes: 0, buffer: Vec::new() })
    }

    /// Writes a frame of `count` items, whose bytes `fill` appends.
    pub fn frame(&mut self, count: usize, fill: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        self.buffer.clear();
        self.buffer.extend_from_slice(&[0; HEADER as usize]);
        fill(&mut self.buffer);
        let (header, content) = self.buffer.split_at_mut(HEADER as usize);
        let (len, count) = (content.len() as u32, count as u32);
        let sum = checksum(self.place.salt, self.bytes, count, content);
        header[..4].copy_from_slice(&len.to_le_bytes());
        header[4..8].copy_from_slice(&count.to_le_bytes());
        header[8..].copy_from_slice(&sum.to_le_bytes());
        self.file.write_all(&self.buffer).map_err(|error| named(&self.place.path, &error))?;
        self.bytes += self.buffer.len() as u64;
        Ok(())
    }
}

/// A reader of frames.
pub struct Reader {
    place: Place,
    file: File,
    at: u64,
    bytes: u64,
}

impl Reader {
    /// Opens a file of a known number of bytes.
    pub fn open(place: Place, bytes: u64) -> io::Result<Self> {
        let open = || {
            let file = File::open(&place.path)?;
            let len = file.metadata()?.len();
            Ok((file, len))
        };
        let (file, len) = open().map_err(|error: io::Error| named(&place.path, &error))?;
        if len != bytes {
            return Err(damaged(&place.path, &format!("has {len} bytes instead of {bytes}")));
        }
        Ok(Self { place, file, at: 0, bytes })
    }

    /// Passes over a frame.
    pub fn skip(&mut self) -> io::Result<()> {
        let (len, ..) = self.header()?;
        self.at += HEADER + len as u64;
        self.file
            .seek(SeekFrom::Start(self.at))
            .map(drop)
            .map_err(|error| named(&self.place.path, &error))
    }

    /// Reads a header: the number of bytes and of items, and the checksum.
    fn header(&mut self) -> io::Result<(usize, u32, u64)> {
        let mut header = [0u8; HEADER as usize];
        self.file.read_exact(&mut header).map_err(|error| named(&self.place.path, &error))?;
        let word = |from: usize| {
            u32::from_le_bytes([header[from], header[from + 1], header[from + 2], header[from + 3]])
        };
        let (len, sum) = (word(0) as usize, u64::from(word(8)) | u64::from(word(12)) << 32);
        if len > MOST { Err(self.damage()) } else { Ok((len, word(4), sum)) }
    }

    /// Reads the next frame into `content`, and returns its number of items; `None` at the end.
    pub fn next(&mut self, content: &mut Vec<u8>) -> io::Result<Option<usize>> {
        if self.at >= self.bytes {
            return Ok(None);
        }
        let (len, count, sum) = self.header()?;
        content.resize(len, 0);
        self.file.read_exact(content).map_err(|error| named(&self.place.path, &error))?;
        if sum != checksum(self.place.salt, self.at, count, content) {
            return Err(self.damage());
        }
        self.at += HEADER + len as u64;
        Ok(Some(count as usize))
    }

    /// Returns the error of this file being damaged.
    pub fn damage(&self) -> io::Error {
        damaged(&self.place.path, &format!("is damaged at byte {}", self.at))
    }
}

/// Returns the salt of a file of a search.
pub fn salt(search: &str, name: &str) -> u64 {
    fingerprint(&[fingerprint(search.as_bytes()), fingerprint(name.as_bytes())])
}
