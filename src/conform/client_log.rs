//! The log of a client: what its processes did, and the results they got. It shows locks that are
//! taken in memory, which no traffic shows.
//!
//! Two formats are supported. One has a line per operation,
//! `TIME CLIENT OPERATION HANDLE [FIRST LENGTH] -> RESULT`, written when the operation has ended. A
//! line that ends in `...` gives the time at which it began. The other format is the output of
//! `strace -f -ttt -T -e trace=fcntl,close`, with `open` and `openat` if more than one file is used.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::encoding::json::Problem;

use super::log::nanoseconds;
use super::traffic::{Moment, Range};

/// An operation of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// The first moment at which it may have happened.
    pub from: Moment,
    /// The last moment at which it may have happened.
    pub to: Moment,
    /// The operation.
    pub what: What,
    /// The path of the file, if the log contains its open.
    pub path: Option<String>,
    /// The line, counted from 1.
    pub line: usize,
}

/// An operation of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The process took a lock, which is exclusive if the flag is set.
    Lock(Range, bool),
    /// It released the locks in a range.
    Unlock(Range),
    /// It closed a file, which released these locks.
    Close(Vec<Range>),
}

/// The log of a client.
#[derive(Clone, Debug)]
pub struct ClientLog {
    /// The name of the client in the log, and in its owner string.
    pub client: String,
    /// The file.
    pub file: String,
    /// The operations, in order.
    pub deeds: Vec<Deed>,
}

impl Deed {
    /// Returns whether the file may be one of these names. What is not known may be.
    pub fn is_of(&self, names: &BTreeSet<&str>) -> bool {
        let last = self.path.as_deref().and_then(|path| path.rsplit('/').next());
        names.is_empty() || last.is_none_or(|last| names.contains(last))
    }
}

impl ClientLog {
    /// Reads the log of a client.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or contains nothing about this client.
    pub fn open(client: &str, path: &Path) -> Result<Self, Problem> {
        let file = path.display().to_string();
        let bytes = std::fs::read(path)
            .map_err(|error| Problem::of_file(&file, format!("cannot read: {error}")))?;
        Self::read(client, &file, &String::from_utf8_lossy(&bytes))
    }

    /// Reads the text of a log.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn read(client: &str, file: &str, text: &str) -> Result<Self, Problem> {
        let mut deeds = Vec::new();
        let mut held: BTreeMap<String, Vec<Range>> = BTreeMap::new();
        let mut paths: BTreeMap<String, String> = BTreeMap::new();
        let (mut last, mut begun, mut seen) = (None, None, false);
        for (at, line) in text.lines().enumerate() {
            let said = traced(line).or_else(|| plain(line, client));
            let Some(said) = said else { continue };
            seen = true;
            if said.begins {
                begun = Some(said.end);
                continue;
            }
            let from = said.begin.or(begun).or(last).unwrap_or(said.end);
            (last, begun) = (Some(said.end), None);
            if !said.succeeds {
                continue;
            }
            let locks = held.entry(said.handle.clone()).or_default();
            let path = paths.get(&said.handle).cloned();
            let what = match said.does {
                Does::Other => continue,
                Does::Open(path) => {
                    paths.insert(said.handle, path);
                    continue;
                }
                Does::Lock(range, exclusive) => {
                    locks.push(range);
                    What::Lock(range, exclusive)
                }
                Does::Unlock(range) => {
                    locks.retain(|held| !range.covers(*held));
                    What::Unlock(range)
                }
                Does::Close => {
                    paths.remove(&said.handle);
                    What::Close(std::mem::take(locks))
                }
            };
            deeds.push(Deed { from: (from, 0), to: (said.end, 0), what, path, line: at + 1 });
        }
        if !seen {
            let message = format!("does not mention `{client}`");
            let hint = "a line is `TIME CLIENT OPERATION HANDLE ... -> RESULT`, or a line of strace -f -ttt -T";
            return Err(Problem::of_file(file, message).hint(hint));
        }
        Ok(Self { client: client.to_string(), file: file.to_string(), deeds })
    }
}

/// Returns whether locks are held after these operations of all processes.
pub fn held<'d>(deeds: impl Iterator<Item = &'d Deed>) -> bool {
    let mut held: Vec<Range> = Vec::new();
    for deed in deeds {
        match &deed.what {
            What::Lock(range, _) => held.push(*range),
            What::Unlock(range) => held.retain(|held| !range.covers(*held)),
            What::Close(ranges) => held.retain(|held| !ranges.contains(held)),
        }
    }
    !held.is_empty()
}

/// A line of a log.
struct Said {
    /// When it began, if the line contains that.
    begin: Option<u64>,
    end: u64,
    handle: String,
    does: Does,
    succeeds: bool,
    /// Whether this line only marks the beginning.
    begins: bool,
}

enum Does {
    Open(String),
    Lock(Range, bool),
    Unlock(Range),
    Close,
    Other,
}

/// `1795719582.787320 c1 rdlck b 0 10 -> ok`
fn plain(line: &str, client: &str) -> Option<Said> {
    let mut words = line.split_whitespace();
    let end = nanoseconds(words.next()?)?;
    if words.next()? != client {
        return None;
    }
    let (what, handle) = (words.next()?, words.next()?.to_string());
    let rest: Vec<&str> = words.collect();
    let range = || Some(Range::new(rest.first()?.parse().ok()?, rest.get(1)?.parse().ok()?));
    let does = match what {
        "rdlck" | "wrlck" => {
            range().map_or(Does::Other, |range| Does::Lock(range, what == "wrlck"))
        }
        "unlck" => range().map_or(Does::Other, Does::Unlock),
        "open" => rest.first().map_or(Does::Other, |path| Does::Open((*path).to_string())),
        "close" => Does::Close,
        _ => Does::Other,
    };
    let result = rest.iter().position(|word| *word == "->").and_then(|at| rest.get(at + 1));
    let (succeeds, begins) = (result == Some(&"ok"), result.is_none());
    Some(Said { begin: None, end, handle, does, succeeds, begins })
}

/// `812 1795719582.787300 fcntl(3, F_SETLK, {l_type=F_RDLCK, l_whence=SEEK_SET, l_start=0,
/// l_len=10}) = 0 <0.000020>`
fn traced(line: &str) -> Option<Said> {
    let (head, call) = line.split_once('(')?;
    let mut words = head.split_whitespace().rev();
    let (name, begin) = (words.next()?, nanoseconds(words.next()?)?);
    let pid = words.next().unwrap_or("");
    let (arguments, result) = call.rsplit_once(") = ")?;
    let (result, lasts) = result.split_once(" <")?;
    let end = begin + nanoseconds(lasts.trim_end().strip_suffix('>')?)?;
    let descriptor = arguments.split(',').next()?.split('<').next()?.trim();
    let value = |key: &str| {
        let (_, rest) = arguments.split_once(key)?;
        Some(rest.split([',', '}']).next()?.trim().trim_start_matches('='))
    };
    let does = match name {
        "close" => Does::Close,
        "open" | "openat" => Does::Open(arguments.split('"').nth(1)?.to_string()),
        "fcntl" | "fcntl64" if arguments.contains("SETLK") => {
            let number = |key| value(key)?.parse::<u64>().ok();
            let length = number("l_len")?;
            let range = Range::new(number("l_start")?, if length == 0 { u64::MAX } else { length });
            match value("l_type")? {
                "F_UNLCK" => Does::Unlock(range),
                kind => Does::Lock(range, kind == "F_WRLCK"),
            }
        }
        _ => Does::Other,
    };
    let result = result.split('<').next()?.trim();
    // The descriptor of a new file is the result.
    let (descriptor, succeeds) = match does {
        Does::Open(_) => (result, result.parse::<u32>().is_ok()),
        _ => (descriptor, result == "0"),
    };
    let handle = format!("{pid}/{descriptor}");
    Some(Said { begin: Some(begin), end, handle, does, succeeds, begins: false })
}

#[cfg(test)]
mod tests {
    use super::{ClientLog, Deed, What};
    use crate::conform::traffic::Range;

    const PLAIN: &str = "noise\n10.5 c1 open a /srv/f r -> ok\n11.0 c2 rdlck b 0 10 -> ok\n\
        12.0 c1 rdlck b 0 10 -> ok\n12.5 c1 wrlck b 7 1 -> [Errno 11] no\n13.0 c1 close b ...\n\
        14.0 c1 close b -> ok (1.0 s)\n";

    #[test]
    fn a_deed_lies_between_the_line_before_and_its_own() {
        let log = ClientLog::read("c1", "log", PLAIN).expect("a log");
        let seconds = |tenths: u64| (tenths * 100_000_000, 0);
        let range = Range::new(0, 10);
        let what = What::Lock(range, false);
        let lock = Deed { from: seconds(105), to: seconds(120), what, path: None, line: 4 };
        let what = What::Close(vec![range]);
        let close = Deed { from: seconds(130), to: seconds(140), what, path: None, line: 7 };
        assert_eq!(log.deeds, [lock, close]);
        assert!(ClientLog::read("c3", "log", PLAIN).is_err());
    }

    #[test]
    fn a_deed_belongs_to_the_file_that_its_handle_was_opened_with() {
        let plain = "1.0 c1 open a /srv/f r -> ok\n2.0 c1 rdlck a 0 1 -> ok\n3.0 c1 close a -> ok\n\
            4.0 c1 open a /srv/g r -> ok\n5.0 c1 rdlck a 0 1 -> ok\n6.0 c1 rdlck b 0 1 -> ok\n";
        let traced = "812 1.0 openat(AT_FDCWD, \"/srv/f\", O_RDONLY) = 3</srv/f> <0.1>\n\
            812 2.0 fcntl(3</srv/f>, F_SETLK, {l_type=F_RDLCK, l_start=0, l_len=1}) = 0 <0.1>\n\
            812 3.0 close(3</srv/f>) = 0 <0.1>\n\
            812 4.0 openat(AT_FDCWD, \"g\", O_RDONLY) = 3 <0.1>\n\
            812 5.0 fcntl(3, F_SETLK, {l_type=F_RDLCK, l_start=0, l_len=1}) = 0 <0.1>\n\
            812 6.0 fcntl(4, F_SETLK, {l_type=F_RDLCK, l_start=0, l_len=1}) = 0 <0.1>\n";
        for text in [plain, traced] {
            let log = ClientLog::read("c1", "log", text).expect("a log");
            let lines = |names: &[&str]| -> Vec<usize> {
                let names = names.iter().copied().collect();
                log.deeds.iter().filter(|deed| deed.is_of(&names)).map(|deed| deed.line).collect()
            };
            assert_eq!(lines(&["f"]), [2, 3, 6]);
            assert_eq!(lines(&["g"]), [5, 6]);
            assert_eq!(lines(&[]), [2, 3, 5, 6]);
        }
    }

    #[test]
    fn strace_says_when_a_call_began() {
        let text = "812 12.25 fcntl(3, F_SETLK, {l_type=F_RDLCK, l_whence=SEEK_SET, l_start=5, \
            l_len=0}) = 0 <0.25>\n812 13.0 close(3) = 0 <0.5>\n";
        let log = ClientLog::read("c1", "log", text).expect("a log");
        let range = Range::new(5, u64::MAX);
        let times: Vec<(u64, u64)> =
            log.deeds.iter().map(|deed| (deed.from.0 / 1_000_000, deed.to.0 / 1_000_000)).collect();
        assert_eq!(times, [(12_250, 12_500), (13_000, 13_500)]);
        assert_eq!(log.deeds[0].what, What::Lock(range, false));
        assert_eq!(log.deeds[1].what, What::Close(vec![range]));
    }
}
