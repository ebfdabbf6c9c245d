//! A case with everything that viewers show: the single source of pages and exports.

use latchwork_model::kit::{Fairness, Step};

use crate::engines::fields::Described;
use crate::engines::verdict::BuiltIn;
use crate::files::case::{Case, CaseVerdict, Minimality};
use crate::files::configuration::Configuration;
use crate::protocols::trace::{Change, process_of};
use crate::report::run::messages::{Message, channels, messages};
use crate::report::run::needs::{Need, needs};
use crate::report::run::on_model::Run;
use crate::report::run::passed_over::{PassedOver, passed_over};
use crate::report::run::shadow::{Shadow, shadows};
use crate::report::run::why::explain::explain;
use crate::report::run::why::explanation::Explanation;

/// A run with everything that is shown of it, regardless of its purpose.
pub struct Telling {
    /// The configuration of the model.
    pub configuration: Configuration,
    /// The fields of the initial state.
    pub initial: Vec<Described>,
    /// The processes, in the order of the lanes.
    pub processes: Vec<String>,
    /// The steps.
    pub steps: Vec<Told>,
    /// The messages.
    pub messages: Vec<Message>,
    /// The rules that are off, and the effects they would have had.
    pub off: Vec<Shadow>,
    /// The steps that are possible at the end.
    pub possible: Vec<String>,
}

/// A step with everything that is shown of it.
pub struct Told {
    /// The acting process: an index into the processes.
    pub process: usize,
    /// The action with its arguments.
    pub action: String,
    /// The doc comment of the action.
    pub sentence: &'static str,
    /// Whether it is a fault.
    pub fault: bool,
    /// The fields that it changes.
    pub changes: Vec<Change>,
    /// The earlier steps that it needs.
    pub causes: Vec<usize>,
    /// The values that it needs directly.
    pub needs: Vec<Need>,
    /// The alternatives to it.
    pub others: Vec<String>,
    /// The item of a recording that it corresponds to, if the case explains one.
    pub recorded: Option<String>,
}

impl Telling {
    /// Describes a run.
    pub fn of(configuration: &Configuration, run: &Run<'_>) -> Self {
        let processes = processes(run);
        let steps = told(run, &processes);
        let initial = run.instance.described(&run.states[0]);
        let changes = steps.iter().map(|step| step.changes.as_slice());
        Self {
            configuration: configuration.clone(),
            messages: messages(changes, &channels(run.instance), &configuration.entry.view),
            initial,
            steps,
            processes,
            off: shadows(configuration, run),
            possible: run
                .instance
                .enabled(run.last())
                .iter()
                .map(|step| run.spell(*step))
                .collect(),
        }
    }

    /// Returns whether a message was taken by a fault, and so is lost.
    pub fn is_lost(&self, message: &Message) -> bool {
        message.taken.is_some_and(|at| self.steps[at].fault)
    }

    /// Returns whether a message was sent by a fault, and so is a duplicate.
    pub fn is_duplicate(&self, message: &Message) -> bool {
        self.steps[message.sent].fault
    }

    /// Returns whether a rule that is off would have acted at a step.
    pub fn rule_acts_at(&self, at: usize) -> bool {
        self.off.iter().any(|shadow| {
            shadow.differences.iter().any(|parting| parting.at == at)
                || shadow.acts.as_ref().is_some_and(|acts| acts.at == at)
        })
    }
}

/// A case with everything that is shown of it.
pub struct Story {
    /// Its run.
    pub run: Telling,
    /// What the run shows.
    pub verdict: CaseVerdict,
    /// Whether a shorter run exists.
    pub minimality: Minimality,
    /// What is known of the violation, if it is a known finding.
    pub finding: Option<String>,
    /// The text of the case file.
    pub case: String,
    /// Why the run is a violation.
    pub why: Explanation,
    /// Actions that processes of the cycle never take although they are always enabled.
    pub passed_over: Vec<PassedOver>,
}

impl Story {
    /// Returns the story of a case; `None` if the model can no longer take its steps.
    pub fn of(case: &Case) -> Option<Self> {
        let instance = case.configuration.instance().ok()?;
        let run = &Run::of_case(case, instance.as_ref())?;
        let mut telling = Telling::of(&case.configuration, run);
        for (told, step) in telling.steps.iter_mut().zip(&case.steps) {
            told.recorded.clone_from(&step.recorded);
        }
        Some(Self {
            why: explain(&case.configuration, run, &case.verdict, &telling.off),
            run: telling,
            verdict: case.verdict.clone(),
            minimality: case.minimality,
            finding: case.finding.clone(),
            case: case.to_text(),
            passed_over: passed_over(case),
        })
    }

    /// Returns whether the run continues beyond the state that shows the property, because no done
    /// state can be reached.
    pub fn is_stuck(&self) -> bool {
        self.verdict.property == BuiltIn::CanFinish.name()
            && self.run.steps.len() > self.verdict.steps
    }

    /// Returns the number of steps before the cycle.
    pub fn cycle(&self) -> Option<usize> {
        self.verdict.cycle
    }

    /// Returns the doc comment of what the run shows: a property, or an action that fires.
    pub fn sentence(&self) -> &'static str {
        let (entry, name) = (self.run.configuration.entry, self.verdict.property.as_str());
        let mut properties = (entry.properties)().into_iter();
        let property = properties.find(|info| info.name == name).map(|info| info.doc);
        let mut actions = entry.actions.iter();
        property
            .or_else(|| actions.find(|info| info.name == name).map(|info| info.doc))
            .unwrap_or("")
    }
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
        .zip(causes.into_iter().zip(needs(run)))
        .enumerate()
        .map(|(at, (step, (causes, needs)))| {
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
                needs,
                others: run.others(at).into_iter().map(|other| run.spell(other)).collect(),
                recorded: None,
            }
        })
        .collect()
}
