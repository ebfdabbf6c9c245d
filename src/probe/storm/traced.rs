//! A history in the words of `strace`, which `conform --client NAME=LOG` reads beside a recording of the
//! traffic.

use std::fmt::Write;

use super::file_name;
use super::history::{Did, Got, Span};
use super::worker::range;

/// A worker has one file open at a time.
const DESCRIPTOR: u32 = 3;

/// Returns the opens, locks and closes of workers as lines of `strace -f -ttt -T`, in the order in
/// which they began. `epoch` is added to the times of the histories.
pub fn trace<'a>(spans: impl Iterator<Item = &'a Span>, epoch: u64) -> String {
    let mut lines: Vec<(u64, String)> =
        spans.filter_map(|span| Some((span.from, line(span, epoch)?))).collect();
    lines.sort();
    lines.into_iter().map(|(_, line)| line + "\n").collect()
}

/// The line of a call that was answered; `None` for one that takes no part in locking.
fn line(span: &Span, epoch: u64) -> Option<String> {
    let (end, got) = span.end?;
    let (call, value) = match span.did {
        Did::Open { write } => {
            let mode = if write { "O_RDWR" } else { "O_RDONLY" };
            let name = file_name(span.file);
            (format!("openat(AT_FDCWD, \"{name}\", {mode}"), DESCRIPTOR)
        }
        Did::Lock { slot, write, ofd, wait } => {
            let kind = if write { "F_WRLCK" } else { "F_RDLCK" };
            (lock(slot, kind, (ofd, wait)), 0)
        }
        Did::Unlock { slot } => (lock(slot, "F_UNLCK", (false, false)), 0),
        Did::Close => (format!("close({DESCRIPTOR}"), 0),
        Did::Read { .. } | Did::Write { .. } => return None,
    };
    let result = if matches!(got, Got::Errno(_)) { -1 } else { i64::from(value) };
    let mut line = String::new();
    let (begin, lasts) = (seconds(span.from + epoch), seconds(end.saturating_sub(span.from)));
    // Writing to a string cannot fail.
    let _ = write!(line, "{} {begin} {call}) = {result} <{lasts}>", u32::from(span.worker) + 1);
    Some(line)
}

fn lock(slot: u8, kind: &str, (ofd, wait): (bool, bool)) -> String {
    let (start, len) = range(slot);
    let command = match (ofd, wait) {
        (false, false) => "F_SETLK",
        (false, true) => "F_SETLKW",
        (true, false) => "F_OFD_SETLK",
        (true, true) => "F_OFD_SETLKW",
    };
    format!(
        "fcntl({DESCRIPTOR}, {command}, {{l_type={kind}, l_whence=SEEK_SET, l_start={start}, l_len={len}}}"
    )
}

fn seconds(nanoseconds: u64) -> String {
    format!("{}.{:09}", nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_written_as_strace_writes_them() {
        let span =
            |from, did, got| Span { worker: 4, file: 7, did, from, end: Some((from + 5, got)) };
        let lock = Did::Lock { slot: 1, write: true, ofd: false, wait: true };
        let spans = [
            span(2_000_000_020, lock, Got::Done),
            span(2_000_000_010, Did::Open { write: true }, Got::Done),
            span(2_000_000_030, Did::Read { slot: 1 }, Got::Value(3)),
            span(2_000_000_040, Did::Unlock { slot: 1 }, Got::Errno(libc::EIO)),
            Span { end: None, ..span(2_000_000_050, Did::Close, Got::Done) },
        ];
        let text = trace(spans.iter(), 10_000_000_000);
        assert_eq!(
            text,
            "5 12.000000010 openat(AT_FDCWD, \"storm-7\", O_RDWR) = 3 <0.000000005>\n\
             5 12.000000020 fcntl(3, F_SETLKW, {l_type=F_WRLCK, l_whence=SEEK_SET, l_start=4096, l_len=8}) = 0 <0.000000005>\n\
             5 12.000000040 fcntl(3, F_SETLK, {l_type=F_UNLCK, l_whence=SEEK_SET, l_start=4096, l_len=8}) = -1 <0.000000005>\n"
        );
    }
}
