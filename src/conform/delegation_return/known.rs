//! Maps the holder's own log to the model: which locks its processes believe they hold.

use crate::conform::client_log::{Deed, What};
use crate::conform::slice::NamedWay;

use super::Builder;

impl Builder<'_> {
    /// Translates the log of the holder to the model.
    pub(super) fn take_log(&mut self) {
        let Some(log) = self.log else { return };
        let (begin, end) = self.holding.window(self.events);
        for deed in self.deeds().filter(|deed| deed.to > begin && deed.from < end) {
            let place = format!("{}:{}", log.file, deed.line);
            let window = (deed.from, Some(deed.to));
            for (said, ways) in self.deed(deed) {
                self.placed.put(said, place.clone(), window, true, ways, Vec::new());
            }
        }
    }

    fn deed(&self, deed: &Deed) -> Vec<(String, Vec<NamedWay>)> {
        let at = |range| self.locks.iter().position(|(known, _)| *known == range);
        match &deed.what {
            What::Lock(range, _) => {
                let Some(k) = at(*range) else { return Vec::new() };
                let cached = NamedWay::step(format!("app_lock_cached(a{k})"));
                let believed = NamedWay::see(format!("lock.k{k}.believed"), "1");
                vec![(format!("a process locks {range}"), vec![cached, believed])]
            }
            What::Unlock(range) => {
                let covered = (0..self.locks.len()).filter(|k| range.covers(self.locks[*k].0));
                let say =
                    |k: usize| (format!("a process unlocks {}", self.locks[k].0), self.gives_up(k));
                covered.map(say).collect()
            }
            What::Close(ranges) => {
                let held = ranges.iter().filter_map(|range| at(*range));
                let say = |k: usize| {
                    (
                        format!("a process closes, and so unlocks {}", self.locks[k].0),
                        self.gives_up(k),
                    )
                };
                held.map(say).collect()
            }
        }
    }

    /// The lock is released in memory, or by a call that was also recorded.
    fn gives_up(&self, k: usize) -> Vec<NamedWay> {
        let cached = NamedWay::step(format!("app_unlock_cached(a{k})"));
        vec![cached, NamedWay::see(format!("app.a{k}"), "Done")]
    }
}
