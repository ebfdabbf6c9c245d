//! Runs the code of a scenario under one of the engines until a run fails. Each run is checked
//! against the model.

use crate::engines::explore::{Options, Watch};
use crate::engines::schedule::Schedule;
use crate::engines::threads::Strategy;
use crate::engines::threads::refine::{Judgement, Refinement, Refusal};
use crate::engines::threads::runs::{Ending, Ran, judged};
use crate::engines::threads::shorten::shorten;
use crate::engines::threads::{under_loom, under_shuttle, under_std};
use crate::engines::verdict::{Discovery, End};
use crate::files::case::{Case, CaseVerdict, Minimality, Sample};
use crate::files::scenario::{Goal, Scenario};
use crate::files::thread_run::{REFINEMENT, ThreadRun};
use crate::jobs::check::case;
use crate::protocols::form::{Code, Form};
use crate::protocols::form_of;
use crate::protocols::trace::tell;

use super::again::again;
use super::goals::Goals;

/// An engine that runs threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// All interleavings with a bounded number of preemptions. The bound increases by one at a
    /// time.
    Loom {
        /// The maximum number of preemptions of a run.
        preemptions: usize,
    },
    /// Random interleavings.
    Shuttle {
        /// How the next task is chosen.
        strategy: Strategy,
        /// The seed of the runs.
        seed: u64,
    },
    /// The threads of the operating system.
    Std,
}

impl Engine {
    /// Returns its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loom { .. } => "loom",
            Self::Shuttle { .. } => "shuttle",
            Self::Std => "std",
        }
    }
}

/// How to examine a scenario.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The engine.
    pub engine: Engine,
    /// The maximum number of runs; without it, loom does all there are.
    pub runs: Option<u64>,
    /// The flaws of the code that are enabled.
    pub flaws: Vec<String>,
}

/// The default number of runs for a sampling engine.
pub const RUNS: u64 = 10_000;

/// The maximum number of states of the model that are searched for actions that no run has done.
const STATES: u64 = 200_000;

/// The result of an examination.
pub struct Examined {
    /// The scenario.
    pub scenario: Scenario,
    /// The plan.
    pub plan: Plan,
    /// The number of runs; under loom, those with the last bound.
    pub runs: u64,
    /// Under loom: the bounds that were completed, each with its number of runs.
    pub bounds: Vec<(usize, u64)>,
    /// The failing run.
    pub finding: Option<Finding>,
    /// Why there is no verdict, if so.
    pub inconclusive: Option<String>,
    /// The goals of the scenario that no run has reached.
    pub unmet: Vec<Goal>,
    /// The actions that no run has logged.
    pub never: Vec<&'static str>,
}

/// A failing run.
pub struct Finding {
    /// Its number, from 1.
    pub run: u64,
    /// Under loom: the bound under which it was found.
    pub preemptions: Option<usize>,
    /// What is wrong with it.
    pub judgement: Judgement,
    /// How the run ended.
    pub ending: Ending,
    /// Whether the same decisions reproduce the run.
    pub repeats: bool,
    /// The case of the run.
    pub case: Case,
}

/// An examination in progress.
struct Examination<'a> {
    scenario: &'a Scenario,
    plan: &'a Plan,
    code: Code,
    refinement: Refinement,
    watch: &'a dyn Watch,
    /// By action: whether it was logged.
    logged: Vec<bool>,
    runs: u64,
    found: Option<(Ran, Judgement)>,
    inconclusive: Option<String>,
    /// Whether runs are checked against the model.
    lays: bool,
    goals: Goals,
}

/// Examines a scenario. The error explains why its threads cannot be run.
pub fn examine(scenario: Scenario, plan: &Plan, watch: &dyn Watch) -> Result<Examined, String> {
    let configuration = &scenario.configuration;
    let form = form_of(configuration.entry.name)?;
    let flaws: Vec<&str> = plan.flaws.iter().map(String::as_str).collect();
    let code = configuration.entry.code(form, &configuration.setup(), &flaws)?;
    if matches!(plan.engine, Engine::Loom { .. }) {
        under_loom::starts()?;
        let (threads, most) = (code.threads, under_loom::MAX_THREADS);
        if threads > most {
            return Err(format!(
                "{threads} threads are too many for loom, which supports {most}\nhint: --engine shuttle"
            ));
        }
    }
    let instance = configuration.instance()?;
    let refinement = Refinement::new(instance, form.silent);
    let lays = plan.engine != Engine::Std || form.locked;
    let goals = Goals::of(&scenario, form, lays)?;
    let mut examination = Examination {
        scenario: &scenario,
        plan,
        code,
        refinement,
        watch,
        logged: vec![false; configuration.entry.actions.len()],
        runs: 0,
        found: None,
        inconclusive: None,
        lays,
        goals,
    };
    let bounds = examination.run();
    let finding = examination.finding(&bounds)?;
    let never = if finding.is_none() { examination.never(form) } else { Vec::new() };
    let Examination { runs, inconclusive, goals, .. } = examination;
    let (plan, unmet) = (plan.clone(), goals.unmet());
    Ok(Examined { plan, runs, bounds, finding, inconclusive, unmet, never, scenario })
}

impl Examination<'_> {
    /// Does the runs, and returns the bounds of loom that were completed.
    fn run(&mut self) -> Vec<(usize, u64)> {
        let mut bounds = Vec::new();
        match self.plan.engine {
            Engine::Loom { preemptions } => {
                for bound in 1..=preemptions {
                    self.runs = 0;
                    let body = self.code.on_loom.clone();
                    let whole = judged(
                        |feed| under_loom::search(&body, bound, feed),
                        |ran| self.goes_on(ran, self.plan.runs),
                    );
                    if !whole {
                        break;
                    }
                    bounds.push((bound, self.runs));
                }
            }
            Engine::Shuttle { strategy, seed } => {
                let runs = self.plan.runs.unwrap_or(RUNS);
                let plan = under_shuttle::Plan { seed, strategy, runs };
                let body = self.code.on_shuttle.clone();
                judged(
                    |feed| under_shuttle::sample(&body, &plan, feed),
                    |ran| self.goes_on(ran, None),
                );
            }
            Engine::Std => {
                let runs = self.plan.runs.unwrap_or(RUNS);
                let body = self.code.on_std.clone();
                judged(|feed| under_std::stress(&body, runs, feed), |ran| self.goes_on(ran, None));
            }
        }
        bounds
    }

    /// Judges a run, and returns whether more runs are needed.
    fn goes_on(&mut self, ran: Ran, most: Option<u64>) -> bool {
        if most == Some(self.runs) {
            self.inconclusive = Some(format!("the budget of {} runs ran out", self.runs));
            return false;
        }
        if self.watch.interrupted() {
            self.inconclusive = Some(format!("the time ran out after {} runs", self.runs));
            return false;
        }
        self.runs += 1;
        let actions = self.scenario.configuration.entry.actions;
        for entry in &ran.log {
            let at = actions.iter().position(|action| action.name == entry.action);
            at.into_iter().for_each(|at| self.logged[at] = true);
        }
        match self.judge(&ran) {
            Judgement::Admitted => {
                self.goals.admit(&ran);
                return true;
            }
            Judgement::Refused(_, Refusal::CutOff(what)) => {
                self.inconclusive = Some(format!("a run was followed no further than {what}"));
            }
            judgement => self.found = Some((ran, judgement)),
        }
        false
    }

    fn judge(&mut self, ran: &Ran) -> Judgement {
        if self.lays {
            return self.refinement.judge(&ran.log, &ran.ending);
        }
        match &ran.ending {
            Ending::Finished => Judgement::Admitted,
            ending => Judgement::Refused(0, Refusal::Unordered(ending.to_string())),
        }
    }

    /// Returns the actions that fire in the model and that the code logs, but that no run has done.
    fn never(&self, form: &Form) -> Vec<&'static str> {
        let actions = self.scenario.configuration.entry.actions;
        let options = Options { threads: 1, states: Some(STATES), ..Options::default() };
        let coverage = self.refinement.instance().explore(&options, self.watch).coverage;
        let fires = coverage.actions.iter().map(|action| action.fired > 0);
        let all = actions.iter().zip(&self.logged).zip(fires);
        all.filter(|((info, logged), fires)| {
            *fires && !**logged && !form.silent.contains(&info.name)
        })
        .map(|((info, _), _)| info.name)
        .collect()
    }

    fn finding(&mut self, bounds: &[(usize, u64)]) -> Result<Option<Finding>, String> {
        let Some((ran, judgement)) = self.found.take() else { return Ok(None) };
        let (mut ran, judgement) = self.shortened(ran, judgement);
        let preemptions = match self.plan.engine {
            Engine::Loom { .. } => Some(bounds.len() + 1),
            _ => None,
        };
        if let Some(bound) = preemptions {
            let path = under_loom::path_of(&self.code.on_loom, bound, self.runs);
            let path = path.map_err(|error| format!("cannot save the decisions: {error}"))?;
            ran.schedule = Schedule::Path(path);
        }
        let repeats = match again(&self.code, &ran.schedule)? {
            Some(repeated) => repeated == ran,
            None => ran.schedule == Schedule::None,
        };
        let case = self.case(&ran, &judgement, preemptions);
        let (run, ending) = (self.runs, ran.ending);
        Ok(Some(Finding { run, preemptions, judgement, ending, repeats, case }))
    }

    /// Reduces the switches of a random run, if the result fails in the same way.
    fn shortened(&mut self, ran: Ran, judgement: Judgement) -> (Ran, Judgement) {
        let Schedule::Tasks(tasks) = &ran.schedule else { return (ran, judgement) };
        let body = self.code.on_shuttle.clone();
        let schedule = shorten(tasks, |wishes| {
            let again = under_shuttle::wished(&body, wishes)?;
            let Schedule::Tasks(tasks) = &again.schedule else { return None };
            let same = self.judge(&again).is_like(&judgement) && again.ending == ran.ending;
            same.then(|| tasks.clone())
        });
        let Some(shorter) = under_shuttle::again(&body, &schedule) else { return (ran, judgement) };
        let judgement = self.judge(&shorter);
        (shorter, judgement)
    }

    /// Returns the case of a run: the steps of the model as far as it admits the run, and the whole
    /// log.
    fn case(&mut self, ran: &Ran, judgement: &Judgement, preemptions: Option<usize>) -> Case {
        let configuration = &self.scenario.configuration;
        let engine = self.plan.engine.name();
        let log = ran.log.iter().map(|entry| self.refinement.spell(entry)).collect();
        let mut case = match judgement {
            Judgement::Violates(property, done) => {
                let path = self.refinement.path(&ran.log[..*done], &ran.ending);
                let steps = path.steps.len();
                let found = Discovery { property: *property, steps, path, end: End::State };
                let instance = self.refinement.instance();
                case(configuration, instance, &found, engine, Minimality::None)
            }
            Judgement::Refused(done, _) => {
                let path = self.refinement.path(&ran.log[..*done], &Ending::Finished);
                let steps = path.steps.len();
                let trace = tell(configuration.entry, self.refinement.instance(), &path);
                let property = REFINEMENT.to_string();
                let verdict = CaseVerdict { violated: true, property, steps, cycle: None };
                Case::new(configuration.clone(), engine, verdict, Minimality::None, trace)
            }
            Judgement::Admitted => unreachable!("a run that is admitted is no finding"),
        };
        if let Engine::Shuttle { strategy, seed } = self.plan.engine {
            let (seed, run) = (seed.to_string(), self.runs - 1);
            case.provenance.sample = Some(Sample { seed, run, strategy: strategy.to_string() });
        }
        case.threads = Some(ThreadRun {
            flaws: self.plan.flaws.clone(),
            preemptions,
            log,
            ends: ran.ending.to_string(),
            refused: match judgement {
                Judgement::Refused(_, refusal) => Some(refusal.to_string()),
                _ => None,
            },
            schedule: ran.schedule.clone(),
        });
        case
    }
}
