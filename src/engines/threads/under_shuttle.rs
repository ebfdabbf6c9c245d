//! Runs under shuttle, with a random or a given schedule.

use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};

use shuttle::scheduler::{Schedule as Start, Scheduler, Task, TaskId};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

use crate::engines::explore::panics;
use crate::engines::schedule::Schedule;
use crate::engines::simulate::rng::Draws;

use super::Body;
use super::draws::{Picker, Strategy};
use super::runs::{Current, Ending, Feed, Ran, judged};

/// A task that does nothing and runs only when no other task can. If it is the only runnable task
/// before the run is over, the others are deadlocked. (Shuttle reports this with a panic that it
/// prints.)
const IDLE: u16 = 1;

/// The maximum number of points of a run.
const MAX_POINTS: usize = 100_000;
const TOO_LONG: &str = "exceeded max_steps bound";

/// A sampling plan.
pub struct Plan {
    /// The seed of all runs.
    pub seed: u64,
    /// How tasks are chosen.
    pub strategy: Strategy,
    /// The number of runs.
    pub runs: u64,
}

/// Does the runs of a plan.
pub fn sample(body: &Body, plan: &Plan, feed: &Arc<Feed>) {
    let measured = match once(body, Picker::Oldest) {
        Some(Ran { schedule: Schedule::Tasks(tasks), .. }) => tasks,
        _ => Vec::new(),
    };
    let (seed, strategy) = (plan.seed, plan.strategy);
    let picker = move |run| Picker::of(strategy, Draws::of(seed, run), &measured);
    runs(body, plan.runs, Box::new(picker), feed);
}

/// Repeats the run with these decisions; `None` if it cannot go that way.
pub fn again(body: &Body, tasks: &[u16]) -> Option<Ran> {
    let ran = once(body, Picker::Given(tasks.iter().copied().collect()))?;
    (ran.schedule == Schedule::Tasks(tasks.to_vec())).then_some(ran)
}

/// Does a run in which these tasks continue where possible.
pub fn wished(body: &Body, tasks: &[u16]) -> Option<Ran> {
    once(body, Picker::Wished(tasks.iter().copied().collect(), 0))
}

fn once(body: &Body, picker: Picker) -> Option<Ran> {
    let mut once = None;
    let picker = Mutex::new(Some(picker));
    let take = move |_| {
        let picker = picker.lock().unwrap_or_else(PoisonError::into_inner).take();
        picker.unwrap_or(Picker::Oldest)
    };
    judged(
        |feed| runs(body, 1, Box::new(take), feed),
        |ran| {
            once = Some(ran);
            false
        },
    );
    once
}

/// Returns the picker of the run with a number.
type Pickers = Box<dyn Fn(u64) -> Picker + Send>;

fn runs(body: &Body, runs: u64, pickers: Pickers, feed: &Arc<Feed>) {
    keep_the_panic_hook();
    let (current, over) = (Current::default(), Arc::new(AtomicBool::new(false)));
    let decisions = Arc::new(Mutex::new(Vec::new()));
    let scheduler = Chosen {
        pickers,
        next: 0,
        runs,
        picker: Picker::Oldest,
        ending: None,
        decisions: decisions.clone(),
        current: current.clone(),
        over: over.clone(),
        feed: feed.clone(),
    };
    let each = {
        let (body, current) = (body.clone(), current.clone());
        move || {
            over.store(false, Ordering::Relaxed);
            shuttle::thread::spawn(|| {});
            body(&current.begin(halt));
            over.store(true, Ordering::Relaxed);
        }
    };
    let ended = panics::catch(|| Runner::new(scheduler, config()).run(each));
    if let Err(message) = ended {
        let (log, violated) = current.end();
        let ending = match violated {
            Some(property) => Ending::Violated(property),
            None if message.contains(TOO_LONG) => Ending::CutOff(format!("{MAX_POINTS} points")),
            None => Ending::Panicked(message),
        };
        let tasks = std::mem::take(&mut *decisions.lock().unwrap_or_else(PoisonError::into_inner));
        feed.hand_over(Ran { log, ending, schedule: Schedule::Tasks(tasks) });
    }
}

/// Ends a run: the scheduler sees the reason in the log and schedules no more tasks.
fn halt() -> ! {
    loop {
        shuttle::thread::yield_now();
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config.stack_size = 1 << 18;
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::FailAfter(MAX_POINTS);
    config.silence_warnings = true;
    config
}

/// Removes the panic hook that shuttle installs when it first runs. That hook would print before
/// ours.
fn keep_the_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let ours = panic::take_hook();
        let scheduler = shuttle::scheduler::RoundRobinScheduler::new(1);
        Runner::new(scheduler, config()).run(|| {});
        drop(panic::take_hook());
        panic::set_hook(ours);
    });
}

/// A scheduler that delegates to a picker.
struct Chosen {
    pickers: Pickers,
    next: u64,
    runs: u64,
    picker: Picker,
    /// How the run ended, if not by itself.
    ending: Option<Ending>,
    decisions: Arc<Mutex<Vec<u16>>>,
    current: Current,
    over: Arc<AtomicBool>,
    feed: Arc<Feed>,
}

impl Chosen {
    /// Passes on the finished run. Returns whether there is more to do.
    fn hand_over(&mut self) -> bool {
        let (log, _) = self.current.end();
        let mut decisions = self.decisions.lock().unwrap_or_else(PoisonError::into_inner);
        let schedule = Schedule::Tasks(std::mem::take(&mut *decisions));
        let ending = self.ending.take().unwrap_or(Ending::Finished);
        self.feed.hand_over(Ran { log, ending, schedule })
    }

    fn stop(&mut self, ending: Ending) -> Option<TaskId> {
        self.ending = Some(ending);
        None
    }
}

impl Scheduler for Chosen {
    fn new_execution(&mut self) -> Option<Start> {
        if (self.next > 0 && !self.hand_over()) || self.next == self.runs {
            return None;
        }
        self.picker = (self.pickers)(self.next);
        self.next += 1;
        Some(Start::new(0))
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        _current: Option<TaskId>,
        _is_yielding: bool,
    ) -> Option<TaskId> {
        if self.ending.is_some() {
            return None;
        }
        if let Some(property) = self.current.violated() {
            return self.stop(Ending::Violated(property));
        }
        let ids = runnable.iter().map(|task| usize::from(task.id()) as u16);
        let mut ids: Vec<u16> = ids.filter(|id| *id != IDLE).collect();
        ids.sort_unstable();
        if ids.is_empty() {
            let over = self.over.load(Ordering::Relaxed);
            let idle = TaskId::from(usize::from(IDLE));
            return if over { Some(idle) } else { self.stop(Ending::Deadlock) };
        }
        let Some(picked) = self.picker.pick(&ids) else {
            return self.stop(Ending::CutOff("the schedule that was given".to_string()));
        };
        self.decisions.lock().unwrap_or_else(PoisonError::into_inner).push(picked);
        Some(TaskId::from(usize::from(picked)))
    }

    fn next_u64(&mut self) -> u64 {
        0
    }
}
