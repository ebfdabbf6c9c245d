//! The drawing of a run: a lane a process, time downwards, an arrow from where a message is sent to
//! where it is taken.

use maud::{Markup, html};

use crate::report::story::Story;
use crate::trace::messages::Message;

/// From one step to the next.
const ROW: usize = 34;
/// The names of the processes.
const HEAD: usize = 40;
/// The numbers of the steps.
const GUTTER: usize = 44;
/// The widest a lane gets.
const WIDEST: usize = 150;
/// What a letter of a label takes, about.
const LETTER: usize = 7;

/// What is drawn of a story, and where.
struct Drawing<'a> {
    story: &'a Story,
    lane: usize,
    width: usize,
}

/// Draws the run of a story.
pub fn draw(story: &Story) -> Markup {
    let lanes = story.processes.len().max(1);
    let lane = (880 / lanes).clamp(84, WIDEST);
    let longest = story.steps.iter().map(|step| name_of(&step.action).len()).max().unwrap_or(0);
    // The label of the last lane stands right of it if there is one lane only.
    let width = GUTTER + lanes * lane + if lanes == 1 { longest * LETTER } else { 24 };
    let drawing = Drawing { story, lane, width };
    let height = drawing.bottom() + 26;
    html! {
        svg.lanes viewBox=(format!("0 0 {width} {height}")) width=(width) height=(height)
            role="group" aria-label="The run: a lane for each process, time downwards" {
            (drawing.lifelines())
            (drawing.separators())
            (drawing.cycle())
            @for at in 0..story.steps.len() { (drawing.step(at)) }
            @for message in &story.messages { (drawing.message(message)) }
        }
    }
}

fn name_of(action: &str) -> &str {
    action.split('(').next().unwrap_or(action)
}

impl Drawing<'_> {
    fn x(&self, process: usize) -> usize {
        GUTTER + process * self.lane + self.lane / 2
    }

    fn y(&self, at: usize) -> usize {
        HEAD + at * ROW + ROW / 2
    }

    fn bottom(&self) -> usize {
        HEAD + self.story.steps.len() * ROW
    }

    fn lifelines(&self) -> Markup {
        html! {
            @for (process, name) in self.story.processes.iter().enumerate() {
                line.life x1=(self.x(process)) x2=(self.x(process)) y1=(HEAD - 8) y2=(self.bottom() + 8) {}
                text.head x=(self.x(process)) y=(HEAD - 16) { (name) }
            }
        }
    }

    /// The line behind which the property is broken.
    fn separators(&self) -> Markup {
        let verdict = &self.story.verdict;
        html! {
            @if verdict.violated && verdict.cycle.is_none() {
                @let y = HEAD + verdict.steps * ROW;
                line.broken x1="0" x2=(self.width) y1=(y) y2=(y) {}
                path.broken d=(format!("M2 {} l8 8 m0 -8 l-8 8", y - 4)) {}
                text.broken x=(self.width - 4) y=(y + 11) text-anchor="end" { (verdict.property) " broken" }
            }
        }
    }

    fn cycle(&self) -> Markup {
        let from = self.story.cycle();
        html! {
            @if let Some(from) = from {
                @let (top, bottom) = (self.y(from), self.bottom() - ROW / 2);
                path.cycle d=(format!("M14 {bottom} H5 V{top} H14 m-5 -4 l5 4 l-5 4")) {
                    title { "The cycle: from its last step the run goes on with step " (from + 1) " again" }
                }
            }
        }
    }

    fn step(&self, at: usize) -> Markup {
        let step = &self.story.steps[at];
        let (x, y) = (self.x(step.process), self.y(at));
        let name = name_of(&step.action);
        let left = self.story.processes.len() > 1 && x + 12 + name.len() * LETTER > self.width;
        let acts = self.story.off.iter().any(|shadow| {
            shadow.differences.iter().any(|parting| parting.at == at)
                || shadow.acts.as_ref().is_some_and(|acts| acts.at == at)
        });
        html! {
            a.step href=(format!("#s={}", at + 1)) {
                rect.row x="0" y=(y - ROW / 2) width=(self.width) height=(ROW) {}
                text.number x="26" y=(y + 4) { (at + 1) }
                @if acts { path.rule d=(format!("M{} {} v-14 l9 4 l-9 4", GUTTER - 4, y + 7)) {} }
                @if step.fault {
                    path.fault d=(format!("M{x} {} l9 9 l-9 9 l-9 -9 z", y - 9)) {}
                } @else {
                    circle cx=(x) cy=(y) r="5.5" {}
                }
                @if left {
                    text.label x=(x - 12) y=(y - 4) text-anchor="end" { (name) }
                } @else {
                    text.label x=(x + 12) y=(y - 4) { (name) }
                }
            }
        }
    }

    fn message(&self, message: &Message) -> Markup {
        let story = self.story;
        let from = self.x(story.steps[message.sent].process) as i64;
        let start = self.y(message.sent) as i64;
        let same = |at: usize| story.steps[at].process == story.steps[message.sent].process;
        let (to, end) = match message.taken {
            Some(at) if same(at) => (from, self.y(at) as i64),
            Some(at) => (self.x(story.steps[at].process) as i64, self.y(at) as i64),
            None => (from - 14, self.bottom() as i64 + 2),
        };
        let lost = story.is_lost(message);
        let class = match (message.taken, lost, story.is_duplicate(message)) {
            (None, ..) => "message flight",
            (_, true, _) => "message lost",
            (_, _, true) => "message twice",
            _ => "message",
        };
        // Beside the dot, not on it.
        let side = if to > from { 8 } else { -8 };
        let line = if to == from {
            format!("M{from} {start} C{} {start} {} {end} {} {end}", from - 30, from - 30, from - 8)
        } else {
            format!(
                "M{from} {start} L{} {end}",
                to - if message.taken.is_some() { side } else { 0 }
            )
        };
        let tip = to - if to == from { 8 } else { side };
        let (x, y) = ((from + to) / 2 - if to == from { 26 } else { 0 }, (start + end) / 2 + 4);
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
