//! `/proc/locks`: the locks of a file as the kernel lists them.

use super::op::Kind;

/// What kind of lock a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// `POSIX`: owned by a process.
    Posix,
    /// `OFDLCK`: owned by an open file. No process id is listed.
    Ofd,
    /// `FLOCK`: owned by an open file, listed with the process that took it.
    Flock,
}

/// A lock, or a request that waits for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// Its kind.
    pub family: Family,
    /// Whether it is for writing.
    pub write: bool,
    /// The first byte.
    pub first: u64,
    /// The last byte; that of the largest file for `EOF`.
    pub last: u64,
    /// The process; -1 for a lock of an open file.
    pub pid: i32,
}

/// The locks of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// The locks that are held, sorted.
    pub held: Vec<Line>,
    /// The requests that wait, sorted.
    pub waiting: Vec<Line>,
}

const END: u64 = i64::MAX as u64;

impl View {
    /// Reads the locks of the file with this inode number; `None` if the kernel does not tell.
    pub fn of_inode(inode: u64) -> Option<Self> {
        std::fs::read_to_string("/proc/locks").ok().map(|text| Self::parse(&text, inode))
    }

    /// Reads the lines that are about an inode. Lines of other kinds (leases) are left out.
    pub fn parse(text: &str, inode: u64) -> Self {
        let mut view = Self::default();
        for line in text.lines() {
            let mut words: Vec<&str> = line.split_whitespace().skip(1).collect();
            let waits = words.first() == Some(&"->");
            if waits {
                words.remove(0);
            }
            if let Some(line) = of_words(&words, inode) {
                if waits { &mut view.waiting } else { &mut view.held }.push(line);
            }
        }
        view.held.sort_unstable();
        view.waiting.sort_unstable();
        view
    }
}

fn of_words(words: &[&str], inode: u64) -> Option<Line> {
    let [family, _, access, pid, file, first, last] = words else { return None };
    let family = match *family {
        "POSIX" => Family::Posix,
        "OFDLCK" => Family::Ofd,
        "FLOCK" => Family::Flock,
        _ => return None,
    };
    if file.rsplit(':').next()?.parse() != Ok(inode) {
        return None;
    }
    let last = if *last == "EOF" { END } else { last.parse().ok()? };
    let (write, first, pid) = (*access == "WRITE", first.parse().ok()?, pid.parse().ok()?);
    Some(Line { family, write, first, last, pid })
}

/// Spells a kind as the calls do.
pub fn kind(write: bool) -> Kind {
    if write { Kind::Write } else { Kind::Read }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Another file's locks, leases, and the arrow of waiting requests.
    #[test]
    fn the_lines_of_one_file_are_read() {
        let text = "\
            1: FLOCK  ADVISORY  WRITE 30 fe:00:77 0 EOF\n\
            2: POSIX  ADVISORY  READ  31 fe:00:78 0 9\n\
            2: -> POSIX  ADVISORY  WRITE 32 fe:00:78 3 EOF\n\
            3: OFDLCK ADVISORY  WRITE -1 fe:00:78 12 12\n\
            4: LEASE  ACTIVE    READ  31 fe:00:78 0 EOF\n";
        let view = View::parse(text, 78);
        let line = |family, write, first, last, pid| Line { family, write, first, last, pid };
        let read = line(Family::Posix, false, 0, 9, 31);
        assert_eq!(view.held, [read, line(Family::Ofd, true, 12, 12, -1)]);
        assert_eq!(view.waiting, [line(Family::Posix, true, 3, END, 32)]);
        assert_eq!(View::parse(text, 7), View::default());
    }
}
