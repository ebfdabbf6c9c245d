//! The matrix of thread engines: one row for each rule and each flaw of a form, with what each
//! engine finds.

use crate::engines::explore::Watch;
use crate::engines::threads::Strategy;
use crate::files::configuration;
use crate::files::scenario::Scenario;
use crate::protocols::form::{Flaw, Form};

use super::examine::{Engine, Examined, Plan, examine};

/// How the code of a row differs from the correct code.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    /// Not at all.
    None,
    /// A rule is switched off.
    Without(&'static str),
    /// The code has a flaw.
    Flaw(&'static Flaw),
}

/// The result of one engine in one row.
pub struct Cell {
    /// The engine.
    pub engine: Engine,
    /// The scenarios that were run, up to the first with a finding.
    pub examined: Vec<Examined>,
    /// How long it took. Set by a caller that has a clock.
    pub seconds: f64,
}

/// One change, under all engines.
pub struct Row {
    /// The protocol.
    pub protocol: &'static str,
    /// The change.
    pub change: Change,
    /// The results, by engine.
    pub cells: Vec<Cell>,
    /// In the row without a change: the results of loom in the scenarios that are too large for it.
    pub large: Vec<Examined>,
}

/// The limits on the work.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// The maximum number of preemptions of a run under loom.
    pub preemptions: usize,
    /// The number of runs per strategy in the row without a change.
    pub runs: u64,
    /// The number of runs per strategy in the other rows.
    pub runs_of_changes: u64,
    /// The number of runs on plain threads.
    pub std_runs: u64,
}

/// The seed of all random runs.
const SEED: u64 = 0;

/// Returns the changes of a form; no change comes first.
pub fn changes(form: &'static Form) -> Vec<Change> {
    let rules = form.rules.iter().map(|rule| Change::Without(rule));
    let flaws = form.flaws.iter().map(Change::Flaw);
    std::iter::once(Change::None).chain(rules).chain(flaws).collect()
}

/// Returns the engines of a row, each with the maximum number of runs of a scenario.
pub fn engines(change: Change, effort: Effort) -> Vec<(Engine, Option<u64>)> {
    let runs = if matches!(change, Change::None) { effort.runs } else { effort.runs_of_changes };
    let drawn = |strategy| (Engine::Shuttle { strategy, seed: SEED }, Some(runs));
    vec![
        (Engine::Loom { preemptions: effort.preemptions }, None),
        drawn(Strategy::Random),
        drawn(Strategy::Pct { depth: 3 }),
        drawn(Strategy::Urw),
        (Engine::Std, Some(effort.std_runs)),
    ]
}

impl Cell {
    /// Runs the scenarios of a form with a change, up to the first with a finding.
    pub fn run(
        scenarios: &[Scenario],
        change: Change,
        engine: Engine,
        runs: Option<u64>,
        watch: &dyn Watch,
    ) -> Result<Self, String> {
        let flaws = match change {
            Change::Flaw(flaw) => vec![flaw.name.to_string()],
            _ => Vec::new(),
        };
        let plan = Plan { engine, runs, flaws };
        let mut all = Vec::new();
        for scenario in scenarios {
            let mut scenario = scenario.clone();
            if let Change::Without(rule) = change {
                let configuration = &mut scenario.configuration;
                let rule = configuration::rule(configuration.entry, rule);
                configuration.without.push(rule.map_err(|(message, _)| message)?);
            }
            let examined = examine(scenario, &plan, watch)?;
            let found = examined.finding.is_some();
            all.push(examined);
            if found {
                break;
            }
        }
        Ok(Self { engine, examined: all, seconds: 0.0 })
    }

    /// Returns the scenario with a finding.
    pub fn found(&self) -> Option<&Examined> {
        self.examined.iter().find(|examined| examined.finding.is_some())
    }

    /// Returns the number of runs, including those with fewer preemptions.
    pub fn runs(&self) -> u64 {
        let runs = |examined: &Examined| {
            let bounds: u64 = examined.bounds.iter().map(|(_, runs)| runs).sum();
            let last = examined.bounds.last().map_or(0, |(_, runs)| *runs);
            let open = examined.finding.is_some() || examined.inconclusive.is_some();
            if open { bounds + examined.runs } else { bounds + examined.runs - last }
        };
        self.examined.iter().map(runs).sum()
    }
}

impl Change {
    /// Returns the change in a word or two.
    pub fn words(self) -> String {
        match self {
            Self::None => "all rules".to_string(),
            Self::Without(rule) => format!("without `{rule}`"),
            Self::Flaw(flaw) => format!("flaw `{}`", flaw.name),
        }
    }
}
