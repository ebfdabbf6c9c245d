//! The amount of output, its width, and its colours.

/// The amount of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Only what is unexpected.
    Quiet,
    /// What fits on a screen.
    Normal,
    /// Everything.
    Verbose,
}

/// The amount of output, its width, and whether it is coloured.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The amount of output.
    pub detail: Detail,
    /// The number of columns of the terminal; `None` in a pipe, where each table row is one line.
    pub width: Option<usize>,
    /// Whether verdicts are coloured.
    pub colour: bool,
}

/// The colour of a word. The meaning does not depend on it: the word says the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// As expected.
    Green,
    /// Failed or violated.
    Red,
    /// What a rule does.
    Yellow,
    /// Less important.
    Dim,
    /// A heading.
    Bold,
}

impl Colour {
    const fn code(self) -> &'static str {
        match self {
            Self::Green => "32",
            Self::Red => "31;1",
            Self::Yellow => "33",
            Self::Dim => "2",
            Self::Bold => "1",
        }
    }
}

/// The width at which lines are wrapped if the width of the terminal is unknown.
const WIDTH: usize = 80;
/// The maximum width at which lines are wrapped: longer ones are hard to read.
const MOST_WIDTH: usize = 120;
/// The minimum width at which lines are wrapped.
const LEAST_WIDTH: usize = 40;

impl Layout {
    /// The complete output, for a file.
    pub const WHOLE: Self = Self { detail: Detail::Verbose, width: None, colour: false };

    /// Returns the width at which text is wrapped.
    pub fn line(self) -> usize {
        self.width.map_or(WIDTH, |width| width.clamp(LEAST_WIDTH, MOST_WIDTH))
    }

    /// Returns a text in a colour, if the output is coloured.
    pub fn paint(self, colour: Colour, text: &str) -> String {
        match self.colour {
            true if !text.is_empty() => format!("\u{1b}[{}m{text}\u{1b}[0m", colour.code()),
            _ => text.to_string(),
        }
    }

    /// Returns which steps of a run are printed: of a long run the first, the last, and those that
    /// `matter`.
    pub fn visible(self, steps: usize, matter: impl Fn(usize) -> bool) -> Vec<bool> {
        let whole = self.detail == Detail::Verbose || steps <= FIRST + LAST + LEAST_FOLD;
        let ends = |at: usize| at < FIRST || at + LAST >= steps;
        let mut visible: Vec<bool> = (0..steps).map(|at| whole || ends(at) || matter(at)).collect();
        // A line that reports one omitted step is as long as the step.
        for at in 1..steps.saturating_sub(1) {
            visible[at] |= visible[at - 1] && visible[at + 1];
        }
        visible
    }
}

/// The number of steps that are always printed at the beginning of a run.
const FIRST: usize = 1;
/// The number of steps that are always printed at its end.
const LAST: usize = 1;
/// Runs are folded if that hides more than this many steps.
const LEAST_FOLD: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_is_folded_around_what_matters() {
        let layout = Layout { detail: Detail::Normal, width: None, colour: false };
        let shown = |steps: usize, matters: usize| -> Vec<usize> {
            let visible = layout.visible(steps, |at| at == matters);
            (0..steps).filter(|at| visible[*at]).collect()
        };
        assert_eq!(shown(10, 0), (0..10).collect::<Vec<_>>());
        assert_eq!(shown(11, 0), [0, 10]);
        assert_eq!(shown(11, 5), [0, 5, 10]);
        assert_eq!(shown(11, 2), [0, 1, 2, 10]);
        assert_eq!(shown(0, 0), [0; 0]);
        assert_eq!(Layout::WHOLE.visible(13, |_| false), [true; 13]);
    }

    #[test]
    fn lines_are_as_wide_as_the_terminal_up_to_a_limit() {
        let line = |width| Layout { width, ..Layout::WHOLE }.line();
        assert_eq!(
            [None, Some(20), Some(60), Some(120), Some(300)].map(line),
            [80, 40, 60, 120, 120]
        );
    }

    #[test]
    fn a_word_is_painted_only_if_there_are_colours() {
        let coloured = Layout { colour: true, ..Layout::WHOLE };
        assert_eq!(coloured.paint(Colour::Green, "ok"), "\u{1b}[32mok\u{1b}[0m");
        assert_eq!(coloured.paint(Colour::Green, ""), "");
        assert_eq!(Layout::WHOLE.paint(Colour::Green, "ok"), "ok");
    }
}
