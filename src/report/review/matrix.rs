//! The committed matrix. It is read from its file, because computing it again takes minutes.

use std::path::Path;

use crate::encoding::json::{Document, Json, Problem};
use crate::files::case::Case;
use crate::jobs::check::{Checked, Verdict};
use crate::protocols::Entry;

/// The content of `ablation.json`.
pub struct Facts {
    /// The profile whose rules were switched off.
    pub profile: String,
    /// The configurations: the name, and the number of states with all rules on.
    pub configurations: Vec<(String, u64)>,
    /// The configurations in which the profile itself violates something.
    pub broken: Vec<String>,
    /// By rule of the profile.
    pub rows: Vec<Row>,
}

/// The result for one rule.
pub struct Row {
    /// The rule, by position.
    pub rule: usize,
    /// The result of switching it off, in a word or two.
    pub ruling: String,
    /// The number of states in which it makes a difference.
    pub decisive: u64,
    /// The sets without which something breaks.
    pub cells: Vec<Cell>,
}

/// A set of rules without which something breaks.
pub struct Cell {
    /// The names of the rules, that of the row first.
    pub without: Vec<String>,
    /// The first configuration that shows it.
    pub configuration: String,
    /// The violated property.
    pub property: String,
    /// The number of steps of the violation.
    pub steps: u64,
    /// The first step at which the rule would have acted.
    pub acts_at: Option<u64>,
    /// The case, relative to the folder of the reports.
    pub story: String,
    /// The run.
    pub case: Case,
}

impl Facts {
    /// Reads the matrix of a protocol and the cases of its cells from the folder of its reports;
    /// `None` if there is none. A matrix that does not match the current results of the scenarios
    /// is refused, because its results may be outdated.
    pub fn open(
        entry: &'static Entry,
        folder: &Path,
        checked: &[Checked],
    ) -> Result<Option<Self>, Problem> {
        let path = folder.join("ablation.json");
        if !path.is_file() {
            return Ok(None);
        }
        let document = Document::open(&path)?;
        let facts = Self::read(entry, folder, &document).and_then(|facts| {
            let stale = |why: String| Problem::of_file(path.display().to_string(), why);
            facts.stale(entry, checked).map_or(Ok(facts), |why| Err(stale(why)))
        });
        let hint = format!("latchwork ablate {} --reports makes the matrix anew", entry.name);
        facts.map(Some).map_err(|problem| problem.hint(hint))
    }

    fn read(entry: &'static Entry, folder: &Path, document: &Document) -> Result<Self, Problem> {
        let mut object = document.root()?.object()?;
        crate::files::configuration::read_format(object.required("format")?, 1)?;
        let protocol = object.required("protocol")?;
        if protocol.string()? != entry.name {
            return Err(protocol.problem(format!("this is not the matrix of {}", entry.name)));
        }
        let profile = object.required("profile")?.string()?;
        let configurations = object.required("configurations")?.items()?.into_iter();
        let configurations = configurations.map(read_configuration).collect::<Result<_, _>>()?;
        let broken = object.required("broken")?.items()?.into_iter();
        let broken = broken.map(|name| name.string()).collect::<Result<_, _>>()?;
        let rows = object.required("rules")?.items()?.into_iter();
        let rows = rows.map(|row| read_row(entry, folder, row)).collect::<Result<_, _>>()?;
        object.finish()?;
        Ok(Self { profile, configurations, broken, rows })
    }

    /// Returns why the matrix does not match the current protocol, as far as that was run.
    fn stale(&self, entry: &Entry, checked: &[Checked]) -> Option<String> {
        let Some(profile) = entry.profile(&self.profile) else {
            return Some(format!("there is no profile `{}`", self.profile));
        };
        let on: Vec<usize> = entry.switches(profile).0.iter().collect();
        if on != self.rows.iter().map(|row| row.rule).collect::<Vec<_>>() {
            return Some(format!("its rules are not those of the profile `{}`", self.profile));
        }
        self.configurations.iter().find_map(|(name, states)| {
            let is_it = |one: &&Checked| {
                one.scenario.name == *name && one.scenario.configuration.without.is_empty()
            };
            let one = checked.iter().find(is_it)?;
            let now = one.exploration.statistics.distinct;
            (one.verdict == Verdict::Holds && now != *states)
                .then(|| format!("{name} has {now} states, and {states} in the matrix"))
        })
    }

    /// Returns the cell with the shortest case.
    pub fn shortest(&self) -> Option<&Cell> {
        self.rows.iter().flat_map(|row| &row.cells).min_by_key(|cell| cell.case.steps.len())
    }

    /// Returns how many rules have a ruling.
    pub fn count(&self, ruling: &str) -> usize {
        self.rows.iter().filter(|row| row.ruling == ruling).count()
    }
}

fn read_configuration(json: Json<'_>) -> Result<(String, u64), Problem> {
    let mut object = json.object()?;
    let name = object.required("name")?.string()?;
    let states = object.required("states")?.number()?;
    object.finish()?;
    Ok((name, states))
}

fn read_row(entry: &'static Entry, folder: &Path, json: Json<'_>) -> Result<Row, Problem> {
    let mut object = json.object()?;
    let name = object.required("rule")?;
    let rule = name.string()?;
    let unknown = || name.problem(format!("{} has no rule `{rule}`", entry.name));
    let rule = entry.rule(&rule).ok_or_else(unknown)?;
    let ruling = object.required("ruling")?.string()?;
    let decisive = object.required("decisive_states")?.number()?;
    // The source is known from the list of rules.
    object.required("source")?;
    let cells = object.required("cells")?.items()?.into_iter();
    let cells = cells.map(|cell| read_cell(folder, cell)).collect::<Result<_, _>>()?;
    object.finish()?;
    Ok(Row { rule, ruling, decisive, cells })
}

fn read_cell(folder: &Path, json: Json<'_>) -> Result<Cell, Problem> {
    let mut object = json.object()?;
    let without = object.required("without")?.items()?.into_iter();
    let without = without.map(|name| name.string()).collect::<Result<_, _>>()?;
    let configuration = object.required("configuration")?.string()?;
    let property = object.required("property")?.string()?;
    let steps = object.required("steps")?.number()?;
    let acts_at = object.optional("acts_at").and_then(|step| step.number().ok());
    let story_json = object.required("story")?;
    let story = story_json.string()?;
    // Other violations are on the page of the matrix.
    object.required("violated")?;
    object.optional("kind");
    object.finish()?;
    let case = Case::open(&folder.join(&story), false)?;
    if case.verdict.property != property || case.verdict.steps as u64 != steps {
        return Err(story_json.problem(format!(
            "the story shows `{}` after {} steps",
            case.verdict.property, case.verdict.steps
        )));
    }
    Ok(Cell { without, configuration, property, steps, acts_at, story, case })
}
