//! One model: the engine's answers, under all its options, against the reference.

use std::panic::{AssertUnwindSafe, catch_unwind};

use latchwork::engines::explore::{Options, Watch, explore};
use latchwork::engines::verdict::{
    Discovery, Exploration, PropertyId, PropertySet, Refused, Stopped, of_graph, properties,
};
use latchwork_model::kit::{Actions, Kind, Model, Property};

use super::counts::Counts;
use super::draw::{Draws, model};
use super::expected::{Expected, Verdict, witness};
use super::interrupted;
use super::judge::{judge, name};
use super::model::Drawn;
use super::on_disk;
use super::on_ranks;
use super::orbits::Orbits;
use super::shortened;
use super::space::Space;

/// Models with more states are skipped, unless they were generated as large ones.
const MOST: usize = 1_500;
/// Large models with more states are skipped.
const MOST_OF_LARGE: usize = 30_000;

/// A difference between the engine and the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// What kind of disagreement it is.
    pub class: String,
    /// The two answers.
    pub detail: String,
}

/// A model with everything that is known about it.
pub(super) struct Case<'a> {
    pub model: &'a Drawn,
    pub space: &'a Space<'a>,
    pub expected: Expected,
    /// What the engine is asked, but for what is varied.
    pub base: &'a Options,
    pub found: Vec<Disagreement>,
    pub counts: &'a mut Counts,
}

/// Compares the model of some bytes; whatever disagrees. `base` has the options that are not
/// varied.
pub fn compare(bytes: &[u8], base: &Options, counts: &mut Counts) -> Vec<Disagreement> {
    let mut draws = Draws::of(bytes);
    let model = model(&mut draws);
    let most = if model.is_large { MOST_OF_LARGE } else { MOST };
    let Some(space) = Space::of(&model, most) else {
        counts.add("models passed over, too large");
        return Vec::new();
    };
    let expected = Expected::of(&space);
    let mut case = Case { model: &model, space: &space, expected, base, found: Vec::new(), counts };
    case.count();
    case.plain(&mut draws);
    case.found
}

/// All properties but those that are judged on the graph of the whole space.
pub(super) fn of_states() -> PropertySet {
    PropertySet::ALL.minus(of_graph(&properties::<Drawn>()))
}

/// The properties of which this is true.
fn those(are: impl Fn(&Property<Drawn>) -> bool) -> PropertySet {
    let own = (0..).map(PropertyId).zip(Drawn::PROPERTIES);
    own.filter(|(_, own)| are(own)).map(|(id, _)| id).collect()
}

/// The properties of fair runs.
fn temporal() -> PropertySet {
    those(|own| own.kind.is_temporal())
}

/// The properties that follow one process along a run, which a search with symmetry does not.
fn of_single_processes() -> PropertySet {
    temporal().or(those(|own| own.kind == Kind::NoFairCycle && own.parameter.is_some()))
}

impl Case<'_> {
    /// Counts what kind of model it is.
    fn count(&mut self) {
        let (space, counts) = (self.space, &mut *self.counts);
        counts.add("models");
        counts.add_many("states", space.states.len() as u64);
        counts.add(match space.states.len() {
            0..10 => "models of 0 to 9 states",
            10..100 => "models of 10 to 99 states",
            100..=MOST => "models of 100 to 1,500 states",
            _ => "models of more than 1,500 states",
        });
        if space.all().any(|id| space.is_cut(id)) {
            counts.add("models that are cut");
        }
        let mut distinct = space.initial.clone();
        distinct.dedup();
        if distinct.len() < space.initial.len() {
            counts.add("models with an initial state twice");
        }
        for (property, verdict) in self.expected.verdicts.iter().enumerate() {
            let verdict = match verdict {
                Verdict::Shown(_) => "shown",
                Verdict::Not => "not shown",
                Verdict::Open => "undecided",
            };
            counts.add(format!("{} {verdict}", name(PropertyId(property as u8))));
        }
    }

    pub fn disagree(&mut self, class: impl Into<String>, detail: impl Into<String>) {
        self.found.push(Disagreement { class: class.into(), detail: detail.into() });
    }

    /// Searches; nothing if the engine panics, which is a disagreement.
    pub fn search(
        &mut self,
        way: &str,
        options: &Options,
        watch: &dyn Watch,
    ) -> Option<Exploration> {
        self.counts.add("searches");
        let model = self.model;
        let result = self.guarded(way, || explore(model, options, watch));
        if let Some(found) = &result {
            self.runs_show(way, &found.discoveries);
        }
        result
    }

    /// Runs code of the engine; nothing if it panics.
    pub fn guarded<T>(&mut self, way: &str, run: impl FnOnce() -> T) -> Option<T> {
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(result) => Some(result),
            Err(payload) => {
                let text = payload.downcast_ref::<&str>().map(ToString::to_string);
                let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
                let text = text.unwrap_or_default();
                let short: String = text.chars().filter(|c| !c.is_ascii_digit()).collect();
                self.disagree(format!("{way}: the engine panics: {short}"), text);
                None
            }
        }
    }

    /// Whether every run that was found is one and shows its property, and none is too short.
    fn runs_show(&mut self, way: &str, discoveries: &[Discovery]) {
        for found in discoveries {
            let name = name(found.property);
            self.counts.add("runs judged");
            if let Err(why) = judge(self.space, found) {
                self.disagree(
                    format!("{way}: the run of {name} shows nothing: {why}"),
                    format!("{found:?}"),
                );
            }
        }
    }

    /// The plain search, and then all others, which must say the same.
    fn plain(&mut self, draws: &mut Draws<'_>) {
        let options = self.base.clone();
        let Some(plain) = self.search("plain", &options, &()) else { return };
        self.verdicts("plain", &plain, PropertySet::ALL);
        self.figures("plain", &plain);
        self.best_runs(&plain);
        let large = self.space.states.len() > MOST;
        // Each other way is gone with a part of the models; over many all are.
        let share = |draws: &mut Draws<'_>| large || draws.percent(25);
        if share(draws) {
            let options = Options { threads: 2, ..self.base.clone() };
            self.same("two threads", &options, &plain);
        }
        if share(draws) {
            let threads = draws.between(1, 2);
            let options = Options { threads, exact: true, ..self.base.clone() };
            self.same("exact", &options, &plain);
        }
        self.without_graph(draws, &plain, large);
        if draws.percent(25) {
            self.witnesses(draws, &plain);
        }
        if draws.percent(25) {
            self.until(draws, &plain);
        }
        if !self.model.symmetry.generators.is_empty() && !large {
            self.symmetric(draws, &plain);
        }
        if share(draws) {
            interrupted::compare(self, draws, &plain);
        }
        if draws.percent(if large { 30 } else { 12 }) {
            on_disk::compare(self, draws);
        }
        if draws.percent(if large { 30 } else { 12 }) {
            on_ranks::compare(self, draws);
        }
        if !large && draws.percent(25) {
            shortened::compare(self, draws, &plain);
        }
    }

    /// The verdicts and lengths of a search of the whole space, of these properties.
    fn verdicts(&mut self, way: &str, found: &Exploration, asked: PropertySet) {
        let expected = Self::stopped(&self.expected, asked);
        if found.stopped != expected {
            let detail = format!("engine {:?}, reference {expected:?}", found.stopped);
            self.disagree(format!("{way}: it has stopped, or should have"), detail);
        }
        for (at, verdict) in self.expected.verdicts.clone().into_iter().enumerate() {
            let property = PropertyId(at as u8);
            if !asked.contains(property) {
                continue;
            }
            let discovery = found.discoveries.iter().find(|found| found.property == property);
            let said = match discovery {
                Some(discovery) => Verdict::Shown(discovery.steps),
                None if found.undecided.contains(property) => Verdict::Open,
                None => Verdict::Not,
            };
            if said != verdict {
                let word = |verdict: &Verdict| match verdict {
                    Verdict::Shown(_) => "shown",
                    Verdict::Not => "not shown",
                    Verdict::Open => "undecided",
                };
                let (engine, truth) = (word(&said), word(&verdict));
                let what = match engine == truth {
                    true => format!("{way}: {}: another length", name(property)),
                    false => format!("{way}: {}: {engine} and not {truth}", name(property)),
                };
                self.disagree(
                    what,
                    format!("engine {said:?}, reference {verdict:?}, {discovery:?}"),
                );
            }
        }
    }

    /// The figures of a search of the whole space.
    fn figures(&mut self, way: &str, found: &Exploration) {
        let statistics = &found.statistics;
        let distinct = self.space.states.len() as u64;
        let Expected { levels, generated, actions, antecedents, unanswered, .. } = &self.expected;
        let figures = [
            ("distinct", statistics.distinct == distinct),
            ("levels", statistics.levels == *levels),
            ("generated", statistics.generated == *generated),
            ("actions covered", found.coverage.actions == *actions),
            ("antecedents covered", found.coverage.antecedents == *antecedents),
            ("unanswered", found.unanswered == *unanswered),
        ];
        let truth =
            format!("{distinct} {levels:?} {generated} {actions:?} {antecedents:?} {unanswered:?}");
        for (figure, _) in figures.iter().filter(|(_, same)| !same) {
            let detail = format!("{found:?}, reference {truth}");
            self.disagree(format!("{way}: {figure}"), detail);
        }
    }

    /// Whether the runs to single states are the best of the shortest.
    fn best_runs(&mut self, found: &Exploration) {
        for discovery in &found.discoveries {
            let property = usize::from(discovery.property.0);
            let Some(best) = self.expected.best.get(&property).cloned() else { continue };
            let path = &discovery.path;
            let begins =
                path.steps.get(..best.steps.len()).is_some_and(|steps| *steps == *best.steps);
            if path.initial != best.initial || !begins {
                let class =
                    format!("plain: the run of {} is not the best", name(discovery.property));
                self.disagree(class, format!("engine {path:?}, reference {best:?}"));
            }
        }
    }

    /// Another way to search, which must say the same.
    fn same(&mut self, way: &str, options: &Options, plain: &Exploration) {
        let Some(mut found) = self.search(way, options, &()) else { return };
        found.exact = plain.exact;
        found.symmetry = None;
        if found != *plain {
            self.disagree(
                format!("{way}: it says something else"),
                format!("{found:?}\n{plain:?}"),
            );
        }
    }

    /// Why a search without a budget stops.
    fn stopped(expected: &Expected, asked: PropertySet) -> Option<Stopped> {
        let temporal = !temporal().and(asked).is_empty();
        (expected.too_many_fair && temporal).then_some(Stopped::TooManyFair)
    }

    /// What a search that is asked for fewer properties must say.
    pub fn restricted(&self, plain: &Exploration, properties: PropertySet) -> Exploration {
        let mut plain = plain.clone();
        plain.stopped = Self::stopped(&self.expected, properties);
        plain.discoveries.retain(|found| properties.contains(found.property));
        plain.undecided = plain.undecided.and(properties);
        plain.unanswered = plain.unanswered.and(properties);
        plain
    }

    /// Searches that keep no graph: by threads, exactly, with frontiers on disk.
    fn without_graph(&mut self, draws: &mut Draws<'_>, plain: &Exploration, large: bool) {
        let properties = of_states();
        let plain = self.restricted(plain, properties);
        let base = Options { properties, ..self.base.clone() };
        self.same("without a graph", &base, &plain);
        for threads in [1, 2] {
            for (exact, frontier) in [(false, Some(0)), (true, None), (true, Some(1 << 16))] {
                if draws.percent(if large { 60 } else { 8 }) {
                    let options = Options { threads, exact, frontier, ..base.clone() };
                    let way = match (exact, frontier) {
                        (true, None) => "without a graph, exact",
                        (true, _) => "without a graph, exact, on disk",
                        _ => "without a graph, on disk",
                    };
                    self.same(way, &options, &plain);
                }
            }
        }
    }

    /// The shortest run to the first firing of each action.
    fn witnesses(&mut self, draws: &mut Draws<'_>, plain: &Exploration) {
        let witnesses: Vec<u8> = (0..Drawn::ACTIONS.len() as u8).collect();
        let properties = if draws.percent(50) { PropertySet::ALL } else { of_states() };
        let options = Options { properties, witnesses, ..self.base.clone() };
        let Some(found) = self.search("witnesses", &options, &()) else { return };
        let plain = self.restricted(plain, properties);
        let mut other = found.clone();
        other.witnesses.clear();
        if other != plain {
            self.disagree("witnesses: it says something else", format!("{found:?}\n{plain:?}"));
        }
        for action in 0..Drawn::ACTIONS.len() as u8 {
            let truth = witness(self.space, action);
            let witness = found.witnesses.iter().find(|witness| witness.action == action);
            let path = witness.map(|witness| witness.path.clone());
            if path != truth {
                let class = match (&path, &truth) {
                    (Some(path), Some(truth)) if path.steps.len() == truth.steps.len() => {
                        "witnesses: another one is better"
                    }
                    _ => "witnesses: another length",
                };
                self.disagree(class, format!("engine {path:?}, reference {truth:?}"));
            }
        }
    }

    /// A search that ends as soon as something is found.
    fn until(&mut self, draws: &mut Draws<'_>, plain: &Exploration) {
        let all = self.expected.verdicts.len();
        let property = PropertyId(draws.below(all) as u8);
        let until: PropertySet = [property].into_iter().collect();
        let properties = if draws.percent(50) { PropertySet::ALL } else { until };
        let options = Options { until, properties, ..self.base.clone() };
        let Some(found) = self.search("until", &options, &()) else { return };
        let truth = match self.expected.verdicts[usize::from(property.0)] {
            Verdict::Shown(steps) => Some(steps),
            Verdict::Not | Verdict::Open => None,
        };
        let said = found.discoveries.iter().find(|found| found.property == property);
        let said = said.map(|found| found.steps);
        if said != truth {
            let detail = format!("{}: engine {said:?}, reference {truth:?}", name(property));
            self.disagree("until: another length", detail);
        }
        match found.stopped {
            None | Some(Stopped::TooManyFair) => {}
            Some(Stopped::Found) => self.partial("until", &found, plain, properties),
            Some(other) => self.disagree("until: it has stopped", other.name()),
        }
    }

    /// Whether the answers of a stopped search are true, and everything else is left undecided.
    pub fn partial(
        &mut self,
        way: &str,
        found: &Exploration,
        plain: &Exploration,
        asked: PropertySet,
    ) {
        for discovery in &found.discoveries {
            if !plain.discoveries.contains(discovery) {
                let class = format!("{way}: {} is another run", name(discovery.property));
                self.disagree(class, format!("{discovery:?}"));
            }
        }
        for at in 0..self.expected.verdicts.len() {
            let property = PropertyId(at as u8);
            let shown = found.discoveries.iter().any(|found| found.property == property);
            // A search may be whole, and stopped when it looked at its graph.
            let whole = found.statistics.generated == plain.statistics.generated;
            let known = whole && self.expected.verdicts[at] == Verdict::Not;
            let open = shown || known || found.undecided.contains(property);
            if asked.contains(property) && !open {
                let class = format!("{way}: {} is said to hold", name(property));
                self.disagree(class, format!("{found:?}"));
            }
        }
        let levels = &found.statistics.levels;
        if plain.statistics.levels.get(..levels.len()) != Some(levels) {
            self.disagree(format!("{way}: other levels"), format!("{:?}", found.statistics));
        }
    }

    /// Processes that are declared interchangeable.
    fn symmetric(&mut self, draws: &mut Draws<'_>, plain: &Exploration) {
        let orbits = Orbits::of(self.space);
        let is_wrong = orbits.difference.is_some();
        self.counts.add(match is_wrong {
            true => "models that are wrong about their symmetry",
            false => "models that are right about their symmetry",
        });
        let base = Options { symmetry: true, ..self.base.clone() };
        let mut single: PropertySet =
            of_single_processes().iter().nth(draws.below(5)).into_iter().collect();
        if self.expected.too_many_fair {
            // Those are not asked at all.
            single = single.minus(temporal());
        }
        let mut asked = PropertySet::ALL.minus(of_single_processes());
        if draws.percent(10) && !single.is_empty() {
            let options = Options { properties: asked.or(single), ..base.clone() };
            self.refuses(&options, single);
        }
        if draws.percent(50) {
            asked = asked.and(of_states());
        }
        let (threads, exact) = (draws.between(1, 2), draws.percent(20));
        let options = Options { properties: asked, threads, exact, ..base };
        let Some(found) = self.search("symmetry", &options, &()) else { return };
        let refused = found.symmetry.as_ref().and_then(|symmetry| symmetry.refused.clone());
        match (&refused, &orbits.difference) {
            (Some(Refused::Differs(_)), Some(_)) => {
                self.counts.add("models refused since they are wrong about their symmetry");
                return;
            }
            (Some(refused), _) => {
                return self.disagree("symmetry: it is refused", format!("{refused:?}"));
            }
            (None, Some(_)) => self.counts.add("models accepted all the same"),
            (None, None) => {}
        }
        let way = if is_wrong { "symmetry, wrong" } else { "symmetry" };
        self.verdicts(way, &found, asked);
        if is_wrong {
            return;
        }
        let plain = self.restricted(plain, asked);
        if found.discoveries != plain.discoveries {
            let detail = format!("{:?}\n{:?}", found.discoveries, plain.discoveries);
            self.disagree("symmetry: other runs", detail);
        }
        let statistics = &found.statistics;
        if statistics.levels != orbits.levels || statistics.generated != orbits.generated {
            let detail = format!(
                "engine {statistics:?}, reference {:?} {}",
                orbits.levels, orbits.generated
            );
            self.disagree("symmetry: other figures", detail);
        }
    }

    /// A search with symmetry that is asked for properties of single processes.
    fn refuses(&mut self, options: &Options, single: PropertySet) {
        let Some(found) = self.search("symmetry of one", options, &()) else { return };
        let refused = found.symmetry.and_then(|symmetry| symmetry.refused);
        let expected = Refused::Temporal(single.iter().map(name).collect());
        self.counts.add("searches refused since they would follow one process");
        if refused.as_ref() != Some(&expected) || found.undecided != options.properties {
            let detail = format!("{refused:?} and not {expected:?}");
            self.disagree("symmetry of one: it is not refused", detail);
        }
    }
}
