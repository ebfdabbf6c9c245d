//! Finds the source location of an action or a rule, if the source is available.

use std::collections::BTreeMap;
use std::path::Path;

use crate::protocols::Entry;

/// A line in a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, with slashes, relative to the root of its workspace.
    pub file: String,
    /// The line, counted from 1: that of the definition, or 1 if it cannot be found.
    pub line: usize,
}

/// The sources of protocols, each read once. The compiler provides the file of a list, but not the
/// line of a name in it, so names are looked up in the folder of that file. If the sources are not
/// available (in an installed program), locations are files only.
#[derive(Default)]
pub struct Sources {
    folders: BTreeMap<&'static str, Vec<(String, String)>>,
}

impl Sources {
    /// Returns the location of the method of an action.
    pub fn action(&mut self, entry: &'static Entry, name: &str) -> Place {
        let method = format!("fn {name}(");
        self.find(entry, |line| line.contains(&method))
    }

    /// Returns the location of the declaration of a rule.
    pub fn rule(&mut self, entry: &'static Entry, name: &str) -> Place {
        let declaration = format!("{name} \"");
        self.find(entry, |line| line.trim_start().starts_with(&declaration))
    }

    /// Returns the location of the list of a protocol's actions.
    pub fn protocol(&mut self, entry: &'static Entry) -> Place {
        self.find(entry, |line| line.trim_start().starts_with("actions! {"))
    }

    fn find(&mut self, entry: &'static Entry, is_it: impl Fn(&str) -> bool) -> Place {
        let files = self.folders.entry(entry.file).or_insert_with(|| read_folder(entry.file));
        let found = files.iter().find_map(|(file, text)| {
            let line = text.lines().position(&is_it)?;
            Some(Place { file: file.clone(), line: line + 1 })
        });
        found.unwrap_or_else(|| Place { file: with_slashes(entry.file), line: 1 })
    }
}

/// Returns the Rust files in the folder of `file`, by name; empty if they cannot be read.
fn read_folder(file: &str) -> Vec<(String, String)> {
    let folder = Path::new(file).parent().unwrap_or(Path::new("."));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|ending| ending == "rs")
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            files.push((with_slashes(&path.to_string_lossy()), text));
        }
    }
    files.sort();
    files
}

fn with_slashes(path: &str) -> String {
    path.replace('\\', "/")
}
