//! Compares two runs of one protocol: how far they agree, and where they diverge.

use crate::engines::fields::{Described, FieldValue};
use crate::engines::instance::Instance;
use crate::engines::verdict::PropertyId;
use crate::files::case::{Case, CaseVerdict};
use crate::files::configuration::Configuration;
use crate::jobs::finish::{Finish, finish};
use crate::protocols::trace::Change;
use crate::report::run::on_model::Run;

use super::story::{Story, Telling, Told};

/// Two runs side by side.
pub struct Beside {
    /// The one.
    pub left: Side,
    /// The other.
    pub right: Side,
    /// The number of initial steps that are the same in both and have the same effects.
    pub same: usize,
    /// The number of initial actions that are the same in both. Their effects may differ.
    pub together: usize,
    /// What differs after that.
    pub parting: Parting,
}

/// One of two runs.
pub struct Side {
    /// Its name.
    pub name: String,
    /// The run.
    pub run: Telling,
    /// What it shows; `None` if it repeats the steps of the other run.
    pub verdict: Option<CaseVerdict>,
    /// The step of the other run that is not possible here.
    pub refused: Option<String>,
    /// How it goes on and ends, if it repeats the steps of the other run.
    pub onward: Option<Onward>,
}

/// How a run that repeats the steps of another one goes on.
pub struct Onward {
    /// The number of steps that it repeats.
    pub followed: usize,
    /// The number of steps after which it shows the property that the other run violates.
    pub broken: Option<usize>,
    /// Whether the protocol can finish after the repeated steps. If so, the run goes on to there.
    pub finish: Finish,
}

/// The maximum number of states that are searched for a way to finish.
const MOST_STATES: usize = 50_000;

/// Where two runs diverge.
pub enum Parting {
    /// Nowhere: the runs are the same.
    Nowhere,
    /// Before the first step: these fields differ.
    Start(Vec<Differing>),
    /// The same step leaves different values in these fields.
    Effect(Vec<Differing>),
    /// The two take different steps.
    Step,
    /// One of them ends, and the other continues.
    End,
}

/// A field that differs between two states. A side without a value does not have the field.
pub struct Differing {
    /// The field.
    pub path: String,
    /// Its value on the left.
    pub left: Option<FieldValue>,
    /// Its value on the right.
    pub right: Option<FieldValue>,
}

impl Beside {
    /// Compares two cases.
    pub fn of_cases(left: (String, Story), right: (String, Story)) -> Self {
        let side = |(name, story): (String, Story)| Side {
            name,
            run: story.run,
            verdict: Some(story.verdict),
            refused: None,
            onward: None,
        };
        Self::new(side(left), side(right))
    }

    /// Compares a case with the same steps in another configuration, as far as they are possible. From
    /// there the run goes on along a shortest way to a done state, if one is found. `None` if that
    /// configuration has a different initial state.
    pub fn under(
        left: (String, Story),
        case: &Case,
        right: (String, &Configuration),
        model: &dyn Instance,
    ) -> Option<Self> {
        let mut run = Run::as_far_as(case, model)?;
        let followed = run.path.steps.len();
        let refused = case.steps.get(followed).map(|step| step.action.clone());
        let (name, configuration) = right;
        let finish = finish(configuration.entry, model, run.last(), MOST_STATES);
        let property = configuration.entry.property(&case.verdict.property);
        let property = property.filter(|_| case.verdict.violated);
        let shows = |id: PropertyId| run.states.iter().position(|state| model.shows(state, id));
        let broken = property.and_then(shows);
        // A run that is the same to the end is not told beyond it, unless it is the one that is saved.
        let differs = refused.is_some() || property.is_some() && broken.is_none();
        if let (Finish::Way { steps, .. }, true) = (&finish, differs) {
            let mut path = run.path.clone();
            path.steps.extend(steps);
            run = Run::new(configuration.entry, model, path);
        }
        let run = Telling::of(configuration, &run);
        let onward = Some(Onward { followed, broken, finish });
        let right = Side { name, run, verdict: None, refused, onward };
        let (name, story) = left;
        let verdict = Some(story.verdict);
        Some(Self::new(Side { name, run: story.run, verdict, refused: None, onward: None }, right))
    }

    fn new(left: Side, right: Side) -> Self {
        let start = different_at_start(&left.run.initial, &right.run.initial);
        let is_same = |(one, other): &(&Told, &Told)| {
            one.action == other.action && one.changes == other.changes
        };
        let (one, other) = (&left.run.steps, &right.run.steps);
        let both = || one.iter().zip(other);
        let same = if start.is_empty() { both().take_while(is_same).count() } else { 0 };
        let together = both().take_while(|(one, other)| one.action == other.action).count();
        let parting = match (one.get(same), other.get(same)) {
            _ if !start.is_empty() => Parting::Start(start),
            (None, None) => Parting::Nowhere,
            (Some(one), Some(other)) if one.action == other.action => {
                Parting::Effect(different_after(&one.changes, &other.changes))
            }
            (Some(_), Some(_)) => Parting::Step,
            _ => Parting::End,
        };
        Self { left, right, same, together, parting }
    }

    /// Returns both sides.
    pub fn sides(&self) -> [&Side; 2] {
        [&self.left, &self.right]
    }

    /// Returns the number of steps of the longer run.
    pub fn steps(&self) -> usize {
        self.left.run.steps.len().max(self.right.run.steps.len())
    }

    /// Returns the processes of both sides, in the order of the lanes.
    pub fn processes(&self) -> Vec<String> {
        let lanes = self.left.run.configuration.entry.lanes;
        let mut names: Vec<String> =
            self.sides().iter().flat_map(|side| side.run.processes.clone()).collect();
        let lane = |name: &String| {
            let own = name.split('@').next();
            lanes.iter().position(|lane| Some(lane.name) == own)
        };
        names.sort_by_key(|name| (lane(name), name.clone()));
        names.dedup();
        names
    }
}

impl Side {
    /// Returns the number of steps of the other run that it repeats, if it does.
    pub fn followed(&self) -> Option<usize> {
        self.onward.as_ref().map(|onward| onward.followed)
    }

    /// Returns whether an action is enabled after this many steps of this side.
    pub fn allows(&self, at: usize, action: &str) -> bool {
        match self.run.steps.get(at) {
            Some(step) => step.action == action || step.others.iter().any(|other| other == action),
            None => self.run.possible.iter().any(|possible| possible == action),
        }
    }
}

fn different_at_start(left: &[Described], right: &[Described]) -> Vec<Differing> {
    let value = |fields: &[Described], path: &str| {
        fields.iter().find(|field| field.path == path).map(|field| field.value.clone())
    };
    let only_right = right.iter().filter(|field| value(left, &field.path).is_none());
    let all = left.iter().chain(only_right).map(|field| Differing {
        path: field.path.clone(),
        left: value(left, &field.path),
        right: value(right, &field.path),
    });
    all.filter(|field| field.left != field.right).collect()
}

/// Returns the differences after a step, given what it changes on each side.
fn different_after(left: &[Change], right: &[Change]) -> Vec<Differing> {
    let value = |changes: &[Change], of: &Change| {
        let own = changes.iter().find(|change| change.path == of.path);
        Some(own.map_or(&of.old, |change| &change.new).clone())
    };
    let only_right =
        right.iter().filter(|change| !left.iter().any(|other| other.path == change.path));
    let all = left.iter().chain(only_right).map(|change| Differing {
        path: change.path.clone(),
        left: value(left, change),
        right: value(right, change),
    });
    all.filter(|field| field.left != field.right).collect()
}
