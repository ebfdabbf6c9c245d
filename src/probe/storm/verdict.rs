//! What must hold whatever happens: what the histories of all workers say together.

use std::collections::BTreeMap;

use super::history::{Did, Got, Span};
use super::holds::{Counted, Hold, holds};

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// Two locks that exclude one another were held at the same time.
    BothHold,
    /// Two workers raised a counter from the same number, each under a write lock.
    LostCount,
    /// A number was read that had been raised before, under a lock that was given up before.
    StaleRead,
    /// A counter changed under a read lock.
    Changed,
}

impl Wrong {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::BothHold, Self::LostCount, Self::StaleRead, Self::Changed];

    /// The name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BothHold => "both_hold",
            Self::LostCount => "lost_count",
            Self::StaleRead => "stale_read",
            Self::Changed => "changed",
        }
    }

    /// Returns what it says, as a sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::BothHold => "two locks that exclude one another were held at the same time",
            Self::LostCount => {
                "two workers raised a counter from the same number, each under a write lock"
            }
            Self::StaleRead => {
                "a counter was read that is older than a write lock that was given up before"
            }
            Self::Changed => "a counter changed under a read lock",
        }
    }
}

/// Something that went wrong, and the locks that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub wrong: Wrong,
    /// When it was certain.
    pub at: u64,
    /// The lock that shows it, and the other one if there are two.
    pub holds: (Hold, Option<Hold>),
}

/// What the histories say.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// The number of calls.
    pub calls: u64,
    /// The number of locks that were held.
    pub held: u64,
    /// The calls for a lock that met one of another worker.
    pub met: u64,
    /// The counts that are certain.
    pub counts: u64,
    /// The answers that report an error, by number.
    pub errors: BTreeMap<i32, u64>,
    /// What went wrong, the earliest first; of each kind on each slot the earliest alone.
    pub findings: Vec<Finding>,
}

/// Judges the histories of all workers.
pub fn judge(histories: &[Vec<Span>]) -> Judged {
    let all: Vec<Hold> = histories.iter().flat_map(|spans| holds(spans)).collect();
    let mut judged = Judged { held: all.len() as u64, ..Judged::default() };
    let mut by_slot: BTreeMap<(u16, u8), Vec<&Hold>> = BTreeMap::new();
    for hold in &all {
        by_slot.entry((hold.file, hold.slot)).or_default().push(hold);
    }
    for holds in by_slot.values_mut() {
        holds.sort_by_key(|hold| (hold.from, hold.worker));
        judged.counts += holds.iter().filter(|hold| hold.increment().is_some()).count() as u64;
        let found = [both_hold(holds), lost_count(holds), stale_read(holds), changed(holds)];
        judged.findings.extend(found.into_iter().flatten());
    }
    judged.findings.sort_by_key(|finding| (finding.at, finding.wrong));
    for span in histories.iter().flatten() {
        judged.calls += 1;
        if let (true, Some((_, Got::Errno(errno)))) = (span.reports_loss(), span.end) {
            *judged.errors.entry(errno).or_default() += 1;
        }
        if let Did::Lock { slot, write, .. } = span.did {
            let taken = matches!(span.end, Some((_, Got::Errno(libc::EAGAIN | libc::EACCES))));
            let others = by_slot.get(&(span.file, slot)).map_or(&[][..], Vec::as_slice);
            judged.met += u64::from(taken || meets(span, write, others));
        }
    }
    judged
}

/// Whether a call for a lock began while another worker held one that excludes it.
fn meets(span: &Span, write: bool, others: &[&Hold]) -> bool {
    // Holds are in the order of their starts, and few are held at a time.
    let before = others.partition_point(|hold| hold.from <= span.from);
    let near = others[..before].iter().rev().take(64);
    near.into_iter()
        .any(|hold| hold.worker != span.worker && (write || hold.write) && span.from < hold.to)
}

fn both_hold(holds: &[&Hold]) -> Option<Finding> {
    let mut open: Vec<&Hold> = Vec::new();
    for hold in holds {
        open.retain(|earlier| hold.from < earlier.to);
        if let Some(other) = open.iter().find(|other| hold.excludes(other) && hold.from < hold.to) {
            let holds = ((*other).clone(), Some((*hold).clone()));
            return Some(Finding { wrong: Wrong::BothHold, at: hold.from, holds });
        }
        open.push(hold);
    }
    None
}

fn lost_count(holds: &[&Hold]) -> Option<Finding> {
    let mut raised: BTreeMap<u64, &Hold> = BTreeMap::new();
    for hold in holds {
        let Some(before) = hold.increment() else { continue };
        if let Some(other) = raised.insert(before, hold) {
            let holds = (other.clone(), Some((*hold).clone()));
            return Some(Finding { wrong: Wrong::LostCount, at: hold.to, holds });
        }
    }
    None
}

fn stale_read(holds: &[&Hold]) -> Option<Finding> {
    let mut raised: Vec<(u64, u64, &Hold)> = holds
        .iter()
        .filter_map(|hold| Some((hold.released?, hold.increment()? + 1, *hold)))
        .collect();
    raised.sort_by_key(|(released, ..)| *released);
    // The highest number that was certain at each release.
    let mut highest: Vec<(u64, u64, &Hold)> = Vec::new();
    for (released, number, hold) in raised {
        if highest.last().is_none_or(|(_, most, _)| *most < number) {
            highest.push((released, number, hold));
        }
    }
    for hold in holds.iter().filter(|hold| hold.released.is_some()) {
        let before = highest.partition_point(|(released, ..)| *released < hold.asked);
        let Some((_, number, other)) = before.checked_sub(1).map(|at| &highest[at]) else {
            continue;
        };
        let read = hold.counted.iter().find_map(|counted| match counted {
            Counted::Read(value) => Some(*value),
            Counted::Wrote(_) => None,
        });
        if read.is_some_and(|value| value < *number) {
            let holds = ((*other).clone(), Some((*hold).clone()));
            return Some(Finding { wrong: Wrong::StaleRead, at: hold.to, holds });
        }
    }
    None
}

fn changed(holds: &[&Hold]) -> Option<Finding> {
    let two = |hold: &&&Hold| matches!(hold.counted[..], [Counted::Read(one), Counted::Read(two)] if one != two);
    let hold = holds.iter().filter(|hold| hold.released.is_some()).find(two)?;
    Some(Finding { wrong: Wrong::Changed, at: hold.to, holds: ((*hold).clone(), None) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A history from lines `from-to call = got`; without `-to` the call has no answer.
    fn history(worker: u8, calls: &[(u64, u64, Did, Got)]) -> Vec<Span> {
        let span = |(from, to, did, got): &(u64, u64, Did, Got)| Span {
            worker,
            file: 0,
            did: *did,
            from: *from,
            end: Some((*to, *got)),
        };
        calls.iter().map(span).collect()
    }

    const fn lock(write: bool) -> Did {
        Did::Lock { slot: 0, write, ofd: false, wait: true }
    }
    const READ: Did = Did::Read { slot: 0 };
    const UNLOCK: Did = Did::Unlock { slot: 0 };
    const fn write(value: u64) -> Did {
        Did::Write { slot: 0, value }
    }

    fn wrongs(histories: &[Vec<Span>]) -> Vec<Wrong> {
        judge(histories).findings.iter().map(|finding| finding.wrong).collect()
    }

    /// Counts from a number under a write lock.
    fn counts(worker: u8, at: u64, before: u64) -> Vec<Span> {
        history(
            worker,
            &[
                (at, at + 1, lock(true), Got::Done),
                (at + 2, at + 3, READ, Got::Value(before)),
                (at + 4, at + 5, write(before + 1), Got::Done),
                (at + 6, at + 7, UNLOCK, Got::Done),
            ],
        )
    }

    #[test]
    fn one_after_the_other_is_right() {
        let judged = judge(&[counts(0, 0, 0), counts(1, 10, 1)]);
        assert_eq!((judged.findings.len(), judged.counts, judged.met), (0, 2, 0));
    }

    #[test]
    fn locks_overlap_only_if_both_are_certain() {
        let first = history(0, &[(0, 10, lock(true), Got::Done), (20, 30, UNLOCK, Got::Done)]);
        // It is granted while the first one is being given up.
        let late = history(1, &[(5, 25, lock(true), Got::Done), (40, 41, UNLOCK, Got::Done)]);
        assert_eq!(wrongs(&[first.clone(), late]), []);
        let early = history(1, &[(5, 19, lock(false), Got::Done), (40, 41, UNLOCK, Got::Done)]);
        assert_eq!(wrongs(&[first.clone(), early.clone()]), [Wrong::BothHold]);
        let readers = history(0, &[(0, 10, lock(false), Got::Done), (20, 30, UNLOCK, Got::Done)]);
        assert_eq!(wrongs(&[readers, early]), []);
        let denied = history(1, &[(12, 13, lock(true), Got::Errno(libc::EAGAIN))]);
        let judged = judge(&[first, denied]);
        assert_eq!((judged.findings.len(), judged.met), (0, 1));
        assert!(judged.errors.is_empty());
    }

    /// A loss that is reported is no silent one: the lock counts up to the last call before.
    #[test]
    fn a_loss_that_is_reported_ends_the_lock() {
        let told = history(
            0,
            &[
                (0, 10, lock(true), Got::Done),
                (11, 12, READ, Got::Value(0)),
                (30, 31, write(1), Got::Errno(libc::EIO)),
                (40, 41, UNLOCK, Got::Done),
            ],
        );
        let other = history(1, &[(5, 20, lock(true), Got::Done), (35, 36, UNLOCK, Got::Done)]);
        let judged = judge(&[told.clone(), other]);
        assert_eq!(judged.findings.len(), 0);
        assert_eq!(judged.errors, BTreeMap::from([(libc::EIO, 1)]));
        let earlier = history(1, &[(5, 11, lock(true), Got::Done), (35, 36, UNLOCK, Got::Done)]);
        assert_eq!(wrongs(&[told, earlier]), [Wrong::BothHold]);
    }

    #[test]
    fn counts_are_not_lost_and_not_old() {
        assert_eq!(
            wrongs(&[counts(0, 0, 0), counts(1, 10, 0)]),
            [Wrong::LostCount, Wrong::StaleRead]
        );
        let reader = |asked, value| {
            history(
                1,
                &[
                    (asked, 31, lock(false), Got::Done),
                    (32, 33, READ, Got::Value(value)),
                    (34, 35, UNLOCK, Got::Done),
                ],
            )
        };
        assert_eq!(wrongs(&[counts(0, 0, 0), reader(10, 0)]), [Wrong::StaleRead]);
        assert_eq!(wrongs(&[counts(0, 0, 0), reader(10, 1)]), []);
        // The lock was asked for before the count was over.
        assert_eq!(wrongs(&[counts(0, 0, 0), reader(6, 0)]), []);
    }

    #[test]
    fn a_counter_does_not_change_under_a_read_lock() {
        let reader = |second| {
            history(
                0,
                &[
                    (0, 1, lock(false), Got::Done),
                    (2, 3, READ, Got::Value(7)),
                    (4, 5, READ, Got::Value(second)),
                    (6, 7, UNLOCK, Got::Done),
                ],
            )
        };
        assert_eq!(wrongs(&[reader(7)]), []);
        assert_eq!(wrongs(&[reader(8)]), [Wrong::Changed]);
    }

    /// Closing a file gives all its locks up, and a history that is cut off says nothing later.
    #[test]
    fn a_close_ends_all_locks_and_so_does_the_end() {
        let closed = history(0, &[(0, 10, lock(true), Got::Done), (20, 30, Did::Close, Got::Done)]);
        let later = history(1, &[(5, 22, lock(true), Got::Done), (40, 41, UNLOCK, Got::Done)]);
        assert_eq!(wrongs(&[closed, later.clone()]), []);
        let cut_off = history(0, &[(0, 10, lock(true), Got::Done)]);
        assert_eq!(wrongs(&[cut_off, later]), []);
    }
}
