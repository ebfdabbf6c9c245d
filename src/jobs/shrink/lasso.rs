//! Minimizes a run that repeats forever: the prefix, and the cycle at its end.
//!
//! With any steps left out, the run must still show its property forever: the cycle closes, and
//! repeating it is fair. The length of the prefix counts first, as it does in the search.

use latchwork_model::kit::Step;

use crate::engines::instance::{Instance, StateBytes};
use crate::engines::verdict::{Discovery, End, Path};

/// Leaves out as many steps as possible; `None` if the run does not show its property forever.
pub(super) fn shorten(instance: &dyn Instance, found: &Discovery) -> Option<Discovery> {
    let End::Stuck { prefix, cycle, .. } = found.end else { return None };
    let start = instance.initial().into_iter().nth(found.path.initial)?;
    let shortening = Shortening { instance, found, start };
    let (way, round) = found.path.steps.split_at_checked(cycle.unwrap_or(prefix))?;
    let mut run = shortening.attempt(way, round)?;
    loop {
        let before = run.length();
        shortening.cut_loops(&mut run);
        shortening.begin_earlier(&mut run);
        shortening.leave_out(&mut run);
        if run.length() == before {
            break;
        }
    }
    let Run { steps, prefix, .. } = run;
    let end = End::Stuck { prefix, cycle: cycle.map(|_| prefix), proven: false };
    let path = Path { initial: found.path.initial, steps };
    Some(Discovery { property: found.property, steps: prefix, path, end })
}

/// A run that shows the property.
struct Run {
    /// The prefix, then the cycle once.
    steps: Vec<Step>,
    /// The states of the run, one more than steps.
    states: Vec<StateBytes>,
    /// The number of steps of the prefix.
    prefix: usize,
}

impl Run {
    /// Returns the length to minimize: first the prefix, then the whole run.
    fn length(&self) -> (usize, usize) {
        (self.prefix, self.steps.len())
    }
}

struct Shortening<'a> {
    instance: &'a dyn Instance,
    found: &'a Discovery,
    start: StateBytes,
}

impl Shortening<'_> {
    /// Takes a prefix and a cycle, skipping steps that are not enabled.
    fn attempt(&self, way: &[Step], round: &[Step]) -> Option<Run> {
        let mut run = Run { steps: Vec::new(), states: vec![self.start.clone()], prefix: 0 };
        self.take(&mut run, way)?;
        run.prefix = run.steps.len();
        self.take(&mut run, round)?;
        let cycle = matches!(self.found.end, End::Stuck { cycle: Some(_), .. });
        let cycle = cycle.then_some(run.prefix);
        let Run { states, steps, .. } = &run;
        self.instance.shows_for_ever(states, steps, cycle, self.found.property).then_some(run)
    }

    fn take(&self, run: &mut Run, steps: &[Step]) -> Option<()> {
        for step in steps {
            if let Ok(next) = self.instance.fire(run.states.last()?, *step) {
                run.states.push(next);
                run.steps.push(*step);
            }
        }
        Some(())
    }

    /// Tries another run, and keeps it if it is shorter.
    fn keep(&self, run: &mut Run, way: &[Step], round: &[Step]) -> bool {
        let tried = self.attempt(way, round).filter(|tried| tried.length() < run.length());
        let shorter = tried.is_some();
        if let Some(tried) = tried {
            *run = tried;
        }
        shorter
    }

    /// Leaves out the steps that lead from a state of the prefix back to the same state.
    fn cut_loops(&self, run: &mut Run) {
        let mut from = 0;
        while from < run.prefix {
            let again =
                (from + 1..=run.prefix).rev().find(|at| run.states[*at] == run.states[from]);
            if let Some(again) = again {
                let way = [&run.steps[..from], &run.steps[again..run.prefix]].concat();
                let round = run.steps[run.prefix..].to_vec();
                self.keep(run, &way, &round);
            }
            from += 1;
        }
    }

    /// Moves the beginning of the cycle to the first of its states in the prefix.
    fn begin_earlier(&self, run: &mut Run) {
        let around = run.prefix..run.steps.len();
        let meeting = (0..run.prefix).find_map(|at| {
            let same = |on: &usize| run.states[*on] == run.states[at];
            Some((at, around.clone().find(same)?))
        });
        if let Some((at, on)) = meeting {
            let round = [&run.steps[on..], &run.steps[run.prefix..on]].concat();
            let way = run.steps[..at].to_vec();
            self.keep(run, &way, &round);
        }
    }

    /// Leaves out ranges, from half of the run down to single steps.
    fn leave_out(&self, run: &mut Run) {
        let mut stretch = run.steps.len().div_ceil(2);
        while stretch > 0 {
            let mut at = 0;
            while at < run.steps.len() {
                let rest = |steps: &[Step], first: usize| -> Vec<Step> {
                    let all = steps.iter().zip(first..);
                    let rest = all.filter(|(_, place)| !(at..at + stretch).contains(place));
                    rest.map(|(step, _)| *step).collect()
                };
                let (way, round) = run.steps.split_at(run.prefix);
                let (way, round) = (rest(way, 0), rest(round, run.prefix));
                if !self.keep(run, &way, &round) {
                    at += stretch;
                }
            }
            stretch /= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::engines::explore::Options;
    use crate::engines::verdict::{Discovery, End};
    use crate::files::scenario::Scenario;
    use crate::protocols::trace;

    use super::shorten;

    /// A found run with an extra round of the cycle in its prefix, and with a cycle of two rounds,
    /// is minimized to the original. The cycle may become shorter than the one that was found.
    #[test]
    fn detours_and_second_rounds_are_left_out() {
        for file in [
            "async_grant/liveness/without_sleep_iff_blocking_plain_request_settles",
            "downconvert/liveness/profile_seed_cross_all_apps_finish",
            "downconvert/liveness/without_upf_ex_ex_all_apps_finish",
            "recall/liveness/local_unlimited",
            "delegation_return/liveness/profile_seed_lock_open_session_recall_answered",
        ] {
            let path = format!("{}/scenarios/{file}.json", env!("CARGO_MANIFEST_DIR"));
            let scenario = Scenario::open(Path::new(&path)).expect("a scenario");
            let instance = scenario.configuration.instance().expect("an instance");
            let exploration = instance.explore(&Options::default(), &());
            let lassos = exploration.discoveries.iter().filter_map(|found| match found.end {
                End::Stuck { cycle: Some(prefix), .. }
                    if shorten(instance.as_ref(), found).is_some() =>
                {
                    Some((found, prefix))
                }
                _ => None,
            });
            let lassos: Vec<_> = lassos.collect();
            assert!(!lassos.is_empty(), "{file} has no lasso");
            for (found, prefix) in lassos {
                let long = with_detour(found, prefix);
                let short = shorten(instance.as_ref(), &long).expect("it still shows the property");
                assert_eq!(short.steps, found.steps, "{file}: the way");
                assert!(short.path.steps.len() <= found.path.steps.len(), "{file}: the cycle");
                let end =
                    End::Stuck { prefix: short.steps, cycle: Some(short.steps), proven: false };
                assert_eq!(short.end, end, "{file}");
                let states = trace::states(instance.as_ref(), &short.path);
                let (steps, property) = (&short.path.steps, short.property);
                let fair = instance.shows_for_ever(&states, steps, Some(prefix), property);
                assert!(fair, "{file}: a cycle that nobody must go round");
            }
        }
    }

    fn with_detour(found: &Discovery, prefix: usize) -> Discovery {
        let (way, round) = found.path.steps.split_at(prefix);
        let mut long = found.clone();
        long.path.steps = [way, round, round, round].concat();
        long.steps = prefix + round.len();
        long.end = End::Stuck { prefix: long.steps, cycle: Some(long.steps), proven: false };
        long
    }
}
