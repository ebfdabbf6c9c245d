//! The only clock of the program: budgets of time, and the progress line.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use crate::explore::Watch;

/// Watches searches: shows how far they are on stderr if that is a terminal, and ends them when
/// the time is up.
pub struct Clock {
    deadline: Option<Instant>,
    bar: ProgressBar,
}

impl Clock {
    /// A clock that starts now.
    pub fn start(time: Option<Duration>, quiet: bool) -> Self {
        let bar = if quiet || !std::io::stderr().is_terminal() {
            ProgressBar::hidden()
        } else {
            let style = ProgressStyle::with_template("{spinner} {msg} [{elapsed}]");
            ProgressBar::new_spinner()
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        };
        Self { deadline: time.map(|time| Instant::now() + time), bar }
    }

    /// Says what is being done.
    pub fn task(&self, name: &str) {
        self.bar.set_prefix(name.to_string());
        self.bar.set_message(name.to_string());
        self.bar.tick();
    }

    /// Takes the progress line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for Clock {
    fn level(&self, level: usize, distinct: u64, frontier: u64) {
        if !self.bar.is_hidden() {
            let (distinct, frontier) = (HumanCount(distinct), HumanCount(frontier));
            let name = self.bar.prefix();
            self.bar.set_message(format!(
                "{name}: level {level}, {distinct} states, frontier {frontier}"
            ));
            self.bar.tick();
        }
    }

    fn interrupted(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}
