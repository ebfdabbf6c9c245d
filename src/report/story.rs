//! A case with everything that a viewer shows of it: the one source of pages and exports.

use std::collections::BTreeMap;

use latchwork_model::kit::{Fairness, Step};

use crate::configuration::Configuration;
use crate::trace::case::{Case, CaseStep, CaseVerdict, Minimality};
use crate::trace::fields::Described;
use crate::trace::messages::{Message, messages};
use crate::trace::reasons::{Bad, Reason, reasons};
use crate::trace::run::Run;
use crate::trace::shadow::{Shadow, shadows};
use crate::trace::{Change, process_of};
use crate::verdict::{BuiltIn, Path};

/// A run and all that is shown of it.
pub struct Story {
    /// The model.
    pub configuration: Configuration,
    /// What the run shows; a run to the place where two rule sets part shows nothing by itself.
    pub verdict: Option<CaseVerdict>,
    /// Whether there is a shorter one.
    pub minimality: Minimality,
    /// The case file, if there is one.
    pub case: Option<String>,
    /// The fields of the initial state.
    pub initial: Vec<Described>,
    /// Who acts, in the order of the lanes.
    pub processes: Vec<String>,
    /// The steps.
    pub steps: Vec<Told>,
    /// What was sent.
    pub messages: Vec<Message>,
    /// The rules that are off, and what they would have done.
    pub off: Vec<Shadow>,
    /// What is bad about the last state.
    pub bad: Option<Bad>,
    /// Why it is.
    pub reasons: Vec<Reason>,
    /// The sentences of fields by their names without numbers: `node.busy`.
    pub docs: BTreeMap<String, &'static str>,
}

/// A step, and all that is shown of it.
pub struct Told {
    /// Who acts: an index into the processes.
    pub process: usize,
    /// The action with its arguments.
    pub action: String,
    /// Its sentence.
    pub sentence: &'static str,
    /// Whether it is a fault.
    pub fault: bool,
    /// The fields that it changes.
    pub changes: Vec<Change>,
    /// The earlier steps that it needs.
    pub causes: Vec<usize>,
    /// What could have happened instead.
    pub others: Vec<String>,
}

impl Story {
    /// The story of a case; `None` if the model cannot take its steps any more.
    pub fn of_case(case: &Case) -> Option<Self> {
        let instance = case.configuration.instance().ok()?;
        let run = Run::of_case(case, instance.as_ref())?;
        let mut story = Self::of_run(&case.configuration, &run, Some(case.verdict.clone()));
        story.minimality = case.minimality;
        story.case = Some(case.to_text());
        Some(story)
    }

    /// The story of a path that shows nothing by itself.
    pub fn of_path(configuration: &Configuration, path: Path) -> Result<Self, &'static str> {
        let instance = configuration.instance()?;
        let run = Run::new(configuration.entry, instance.as_ref(), path);
        Ok(Self::of_run(configuration, &run, None))
    }

    fn of_run(
        configuration: &Configuration,
        run: &Run<'_>,
        verdict: Option<CaseVerdict>,
    ) -> Self {
        let processes = processes(run);
        let steps = told(run, &processes);
        let plain: Vec<CaseStep> = steps.iter().map(Told::plain).collect();
        let violated = verdict.as_ref().filter(|verdict| verdict.violated);
        let bad = violated.and_then(|verdict| Bad::of(run, &verdict.property));
        let mut docs = BTreeMap::new();
        for state in &run.states {
            for field in run.instance.described(state) {
                docs.insert(without_numbers(&field.path), field.doc);
            }
        }
        Self {
            configuration: configuration.clone(),
            verdict,
            minimality: Minimality::None,
            case: None,
            initial: run.states.first().map_or(Vec::new(), |state| run.instance.described(state)),
            processes,
            messages: messages(&plain),
            steps,
            off: shadows(configuration, run),
            bad,
            reasons: bad.map_or(Vec::new(), |bad| reasons(run, bad)),
            docs,
        }
    }

    /// Whether the run goes on beyond the state that counts, because no done state can be reached.
    pub fn is_stuck(&self) -> bool {
        self.verdict.as_ref().is_some_and(|verdict| {
            verdict.property == BuiltIn::CanFinish.name() && self.steps.len() > verdict.steps
        })
    }

    /// How many steps come before the cycle.
    pub fn cycle(&self) -> Option<usize> {
        self.verdict.as_ref().and_then(|verdict| verdict.cycle)
    }

    /// Whether a message was taken by a fault: it is lost.
    pub fn is_lost(&self, message: &Message) -> bool {
        message.taken.is_some_and(|at| self.steps[at].fault)
    }

    /// Whether a message was put in by a fault: it is there twice.
    pub fn is_duplicate(&self, message: &Message) -> bool {
        self.steps[message.sent].fault
    }

    /// The sentence of a property.
    pub fn sentence_of(&self, property: &str) -> &'static str {
        let entry = self.configuration.entry;
        let mut properties = (entry.properties)().into_iter();
        let found = properties.find(|info| info.name == property).map(|info| info.doc);
        let action = || entry.actions.iter().find(|info| info.name == property);
        found.or_else(|| action().map(|info| info.doc)).unwrap_or("")
    }

    /// The sentence of a field.
    pub fn doc_of(&self, path: &str) -> &'static str {
        self.docs.get(&without_numbers(path)).copied().unwrap_or("")
    }
}

impl Told {
    /// The step as a case has it.
    fn plain(&self) -> CaseStep {
        CaseStep { action: self.action.clone(), changes: self.changes.clone() }
    }
}

/// `node.n0.busy` without the numbers of its parts: `node.n.busy`.
fn without_numbers(path: &str) -> String {
    path.chars().filter(|letter| !letter.is_ascii_digit()).collect()
}

fn processes(run: &Run<'_>) -> Vec<String> {
    let mut acting: Vec<Step> = run.path.steps.clone();
    acting.sort_by_key(|step| step.process(run.entry.actions));
    let mut names: Vec<String> =
        acting.into_iter().map(|step| process_of(run.entry, &run.spell(step))).collect();
    names.dedup();
    names
}

fn told(run: &Run<'_>, processes: &[String]) -> Vec<Told> {
    let causes = run.causes();
    run.path
        .steps
        .iter()
        .zip(causes)
        .enumerate()
        .map(|(at, (step, causes))| {
            let info = &run.entry.actions[usize::from(step.action)];
            let action = run.spell(*step);
            let process = process_of(run.entry, &action);
            Told {
                process: processes.iter().position(|name| *name == process).unwrap_or(0),
                action,
                sentence: info.doc,
                fault: run.entry.lanes[usize::from(info.lane)].fairness == Fairness::Fault,
                changes: run.changes(at),
                causes,
                others: run.others(at).into_iter().map(|other| run.spell(other)).collect(),
            }
        })
        .collect()
}
