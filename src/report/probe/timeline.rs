//! The locks of a case over its steps: a bar for each lock that a caller was told it has, red where
//! two that exclude each other are held at once.

use latchwork_model::async_grant::posix::{Access, Held, LockTable, Range};
use maud::{Markup, html};

use crate::files::probe_case::ProbeCase;
use crate::probe::files::Files;
use crate::probe::op::{Call, Kind, Op};
use crate::probe::state::MOST_LOCKS;

/// A lock, from the step at which it was granted to the one before which it was gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Whose it is: `w0`, or `w0 open file 1`.
    pub owner: String,
    /// Whether it is one of `flock`.
    pub flock: bool,
    /// The lock.
    pub lock: Held<u64>,
    /// The first step at whose end it is held, counted from 1.
    pub from: usize,
    /// The last step at whose end it is held.
    pub to: usize,
}

impl Bar {
    /// The steps during which this lock and another are held though they exclude each other.
    pub fn overlap(&self, other: &Self) -> Option<(usize, usize)> {
        let excludes = self.lock.owner != other.lock.owner
            && self.flock == other.flock
            && (self.lock.access == Access::Write || other.lock.access == Access::Write)
            && self.lock.range.overlaps(&other.lock.range);
        let (from, to) = (self.from.max(other.from), self.to.min(other.to));
        (excludes && from <= to).then_some((from, to))
    }

    fn label(&self) -> String {
        let access = if self.lock.access == Access::Write { "write" } else { "read" };
        let Range { first, last } = self.lock.range;
        match (self.flock, last == END) {
            (true, _) => format!("flock {access}"),
            (false, true) => format!("{access} {first}.."),
            (false, false) => format!("{access} {first}..{last}"),
        }
    }
}

const END: u64 = i64::MAX as u64;
const WHOLE: Range<u64> = Range { first: 0, last: END };

/// The locks of one owner: a table that nobody else's lock is in.
type Own = (bool, u8, String, LockTable<u64, MOST_LOCKS>);

/// Returns the bars of a case, in the order of their owners.
pub fn bars(case: &ProbeCase) -> Vec<Bar> {
    let mut files = Files::new(case.probe.workers);
    let mut owners: Vec<Own> = Vec::new();
    let mut waiting: Vec<Option<Op>> = vec![None; case.probe.workers];
    let mut bars: Vec<Bar> = Vec::new();
    for (step, taken) in (1..).zip(&case.steps) {
        let Some(op) = Op::parse(&taken.call) else { continue };
        if let Some(slot) = waiting.get_mut(usize::from(op.worker))
            && slot.is_none()
        {
            *slot = Some(op);
        }
        let granted = |op: &Op| taken.answers.contains(&format!("w{}: 0", op.worker));
        for slot in &mut waiting {
            if let Some(asked) = slot.filter(granted) {
                take(&mut owners, &files, &asked);
            }
        }
        let answered = |op: &Op| {
            let before = format!("w{}: ", op.worker);
            taken.answers.iter().any(|answer| answer.starts_with(&before))
        };
        waiting.iter_mut().for_each(|slot| *slot = slot.filter(|op| !answered(op)));
        if granted(&op) && files.allow(&op) {
            let gone = files.apply(&op);
            for (flock, owner, _, table) in &mut owners {
                let list = if *flock { &gone.flock } else { &gone.record };
                if list.contains(owner) {
                    *table = LockTable::EMPTY;
                }
            }
        }
        note(&mut bars, &owners, step);
    }
    bars.sort_by(|one, other| (&one.owner, one.from).cmp(&(&other.owner, other.from)));
    bars
}

/// Adds what a granted call did to the locks of its owner.
fn take(owners: &mut Vec<Own>, files: &Files, op: &Op) {
    let worker = op.worker;
    let (flock, owner, kind, range) = match op.call {
        Call::Lock { fd, ofd, kind, start, len, .. } => {
            let (Some(owner), Ok(range)) =
                (files.owner(worker, fd, ofd), Range::of_flock(start, len))
            else {
                return;
            };
            (false, owner, kind, range)
        }
        Call::Flock { fd, kind, .. } => match files.flock_owner(worker, fd) {
            Some(owner) => (true, owner, kind, WHOLE),
            None => return,
        },
        _ => return,
    };
    let name = if !flock && owner == worker {
        format!("w{worker}")
    } else {
        let fd = match op.call {
            Call::Lock { fd, .. } | Call::Flock { fd, .. } => fd,
            _ => 0,
        };
        format!("w{worker} file of fd{fd}")
    };
    let at = owners.iter().position(|own| (own.0, own.1) == (flock, owner));
    let at = at.unwrap_or_else(|| {
        owners.push((flock, owner, name, LockTable::EMPTY));
        owners.len() - 1
    });
    let table = &mut owners[at].3;
    // A single owner meets nobody, and the table has room for what the models had room for.
    let _ = match kind {
        Kind::Read => table.lock(owner, Access::Read, range),
        Kind::Write => table.lock(owner, Access::Write, range),
        Kind::Unlock => table.unlock(owner, range),
    };
}

/// Makes the bars of the locks that are still held longer, and begins those of new ones.
fn note(bars: &mut Vec<Bar>, owners: &[Own], step: usize) {
    for (flock, _, owner, table) in owners {
        for lock in table.locks() {
            let same =
                |bar: &&mut Bar| bar.to + 1 == step && bar.flock == *flock && bar.lock == *lock;
            match bars.iter_mut().find(same) {
                Some(bar) => bar.to = step,
                None => {
                    let (owner, flock, lock) = (owner.clone(), *flock, *lock);
                    bars.push(Bar { owner, flock, lock, from: step, to: step });
                }
            }
        }
    }
}

const ROW: usize = 24;
const LEFT: usize = 150;
const TOP: usize = 24;
const BAD: &str = "#b3261e";

/// Draws the bars.
pub fn draw(case: &ProbeCase) -> Markup {
    let bars = bars(case);
    let steps = case.steps.len().max(1);
    let step = (720 / steps).clamp(24, 120);
    let (width, height) = (LEFT + step * steps + 20, TOP + ROW * bars.len() + 12);
    let x = |at: usize| LEFT + step * (at - 1);
    html! {
        svg.chart width=(width) height=(height) viewBox=(format!("0 0 {width} {height}")) role="img"
            aria-label="the locks that are held after each call" {
            @for at in 1..=steps {
                text x=(x(at) + 2) y="14" { (at) }
                line.axis x1=(x(at)) x2=(x(at)) y1="18" y2=(height - 8) {}
            }
            @for (row, bar) in bars.iter().enumerate() {
                @let y = TOP + ROW * row;
                text x="0" y=(y + 15) { (bar.owner) }
                rect.area x=(x(bar.from)) y=(y + 2) width=(step * (bar.to + 1 - bar.from)) height=(ROW - 4) rx="3" {
                    title { (bar.owner) ": " (bar.label()) }
                }
                @for (from, to) in overlaps(&bars, row) {
                    rect x=(x(from)) y=(y + 2) width=(step * (to + 1 - from)) height=(ROW - 4) rx="3"
                        fill=(BAD) fill-opacity="0.6" {
                        title { "held at the same time as a lock that excludes it" }
                    }
                }
                text x=(x(bar.from) + 4) y=(y + 15) { (bar.label()) }
            }
        }
    }
}

/// The steps in which a bar overlaps another one that it excludes.
fn overlaps(bars: &[Bar], row: usize) -> impl Iterator<Item = (usize, usize)> {
    bars.iter().filter_map(move |other| bars[row].overlap(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::probe_case::{FORMAT, Place, Rate, Shown, Step};

    fn case(steps: &[(&str, &[&str])]) -> ProbeCase {
        let step = |(call, answers): &(&str, &[&str])| Step {
            call: (*call).to_string(),
            answers: answers.iter().map(|answer| (*answer).to_string()).collect(),
            admitted: Vec::new(),
        };
        let place = Place {
            dir: "/mnt".to_string(),
            second: None,
            filesystem: None,
            workers: 2,
            hang_ms: 5000,
            planted: None,
        };
        let failure = Shown { kind: "answer".to_string(), got: String::new(), listed: None };
        let rate = Rate { failed: 1, runs: 1 };
        let steps = steps.iter().map(step).collect();
        ProbeCase { format: FORMAT, probe: place, failure, rate, steps }
    }

    /// Two locks that exclude each other are the whole point of the picture.
    #[test]
    fn an_overlap_is_seen() {
        let bars = bars(&case(&[
            ("w0: fcntl(fd0, F_SETLK, F_WRLCK, 0, 4)", &["w0: 0"]),
            ("w1: fcntl(fd0, F_SETLK, F_RDLCK, 2, 1)", &["w1: 0"]),
            ("w0: exit()", &["w0: 0"]),
        ]));
        let spans: Vec<_> = bars.iter().map(|bar| (bar.from, bar.to)).collect();
        assert_eq!(spans, [(1, 2), (2, 3)]);
        assert_eq!(bars[0].overlap(&bars[1]), Some((2, 2)));
        assert_eq!(bars[0].label(), "write 0..3");
    }

    /// A lock that was waited for is drawn from when it was granted, not from when it was wanted.
    #[test]
    fn a_waiting_call_has_no_bar() {
        let bars = bars(&case(&[
            ("w0: fcntl(fd0, F_OFD_SETLK, F_WRLCK, 0, 0)", &["w0: 0"]),
            ("w1: fcntl(fd0, F_SETLKW, F_WRLCK, 0, 1)", &[]),
            ("w0: close(fd0)", &["w0: 0", "w1: 0"]),
        ]));
        let spans: Vec<_> = bars.iter().map(|bar| (bar.from, bar.to)).collect();
        assert_eq!(spans, [(1, 2), (3, 3)]);
        assert_eq!(bars[0].overlap(&bars[1]), None);
    }
}
