//! The only clock of the program: budgets of time, and the progress line.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use crate::explore::Watch;

/// Watches searches: shows how far they are on stderr if that is a terminal, and ends them when
/// the time is up.
pub struct Clock {
    deadline: Option<Instant>,
    bar: ProgressBar,
    /// When the last task began.
    task: Mutex<Instant>,
}

impl Clock {
    /// A clock that starts now.
    pub fn start(time: Option<Duration>, quiet: bool) -> Self {
        let bar = if quiet || is_dumb() || !std::io::stderr().is_terminal() {
            ProgressBar::hidden()
        } else {
            let style = ProgressStyle::with_template("{spinner} {msg} [{elapsed}]");
            ProgressBar::new_spinner()
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        };
        let now = Instant::now();
        Self { deadline: time.map(|time| now + time), bar, task: Mutex::new(now) }
    }

    /// Says what is being done.
    pub fn task(&self, name: &str) {
        if let Ok(mut task) = self.task.lock() {
            *task = Instant::now();
        }
        self.bar.set_prefix(name.to_string());
        self.bar.set_message(name.to_string());
        self.bar.tick();
    }

    /// How long the task has taken so far.
    pub fn seconds(&self) -> f64 {
        self.task.lock().map_or(0.0, |task| task.elapsed().as_secs_f64())
    }

    /// Takes the progress line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Whether the terminal cannot take a line back.
fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb")
}

impl Watch for Clock {
    fn level(&self, level: usize, distinct: u64, frontier: u64) {
        if !self.bar.is_hidden() {
            let seconds = self.seconds();
            let rate = HumanCount((distinct as f64 / seconds.max(0.001)) as u64);
            let (distinct, frontier) = (HumanCount(distinct), HumanCount(frontier));
            let name = self.bar.prefix();
            self.bar.set_message(format!(
                "{name}: level {level}, {distinct} states, frontier {frontier}, {rate}/s"
            ));
            self.bar.tick();
        }
    }

    fn interrupted(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}
