//! A run as it is drawn: places, lanes, arrows and bars. It has no measures: those are the matter
//! of a drawing.

use latchwork_model::kit::{Bar, Seat, Spread, View};

use crate::engines::fields::FieldValue;
use crate::files::configuration::Tree;
use crate::protocols::Entry;
use crate::report::run::messages::{ids_in, is_nothing, mail_in};
use crate::report::run::story::Telling;

/// What is drawn of a run.
pub struct Picture {
    /// The places, from left to right.
    pub places: Vec<Place>,
    /// The lanes, in the order of the places.
    pub lanes: Vec<Lane>,
    /// The lane of each step.
    pub steps: Vec<usize>,
    /// The arrows, in the order of the steps at which they begin.
    pub arrows: Vec<Arrow>,
    /// The bars.
    pub spans: Vec<Span>,
}

/// A place: processes that belong together.
pub struct Place {
    /// Its name: `node 0`. Empty if its lanes have no place.
    pub name: String,
    /// The number of its lanes.
    pub lanes: usize,
    /// The number of columns for bars.
    pub columns: usize,
    /// The fields for which no column is left.
    pub without_bar: Vec<String>,
}

/// A lane of a drawing. It can be that of several processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// The short name, which is unique within its place.
    pub name: String,
    /// The lane of the protocol.
    pub kind: String,
    /// The place, by position.
    place: usize,
    /// The process; empty if it stands for all processes of the protocol's lane.
    process: String,
}

/// An arrow from one lane to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// The lane at which it begins.
    pub from: usize,
    /// The step at which it begins.
    pub start: usize,
    /// The lane at which it ends; `None` if it is on its way at the end.
    pub to: Option<usize>,
    /// The step at which it ends. A call begins and ends at the same step.
    pub end: usize,
    /// The message, by position; `None` if a step calls a process or wakes it.
    pub message: Option<usize>,
}

/// A field that holds something for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The place, by position.
    pub place: usize,
    /// The column in this place.
    pub column: usize,
    /// What it is called.
    pub label: String,
    /// The step that begins it; `None` if it is there from the start.
    pub from: Option<usize>,
    /// The step that ends it; `None` if it is still there at the end.
    pub to: Option<usize>,
}

/// The maximum number of columns for bars at a place.
const COLUMNS: usize = 5;

/// Where a lane of a drawing is: what it is sorted by.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone)]
struct At {
    /// The place: the position of its first seat, and its number.
    place: (usize, usize),
    /// The position of the protocol's lane, and the number of the process.
    lane: (usize, usize, String),
}

/// What is needed to find the lane of a process.
struct Seating<'a> {
    entry: &'a Entry,
    bounds: &'a Tree,
}

impl Picture {
    /// Returns what is drawn of a run. `processes` are those that get a lane, at least those of the
    /// run.
    pub fn of(run: &Telling, processes: &[String]) -> Self {
        let configuration = &run.configuration;
        let seating = Seating { entry: configuration.entry, bounds: &configuration.bounds };
        let mut seats: Vec<(At, String, Lane)> = Vec::new();
        let targets = (0..run.steps.len()).flat_map(|at| seating.targets(run, at));
        for process in processes.iter().cloned().chain(targets) {
            let seat = seating.seat(&process);
            if !seats
                .iter()
                .any(|(.., lane)| lane.process == seat.2.process && lane.kind == seat.2.kind)
            {
                seats.push(seat);
            }
        }
        seats.sort_by(|one, other| one.0.cmp(&other.0));
        centre(&mut seats);
        let mut picture = Self {
            places: Vec::new(),
            lanes: Vec::new(),
            steps: Vec::new(),
            arrows: Vec::new(),
            spans: Vec::new(),
        };
        for (_, name, mut lane) in seats {
            match picture.places.last_mut() {
                Some(last) if last.name == name => last.lanes += 1,
                _ => picture.places.push(Place {
                    name,
                    lanes: 1,
                    columns: 0,
                    without_bar: Vec::new(),
                }),
            }
            lane.place = picture.places.len() - 1;
            picture.lanes.push(lane);
        }
        let lane_of = |at: usize| picture.lane(&run.processes[run.steps[at].process]);
        picture.steps = (0..run.steps.len()).map(|at| lane_of(at).unwrap_or(0)).collect();
        picture.arrows = picture.arrows_of(run, &seating);
        picture.add_bars(run);
        picture
    }

    /// Returns the lane in which a process is drawn.
    fn lane(&self, process: &str) -> Option<usize> {
        let kind = kind_of(process);
        self.lanes.iter().position(|lane| {
            lane.kind == kind && (lane.process.is_empty() || lane.process == process)
        })
    }

    fn arrows_of(&self, run: &Telling, seating: &Seating<'_>) -> Vec<Arrow> {
        let view = &seating.entry.view;
        let mut arrows = Vec::new();
        for at in 0..run.steps.len() {
            let own = self.steps[at];
            let targets: Vec<usize> =
                seating.targets(run, at).iter().filter_map(|name| self.lane(name)).collect();
            // A lane of this kind that the step calls, or its own.
            let called = |kind: &str| {
                let is_kind = |lane: &usize| self.lanes[*lane].kind == kind;
                std::iter::once(own).chain(targets.iter().copied()).find(is_kind)
            };
            let any = |kind: &str| called(kind).or_else(|| self.only(kind));
            // The lanes with which messages of this step are exchanged, so that they need no call.
            let mut reached: Vec<usize> = Vec::new();
            for (id, message) in run.messages.iter().enumerate() {
                let mail = mail_in(view, &message.channel);
                if message.sent == at {
                    let elsewhere = |from: &usize| self.lanes[*from].place != self.lanes[own].place;
                    let from =
                        mail.and_then(|mail| any(mail.from)).filter(elsewhere).unwrap_or(own);
                    let end = message.taken.unwrap_or(run.steps.len());
                    let taker = message.taken.map(|taken| self.steps[taken]);
                    let receiver = message.taken.and_then(|taken| {
                        self.receiver(run, seating, taken, mail.map(|mail| mail.to))
                    });
                    let to = receiver.or(taker);
                    let goes_to =
                        to.map(|to| self.lanes[to].kind.as_str()).or(mail.map(|mail| mail.to));
                    if from == own {
                        reached.extend(
                            targets.iter().filter(|lane| goes_to == Some(&self.lanes[**lane].kind)),
                        );
                    }
                    arrows.push(Arrow { from, start: at, to, end, message: Some(id) });
                }
                if message.taken == Some(at) && !run.steps[at].fault {
                    let to =
                        self.receiver(run, seating, at, mail.map(|mail| mail.to)).unwrap_or(own);
                    reached.push(to);
                }
            }
            for to in targets.into_iter().filter(|to| *to != own && !reached.contains(to)) {
                arrows.push(Arrow { from: own, start: at, to: Some(to), end: at, message: None });
            }
        }
        arrows
    }

    /// Returns the lane that receives what a step takes: the declared one if the step does not act
    /// in it. A message that a fault takes goes to the fault.
    fn receiver(
        &self,
        run: &Telling,
        seating: &Seating<'_>,
        taken: usize,
        kind: Option<&str>,
    ) -> Option<usize> {
        let own = self.steps[taken];
        let kind = kind.filter(|_| !run.steps[taken].fault)?;
        if self.lanes[own].kind == kind {
            return Some(own);
        }
        let targets = seating.targets(run, taken);
        let mut lanes = targets.iter().filter_map(|name| self.lane(name));
        lanes.find(|lane| self.lanes[*lane].kind == kind).or_else(|| self.only(kind))
    }

    /// Returns the lane, if there is exactly one with this name.
    fn only(&self, kind: &str) -> Option<usize> {
        let mut all = (0..self.lanes.len()).filter(|lane| self.lanes[*lane].kind == kind);
        all.next().filter(|_| all.next().is_none())
    }

    fn add_bars(&mut self, run: &Telling) {
        let view = &run.configuration.entry.view;
        for bar in view.bars {
            for field in &run.initial {
                let Some(ids) = ids_in(bar.field, &field.path) else { continue };
                let Some(place) = self.place(view, bar, &ids) else { continue };
                let spans = spans_of(run, &field.path, &field.value);
                if spans.is_empty() {
                    continue;
                }
                // The number of a numbered place is not said again.
                let said = if self.places[place].name == bar.place { &ids[..] } else { &ids[1..] };
                let column = self.places[place].columns;
                if column >= COLUMNS {
                    let words = std::iter::once(bar.label).chain(said.iter().copied());
                    let words = words.collect::<Vec<_>>().join(" ");
                    self.places[place].without_bar.push(words);
                    continue;
                }
                self.places[place].columns += 1;
                for (value, from, to) in spans {
                    let value = match &value {
                        FieldValue::Number(_) => None,
                        value => Some(value.to_string()),
                    };
                    let words = std::iter::once(bar.label)
                        .chain(said.iter().copied())
                        .chain(value.as_deref());
                    let label = words.collect::<Vec<_>>().join(" ");
                    self.spans.push(Span { place, column, label, from, to });
                }
            }
        }
    }

    /// Returns the place of a bar, if it is drawn.
    fn place(&self, view: &View, bar: &Bar, ids: &[&str]) -> Option<usize> {
        let is_numbered = |seat: &&Seat| {
            seat.place == bar.place && matches!(seat.spread, Spread::Numbered | Spread::Bound(..))
        };
        let name = match (view.seats.iter().find(is_numbered), ids.first()) {
            (Some(_), Some(id)) => format!("{} {}", bar.place, number_of(id)),
            _ => bar.place.to_string(),
        };
        self.places.iter().position(|place| place.name == name)
    }
}

/// Returns the values of a field that mean something, each with the steps that begin and end it.
fn spans_of(
    run: &Telling,
    path: &str,
    initial: &FieldValue,
) -> Vec<(FieldValue, Option<usize>, Option<usize>)> {
    let view = &run.configuration.entry.view;
    let mut spans = Vec::new();
    let (mut value, mut from) = (initial, None);
    for (at, step) in run.steps.iter().enumerate() {
        let Some(change) = step.changes.iter().find(|change| change.path == path) else { continue };
        spans.push((value.clone(), from, Some(at)));
        (value, from) = (&change.new, Some(at));
    }
    spans.push((value.clone(), from, None));
    spans.retain(|(value, ..)| !is_nothing(view, value));
    spans
}

/// Returns the lane of the protocol in which a process acts.
fn kind_of(process: &str) -> &str {
    process.split('@').next().unwrap_or(process)
}

/// Returns the number in an id, which is 0 if it has none.
fn number_of(id: &str) -> usize {
    id.trim_start_matches(|letter: char| !letter.is_ascii_digit()).parse().unwrap_or(0)
}

/// Moves the only shared place between numbered ones, so that few arrows cross a place.
fn centre(seats: &mut [(At, String, Lane)]) {
    let places = |seats: &[(At, String, Lane)]| {
        let mut names: Vec<String> = seats.iter().map(|(_, name, _)| name.clone()).collect();
        names.dedup();
        names
    };
    let names = places(seats);
    let is_numbered = |name: &&String| name.ends_with(|letter: char| letter.is_ascii_digit());
    let numbered: Vec<&String> = names.iter().filter(is_numbered).collect();
    let mut shared = names.iter().filter(|name| !is_numbered(name) && *name != OUTSIDE);
    let (Some(shared), None) = (shared.next(), shared.next()) else { return };
    if numbered.len() < 2 {
        return;
    }
    let (left, right) = numbered.split_at(numbered.len().div_ceil(2));
    let order: Vec<&String> =
        left.iter().copied().chain([shared]).chain(right.iter().copied()).collect();
    let at = |name: &String| order.iter().position(|other| *other == name).unwrap_or(order.len());
    seats.sort_by_key(|(_, name, _)| at(name));
}

/// The place of the environment, which is drawn last.
const OUTSIDE: &str = "outside";

impl Seating<'_> {
    /// Returns the lane in which a process is drawn, with its place.
    fn seat(&self, process: &str) -> (At, String, Lane) {
        let view = &self.entry.view;
        let kind = kind_of(process);
        let id = process.split_once('@').map_or("", |(_, id)| id);
        let position = self.entry.lanes.iter().position(|lane| lane.name == kind).unwrap_or(0);
        let lane = |name: &str, process: &str| Lane {
            name: name.to_string(),
            kind: kind.to_string(),
            place: 0,
            process: process.to_string(),
        };
        let number = number_of(id);
        let Some(seat) = view.seat(kind) else {
            let at = At { place: (view.seats.len(), 0), lane: (position, number, id.to_string()) };
            return (at, String::new(), lane(process, process));
        };
        let first = view.seats.iter().position(|other| other.place == seat.place).unwrap_or(0);
        let at = |place: usize, number: usize| At {
            place: (first, place),
            lane: (position, number, id.to_string()),
        };
        let spaced = || process.replace('@', " ");
        match seat.spread {
            Spread::Together => (at(0, 0), seat.place.to_string(), lane(kind, "")),
            Spread::Apart => (at(0, number), seat.place.to_string(), lane(&spaced(), process)),
            Spread::Numbered => {
                (at(number, 0), format!("{} {number}", seat.place), lane(kind, process))
            }
            Spread::Bound(list, field) => {
                let place = self.bound(list, number, field);
                (at(place, number), format!("{} {place}", seat.place), lane(id, process))
            }
        }
    }

    /// Returns the number in a field of an entry of a list in the bounds.
    fn bound(&self, list: &str, number: usize, field: &str) -> usize {
        let get = |tree: &Tree, key: &str| match tree {
            Tree::Record(fields) => {
                fields.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone())
            }
            _ => None,
        };
        let item = match get(self.bounds, list) {
            Some(Tree::List(items)) => items.get(number).and_then(|item| get(item, field)),
            _ => None,
        };
        match item {
            Some(Tree::Number(place)) => usize::from(place),
            _ => 0,
        }
    }

    /// Returns the processes that a step calls or sends to, as its action declares. The id of such
    /// a process is an argument of the step, or else the id of something that it changes; if there
    /// is none, it is not known whom the step reaches.
    fn targets(&self, run: &Telling, at: usize) -> Vec<String> {
        let step = &run.steps[at];
        let (name, arguments) = step.action.split_once('(').unwrap_or((&step.action, ""));
        let Some(info) = self.entry.actions.iter().find(|info| info.name == name) else {
            return Vec::new();
        };
        let Some(target) = info.target else { return Vec::new() };
        let together =
            self.entry.view.seat(target).is_some_and(|seat| seat.spread == Spread::Together);
        let lane = self.entry.lanes.iter().position(|lane| lane.name == target);
        let own = self.entry.actions.iter().filter(|info| Some(usize::from(info.lane)) == lane);
        let kind = own.filter_map(|info| info.params.first()).map(|param| param.kind).next();
        let Some(kind) = kind.filter(|_| !together) else { return vec![target.to_string()] };
        let arguments = arguments.trim_end_matches(')').split(", ");
        let mut ids: Vec<String> = arguments
            .zip(info.params)
            .filter(|(_, param)| param.kind == kind)
            .map(|(argument, _)| argument.to_string())
            .collect();
        if ids.is_empty() {
            let parts = step.changes.iter().flat_map(|change| change.path.split('.').skip(1));
            let is_id = |part: &&str| {
                part.strip_prefix(kind).is_some_and(|number| number.parse::<u8>().is_ok())
            };
            ids = parts.filter(is_id).map(ToString::to_string).collect();
            ids.sort();
            ids.dedup();
        }
        ids.into_iter().map(|id| format!("{target}@{id}")).collect()
    }
}
