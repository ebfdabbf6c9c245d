//! Storms again: a case is made of one that failed, made smaller, and replayed.
//!
//! The same seed makes the same calls, but not at the same moments. So a candidate storms a few times,
//! and a case has a rate.

use std::path::PathBuf;
use std::time::Duration;

use crate::files::probe_case::{Place, Rate};
use crate::files::storm_case::{Disturb, FORMAT, Failure, Storm, StormCase};
use crate::probe::run::Pulse;
use crate::probe::storm::verdict::{Finding, Wrong};

use super::storm::{Request, Stormed, storm};

/// How often a smaller storm is tried.
const TRIES: u32 = 4;
/// In how many of these it must go wrong. One would let a case become one that hardly ever fails.
const NEEDED: u32 = 2;
/// How many storms give the rate.
const RATE_RUNS: u32 = 5;
/// One worker alone excludes nobody.
const LEAST_WORKERS: usize = 2;
/// No storm is made shorter than this.
const SHORTEST_MS: u64 = 1000;

/// Returns the case of a storm in which something went wrong.
pub fn case_of(request: &Request, stormed: &Stormed) -> Option<StormCase> {
    let finding = stormed.judged.findings.first()?;
    let (posix, ofd) = request.families;
    let disturb = request.disturb.as_ref().map(|(command, every)| Disturb {
        command: command.clone(),
        every_ms: every.as_millis() as u64,
    });
    let storm = Storm {
        place: stormed.place.clone(),
        seed: request.seed,
        posix,
        ofd,
        files: request.shape.files,
        slots: request.shape.slots,
        turn_ms: request.shape.turn_ms,
        time_ms: request.time.as_millis() as u64,
        disturb,
    };
    let failure = failure(stormed, finding);
    Some(StormCase { format: FORMAT, storm, failure, rate: Rate { failed: 1, runs: 1 } })
}

fn failure(stormed: &Stormed, finding: &Finding) -> Failure {
    let locks = [Some(&finding.holds.0), finding.holds.1.as_ref()];
    Failure {
        kind: finding.wrong.name().to_string(),
        after_ms: finding.at.saturating_sub(stormed.began) / 1_000_000,
        locks: locks.into_iter().flatten().map(|hold| hold.in_words(stormed.began)).collect(),
    }
}

/// What storms again need beside the case.
pub struct Context<'a> {
    /// The program that has the hidden subcommands.
    pub program: PathBuf,
    /// Where the histories are written.
    pub histories: PathBuf,
    /// Watches the storms.
    pub pulse: &'a dyn Pulse,
}

impl Context<'_> {
    fn request(&self, storm: &Storm) -> Request {
        let every = |disturb: &Disturb| Duration::from_millis(disturb.every_ms);
        Request {
            place: Place { filesystem: None, ..storm.place.clone() },
            program: self.program.clone(),
            seed: storm.seed,
            families: (storm.posix, storm.ofd),
            shape: storm.shape(),
            time: Duration::from_millis(storm.time_ms),
            disturb: storm
                .disturb
                .as_ref()
                .map(|disturb| (disturb.command.clone(), every(disturb))),
            histories: self.histories.clone(),
        }
    }

    /// Storms once; what went wrong in the same way.
    fn once(&self, wanted: &Storm, kind: Wrong) -> Result<Option<Failure>, String> {
        let stormed = storm(&self.request(wanted), self.pulse)?;
        let finding = stormed.judged.findings.iter().find(|finding| finding.wrong == kind);
        Ok(finding.map(|finding| failure(&stormed, finding)))
    }

    /// Storms some times; in how many the same went wrong, and the last of these.
    fn rate(&self, wanted: &Storm, kind: Wrong) -> Result<(Rate, Option<Failure>), String> {
        let (mut rate, mut last) = (Rate { failed: 0, runs: 0 }, None);
        while rate.runs < RATE_RUNS && !self.pulse.stops() {
            let failure = self.once(wanted, kind)?;
            // A storm that was interrupted says nothing.
            if failure.is_none() && self.pulse.stops() {
                break;
            }
            rate.runs += 1;
            rate.failed += u32::from(failure.is_some());
            last = failure.or(last);
        }
        Ok((rate, last))
    }
}

/// Storms as a case says: in how many storms the same goes wrong, and the case as it is now.
pub fn replay(
    case: &StormCase,
    context: &Context<'_>,
) -> Result<(Rate, Option<StormCase>), String> {
    let Some(kind) = case.kind() else { return Ok((Rate { failed: 0, runs: 0 }, None)) };
    let (rate, failure) = context.rate(&case.storm, kind)?;
    Ok((rate, failure.map(|failure| StormCase { failure, rate, ..case.clone() })))
}

/// Makes a case smaller: a shorter storm, fewer workers, files and slots. What is tried ends after
/// `limit`; a storm that was begun is finished.
pub fn smaller(
    case: StormCase,
    limit: Duration,
    context: &Context<'_>,
) -> Result<StormCase, String> {
    let Some(kind) = case.kind() else { return Ok(case) };
    let end = context.pulse.seconds() + limit.as_secs_f64();
    let goes_on = || context.pulse.seconds() < end && !context.pulse.stops();
    let mut case = case;
    let mut at = 0;
    while let Some(candidate) = candidates(&case).into_iter().nth(at) {
        match often(|| if goes_on() { context.once(&candidate, kind) } else { Ok(None) })? {
            Some(failure) => {
                case = StormCase { storm: candidate, failure, ..case };
                at = 0;
            }
            None => at += 1,
        }
        if !goes_on() {
            break;
        }
    }
    if context.pulse.stops() {
        return Ok(case);
    }
    let (rate, failure) = context.rate(&case.storm, kind)?;
    let failure = failure.unwrap_or_else(|| case.failure.clone());
    Ok(StormCase { rate, failure, ..case })
}

/// The last failure, if tries fail often enough. It stops as soon as that is decided.
fn often<F>(mut once: impl FnMut() -> Result<Option<F>, String>) -> Result<Option<F>, String> {
    let (mut failed, mut passed) = (0, 0);
    while passed <= TRIES - NEEDED {
        match once()? {
            Some(failure) if failed + 1 == NEEDED => return Ok(Some(failure)),
            Some(_) => failed += 1,
            None => passed += 1,
        }
    }
    Ok(None)
}

/// Storms that are smaller by one step, the largest step first.
fn candidates(case: &StormCase) -> Vec<Storm> {
    let storm = &case.storm;
    // A bit more than it took until it went wrong, or half of the time.
    let times = [case.failure.after_ms + SHORTEST_MS, storm.time_ms / 2];
    let shorter = times.into_iter().filter(|time| *time < storm.time_ms && *time >= SHORTEST_MS);
    let mut all: Vec<Storm> = shorter.map(|time_ms| Storm { time_ms, ..storm.clone() }).collect();
    let workers = storm.place.workers.div_ceil(2).max(LEAST_WORKERS);
    if workers < storm.place.workers {
        all.push(Storm { place: Place { workers, ..storm.place.clone() }, ..storm.clone() });
    }
    // With turns there is a file for each.
    if storm.files > 1 && storm.turn_ms.is_none() {
        all.push(Storm { files: 1, ..storm.clone() });
    }
    if storm.slots > 1 {
        all.push(Storm { slots: storm.slots.div_ceil(2), ..storm.clone() });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What goes wrong in one try alone is no smaller case: a replay would hardly see it again.
    #[test]
    fn a_smaller_storm_goes_wrong_in_half_of_the_tries() {
        let decide = |tries: &[bool]| {
            let mut left = tries.iter();
            let once = || Ok(left.next().expect("no try more than needed").then_some(()));
            (often(once).expect("no error").is_some(), left.len())
        };
        assert_eq!(decide(&[true, true, false]), (true, 1));
        assert_eq!(decide(&[false, true, false, true]), (true, 0));
        assert_eq!(decide(&[true, false, false, false]), (false, 0));
        assert_eq!(decide(&[false, false, false, true]), (false, 1));
    }

    /// A step that makes nothing smaller would be tried again and again.
    #[test]
    fn every_candidate_is_smaller_and_they_come_to_an_end() {
        let mut case = StormCase::example();
        case.storm.place.workers = 4;
        case.failure.after_ms = 500;
        let size = |storm: &Storm| {
            storm.time_ms
                + storm.place.workers as u64
                + u64::from(storm.files)
                + u64::from(storm.slots)
        };
        let mut steps = 0;
        while let Some(next) = candidates(&case).into_iter().next() {
            assert!(candidates(&case).iter().all(|next| size(next) < size(&case.storm)));
            case.storm = next;
            steps += 1;
            assert!(steps < 100);
        }
        let Storm { place, files, slots, time_ms, .. } = case.storm;
        assert_eq!((place.workers, files, slots, time_ms), (2, 1, 1, 1500));
    }
}
