//! What is marked in the drawing of a run: lines across it, the cycle, where two runs part.

use crate::report::run::story::Story;
use crate::report::run::why::explanation::Ending;

/// The marks in a drawing.
#[derive(Default)]
pub struct Marks {
    /// Lines across the drawing.
    pub lines: Vec<Line>,
    /// The number of steps before the cycle at the end of the run.
    pub cycle: Option<usize>,
    /// The first step that another run does not share.
    pub parting: Option<usize>,
    /// The number of steps after which the two diverge, if that is later.
    pub fork: Option<usize>,
    /// The number of steps after which the run is shown.
    pub current: Option<usize>,
}

/// A line across a drawing, with a few words.
pub struct Line {
    /// The number of steps before it.
    pub after: usize,
    /// The words.
    pub words: String,
    /// Whether it is about a goal, and not about a violation.
    pub goal: bool,
}

impl Marks {
    /// Returns the marks for the run of a story.
    pub fn of(story: &Story) -> Self {
        let verdict = &story.verdict;
        let line = |after, words: String, goal| Line { after, words, goal };
        let mut lines = Vec::new();
        if !verdict.violated {
            lines.push(line(verdict.steps, format!("{} reached", verdict.property), true));
        } else if story.is_stuck() {
            lines.push(line(verdict.steps, "from here it cannot finish".to_string(), false));
            if matches!(story.why.ending, Ending::Deadlock | Ending::LeftBehind) {
                lines.push(line(story.why.end, "nothing is enabled".to_string(), false));
            }
        } else if verdict.cycle.is_none() {
            lines.push(line(verdict.steps, format!("{} broken", verdict.property), false));
        }
        Self { lines, cycle: verdict.cycle, ..Self::default() }
    }
}
