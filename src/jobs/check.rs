//! Runs a scenario and compares the result with its expectation.

use crate::engines::explore::disk::Disk;
use crate::engines::explore::ranks::Place;
use crate::engines::explore::spec::SpecSteps;
use crate::engines::explore::{Options, Watch};
use crate::engines::instance::Instance;
use crate::engines::verdict::{
    BuiltIn, Discovery, End, Exploration, Path, PropertyId, PropertyInfo, PropertyKind, Statistics,
    Stopped,
};
use crate::files::case::{Case, CaseVerdict, Minimality};
use crate::files::configuration::Configuration;
use crate::files::scenario::{Expect, Goal, Scenario};
use crate::protocols::trace::tell;

/// The verdict on a protocol in one configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every property holds in the whole space.
    Holds,
    /// Every property that single states decide holds within a known part of the space: a depth,
    /// or the constraint of the model. What depends on states beyond it is undecided.
    HoldsWithin,
    /// A property is violated.
    Violated,
    /// No violation was found, but the space is not fully known: a budget ran out, or a step is cut
    /// off for a property that is not checked.
    Inconclusive,
}

impl Verdict {
    /// Returns the name of the verdict in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::HoldsWithin => "holds_within",
            Self::Violated => "violated",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// How the result of a scenario compares with its expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// As expected.
    Met,
    /// A violation of a full rule set that is known and intended.
    Finding(String),
    /// The result differs; the sentence explains how.
    Unmet(String),
    /// A budget ran out.
    Inconclusive(String),
    /// Goals were not reached: the scenario does not show what it was written for.
    Vacuous(String),
}

/// The result of running a scenario.
pub struct Checked {
    /// The scenario.
    pub scenario: Scenario,
    /// Its model.
    pub instance: Box<dyn Instance>,
    /// Its properties.
    pub properties: Vec<PropertyInfo>,
    /// The result of the search.
    pub exploration: Exploration,
    /// The verdict.
    pub verdict: Verdict,
    /// How the result compares with the expectation.
    pub standing: Standing,
    /// By rule: the number of states in which it is decisive; empty if [`coverage::decisive`] was
    /// not run.
    ///
    /// [`coverage::decisive`]: crate::jobs::coverage::decisive
    pub decisive: Vec<(usize, u64)>,
    /// What the steps are in the specification, if the protocol is a refinement and
    /// [`refined`](crate::jobs::refined::refined) was run.
    pub refined: Option<SpecSteps>,
}

impl Checked {
    /// Returns whether the result needs no attention.
    pub fn is_as_expected(&self) -> bool {
        matches!(self.standing, Standing::Met | Standing::Finding(_))
    }

    /// Returns the violations, without `reachable` properties.
    pub fn violations(&self) -> impl Iterator<Item = &Discovery> {
        self.exploration.discoveries.iter().filter(|found| !self.is_goal(found.property))
    }

    /// Returns a case for each goal of the scenario that was reached.
    pub fn witnesses(&self) -> Vec<Case> {
        let exploration = &self.exploration;
        let case = |goal: &Goal| match goal {
            Goal::Property(id) => {
                let found = exploration.discoveries.iter().find(|found| found.property == *id);
                found.map(|found| self.case(found))
            }
            Goal::Action(at) => {
                let mut all = exploration.witnesses.iter();
                let witness = all.find(|witness| usize::from(witness.action) == *at)?;
                let verdict = CaseVerdict {
                    violated: false,
                    property: self.scenario.configuration.entry.actions[*at].name.to_string(),
                    steps: witness.path.steps.len(),
                    cycle: None,
                };
                Some(self.case_of(&witness.path, verdict))
            }
        };
        self.scenario.reach.iter().filter_map(case).collect()
    }

    /// Returns the names of the goals that were not reached, if the standing is vacuous; otherwise
    /// nothing.
    pub fn unmet(&self) -> Vec<&'static str> {
        let is_vacuous = matches!(self.standing, Standing::Vacuous(_));
        let unmet = unmet(&self.scenario, &self.exploration).filter(|_| is_vacuous);
        unmet.map(|goal| goal.name(&self.scenario, &self.properties)).collect()
    }

    /// Returns the expected violation if it was found, and otherwise the shortest one. A guard
    /// after a change comes first, because it makes all other results unreliable.
    pub fn main_violation(&self) -> Option<&Discovery> {
        if let Expect::Violates { property, .. } = self.scenario.expect
            && let Some(expected) = self.violations().find(|found| found.property == property)
        {
            return Some(expected);
        }
        let sound = |id| self.property(id).kind != PropertyKind::BuiltIn(BuiltIn::GuardsFirst);
        self.violations().min_by_key(|found| (sound(found.property), found.steps, found.property))
    }

    /// Returns the case of a discovery.
    pub fn case(&self, found: &Discovery) -> Case {
        let configuration = &self.scenario.configuration;
        let minimality = Minimality::explored(&found.end);
        let mut case = case(configuration, self.instance.as_ref(), found, "explore", minimality);
        if let (Standing::Finding(finding), Expect::Violates { property, .. }) =
            (&self.standing, &self.scenario.expect)
            && *property == found.property
        {
            case.finding = Some(finding.clone());
        }
        case
    }

    fn case_of(&self, path: &Path, verdict: CaseVerdict) -> Case {
        let configuration = self.scenario.configuration.clone();
        let trace = tell(configuration.entry, self.instance.as_ref(), path);
        Case::new(configuration, "explore", verdict, Minimality::Proven, trace)
    }

    /// Returns warnings about properties that cannot express what they are meant to express.
    pub fn warnings(&self) -> Vec<(PropertyId, String)> {
        let unanswered = self.exploration.unanswered.iter();
        let sentence = |id| {
            let name = self.property(id).name;
            format!(
                "`{name}` waits for something that exists in no state: is it written with \
                 `implies`, and not with `awaits`?"
            )
        };
        unanswered.map(|id| (id, sentence(id))).collect()
    }

    /// Returns the verdict in words: of `holds_within`, it says within what.
    pub fn verdict_words(&self) -> String {
        match (self.verdict, part(&self.exploration)) {
            (Verdict::HoldsWithin, Some(part)) => format!("holds within {part}"),
            (verdict, _) => verdict.name().to_string(),
        }
    }

    /// Returns the description of a property.
    pub fn property(&self, id: PropertyId) -> &PropertyInfo {
        &self.properties[usize::from(id.0)]
    }

    fn is_goal(&self, id: PropertyId) -> bool {
        is_goal(&self.properties, id)
    }
}

fn is_goal(properties: &[PropertyInfo], id: PropertyId) -> bool {
    let kind = properties[usize::from(id.0)].kind;
    kind == PropertyKind::Model(latchwork_model::kit::Kind::Reachable)
}

/// Returns the case of a discovery.
pub fn case(
    configuration: &Configuration,
    instance: &dyn Instance,
    found: &Discovery,
    engine: &str,
    minimality: Minimality,
) -> Case {
    let cycle = match found.end {
        End::Stuck { cycle, .. } => cycle,
        _ => None,
    };
    let properties = (configuration.entry.properties)();
    let verdict = CaseVerdict {
        violated: !is_goal(&properties, found.property),
        property: properties[usize::from(found.property.0)].name.to_string(),
        steps: found.steps,
        cycle,
    };
    let trace = tell(configuration.entry, instance, &found.path);
    Case::new(configuration.clone(), engine, verdict, minimality, trace)
}

/// Runs a scenario. The error explains why its values are inconsistent, or why symmetry reduction
/// is not possible.
pub fn check(scenario: Scenario, options: &Options, watch: &dyn Watch) -> Result<Checked, String> {
    let instance = scenario.configuration.instance()?;
    let exploration = instance.explore(&options_of(&scenario, options), watch);
    let symmetry = exploration.symmetry.as_ref();
    if let Some(refused) = symmetry.and_then(|symmetry| symmetry.refused.as_ref()) {
        let name = scenario.configuration.entry.name;
        return Err(format!("{name}/{}: {refused}", scenario.name));
    }
    Ok(conclude(scenario, instance, exploration))
}

/// Runs a scenario on disk. The error explains why its values are inconsistent, or why the folder
/// cannot be used.
pub fn check_on_disk(
    scenario: Scenario,
    options: &Options,
    disk: &Disk,
    watch: &dyn Watch,
) -> Result<Checked, String> {
    let instance = scenario.configuration.instance()?;
    let exploration = instance
        .explore_on_disk(&options_of(&scenario, options), disk, watch)
        .map_err(|problem| problem.to_string())?;
    Ok(conclude(scenario, instance, exploration))
}

/// Runs a scenario as one of several ranks. Returns the result at rank 0. The error explains why its
/// values are inconsistent, or why the search cannot be done.
pub fn check_as_rank(
    scenario: Scenario,
    options: &Options,
    place: Place<'_>,
    watch: &dyn Watch,
) -> Result<Option<Checked>, String> {
    let instance = scenario.configuration.instance()?;
    let exploration = instance
        .explore_as_rank(&options_of(&scenario, options), place, watch)
        .map_err(|problem| problem.to_string())?;
    Ok(exploration.map(|exploration| conclude(scenario, instance, exploration)))
}

/// Returns the options of the search of a scenario.
fn options_of(scenario: &Scenario, options: &Options) -> Options {
    let witness = |goal: &Goal| match goal {
        Goal::Action(at) => Some(*at as u8),
        Goal::Property(_) => None,
    };
    Options {
        properties: options.properties.minus(scenario.ignore),
        witnesses: scenario.reach.iter().filter_map(witness).collect(),
        ..options.clone()
    }
}

/// Compares the result of a search with the expectation of its scenario.
pub fn conclude(
    scenario: Scenario,
    instance: Box<dyn Instance>,
    exploration: Exploration,
) -> Checked {
    let properties = (scenario.configuration.entry.properties)();
    let violated =
        exploration.discoveries.iter().any(|found| !is_goal(&properties, found.property));
    let open = exploration.stopped.is_some() || !exploration.undecided.is_empty();
    let verdict = match (violated, open) {
        (true, _) => Verdict::Violated,
        (false, false) => Verdict::Holds,
        (false, true) if holds_within(&properties, &exploration) => Verdict::HoldsWithin,
        (false, true) => Verdict::Inconclusive,
    };
    let standing = standing(&scenario, &properties, &exploration, verdict);
    Checked {
        scenario,
        instance,
        properties,
        exploration,
        verdict,
        standing,
        decisive: Vec::new(),
        refined: None,
    }
}

/// Returns whether a search ended at a border, and everything that single states decide was decided
/// up to there.
fn holds_within(properties: &[PropertyInfo], exploration: &Exploration) -> bool {
    let by_states = |id: PropertyId| {
        !is_goal(properties, id) && !properties[usize::from(id.0)].kind.needs_graph()
    };
    exploration.stopped.is_some_and(Stopped::is_border)
        && !exploration.undecided.iter().any(by_states)
}

fn standing(
    scenario: &Scenario,
    properties: &[PropertyInfo],
    exploration: &Exploration,
    verdict: Verdict,
) -> Standing {
    let name = |id: PropertyId| properties[usize::from(id.0)].name;
    let ended = exploration.stopped.map_or("", |stopped| stopped.name());
    let within =
        |what: &str| Standing::Inconclusive(within_sentence(what, properties, exploration));
    if exploration.statistics.distinct == 0 && exploration.stopped.is_none() {
        return Standing::Vacuous("the model has no initial state".to_string());
    }
    match &scenario.expect {
        Expect::Inconclusive(why) => match verdict {
            Verdict::HoldsWithin | Verdict::Inconclusive if why == ended => Standing::Met,
            Verdict::HoldsWithin => within("it holds"),
            Verdict::Inconclusive => Standing::Inconclusive(budget_sentence(exploration)),
            _ => Standing::Unmet(format!("expected to be inconclusive for {why}")),
        },
        Expect::Holds => match verdict {
            Verdict::Holds => vacuous(scenario, properties, exploration).unwrap_or(Standing::Met),
            Verdict::HoldsWithin => within("it holds"),
            Verdict::Inconclusive => Standing::Inconclusive(budget_sentence(exploration)),
            Verdict::Violated => Standing::Unmet("expected to hold".to_string()),
        },
        Expect::Violates { property, steps } => {
            let found = exploration.discoveries.iter().find(|found| found.property == *property);
            match found {
                Some(found) if found.steps as u64 == *steps => {
                    let met = || scenario.finding.clone().map_or(Standing::Met, Standing::Finding);
                    vacuous(scenario, properties, exploration).unwrap_or_else(met)
                }
                Some(found) => Standing::Unmet(format!(
                    "expected {} after {steps} steps, found it after {}",
                    name(*property),
                    found.steps
                )),
                None if exploration.undecided.contains(*property) => {
                    Standing::Inconclusive(budget_sentence(exploration))
                }
                None if exploration.stopped.is_some_and(Stopped::is_border) => {
                    within(&format!("{} is not violated", name(*property)))
                }
                None => Standing::Unmet(format!(
                    "expected {} after {steps} steps, but it is not violated",
                    name(*property)
                )),
            }
        }
    }
}

/// Returns the part of the space that a search has checked, if it is a known one: `depth 12`.
fn part(exploration: &Exploration) -> Option<String> {
    match exploration.stopped? {
        Stopped::Depth => Some(format!("depth {}", exploration.statistics.depth())),
        Stopped::Constraint => Some("the constraint".to_string()),
        _ => None,
    }
}

fn within_sentence(what: &str, properties: &[PropertyInfo], exploration: &Exploration) -> String {
    let part = part(exploration).unwrap_or_default();
    let Statistics { distinct, .. } = exploration.statistics;
    let open = exploration.undecided.iter().map(|id| properties.get(usize::from(id.0)));
    let open: Vec<_> = open.flatten().map(|open| format!("`{}`", open.name)).collect();
    let undecided = match open.as_slice() {
        [] => String::new(),
        open => format!("; undecided: {}", open.join(", ")),
    };
    format!("{what} within {part}, which has {distinct} states{undecided}")
}

fn budget_sentence(exploration: &Exploration) -> String {
    let how = match exploration.stopped {
        Some(Stopped::Interrupted) => "it was interrupted".to_string(),
        Some(Stopped::TooManyFair) => {
            "properties of fair runs are not decided with more than 64 fair processes (or actions, \
             where each is fair)"
                .to_string()
        }
        Some(Stopped::NoGraph) => {
            "a search on disk keeps no graph, so properties of fair runs are not decided"
                .to_string()
        }
        Some(Stopped::Disk) => "the disk is full or failed".to_string(),
        Some(stopped) if stopped.is_border() => {
            format!("the search ended at its {}", stopped.name())
        }
        Some(stopped) => format!("the budget of {} ran out", stopped.name()),
        None => "a step is cut off by a bound or a panic".to_string(),
    };
    let Statistics { distinct, .. } = exploration.statistics;
    format!("{how} with {distinct} states down to level {}", exploration.statistics.depth())
}

/// Returns the standing of a scenario with goals that were not reached. It names every such goal.
fn vacuous(
    scenario: &Scenario,
    properties: &[PropertyInfo],
    exploration: &Exploration,
) -> Option<Standing> {
    let unmet = unmet(scenario, exploration).map(|goal| goal.missing(scenario, properties));
    let mut sentences: Vec<String> = unmet.collect();
    if scenario.configuration.entry.spec.is_some() && exploration.coverage.antecedents == [0] {
        sentences.push("no step is a step of the specification: all of them stutter".to_string());
    }
    (!sentences.is_empty()).then(|| Standing::Vacuous(sentences.join(", ")))
}

/// Returns the goals of a scenario that a search did not reach.
fn unmet<'a>(
    scenario: &'a Scenario,
    exploration: &'a Exploration,
) -> impl Iterator<Item = &'a Goal> {
    scenario.reach.iter().filter(|goal| match goal {
        Goal::Property(id) => !exploration.discoveries.iter().any(|found| found.property == *id),
        Goal::Action(at) => exploration.coverage.actions[*at].fired == 0,
    })
}
