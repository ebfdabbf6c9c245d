//! Sealed files: written atomically, with a digest that detects any damage.
//!
//! A sealed file has a line with its type, a line of JSON that identifies what it belongs to, a
//! body, and a line with the digest of everything before. It is written under another name, flushed
//! to disk and then renamed, so that the previous file is valid until the new one is.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::encoding::json::Problem;

/// The version of the format.
const FORMAT: u64 = 1;
/// The first line of every sealed file.
const FIRST: &str = "latchwork checkpoint\n";
/// The number of bytes of the last line.
const LAST: u64 = "sha256:\n".len() as u64 + 64;
/// The maximum number of bytes of the line that identifies what a file belongs to.
const MOST_HEADER: u64 = 1 << 12;
/// The hint for a file that cannot be used.
const BEGIN_ANEW: &str = "a new folder starts over";

/// Identifies what a file belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The version of the program.
    pub version: String,
    /// The digest of the program file: another program may have another model, or other
    /// fingerprints.
    pub build: String,
    /// The digest of everything that determines the result of the computation.
    pub of: String,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u64,
    #[serde(flatten)]
    stamp: Stamp,
}

/// Returns the digest of a text, in hexadecimal.
pub fn digest(text: &str) -> String {
    spell(Sha256::new_with_prefix(text))
}

/// Returns the digest of a file, in hexadecimal.
pub fn digest_of_file(path: &Path) -> io::Result<String> {
    let mut digest = Digesting::new(io::sink());
    io::copy(&mut File::open(path)?, &mut digest)?;
    Ok(spell(digest.digest))
}

fn spell(digest: Sha256) -> String {
    let hex = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("sha256:{hex}")
}

/// A writer that passes bytes on and digests them.
struct Digesting<W> {
    to: W,
    digest: Sha256,
}

impl<W> Digesting<W> {
    fn new(to: W) -> Self {
        Self { to, digest: Sha256::new() }
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// A writer of the body of a file.
pub struct Writer(BufWriter<Digesting<File>>);

impl Writer {
    /// Writes a value.
    pub fn value(&mut self, value: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_vec(value)?;
        self.words(&[text.len() as u64])?;
        self.0.write_all(&text)
    }

    /// Writes words as they are in memory: the same program reads them.
    pub fn words<T: IntoBytes + Immutable>(&mut self, words: &[T]) -> io::Result<()> {
        self.0.write_all(words.as_bytes())
    }
}

/// Writes a file. An existing file is replaced once the new one is complete and on disk.
pub fn write(
    path: &Path,
    stamp: &Stamp,
    body: impl FnOnce(&mut Writer) -> io::Result<()>,
) -> io::Result<()> {
    let new = path.with_extension("new");
    let written = write_new(&new, stamp, body).and_then(|()| std::fs::rename(&new, path));
    if written.is_err() {
        // An incomplete file is useless, and the disk may be full.
        let _ = std::fs::remove_file(&new);
    }
    written?;
    match path.parent() {
        // The name is durable when the folder is.
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

fn write_new(
    path: &Path,
    stamp: &Stamp,
    body: impl FnOnce(&mut Writer) -> io::Result<()>,
) -> io::Result<()> {
    let mut writer = Writer(BufWriter::with_capacity(1 << 18, Digesting::new(File::create(path)?)));
    writer.0.write_all(FIRST.as_bytes())?;
    serde_json::to_writer(&mut writer.0, &Header { format: FORMAT, stamp: stamp.clone() })?;
    writer.0.write_all(b"\n")?;
    body(&mut writer)?;
    let Digesting { mut to, digest } =
        writer.0.into_inner().map_err(io::IntoInnerError::into_error)?;
    to.write_all(format!("{}\n", spell(digest)).as_bytes())?;
    to.sync_all()
}

/// A reader of the body of a verified file.
pub struct Reader(BufReader<io::Take<File>>);

impl Reader {
    /// Reads a value.
    pub fn value<T: DeserializeOwned>(&mut self) -> io::Result<T> {
        let len: u64 = self.word()?;
        let mut text = Vec::new();
        self.0.by_ref().take(len).read_to_end(&mut text)?;
        Ok(serde_json::from_slice(&text)?)
    }

    /// Reads one word.
    pub fn word<T: FromBytes + IntoBytes>(&mut self) -> io::Result<T> {
        let mut word = T::new_zeroed();
        self.0.read_exact(word.as_mut_bytes())?;
        Ok(word)
    }

    /// Reads `count` words.
    pub fn words<T: FromBytes + IntoBytes + Clone>(&mut self, count: usize) -> io::Result<Vec<T>> {
        let mut words = vec![T::new_zeroed(); count];
        self.0.read_exact(words.as_mut_bytes())?;
        Ok(words)
    }
}

/// Opens a file that is complete and belongs to `stamp`.
pub fn open(path: &Path, stamp: &Stamp) -> Result<Reader, Problem> {
    let name = path.display().to_string();
    let problem = |message: String| Problem::of_file(&name, message);
    let (header, reader) = read_whole(path).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => problem(error.to_string()).hint(BEGIN_ANEW),
        _ => problem(format!("cannot read: {error}")),
    })?;
    let Stamp { version, build, of } = header.stamp;
    if version != stamp.version {
        let message = format!("was written by version {version}; this is {}", stamp.version);
        return Err(problem(message).hint(format!("continue with that version; {BEGIN_ANEW}")));
    }
    if build != stamp.build {
        let message = "was written by another build of this program, whose models may differ";
        let hint = format!("continue with the program that wrote it; {BEGIN_ANEW}");
        return Err(problem(message.to_string()).hint(hint));
    }
    if of != stamp.of {
        let message = "belongs to another check, or a scenario has changed since";
        let hint = format!("use the arguments that it was started with; {BEGIN_ANEW}");
        return Err(problem(message.to_string()).hint(hint));
    }
    Ok(reader)
}

fn damaged(how: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, how.to_string())
}

/// Verifies a file. Returns its header, and its body from the beginning.
fn read_whole(path: &Path) -> io::Result<(Header, Reader)> {
    let mut file = File::open(path)?;
    let mut first = [0; FIRST.len()];
    let len = file.metadata()?.len();
    if len < FIRST.len() as u64 || file.read_exact(&mut first).is_err() || first != FIRST.as_bytes()
    {
        return Err(damaged("is not a checkpoint"));
    }
    let Some(body) = len.checked_sub(LAST) else { return Err(damaged("is cut off")) };
    file.seek(SeekFrom::Start(0))?;
    let mut digest = Digesting::new(io::sink());
    io::copy(&mut Read::by_ref(&mut file).take(body), &mut digest)?;
    let mut last = String::new();
    if Read::by_ref(&mut file).take(LAST).read_to_string(&mut last).is_err()
        || last != format!("{}\n", spell(digest.digest))
    {
        return Err(damaged("is damaged or cut off: its digest does not match its contents"));
    }
    file.seek(SeekFrom::Start(FIRST.len() as u64))?;
    let mut line = Vec::new();
    let mut reader = BufReader::with_capacity(1 << 18, file.take(body - FIRST.len() as u64));
    io::BufRead::read_until(&mut reader.by_ref().take(MOST_HEADER), b'\n', &mut line)?;
    let header: Header =
        serde_json::from_slice(&line).map_err(|_| damaged("has a header of an unknown format"))?;
    if header.format != FORMAT {
        return Err(damaged("has a format that this version does not read"));
    }
    Ok((header, Reader(reader)))
}

#[cfg(test)]
mod tests {
    use super::{Stamp, digest, open, write};

    fn stamp(of: &str) -> Stamp {
        Stamp { version: "1".into(), build: digest("a program"), of: digest(of) }
    }

    #[test]
    fn a_file_is_read_by_whom_it_belongs_to() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        write(&path, &stamp("this"), |writer| {
            writer.value(&"something")?;
            writer.words(&[1u32, 2, 3])
        })
        .expect("it is written");
        let mut reader = open(&path, &stamp("this")).expect("it is whole");
        assert_eq!(reader.value::<String>().expect("a value"), "something");
        assert_eq!(reader.words::<u32>(3).expect("words"), [1, 2, 3]);
        assert!(reader.word::<u8>().is_err(), "that was all");
        let refused = |stamp: Stamp| match open(&path, &stamp) {
            Ok(_) => panic!("{stamp:?} is another one"),
            Err(problem) => problem.to_string(),
        };
        assert!(refused(stamp("that")).contains("belongs to another check"));
        let version = Stamp { version: "2".into(), ..stamp("this") };
        assert!(refused(version).contains("was written by version 1; this is 2"));
        let build = Stamp { build: digest("another program"), ..stamp("this") };
        assert!(refused(build).contains("another build of this program"));
    }

    /// A write that fails midway leaves the previous file in place, and no other file.
    #[test]
    fn a_file_is_replaced_by_a_whole_one_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        write(&path, &stamp("this"), |writer| writer.value(&1)).expect("it is written");
        let full = write(&path, &stamp("this"), |writer| {
            writer.value(&2)?;
            Err(std::io::ErrorKind::StorageFull.into())
        });
        assert_eq!(full.expect_err("it is full").kind(), std::io::ErrorKind::StorageFull);
        let mut reader = open(&path, &stamp("this")).expect("the one before");
        assert_eq!(reader.value::<u8>().expect("a value"), 1);
        assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1);
    }
}
