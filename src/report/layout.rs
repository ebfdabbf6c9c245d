//! The amount of output, and its width.

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

/// The amount of output, and its width.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The amount of output.
    pub detail: Detail,
    /// The number of columns of the terminal; `None` in a pipe, where each table row is one line.
    pub width: Option<usize>,
}

/// The width at which lines are wrapped if the width of the terminal is unknown, and the maximum
/// width.
const WIDTH: usize = 80;
/// The minimum width at which lines are wrapped.
const LEAST_WIDTH: usize = 40;

impl Layout {
    /// The complete output, for a file.
    pub const WHOLE: Self = Self { detail: Detail::Verbose, width: None };

    /// Returns the width at which text is wrapped.
    pub fn line(self) -> usize {
        self.width.map_or(WIDTH, |width| width.clamp(LEAST_WIDTH, WIDTH))
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
const FIRST: usize = 2;
/// The number of steps that are always printed at its end.
const LAST: usize = 3;
/// Runs are folded if that hides more than this many steps.
const LEAST_FOLD: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_is_folded_around_what_matters() {
        let layout = Layout { detail: Detail::Normal, width: None };
        let shown = |steps: usize, matters: usize| -> Vec<usize> {
            let visible = layout.visible(steps, |at| at == matters);
            (0..steps).filter(|at| visible[*at]).collect()
        };
        assert_eq!(shown(10, 0), (0..10).collect::<Vec<_>>());
        assert_eq!(shown(11, 0), [0, 1, 8, 9, 10]);
        assert_eq!(shown(11, 5), [0, 1, 5, 8, 9, 10]);
        assert_eq!(shown(11, 3), [0, 1, 2, 3, 8, 9, 10]);
        assert_eq!(shown(0, 0), [0; 0]);
        assert_eq!(Layout::WHOLE.visible(13, |_| false), [true; 13]);
    }
}
