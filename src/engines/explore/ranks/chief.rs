//! Rank 0: it concludes levels from the reports of all, decides what comes next, and asks all when a
//! run is to be found.

use std::io;

use latchwork_model::kit::Model;

use super::balance::balance;
use super::helper::read;
use super::place::Place;
use super::search::Rank;
use super::sweeps::Finishing;
use super::words::{Decision, Part, Progress, Report, Swept, Word, out_of_turn};
use crate::engines::explore::disk::commit::{commit, committed};
use crate::engines::explore::disk::conclude::{Levels, Stuck};
use crate::engines::explore::disk::search::{Halt, is_damage};
use crate::engines::explore::disk::traces::Wanted;
use crate::engines::explore::expand::Tally;
use crate::engines::explore::found::Found;
use crate::engines::explore::options::RankFigures;
use crate::engines::verdict::Stopped;

use super::files::of_level;
use super::transport::{Gone, gone};

/// Rank 0, which leads the others.
pub struct Chief<'a, M: Model> {
    pub rank: Rank<'a, M>,
    pub found: Found,
    /// By level: the states of all ranks.
    levels: Vec<Vec<Part>>,
    is_over: bool,
    /// The number of states at the last commit.
    kept: u64,
    /// Whether the search can go on from its files.
    commits: bool,
    worth_moving: u64,
    /// Reports of ranks that were quicker than others, which have not even brought their files to the
    /// disk.
    early: Vec<(usize, Report)>,
}

impl<'a, M: Model> Chief<'a, M> {
    /// Begins, or goes on with the search that was committed.
    pub fn begin(
        rank: Rank<'a, M>,
        initial: &[M::State],
        place: Place<'_>,
    ) -> Result<(Self, Decision), Halt> {
        let mut chief = Self {
            rank,
            found: Found::new::<M>(),
            levels: Vec::new(),
            is_over: false,
            kept: 0,
            commits: place.commits,
            worth_moving: place.worth_moving,
            early: Vec::new(),
        };
        let progress: Option<Progress> = match place.commits {
            true => committed(chief.rank.disk)?,
            false => None,
        };
        let ranks = chief.ranks();
        let mut shares = vec![Vec::new(); ranks];
        if let Some(Progress { found, levels, is_over }) = progress {
            let folder = chief.rank.disk.folder.display();
            let how_far = found.statistics.distinct;
            chief.rank.watch.note(&match is_over {
                true => format!("{folder}: the search is over, with {how_far} states"),
                false => {
                    let levels = levels.len() - 1;
                    format!("{folder}: going on after {levels} levels, with {how_far} states")
                }
            });
            for level in &levels {
                shares.iter_mut().for_each(|share: &mut Vec<Vec<Part>>| share.push(Vec::new()));
                for (at, part) in level.iter().enumerate() {
                    if let Some(own) = shares[at % ranks].last_mut() {
                        own.push(part.clone());
                    }
                }
            }
            let files = levels.iter().flatten();
            let keep: Vec<_> = files.map(|part| chief.rank.disk.place(&part.file).path).collect();
            chief.rank.disk.tidy(&keep)?;
            chief.kept = how_far;
            (chief.found, chief.levels, chief.is_over) = (found, levels, is_over);
            if !is_over {
                chief.found.stopped = chief.found.enough::<M>(chief.rank.options);
            }
        } else {
            chief.rank.disk.tidy(&[])?;
            chief.found.statistics.generated = initial.len() as u64;
        }
        let own = shares.remove(0);
        for (at, share) in shares.into_iter().enumerate() {
            chief.rank.say(at + 1, &Word::Begin(share))?;
        }
        let is_new = chief.levels.is_empty();
        let report = if is_new { chief.rank.begin(initial)? } else { chief.rank.go_on(own)? };
        let reports = chief.reports(report)?;
        if is_new {
            let fresh = reports.iter().map(|report| report.fresh).sum();
            chief.add_level(fresh, &reports);
        }
        chief.found.stopped = chief.found.stopped.or(stopped(&reports));
        let decision = chief.decide(&reports);
        Ok((chief, decision))
    }

    fn ranks(&self) -> usize {
        self.rank.office.transport.peers()
    }

    fn add_level(&mut self, fresh: u64, reports: &[Report]) {
        self.found.begin_level(fresh);
        if fresh > 0 {
            let parts = reports.iter().filter_map(|report| report.part.clone());
            self.levels.push(parts.collect());
        } else {
            self.is_over = true;
        }
    }

    /// Searches until everything is found, or a budget is used up.
    pub fn run(&mut self, mut decision: Decision) -> Result<(), Halt> {
        loop {
            self.tell(&Word::Decision(decision.clone()))?;
            if decision.commits {
                self.commit()?;
            }
            let followed = self.rank.follow(&decision);
            if !decision.goes_on {
                return followed;
            }
            let report = match followed {
                Ok(()) => self.rank.level()?,
                Err(halt) => self.rank.ended(halt)?,
            };
            if report.stopped.is_some() {
                self.rank.office.call_off()?;
            }
            let reports = self.reports(report)?;
            self.conclude(&reports);
            decision = self.decide(&reports);
        }
    }

    /// Concludes a level.
    fn conclude(&mut self, reports: &[Report]) {
        if let Some(stopped) = stopped(reports) {
            let interrupted = self.rank.watch.interrupted().then(|| self.rank.watch.why());
            self.found.stopped = interrupted.or(Some(stopped));
            return;
        }
        let options = self.rank.options;
        let level = self.found.statistics.depth();
        let mut total = Tally::new::<M>();
        for report in reports {
            let mut tally = Tally::restored(&report.coverage, report.shown, 0);
            tally.constrained = report.constrained;
            total.absorb(&mut tally);
        }
        let fresh: u64 = reports.iter().map(|report| report.fresh).sum();
        self.found.conclude::<M>(&total, options);
        self.add_level(fresh, reports);
        let distinct = self.found.statistics.distinct;
        let watch = self.rank.watch;
        let figures: Vec<RankFigures> = reports.iter().map(|report| report.figures).collect();
        watch.memory(figures.iter().map(|figures| figures.memory).sum());
        watch.disk(figures.iter().map(|figures| figures.disk).sum());
        watch.ranks(&self.found.statistics.levels, &figures);
        watch.level(level, distinct, fresh);
        if !self.is_over {
            self.found.stopped = self.found.enough::<M>(options);
        }
    }

    fn decide(&mut self, reports: &[Report]) -> Decision {
        let goes_on = self.found.stopped.is_none() && !self.is_over;
        let distinct = self.found.statistics.distinct;
        let since = distinct - self.kept;
        let is_due = since >= self.rank.disk.every.max(distinct / 32) || !goes_on && since > 0;
        // A level that was not concluded is not committed, and its files are not named.
        let commits = self.commits && (is_due || self.is_over);
        let states: Vec<u64> = reports.iter().map(|report| report.fresh).collect();
        let moves = if goes_on { balance(&states, self.worth_moving) } else { Vec::new() };
        Decision { goes_on, moves, commits }
    }

    /// Writes the commit when the files of all ranks are on disk.
    fn commit(&mut self) -> Result<(), Halt> {
        let mut waiting = self.ranks() - 1;
        while waiting > 0 {
            match self.hear()? {
                (_, Word::OnDisk) => waiting -= 1,
                (from, Word::Report(report)) if self.is_possible(from, &report) => {
                    self.early.push((from, *report));
                }
                _ => return Err(out_of_turn().into()),
            }
        }
        let progress = Progress {
            found: self.found.clone(),
            levels: self.levels.clone(),
            is_over: self.is_over,
        };
        commit(self.rank.disk, &progress, self.rank.unsynced().into_iter())?;
        self.rank.have_synced();
        self.kept = self.found.statistics.distinct;
        Ok(())
    }

    /// Says something to all other ranks.
    pub fn tell(&self, word: &Word) -> io::Result<()> {
        (1..self.ranks()).try_for_each(|rank| self.rank.say(rank, word))
    }

    /// Waits for a word of another rank.
    fn hear(&self) -> Result<(usize, Word), Halt> {
        let (office, watch) = (self.rank.office, self.rank.watch);
        let is_off = || office.called_off.load(std::sync::atomic::Ordering::Relaxed);
        let (from, word) = office.hear(|| match watch.interrupted() && !is_off() {
            true => office.call_off(),
            false => Ok(()),
        })?;
        match serde_json::from_slice(&word).map_err(io::Error::from)? {
            Word::Failed(why) => {
                Err(io::Error::new(io::ErrorKind::InvalidData, format!("rank {from}: {why}"))
                    .into())
            }
            word => Ok((from, word)),
        }
    }

    /// Collects the reports of all ranks, in their order.
    fn reports(&mut self, own: Report) -> Result<Vec<Report>, Halt> {
        let mut reports: Vec<Option<Report>> = (0..self.ranks()).map(|_| None).collect();
        reports[0] = Some(own);
        self.early.drain(..).for_each(|(from, report)| reports[from] = Some(report));
        while reports.iter().any(Option::is_none) {
            match self.hear()? {
                (rank, Word::Report(report)) if !self.is_possible(rank, &report) => {
                    return Err(impossible(rank).into());
                }
                (from, Word::Report(report)) => {
                    if report.stopped.is_some() {
                        self.rank.office.call_off()?;
                    }
                    reports[from] = Some(*report);
                }
                _ => return Err(out_of_turn().into()),
            }
        }
        Ok(reports.into_iter().flatten().collect())
    }

    /// Returns whether a rank can have sent this report about the next level.
    fn is_possible(&self, rank: usize, report: &Report) -> bool {
        report.is_possible::<M>(&of_level(self.rank.disk, self.levels.len(), rank).0)
    }

    /// Collects the answers of all other ranks to a request, each of which is a word.
    fn answers<T>(&self, mut of: impl FnMut(Word) -> Option<T>) -> Result<Vec<T>, Halt> {
        let answer = |_| of(self.hear()?.1).ok_or_else(|| Halt::from(out_of_turn()));
        (1..self.ranks()).map(answer).collect()
    }

    /// Collects the states that all other ranks have sent.
    fn states(&self, states: &mut Vec<M::State>) -> Result<(), Halt> {
        // The mails of ranks are mixed, but each rank says first how many there are.
        let mut expected: Vec<Option<usize>> = vec![None; self.ranks()];
        expected[0] = Some(0);
        while expected.iter().any(|left| *left != Some(0)) {
            let (from, mail) = self.rank.office.hear(|| Ok(()))?;
            match expected[from] {
                Some(0) => return Err(out_of_turn().into()),
                Some(left) => {
                    read::<M>(&mail, states)?;
                    expected[from] = Some(left - 1);
                }
                None => match serde_json::from_slice(&mail).map_err(io::Error::from)? {
                    Word::States(mails) => expected[from] = Some(mails),
                    Word::Failed(why) => {
                        let why = format!("rank {from}: {why}");
                        return Err(io::Error::new(io::ErrorKind::InvalidData, why).into());
                    }
                    _ => return Err(out_of_turn().into()),
                },
            }
        }
        Ok(())
    }

    fn sweep(&mut self) -> Result<Option<Stuck<M::State>>, Halt> {
        let swept = |word| match word {
            Word::Swept(swept) => Some(swept),
            _ => None,
        };
        self.tell(&Word::BeginSweeps)?;
        let mut finishing = Finishing::begin(&self.rank);
        self.answers(swept)?;
        // By level: whether states are left that cannot finish, and how many states could finish in all
        // when it was swept last.
        let mut is_left = vec![true; self.levels.len()];
        let mut known: Vec<Option<u64>> = vec![None; self.levels.len()];
        let mut total = 0;
        loop {
            let mut is_over = true;
            for level in (0..self.levels.len()).rev() {
                // If no mark was set since, a sweep finds nothing.
                if !is_left[level] || known[level] == Some(total) {
                    continue;
                }
                is_over = false;
                known[level] = Some(total);
                self.tell(&Word::Sweep(level))?;
                let own = self.rank.sweep(&mut finishing, level)?;
                let all: Vec<Swept> = [own].into_iter().chain(self.answers(swept)?).collect();
                total += all.iter().map(|swept| swept.found).sum::<u64>();
                is_left[level] = all.iter().any(|swept| swept.left > 0);
                if self.rank.watch.interrupted() {
                    return Err(Halt::Stopped(self.rank.watch.why()));
                }
            }
            if is_over {
                break;
            }
        }
        self.tell(&Word::FirstLeft)?;
        let others = self.answers(|word| match word {
            Word::Left(level) => Some(level),
            _ => None,
        })?;
        let levels = others.into_iter().chain([finishing.first_left()]).flatten();
        let Some(level) = levels.min() else { return Ok(None) };
        self.tell(&Word::SelectLeft(level))?;
        let mut states = self.rank.left(&finishing, level)?;
        self.states(&mut states)?;
        Ok(Some(Stuck { level, states }))
    }
}

fn impossible(rank: usize) -> io::Error {
    Gone { rank, why: "sent an impossible report".to_string() }.into()
}

fn stopped(reports: &[Report]) -> Option<Stopped> {
    reports.iter().find_map(|report| report.stopped)
}

impl<'a, M: Model> Levels<'a, M> for Chief<'a, M> {
    fn model(&self) -> &'a M {
        self.rank.model
    }

    fn found(&mut self) -> &mut Found {
        &mut self.found
    }

    fn why(&self, halt: Halt) -> Result<Stopped, Halt> {
        match halt {
            Halt::Stopped(stopped) => Ok(stopped),
            Halt::Failed(error) if gone(&error).is_none() && !is_damage(&error) => {
                self.rank.watch.problem(&error.to_string());
                Ok(Stopped::Disk)
            }
            halt => Err(halt),
        }
    }

    fn stuck(&mut self) -> Result<Option<Stuck<M::State>>, Halt> {
        self.sweep()
    }

    fn select(&mut self, level: usize, wanted: &Wanted) -> Result<Vec<M::State>, Halt> {
        self.tell(&Word::Select(level, wanted.clone()))?;
        let mut states = self.rank.select(level, wanted)?;
        self.states(&mut states)?;
        Ok(states)
    }

    fn free(&mut self) {
        // A rank that is gone is noticed when it is asked next.
        let _ = self.tell(&Word::Free);
        self.rank.office.owned.give_up();
    }
}
