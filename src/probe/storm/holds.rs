//! Who certainly held which lock, and when: from the end of the call that took it to the start of the
//! call that gave it up. If an answer in between reports a loss, up to the last call before that
//! succeeded.

use std::collections::BTreeMap;

use super::history::{Did, Got, Span};

/// A lock that was certainly held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The worker.
    pub worker: u8,
    /// The file.
    pub file: u16,
    /// The slot.
    pub slot: u8,
    /// Whether it excludes readers as well.
    pub write: bool,
    /// When the worker asked for it.
    pub asked: u64,
    /// From when it was held.
    pub from: u64,
    /// Up to when.
    pub to: u64,
    /// When the answer came that it was given up, if that succeeded, and nothing reported a loss.
    pub released: Option<u64>,
    /// The calls on its counter while it was held, with their answers.
    pub counted: Vec<Counted>,
}

/// A call on a counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It was read.
    Read(u64),
    /// It was written.
    Wrote(u64),
}

impl Hold {
    /// Returns whether two locks exclude one another.
    pub fn excludes(&self, other: &Self) -> bool {
        self.worker != other.worker
            && (self.file, self.slot) == (other.file, other.slot)
            && (self.write || other.write)
    }

    /// Who held what and when, in seconds after `began`.
    pub fn in_words(&self, began: u64) -> String {
        let seconds = |time: u64| time.saturating_sub(began) as f64 / 1e9;
        let Self { worker, file, slot, .. } = self;
        let kind = if self.write { "write" } else { "read" };
        let (from, to) = (seconds(self.from), seconds(self.to));
        format!(
            "w{worker} held the {kind} lock of slot {slot} in file {file} from {from:.6} s to {to:.6} s"
        )
    }

    /// The number that was read under the lock, if the next one was written, for certain.
    pub fn increment(&self) -> Option<u64> {
        self.released?;
        match self.counted[..] {
            [Counted::Read(before), Counted::Wrote(after)] if after == before + 1 => Some(before),
            _ => None,
        }
    }
}

/// Returns the locks that a worker held, in the order in which they ended.
pub fn holds(spans: &[Span]) -> Vec<Hold> {
    let mut open: Vec<Hold> = Vec::new();
    let mut done = Vec::new();
    // `sure` is the end of the last call that succeeded on the file.
    let mut sure: BTreeMap<u16, u64> = BTreeMap::new();
    for span in spans {
        let of_file = |hold: &Hold| hold.file == span.file;
        if span.reports_loss() {
            let until = sure.get(&span.file).copied().unwrap_or(0);
            open.retain_mut(|hold| {
                let lost = of_file(hold);
                if lost {
                    hold.to = until.max(hold.from);
                    done.push(hold.clone());
                }
                !lost
            });
            continue;
        }
        let ends = |hold: &Hold| match span.did {
            Did::Unlock { slot } => of_file(hold) && hold.slot == slot,
            Did::Close => of_file(hold),
            _ => false,
        };
        open.retain_mut(|hold| {
            let over = ends(hold);
            if over {
                hold.to = span.from;
                hold.released = span.end.map(|(end, _)| end);
                done.push(hold.clone());
            }
            !over
        });
        let Some((end, got)) = span.end else { continue };
        if span.succeeded() {
            sure.insert(span.file, end);
        }
        match (span.did, got) {
            (Did::Lock { slot, write, .. }, Got::Done) => {
                let (worker, file) = (span.worker, span.file);
                let (asked, from, to) = (span.from, end, end);
                let (released, counted) = (None, Vec::new());
                let hold = Hold { worker, file, slot, write, asked, from, to, released, counted };
                open.push(hold);
            }
            (Did::Read { slot }, Got::Value(value)) => {
                count(&mut open, span.file, slot, Counted::Read(value))
            }
            (Did::Write { slot, value }, Got::Done) => {
                count(&mut open, span.file, slot, Counted::Wrote(value))
            }
            _ => {}
        }
    }
    // The history ends while these are held.
    let last = spans.last().map_or(0, |span| span.end.map_or(span.from, |(end, _)| end));
    done.extend(open.into_iter().map(|hold| Hold { to: last.max(hold.from), ..hold }));
    done
}

fn count(open: &mut [Hold], file: u16, slot: u8, what: Counted) {
    let hold = open.iter_mut().find(|hold| (hold.file, hold.slot) == (file, slot));
    if let Some(hold) = hold {
        hold.counted.push(what);
    }
}
