//! The drawing of a run: one lane per process, time downwards, and an arrow from where a message is
//! sent to where it is received.

use maud::{Markup, html};

use crate::report::run::messages::Message;
use crate::report::run::story::{Story, Telling};

use super::labels::{Area, Labels};

/// The height of a step. The style sheet has the same value.
const ROW: usize = 34;
/// The height of the row of process names.
const HEAD: usize = 40;
/// The width of the column of step numbers.
const GUTTER: usize = 44;
/// The maximum width of a lane.
const WIDEST: usize = 150;
/// The minimum width of a lane. A drawing wider than its container scrolls.
const NARROWEST: usize = 84;
/// The maximum width of a drawing next to the list of its steps.
const ROOM: usize = 780;
/// The approximate width of a letter in a label.
const LETTER: usize = 7;

/// The marks in a drawing.
#[derive(Default)]
pub struct Marks<'a> {
    /// The property, and the number of steps after which it is violated.
    pub broken: Option<(usize, &'a str)>,
    /// The number of steps before the cycle at the end of the run.
    pub cycle: Option<usize>,
    /// The first step that another run does not share.
    pub parting: Option<usize>,
    /// The number of steps after which the two diverge, if that is later.
    pub fork: Option<usize>,
    /// The number of steps after which the run is shown.
    pub current: Option<usize>,
}

impl<'a> Marks<'a> {
    /// Returns the marks for the run of a story.
    pub fn of(story: &'a Story) -> Self {
        let verdict = &story.verdict;
        let is_broken = verdict.violated && verdict.cycle.is_none();
        Self {
            broken: is_broken.then_some((verdict.steps, verdict.property.as_str())),
            cycle: verdict.cycle,
            parting: None,
            fork: None,
            current: None,
        }
    }
}

/// The layout of a drawing.
struct Drawing<'a> {
    run: &'a Telling,
    /// The name of each lane.
    lanes: &'a [String],
    /// Returns the link to a step.
    link: &'a dyn Fn(usize) -> String,
    lane: usize,
    width: usize,
}

/// Draws the run of a story.
pub fn draw(story: &Story) -> Markup {
    let run = &story.run;
    draw_run(run, &run.processes, &Marks::of(story), ROOM, &|step| format!("#s={step}"))
}

/// Draws a run. Its processes are a subset of `lanes`, its width is about `room`, and `link`
/// returns the link of a step, counted from 1.
pub fn draw_run(
    run: &Telling,
    lanes: &[String],
    marks: &Marks<'_>,
    room: usize,
    link: &dyn Fn(usize) -> String,
) -> Markup {
    let count = lanes.len().max(1);
    let lane = (room / count).clamp(NARROWEST, WIDEST);
    let longest = run.steps.iter().map(|step| name_of(&step.action).len()).max().unwrap_or(0);
    // The label of the last lane is to its right if there is only one lane.
    let width = GUTTER + count * lane + if count == 1 { longest * LETTER } else { 24 };
    let drawing = Drawing { run, lanes, link, lane, width };
    let height = drawing.bottom() + 26;
    let mut labels = Labels::default();
    for at in 0..run.steps.len() {
        labels.take(drawing.label_area(at));
        labels.take(drawing.dot_area(at));
    }
    let broken = drawing.broken(marks, &mut labels);
    html! {
        svg.lanes viewBox=(format!("0 0 {width} {height}")) width=(width) height=(height)
            role="group" aria-label="The run: a lane for each process, time downwards" {
            (drawing.lifelines())
            (broken)
            (drawing.marks(marks))
            @for at in 0..run.steps.len() { (drawing.step(at, marks.current == Some(at + 1))) }
            @for message in &run.messages { (drawing.message(message, &mut labels)) }
        }
    }
}

fn name_of(action: &str) -> &str {
    action.split('(').next().unwrap_or(action)
}

impl Drawing<'_> {
    /// Returns the middle of the lane of a step.
    fn x(&self, at: usize) -> usize {
        let name = &self.run.processes[self.run.steps[at].process];
        self.middle(self.lanes.iter().position(|lane| lane == name).unwrap_or(0))
    }

    fn middle(&self, lane: usize) -> usize {
        GUTTER + lane * self.lane + self.lane / 2
    }

    fn y(&self, at: usize) -> usize {
        HEAD + at * ROW + ROW / 2
    }

    fn bottom(&self) -> usize {
        HEAD + self.run.steps.len() * ROW
    }

    fn lifelines(&self) -> Markup {
        html! {
            @for (lane, name) in self.lanes.iter().enumerate() {
                line.life x1=(self.middle(lane)) x2=(self.middle(lane)) y1=(HEAD - 8) y2=(self.bottom() + 8) {}
                text.head x=(self.middle(lane)) y=(HEAD - 16) { (name) }
            }
        }
    }

    /// Draws the line after which the property is violated.
    fn broken(&self, marks: &Marks<'_>, labels: &mut Labels) -> Markup {
        html! {
            @if let Some((steps, property)) = marks.broken {
                @let y = HEAD + steps * ROW;
                @let (wide, below) = (((property.len() + 7) * LETTER) as i64, y as i64 + 12);
                @let (left, right) = (GUTTER as i64 + wide / 2, self.width as i64 - wide / 2 - 6);
                @let middle = ((left + right) / 2, below);
                @let (x, y_of_text) = labels.place(wide, [(right, below), (left, below), middle]);
                line.broken x1="0" x2=(self.width) y1=(y) y2=(y) {}
                path.broken d=(format!("M2 {} l8 8 m0 -8 l-8 8", y - 4)) {}
                text.broken x=(x) y=(y_of_text) { (property) " broken" }
            }
        }
    }

    fn marks(&self, marks: &Marks<'_>) -> Markup {
        html! {
            @if let Some(from) = marks.cycle {
                @let (top, bottom) = (self.y(from), self.bottom() - ROW / 2);
                path.cycle d=(format!("M14 {bottom} H5 V{top} H14 m-5 -4 l5 4 l-5 4")) {
                    title { "The cycle: from its last step the run goes on with step " (from + 1) " again" }
                }
            }
            @if let Some(at) = marks.parting {
                @let y = HEAD + at * ROW;
                line.parting x1="0" x2=(self.width) y1=(y) y2=(y) {}
                path.parting d=(format!("M0 {y} l7 -7 l7 7 l-7 7 z")) {}
            }
            @if let Some(at) = marks.fork {
                line.fork x1="0" x2=(self.width) y1=(HEAD + at * ROW) y2=(HEAD + at * ROW) {}
            }
        }
    }

    /// Returns whether the label of a step is to its left, and its position.
    fn label(&self, at: usize) -> (bool, usize) {
        let (x, name) = (self.x(at), name_of(&self.run.steps[at].action));
        let left = self.lanes.len() > 1 && x + 12 + name.len() * LETTER > self.width;
        (left, if left { x - 12 } else { x + 12 })
    }

    fn label_area(&self, at: usize) -> Area {
        let (left, x) = self.label(at);
        let width = (name_of(&self.run.steps[at].action).len() * LETTER) as i64;
        let from = x as i64 - if left { width } else { 0 };
        Area { left: from, right: from + width, bottom: self.y(at) as i64 - 2 }
    }

    fn dot_area(&self, at: usize) -> Area {
        let x = self.x(at) as i64;
        Area { left: x - 9, right: x + 9, bottom: self.y(at) as i64 + 6 }
    }

    fn step(&self, at: usize, is_current: bool) -> Markup {
        let step = &self.run.steps[at];
        let (x, y) = (self.x(at), self.y(at));
        let (left, label) = self.label(at);
        html! {
            a.step.current[is_current] href=((self.link)(at + 1)) {
                rect.row y=(y - ROW / 2) {}
                text.number x="26" y=(y + 4) { (at + 1) }
                @if self.run.rule_acts_at(at) {
                    path.rule d=(format!("M{} {} v-14 l9 4 l-9 4", GUTTER - 4, y + 7)) {}
                }
                @if step.fault {
                    path.fault d=(format!("M{x} {} l9 9 l-9 9 l-9 -9 z", y - 9)) {}
                } @else {
                    circle cx=(x) cy=(y) {}
                }
                text.label x=(label) y=(y - 4) text-anchor=[left.then_some("end")] { (name_of(&step.action)) }
            }
        }
    }

    fn message(&self, message: &Message, labels: &mut Labels) -> Markup {
        let run = self.run;
        let from = self.x(message.sent) as i64;
        let start = self.y(message.sent) as i64;
        let (to, end) = match message.taken {
            Some(at) => (self.x(at) as i64, self.y(at) as i64),
            None => (from - 14, self.bottom() as i64 + 2),
        };
        let lost = run.is_lost(message);
        let class = match (message.taken, lost, run.is_duplicate(message)) {
            (None, ..) => "message flight",
            (_, true, _) => "message lost",
            (_, _, true) => "message twice",
            _ => "message",
        };
        // Next to the dot, not on it.
        let side = if to > from { 8 } else { -8 };
        let line = if to == from {
            format!("M{from} {start} C{} {start} {} {end} {} {end}", from - 30, from - 30, from - 8)
        } else {
            let end_x = to - if message.taken.is_some() { side } else { 0 };
            format!("M{from} {start} L{end_x} {end}")
        };
        let tip = to - if to == from { 8 } else { side };
        let on_the_line = |tenth: i64| {
            let bow = if to == from { 26 } else { 0 };
            (from + (to - from) * tenth / 10 - bow, start + (end - start) * tenth / 10 + 4)
        };
        let places = [5, 6, 4, 7, 3, 8, 2].map(on_the_line);
        let (x, y) = labels.place((message.item.len() * LETTER) as i64 + 6, places);
        html! {
            g class=(class) data-from=(message.sent + 1) data-to=[message.taken.map(|at| at + 1)] {
                path d=(line) {}
                @if class == "message twice" { path.inner d=(line) {} }
                @if lost {
                    path.cross d=(format!("M{} {} l10 10 m0 -10 l-10 10", tip - 5, end - 5)) {}
                } @else if message.taken.is_some() {
                    @let back = if to >= from { -8 } else { 8 };
                    path.tip d=(format!("M{tip} {end} l{back} -4 v8 z")) {}
                }
                text x=(x) y=(y) { (message.item) }
            }
        }
    }
}
