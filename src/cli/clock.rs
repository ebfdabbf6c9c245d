//! The only clock of the program: budgets of time, and the progress line.

use std::io::{IsTerminal, Write};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{BinaryBytes, HumanCount, ProgressBar, ProgressStyle};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::engines::explore::{RankFigures, Watch};
use crate::engines::verdict::Stopped;
use crate::jobs::parallel::Progress;
use crate::report::check::html::Pace;

use super::figures::{FigureFile, Figures};
use super::print;

/// Watches searches: shows how far they are on stderr if that is a terminal, and ends them when
/// the time is up, or when a signal asks for that.
pub struct Clock {
    began: Instant,
    deadline: Option<Instant>,
    /// Whether a signal came.
    signalled: Arc<AtomicBool>,
    bar: ProgressBar,
    task: Mutex<Task>,
    /// How fast the tasks before were done.
    paces: Mutex<Vec<Pace>>,
    /// The bytes that the current search uses.
    bytes: AtomicU64,
    /// The bytes that it has on disk.
    on_disk: AtomicU64,
    /// Where figures of ranks go.
    figures: Option<Mutex<FigureFile>>,
    /// What is shown of the ranks after the level.
    of_ranks: Mutex<Option<String>>,
}

/// What is being done.
struct Task {
    name: String,
    began: Instant,
    /// The first run of a campaign.
    first: Option<u64>,
    /// Seconds and states at the end of each level, of the first search of the task.
    pace: Vec<(f64, u64)>,
}

/// The numbers stand first: what does not fit into the line is cut.
const LINE: &str = "{spinner} {pos}/{len} [{elapsed}] {wide_msg}";
/// The same while nobody knows how many tasks there are.
const LONE_LINE: &str = "{spinner} [{elapsed}] {wide_msg}";
/// So often the line shows that time goes by.
const TICK: Duration = Duration::from_millis(200);

impl Clock {
    /// A clock that starts now.
    pub fn start(time: Option<Duration>, quiet: bool) -> Self {
        let bar = if quiet || is_dumb() || !std::io::stderr().is_terminal() {
            ProgressBar::hidden()
        } else {
            let bar = ProgressBar::new_spinner().with_style(style(LONE_LINE));
            bar.enable_steady_tick(TICK);
            bar
        };
        let now = Instant::now();
        let task = Task { name: String::new(), began: now, first: None, pace: Vec::new() };
        let deadline = time.map(|time| now + time);
        let (task, paces) = (Mutex::new(task), Mutex::new(Vec::new()));
        let signalled = Arc::new(AtomicBool::new(false));
        let (bytes, on_disk) = (AtomicU64::new(0), AtomicU64::new(0));
        let (figures, of_ranks) = (None, Mutex::new(None));
        Self {
            began: now,
            deadline,
            signalled,
            bar,
            task,
            paces,
            bytes,
            on_disk,
            figures,
            of_ranks,
        }
    }

    /// From now on the figures of ranks go to this file.
    pub fn write_figures(&mut self, file: FigureFile) {
        self.figures = Some(Mutex::new(file));
    }

    /// From now on Ctrl-C, or a request to terminate, ends searches with what they have covered; a
    /// second one ends the program.
    pub fn heed_signals(&self) -> std::io::Result<()> {
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal finds the flag down.
            flag::register_conditional_shutdown(signal, 128 + signal, self.signalled.clone())?;
            flag::register(signal, self.signalled.clone())?;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Task> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There are so many tasks more than was known before.
    pub fn more(&self, tasks: usize) {
        if self.bar.length().is_none() {
            self.bar.set_style(style(LINE));
        }
        self.bar.set_length(self.bar.length().unwrap_or(0) + tasks as u64);
    }

    /// Says what is being done: the next task.
    pub fn task(&self, name: &str) {
        let (name_of_next, began) = (name.to_string(), Instant::now());
        let next = Task { name: name_of_next, began, first: None, pace: Vec::new() };
        let done = std::mem::replace(&mut *self.lock(), next);
        if !done.name.is_empty() {
            self.paces().push(Pace { points: done.pace });
        }
        self.bar.inc(1);
        self.bar.set_message(name.to_string());
    }

    fn paces(&self) -> MutexGuard<'_, Vec<Pace>> {
        self.paces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How fast the tasks were done, each one so far.
    pub fn take_paces(&self) -> Vec<Pace> {
        let mut paces = std::mem::take(&mut *self.paces());
        paces.push(Pace { points: std::mem::take(&mut self.lock().pace) });
        paces
    }

    /// Shows how many calls a probe has made.
    #[cfg(target_os = "linux")]
    pub fn calls(&self, calls: u64) {
        if !self.bar.is_hidden() {
            self.show(&format!("{} calls", HumanCount(calls)), calls);
        }
    }

    /// How long the task has taken so far.
    pub fn seconds(&self) -> f64 {
        self.lock().began.elapsed().as_secs_f64()
    }

    /// Prints something while the progress line is away, so that nothing of it is left behind.
    pub fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// The seconds since the start.
    pub fn total(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// The bytes that the last search used for its states.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }

    /// Takes the progress line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Shows how far the task is, and how many things of a kind it does in a second.
    fn show(&self, how_far: &str, done: u64) {
        let task = self.lock();
        let rate = HumanCount(per_second(done, task.began.elapsed()));
        self.bar.set_message(format!("{how_far}, {rate}/s: {}", task.name));
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn per_second(count: u64, time: Duration) -> u64 {
    (count as f64 / time.as_secs_f64().max(0.001)) as u64
}

/// Whether the terminal cannot take a line back.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb")
}

impl Watch for Clock {
    fn level(&self, level: usize, distinct: u64, frontier: u64) {
        let mut task = self.lock();
        // A second search of the task begins anew: its states are not new ones.
        if task.pace.last().is_none_or(|(_, before)| *before <= distinct) {
            let seconds = task.began.elapsed().as_secs_f64();
            task.pace.push((seconds, distinct));
        }
        drop(task);
        let of_ranks = self.of_ranks.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(line) = of_ranks {
            let name = self.lock().name.clone();
            self.bar.set_message(format!("{line}: {name}"));
        } else if !self.bar.is_hidden() {
            let (states, frontier) = (HumanCount(distinct), HumanCount(frontier));
            let bytes = BinaryBytes(self.bytes.load(Relaxed));
            let on_disk = match self.on_disk.load(Relaxed) {
                0 => String::new(),
                bytes => format!(", {} on disk", BinaryBytes(bytes)),
            };
            let how_far =
                format!("level {level}, {states} states, frontier {frontier}, {bytes}{on_disk}");
            self.show(&how_far, distinct);
        }
    }

    fn ranks(&self, levels: &[u64], ranks: &[RankFigures]) {
        let task = self.lock();
        let (seconds, states) = (task.began.elapsed().as_secs_f64(), levels.iter().sum::<u64>());
        // A search that goes on has not found all of its states now.
        let (from, before) = task.pace.first().copied().unwrap_or((0.0, 0));
        let rate = states.saturating_sub(before) as f64 / (seconds - from).max(0.001);
        drop(task);
        let figures = Figures::of(levels, ranks, seconds, rate);
        let file = self.figures.as_ref().map(|file| file.lock());
        if let Some(file) = file
            && let Err(error) = file.unwrap_or_else(PoisonError::into_inner).add(&figures)
        {
            self.problem(&format!("figures cannot be written: {error}"));
        }
        if !self.bar.is_hidden() {
            let line = Some(figures.line());
            *self.of_ranks.lock().unwrap_or_else(PoisonError::into_inner) = line;
        }
    }

    fn memory(&self, bytes: u64) {
        self.bytes.store(bytes, Relaxed);
    }

    fn disk(&self, bytes: u64) {
        self.on_disk.store(bytes, Relaxed);
    }

    fn note(&self, sentence: &str) {
        self.bar.suspend(|| {
            // Nothing can be done if stderr cannot be written.
            let _ = writeln!(print::stderr(), "note: {sentence}");
        });
    }

    fn runs(&self, numbers: &Range<u64>) {
        if !self.bar.is_hidden() {
            let first = *self.lock().first.get_or_insert(numbers.start);
            self.show(&format!("run {}", HumanCount(numbers.start)), numbers.start - first);
        }
    }

    fn interrupted(&self) -> bool {
        self.signalled.load(Relaxed)
            || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    fn why(&self) -> Stopped {
        if self.signalled.load(Relaxed) { Stopped::Interrupted } else { Stopped::Time }
    }

    fn problem(&self, sentence: &str) {
        self.bar.suspend(|| {
            // Nothing can be done if stderr cannot be written.
            let _ = writeln!(print::stderr(), "warning: {sentence}");
        });
    }
}

/// The clock of an ablation. Cells are searched side by side, so that the levels of one would be
/// shown under the name of another: it is told of cells alone.
pub struct Cells<'a>(pub &'a Clock);

impl Watch for Cells<'_> {
    fn interrupted(&self) -> bool {
        self.0.interrupted()
    }

    fn why(&self) -> Stopped {
        self.0.why()
    }
}

impl Progress for Cells<'_> {
    fn more(&self, cells: usize) {
        self.0.more(cells);
    }

    fn cell(&self, name: &str) {
        self.0.task(name);
    }
}
