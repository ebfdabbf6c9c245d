//! The drawing of a run: places with their lanes, time downwards, an arrow from where a message is
//! sent to where it is received, and a bar while a field holds something.

use maud::{Markup, html};

use crate::report::run::picture::{Arrow, Picture, Span};
use crate::report::run::story::{Story, Telling};

use super::labels::{self, Area, Labels};
use super::marks::{Line, Marks};

/// The height of a step. The style sheet has the same value.
const ROW: usize = 25;
/// The height of the names of the lanes.
const HEAD: usize = 34;
/// The height of the names of the places above them.
const PLACE: usize = 22;
/// The width of the column of step numbers.
const GUTTER: usize = 44;
/// The maximum number of steps that can be read when a drawing is printed on one sheet.
const ONE_SHEET: usize = 80;
/// The space between two places, and between a place and its lanes.
const GAP: usize = 8;
/// The width of a bar with the space beside it.
const BAR: usize = 16;
/// The maximum width of a lane.
const WIDEST: usize = 120;
/// The minimum width of a lane. A drawing wider than its container scrolls.
const NARROWEST: usize = 58;
/// The maximum width of a drawing next to the state.
const ROOM: usize = 730;
/// The room for a label at the right of the last lane.
const LAST: usize = 40;
/// The approximate width of a letter in a label.
const LETTER: usize = 7;

/// The layout of a drawing.
struct Drawing<'a> {
    run: &'a Telling,
    picture: Picture,
    /// Returns the link to a step.
    link: &'a dyn Fn(usize) -> String,
    /// The left edge of each place, and its width.
    places: Vec<(usize, usize)>,
    /// The middle of each lane.
    lanes: Vec<usize>,
    head: usize,
    width: usize,
}

/// Draws the run of a story.
pub fn draw(story: &Story) -> Markup {
    let run = &story.run;
    draw_run(run, &run.processes, &Marks::of(story), ROOM, &|step| format!("#s={step}"))
}

/// Draws a run. `processes` are those that get a lane, `room` is about the width, and `link` returns
/// the link of a step, counted from 1.
pub fn draw_run(
    run: &Telling,
    processes: &[String],
    marks: &Marks,
    room: usize,
    link: &dyn Fn(usize) -> String,
) -> Markup {
    let drawing = Drawing::new(run, Picture::of(run, processes), room, link);
    let (width, height) = (drawing.width, drawing.bottom() + 22);
    let mut labels = Labels::default();
    for at in 0..run.steps.len() {
        labels.take(drawing.label_area(at));
        labels.take(drawing.dot_area(at));
    }
    for span in &drawing.picture.spans {
        drawing.name_areas(span).for_each(|area| labels.take(area));
    }
    let lines = marks.lines.iter().map(|line| drawing.line(line, &mut labels));
    let lines: Vec<Markup> = lines.collect();
    html! {
        svg.lanes.long[run.steps.len() > ONE_SHEET] viewBox=(format!("0 0 {width} {height}")) width=(width) height=(height)
            data-head=(drawing.head) data-row=(ROW)
            role="group" aria-label="The run: a lane for each process, time downwards" {
            (drawing.grounds())
            (drawing.marks(marks))
            @for at in 0..run.steps.len() { (drawing.step(at, marks.current == Some(at + 1))) }
            @for span in &drawing.picture.spans { (drawing.span(span)) }
            @for line in lines { (line) }
            @for arrow in &drawing.picture.arrows {
                @if arrow.message.is_some() { (drawing.message(arrow, &mut labels)) }
            }
            (drawing.heads())
        }
    }
}

impl<'a> Drawing<'a> {
    fn new(
        run: &'a Telling,
        picture: Picture,
        room: usize,
        link: &'a dyn Fn(usize) -> String,
    ) -> Self {
        let named = picture.places.iter().any(|place| !place.name.is_empty());
        let fixed: usize =
            picture.places.iter().map(|place| place.columns * BAR + 3 * GAP).sum::<usize>()
                + GUTTER
                + LAST;
        let count = picture.lanes.len().max(1);
        let lane = (room.saturating_sub(fixed) / count).clamp(NARROWEST, WIDEST);
        let (mut places, mut lanes) = (Vec::new(), Vec::new());
        let mut x = GUTTER;
        for place in &picture.places {
            // Room for the name of the place, even if it is wider than its lanes.
            let named = place.name.len() * LETTER;
            let bars = place.columns * BAR + GAP;
            let wide = (bars + place.lanes * lane + GAP).max(named + 2 * GAP);
            lanes.extend((0..place.lanes).map(|at| x + bars + at * lane + lane / 2));
            places.push((x, wide));
            x += wide + GAP;
        }
        if let Some((_, wide)) = places.last_mut() {
            *wide += LAST;
            x += LAST;
        }
        let longest = (0..run.steps.len()).map(|at| name_of(run, at).len()).max().unwrap_or(0);
        // The label of the last lane is to its right if there is only one lane.
        let width = x + if count == 1 { longest * LETTER } else { 4 };
        let head = if named { HEAD + PLACE } else { HEAD };
        Self { run, picture, link, places, lanes, head, width }
    }

    /// Returns the middle of the lane of a step.
    fn x(&self, at: usize) -> usize {
        self.lanes[self.picture.steps[at]]
    }

    fn y(&self, at: usize) -> usize {
        self.head + at * ROW + ROW / 2 + 3
    }

    fn bottom(&self) -> usize {
        self.head + self.run.steps.len() * ROW
    }

    /// Draws the places and the lifelines.
    fn grounds(&self) -> Markup {
        let bottom = self.bottom() + 8;
        html! {
            @for (place, (x, wide)) in self.picture.places.iter().zip(&self.places) {
                @if !place.name.is_empty() {
                    rect.place x=(x) y="2" width=(wide) height=(bottom + 8) rx="6" {}
                }
            }
            @for x in &self.lanes {
                line.life x1=(x) x2=(x) y1=(self.head - 6) y2=(bottom) {}
            }
        }
    }

    /// Draws the names of places and lanes. A script keeps them in sight.
    fn heads(&self) -> Markup {
        html! {
            g.heads {
                rect width=(self.width) height=(self.head - 6) {}
                @for (place, (x, wide)) in self.picture.places.iter().zip(&self.places) {
                    @if !place.name.is_empty() {
                        path.place d=(format!("M{x} {} V8 q0 -6 6 -6 h{} q6 0 6 6 V{}", self.head - 6, wide - 12, self.head - 6)) {}
                        text.place x=(x + GAP) y="18" { (place.name) }
                    }
                    @if !place.without_bar.is_empty() {
                        text.more x=(x + GAP / 2) y=(self.head - 14) {
                            title { "No bar for: " (place.without_bar.join(", ")) }
                            "+" (place.without_bar.len()) " more"
                        }
                    }
                }
                @for (at, (lane, x)) in self.picture.lanes.iter().zip(&self.lanes).enumerate() {
                    @let above = if self.is_raised(at) { 12 } else { 0 };
                    text.head x=(x) y=(self.head - 14 - above) { (lane.name) }
                }
            }
        }
    }

    /// Returns whether the name of a lane is a little higher than that of the lane before, which it
    /// would touch otherwise.
    fn is_raised(&self, lane: usize) -> bool {
        let Some(before) = lane.checked_sub(1) else { return false };
        let wide = |lane: usize| self.picture.lanes[lane].name.len() * LETTER / 2;
        let touches = wide(lane) + wide(before) + 4 > self.lanes[lane] - self.lanes[before];
        touches && !self.is_raised(before)
    }

    /// Draws a line with its words, and what follows it on a ground of its own.
    fn line(&self, line: &Line, labels: &mut Labels) -> Markup {
        let y = self.head + line.after * ROW + 2;
        let (wide, above) = ((line.words.len() * LETTER) as i64, y as i64 - 4);
        let (left, right) = (GUTTER as i64 + wide / 2, self.width as i64 - wide / 2 - 6);
        let below = above + 16;
        let places = [
            (right, above),
            (left, above),
            ((left + right) / 2, above),
            (right, below),
            (left, below),
        ];
        let (x, words) = labels.place(wide, places);
        let class = if line.goal { "mark goal" } else { "mark broken" };
        html! {
            g class=(class) data-after=(line.after) {
                rect.after y=(y) height=(self.bottom().saturating_sub(y) + 8) width=(self.width) {}
                line x1="0" x2=(self.width) y1=(y) y2=(y) {}
                text x=(x) y=(words) { (line.words) }
            }
        }
    }

    fn marks(&self, marks: &Marks) -> Markup {
        html! {
            @if let Some(from) = marks.cycle {
                @let (top, bottom) = (self.y(from), self.bottom() - ROW / 2);
                path.cycle d=(format!("M14 {bottom} H5 V{top} H14 m-5 -4 l5 4 l-5 4")) {
                    title { "The cycle: from its last step the run goes on with step " (from + 1) " again" }
                }
            }
            @if let Some(at) = marks.parting {
                @let y = self.head + at * ROW;
                line.parting x1="0" x2=(self.width) y1=(y) y2=(y) {}
                path.parting d=(format!("M0 {y} l7 -7 l7 7 l-7 7 z")) {}
            }
            @if let Some(at) = marks.fork {
                line.fork x1="0" x2=(self.width) y1=(self.head + at * ROW) y2=(self.head + at * ROW) {}
            }
        }
    }

    /// Returns the left edge of a bar, its upper edge, its height, and the height of its name if
    /// there is room for that.
    fn bar(&self, span: &Span) -> (usize, usize, usize, Option<usize>) {
        let x = self.places[span.place].0 + GAP / 2 + span.column * BAR;
        let top = span.from.map_or(self.head, |at| self.y(at));
        let bottom = span.to.map_or(self.bottom() + 4, |at| self.y(at));
        let (tall, name) = (bottom.saturating_sub(top), span.label.len() * 6);
        (x, top, tall, (tall >= name + 4).then_some(name))
    }

    /// Returns the areas that the name of a bar covers. It is written downwards.
    fn name_areas(&self, span: &Span) -> impl Iterator<Item = Area> {
        let (x, top, _, name) = self.bar(span);
        let (left, right) = (x as i64, (x + BAR - 3) as i64);
        let bottoms = (0..name.unwrap_or(0)).step_by(labels::HEIGHT as usize);
        bottoms.map(move |down| {
            let bottom = (top + 4 + down) as i64 + labels::HEIGHT;
            Area { left, right, bottom }
        })
    }

    /// Draws a bar, with its name if there is room.
    fn span(&self, span: &Span) -> Markup {
        let (x, top, tall, name) = self.bar(span);
        html! {
            g.span data-from=(span.from.map_or(0, |at| at + 1)) data-to=[span.to.map(|at| at + 1)] {
                title { (span.label) }
                rect x=(x) y=(top) width=(BAR - 3) height=(tall) rx="3" {}
                @if name.is_some() {
                    text transform=(format!("translate({},{}) rotate(90)", x + 4, top + 4)) { (span.label) }
                }
            }
        }
    }

    /// Returns whether the label of a step is to its left, and its position.
    fn label(&self, at: usize) -> (bool, usize) {
        let (x, name) = (self.x(at), name_of(self.run, at));
        let left = self.lanes.len() > 1 && x + 10 + name.len() * LETTER > self.width;
        (left, if left { x - 10 } else { x + 10 })
    }

    fn label_area(&self, at: usize) -> Area {
        let (left, x) = self.label(at);
        let width = (name_of(self.run, at).len() * LETTER) as i64;
        let from = x as i64 - if left { width } else { 0 };
        Area { left: from, right: from + width, bottom: self.y(at) as i64 - 3 }
    }

    fn dot_area(&self, at: usize) -> Area {
        let x = self.x(at) as i64;
        Area { left: x - 7, right: x + 7, bottom: self.y(at) as i64 + 6 }
    }

    fn step(&self, at: usize, is_current: bool) -> Markup {
        let step = &self.run.steps[at];
        let (x, y) = (self.x(at), self.y(at));
        let (left, label) = self.label(at);
        let calls =
            self.picture.arrows.iter().filter(|arrow| arrow.message.is_none() && arrow.start == at);
        html! {
            a.step.current[is_current] href=((self.link)(at + 1)) data-lane=(self.picture.steps[at]) {
                rect.row y=(self.head + at * ROW + 2) {}
                text.number x="26" y=(y + 4) { (at + 1) }
                @if self.run.rule_acts_at(at) {
                    path.rule d=(format!("M{} {} v-14 l8 4 l-8 4", GUTTER - 10, y + 6)) {}
                }
                @for to in calls.filter_map(|arrow| arrow.to) { (call(x, self.lanes[to], y)) }
                @if step.fault {
                    path.fault d=(format!("M{x} {} l7 7 l-7 7 l-7 -7 z", y - 7)) {}
                } @else {
                    circle cx=(x) cy=(y) {}
                }
                text.label x=(label) y=(y - 4) text-anchor=[left.then_some("end")] { (name_of(self.run, at)) }
            }
        }
    }

    fn message(&self, arrow: &Arrow, labels: &mut Labels) -> Markup {
        let run = self.run;
        let Some(message) = arrow.message.map(|id| &run.messages[id]) else { return html! {} };
        let (from, start) = (self.lanes[arrow.from] as i64, self.y(arrow.start) as i64);
        let (to, end) = match arrow.to {
            Some(to) => (self.lanes[to] as i64, self.y(arrow.end) as i64),
            None => (from - 14, self.bottom() as i64 + 6),
        };
        let lost = run.is_lost(message);
        let class = match (arrow.to, lost, run.is_duplicate(message)) {
            (None, ..) => "message flight",
            (_, true, _) => "message lost",
            (_, _, true) => "message twice",
            _ => "message",
        };
        // Next to the dot, not on it.
        let side = if to > from { 7 } else { -7 };
        let line = if to == from {
            format!("M{from} {start} C{} {start} {} {end} {} {end}", from - 30, from - 30, from - 7)
        } else {
            let end_x = to - if arrow.to.is_some() { side } else { 0 };
            format!("M{from} {start} L{end_x} {end}")
        };
        let tip = to - if to == from { 7 } else { side };
        let on_the_line = |tenth: i64| {
            let bow = if to == from { 26 } else { 0 };
            (from + (to - from) * tenth / 10 - bow, start + (end - start) * tenth / 10 + 4)
        };
        let places = [5, 6, 4, 7, 3, 8, 2].map(on_the_line);
        let (x, y) = labels.place((message.item.len() * LETTER) as i64 + 6, places);
        html! {
            g class=(class) data-from=(arrow.start + 1) data-to=[message.taken.map(|at| at + 1)] {
                path d=(line) {}
                @if class == "message twice" { path.inner d=(line) {} }
                @if lost {
                    path.cross d=(format!("M{} {} l10 10 m0 -10 l-10 10", tip - 5, end - 5)) {}
                } @else if arrow.to.is_some() {
                    @let back = if to >= from { -8 } else { 8 };
                    path.tip d=(format!("M{tip} {end} l{back} -4 v8 z")) {}
                }
                text x=(x) y=(y) { (message.item) }
            }
        }
    }
}

/// Draws a call: an arrow that ends in the step in which it begins.
fn call(from: usize, to: usize, y: usize) -> Markup {
    let right = to > from;
    let (start, tip) = if right { (from + 5, to - 2) } else { (from - 5, to + 2) };
    let back = if right { "-7" } else { "7" };
    html! { path.call d=(format!("M{start} {y} H{tip} m{back} -4 L{tip} {y} l{back} 4")) {} }
}

/// Returns the name of a step in its lane: `lock` for `app_lock` in the lane `app`.
fn name_of(run: &Telling, at: usize) -> &str {
    let step = &run.steps[at];
    let action = step.action.split('(').next().unwrap_or(&step.action);
    let process = &run.processes[step.process];
    let lane = process.split('@').next().unwrap_or(process);
    let short = action.strip_prefix(lane).and_then(|rest| rest.strip_prefix('_'));
    short.unwrap_or(action)
}
