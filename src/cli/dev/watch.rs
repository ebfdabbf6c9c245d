//! Waits until a source or a scenario of a package changes.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// How often an interruption is looked for.
const PAUSE: Duration = Duration::from_millis(100);
/// An editor writes several files, or one in several steps. After this long without a change it is
/// done.
const QUIET: Duration = Duration::from_millis(50);
/// The folders of a package with sources or scenarios.
const FOLDERS: [&str; 2] = ["src", "scenarios"];

/// The sources and scenarios of a package, watched.
pub struct Watched {
    root: PathBuf,
    watcher: RecommendedWatcher,
    events: Receiver<notify::Result<Event>>,
    /// For each of [`FOLDERS`], whether it is watched.
    folders: [bool; FOLDERS.len()],
}

impl Watched {
    /// Watches the package in a folder.
    pub fn new(root: &Path) -> notify::Result<Self> {
        let (sender, events) = channel();
        let mut watcher = notify::recommended_watcher(move |event| {
            // Nobody listens at the end of the program.
            let _ = sender.send(event);
        })?;
        watcher.watch(root, RecursiveMode::NonRecursive)?;
        let folders = [false; FOLDERS.len()];
        let mut watched = Self { root: root.to_path_buf(), watcher, events, folders };
        watched.find_folders();
        Ok(watched)
    }

    /// Watches the folders that exist by now. One of them may be made later.
    fn find_folders(&mut self) {
        for (name, watched) in FOLDERS.iter().zip(&mut self.folders) {
            let folder = self.root.join(name);
            let is_new = !*watched && folder.is_dir();
            *watched |= is_new && self.watcher.watch(&folder, RecursiveMode::Recursive).is_ok();
        }
    }

    /// Waits for a change, and then until nothing changes for a moment. Returns whether there was
    /// one; there was none if the program is interrupted.
    pub fn wait(&mut self, interrupted: &dyn Fn() -> bool) -> bool {
        let mut changed = false;
        while !interrupted() {
            let pause = if changed { QUIET } else { PAUSE };
            match self.events.recv_timeout(pause) {
                Ok(event) => {
                    self.find_folders();
                    changed |= event.is_ok_and(|event| self.matters(&event));
                }
                Err(RecvTimeoutError::Timeout) if changed => return true,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
        false
    }

    /// Returns whether an event changes a source or a scenario. A compiler that reads one does not.
    fn matters(&self, event: &Event) -> bool {
        let changes = !matches!(event.kind, EventKind::Access(_));
        changes && event.paths.iter().any(|path| is_source(&self.root, path))
    }
}

/// Returns whether a file is a source or a scenario of the package in a folder, or its manifest.
fn is_source(root: &Path, path: &Path) -> bool {
    let Ok(path) = path.strip_prefix(root) else { return false };
    let is_known = |path: &Path| {
        path.extension()
            .is_some_and(|ending| ["rs", "json", "toml", "md"].iter().any(|known| ending == *known))
    };
    let is_hidden =
        |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    let inside = FOLDERS.iter().any(|folder| path.starts_with(folder));
    let at_top = path.components().count() == 1;
    (inside || at_top) && is_known(path) && !is_hidden(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red if an edit would be missed, or if what a build writes starts the next build.
    #[test]
    fn sources_and_scenarios_are_watched_and_nothing_else() {
        let is = |path: &str| is_source(Path::new("/p"), &Path::new("/p").join(path));
        assert!(is("src/lock.rs") && is("src/deep/er.rs") && is("scenarios/lock/two.json"));
        assert!(is("Cargo.toml") && is("README.md"));
        assert!(!is("target/debug/build/out.rs") && !is("latchwork-out/lock/two.json"));
        assert!(!is("Cargo.lock") && !is("src/.lock.rs") && !is("src/lock.rs~") && !is("src"));
    }
}
