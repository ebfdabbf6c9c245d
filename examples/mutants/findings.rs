//! What was found, on disk after each change.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use latchwork_model::kit::mutants::Change;
use serde::{Deserialize, Serialize};

use crate::read;
use crate::trial::Mutant;

/// The first line of a file of findings.
#[derive(Serialize, Deserialize, PartialEq)]
pub struct Head {
    /// Over the sources and the scenarios.
    pub digest: String,
    /// The number of changes there are.
    pub changes: usize,
}

/// What the scenarios say of a change.
#[derive(Clone, Serialize, Deserialize)]
pub struct Finding {
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub change: String,
    /// The source line.
    pub source: String,
    /// The number of scenarios that were run.
    pub scenarios: usize,
    /// The scenario that is no longer as expected, and how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub killer: Option<(String, String)>,
}

impl Finding {
    pub fn of(
        mutant: &Mutant,
        scenarios: usize,
        killer: Option<(String, String)>,
    ) -> Result<Self, String> {
        let place = mutant.place;
        let text = read(Path::new(place.file))?;
        let source = text.lines().nth(place.line as usize - 1).unwrap_or_default().trim();
        Ok(Self {
            file: place.file.to_string(),
            line: place.line,
            column: place.column,
            change: words(mutant.change).to_string(),
            source: source.to_string(),
            scenarios,
            killer,
        })
    }

    fn is_of(&self, mutant: &Mutant) -> bool {
        let place = mutant.place;
        self.file == place.file
            && (self.line, self.column) == (place.line, place.column)
            && self.change == words(mutant.change)
    }

    /// Returns a line for a terminal.
    pub fn sentence(&self) -> String {
        let Self { file, line, change, source, scenarios, .. } = self;
        let result = match &self.killer {
            Some((scenario, how)) => format!("killed by {scenario}: {how}"),
            None => format!("SURVIVES {scenarios} scenarios"),
        };
        format!("{file}:{line} {change}: {source} -- {result}")
    }
}

/// Returns how findings name a change.
const fn words(change: Change) -> &'static str {
    match change {
        Change::GuardAway => "guard removed",
        Change::GuardTurned => "guard negated",
        Change::ClaimAway => "claim always holds",
        Change::EffectAway => "effect left out",
    }
}

/// The findings of a protocol.
pub struct Findings {
    file: File,
    known: Vec<Finding>,
}

impl Findings {
    /// Opens a file of findings. One of other sources is begun again.
    pub fn open(path: &Path, digest: &str, changes: usize) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let head = Head { digest: digest.to_string(), changes };
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        let known = match path.exists() {
            true => parsed(path)?.filter(|(known, _)| *known == head),
            false => None,
        };
        let Some((_, known)) = known else {
            let mut file = File::create(path).map_err(failed)?;
            writeln!(file, "{}", serde_json::to_string(&head).map_err(|error| error.to_string())?)
                .map_err(failed)?;
            return Ok(Self { file, known: Vec::new() });
        };
        let file = OpenOptions::new().append(true).open(path).map_err(failed)?;
        Ok(Self { file, known })
    }

    pub fn has(&self, mutant: &Mutant) -> bool {
        self.known.iter().any(|finding| finding.is_of(mutant))
    }

    pub fn add(&mut self, finding: Finding) -> Result<(), String> {
        let line = serde_json::to_string(&finding).map_err(|error| error.to_string())?;
        writeln!(self.file, "{line}").map_err(|error| error.to_string())?;
        self.known.push(finding);
        Ok(())
    }
}

/// Reads a file of findings; `None` if it is empty. A last line that was cut off is left out.
pub fn parsed(path: &Path) -> Result<Option<(Head, Vec<Finding>)>, String> {
    let text = read(path)?;
    let mut lines = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let failed = |error: serde_json::Error| format!("{}: {error}", path.display());
    let Some(head) = lines.next() else { return Ok(None) };
    let head = serde_json::from_str(head).map_err(failed)?;
    let findings = lines.map(|line| serde_json::from_str(line).map_err(failed));
    Ok(Some((head, findings.collect::<Result<_, _>>()?)))
}
