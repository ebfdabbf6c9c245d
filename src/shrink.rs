//! A long run made short: the same property, the same rules, fewer steps.
//!
//! Steps are left out, and what is not enabled without them is skipped. Nobody can leave out one
//! more step at the end; whether another run is shorter still, `explore` says where it can.

use latchwork_model::kit::{Fairness, Step};

use crate::explore::{Options, Watch};
use crate::protocols::{Entry, Instance, Refusal, StateBytes};
use crate::trace::case::{Case, Minimality};
use crate::verdict::{BuiltIn, Discovery, End, Path, PropertyId};

/// States that are searched for a shorter run.
const BUDGET: u64 = 2_000_000;

/// A run that was made short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// The run.
    pub discovery: Discovery,
    /// Whether there is a shorter one.
    pub minimality: Minimality,
    /// Steps after leaving out all that can be left out; `explore` may have found a shorter run.
    pub left: usize,
    /// Runs that were tried for it.
    pub attempts: u64,
}

/// Makes the run of a discovery short, which must be one that single states show.
pub fn shrink(
    entry: &Entry,
    instance: &dyn Instance,
    found: &Discovery,
    threads: usize,
    watch: &dyn Watch,
) -> Option<Shrunk> {
    let start = instance.initial().into_iter().nth(found.path.initial)?;
    let all = instance.all_steps();
    let mut shrinking =
        Shrinking { entry, instance, property: found.property, start, all, attempts: 0 };
    let short = shrinking.shortened(&found.path.steps)?;
    let left = short.steps.len();
    let attempts = shrinking.attempts;
    let path = Path { initial: found.path.initial, steps: short.steps };
    let ours = Discovery { property: found.property, steps: left, path, end: short.end };
    let (discovery, minimality) = match shortest(instance, found.property, threads, watch) {
        Some(shortest) if shortest.steps < left => (shortest, Minimality::Proven),
        Some(_) => (ours, Minimality::Proven),
        None => (ours, Minimality::OneMinimal),
    };
    Some(Shrunk { discovery, minimality, left, attempts })
}

/// The shortest run that shows a property, if it is found within the budget.
pub fn shortest(
    instance: &dyn Instance,
    property: PropertyId,
    threads: usize,
    watch: &dyn Watch,
) -> Option<Discovery> {
    let properties = [property].into_iter().collect();
    let options = Options {
        threads,
        properties,
        until: properties,
        states: Some(BUDGET),
        ..Options::default()
    };
    let exploration = instance.explore(&options, watch);
    exploration.discoveries.into_iter().find(|found| found.property == property)
}

/// The path of a case on the model as it is now; none if a step is not known or not enabled.
pub fn path_of(case: &Case, instance: &dyn Instance) -> Option<Path> {
    let starts_so = |state: &StateBytes| instance.fields(state) == case.initial;
    let initial = instance.initial().iter().position(starts_so)?;
    let actions = case.configuration.entry.actions;
    let all = instance.all_steps();
    let step =
        |action: &str| all.iter().find(|step| step.spell(actions).to_string() == action).copied();
    let steps = case.steps.iter().map(|recorded| step(&recorded.action));
    Some(Path { initial, steps: steps.collect::<Option<_>>()? })
}

struct Shrinking<'a> {
    entry: &'a Entry,
    instance: &'a dyn Instance,
    property: PropertyId,
    start: StateBytes,
    all: Vec<Step>,
    attempts: u64,
}

/// A run that shows the property.
struct Short {
    steps: Vec<Step>,
    end: End,
}

impl Shrinking<'_> {
    /// The steps with as many left out as can be: first all of a process, then all of a fault, then
    /// stretches, from long ones down to single steps.
    fn shortened(&mut self, steps: &[Step]) -> Option<Short> {
        let mut short = self.attempt(steps)?;
        let actions = self.entry.actions;
        for step in steps {
            let process = step.process(actions);
            self.without(&mut short, |_, other| other.process(actions) == process);
        }
        for step in steps {
            let lane = self.entry.lanes[usize::from(actions[usize::from(step.action)].lane)];
            if lane.fairness == Fairness::Fault {
                self.without(&mut short, |_, other| other == *step);
            }
        }
        self.stretches(&mut short);
        while self.pair(&mut short) || self.moved(&mut short) {
            self.stretches(&mut short);
        }
        Some(short)
    }

    /// Leaves out stretches, from half of the run down to single steps, until none can be.
    fn stretches(&mut self, short: &mut Short) {
        let mut stretch = short.steps.len().div_ceil(2);
        while stretch > 0 {
            let before = short.steps.len();
            let mut at = 0;
            while at < short.steps.len() {
                let gone = at..at + stretch;
                if !self.without(short, |position, _| gone.contains(&position)) {
                    at += stretch;
                }
            }
            if short.steps.len() == before || stretch > 1 {
                stretch /= 2;
            }
        }
    }

    /// Leaves out two steps of which neither can be left out alone.
    fn pair(&mut self, short: &mut Short) -> bool {
        let count = short.steps.len();
        let mut pairs = (0..count).flat_map(|one| (one + 1..count).map(move |two| (one, two)));
        pairs.any(|(one, two)| self.without(short, |at, _| at == one || at == two))
    }

    /// Moves a step to another place, where it may make others needless.
    fn moved(&mut self, short: &mut Short) -> bool {
        let count = short.steps.len();
        let mut moves = (0..count).flat_map(|from| (0..count).map(move |to| (from, to)));
        moves.any(|(from, to)| {
            let mut steps = short.steps.clone();
            let step = steps.remove(from);
            steps.insert(to, step);
            self.keep_if_shorter(short, &steps)
        })
    }

    /// Tries the run without some of its steps; keeps it if it is shorter.
    fn without(&mut self, short: &mut Short, gone: impl Fn(usize, Step) -> bool) -> bool {
        let rest = short.steps.iter().enumerate().filter(|(at, step)| !gone(*at, **step));
        let rest: Vec<Step> = rest.map(|(_, step)| *step).collect();
        rest.len() < short.steps.len() && self.keep_if_shorter(short, &rest)
    }

    fn keep_if_shorter(&mut self, short: &mut Short, steps: &[Step]) -> bool {
        let shorter = self.attempt(steps).filter(|tried| tried.steps.len() < short.steps.len());
        let found = shorter.is_some();
        if let Some(shorter) = shorter {
            *short = shorter;
        }
        found
    }

    /// Takes the steps, skipping what is not enabled, up to the first state that shows the property.
    fn attempt(&mut self, steps: &[Step]) -> Option<Short> {
        self.attempts += 1;
        let mut state = self.start.clone();
        let mut taken = Vec::new();
        let mut rest = steps.iter();
        loop {
            if let Some((last, end)) = self.shown(&state) {
                taken.extend(last);
                return Some(Short { steps: taken, end });
            }
            // A step that cannot be completed is another violation, and not the one asked for.
            let step = rest
                .find_map(|step| self.instance.fire(&state, *step).ok().map(|next| (*step, next)));
            let (step, next) = step?;
            taken.push(step);
            state = next;
        }
    }

    /// Whether a state shows the property: a last step, and what happens.
    fn shown(&self, state: &StateBytes) -> Option<(Option<Step>, End)> {
        let own = (self.entry.properties)().len() - BuiltIn::ALL.len();
        let is = |built_in: BuiltIn| usize::from(self.property.0) == own + built_in as usize;
        let refused = |step: &Step| self.instance.fire(state, *step).err();
        if is(BuiltIn::BoundExceeded) {
            return self.all.iter().find_map(|step| match refused(step)? {
                Refusal::Exceeds(what) => Some((Some(*step), End::Exceeds(what))),
                _ => None,
            });
        }
        if is(BuiltIn::NoPanic) {
            let in_step = self.all.iter().find_map(|step| match refused(step)? {
                Refusal::Panics(message) => Some((Some(*step), End::Panics(message))),
                _ => None,
            });
            let elsewhere = || {
                let message = "a property or `done` panics".to_string();
                self.instance.panics(state).then_some((None, End::Panics(message)))
            };
            return in_step.or_else(elsewhere);
        }
        self.instance.shows(state, self.property).then_some((None, End::State))
    }
}
