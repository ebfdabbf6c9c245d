//! How much is printed, and how wide.

/// How much is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Only what is not as expected.
    Quiet,
    /// What fits on a screen.
    Normal,
    /// Everything.
    Verbose,
}

/// How much is printed, and how wide.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// How much.
    pub detail: Detail,
    /// The columns of the terminal; `None` in a pipe, where a row of a table is a line.
    pub width: Option<usize>,
}

/// The width to which lines are broken where nobody says how wide the terminal is, and at most.
const WIDTH: usize = 80;
/// The width below which lines are not broken further.
const LEAST_WIDTH: usize = 40;

impl Layout {
    /// Everything, for a file.
    pub const WHOLE: Self = Self { detail: Detail::Verbose, width: None };

    /// The width to which lines of words are broken.
    pub fn line(self) -> usize {
        self.width.map_or(WIDTH, |width| width.clamp(LEAST_WIDTH, WIDTH))
    }

    /// Which of the steps of a run are printed: of a long one the first, the last, and those that
    /// `matter`.
    pub fn visible(self, steps: usize, matter: impl Fn(usize) -> bool) -> Vec<bool> {
        let whole = self.detail == Detail::Verbose || steps <= FIRST + LAST + LEAST_FOLD;
        let ends = |at: usize| at < FIRST || at + LAST >= steps;
        let mut visible: Vec<bool> = (0..steps).map(|at| whole || ends(at) || matter(at)).collect();
        // A line that says that one step is left out is as long as the step.
        for at in 1..steps.saturating_sub(1) {
            visible[at] |= visible[at - 1] && visible[at + 1];
        }
        visible
    }
}

/// Steps that are always printed at the beginning of a run.
const FIRST: usize = 3;
/// Steps that are always printed at its end.
const LAST: usize = 4;
/// Runs are folded if that leaves out more steps than this.
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
        assert_eq!(shown(12, 0), (0..12).collect::<Vec<_>>());
        assert_eq!(shown(13, 0), [0, 1, 2, 9, 10, 11, 12]);
        assert_eq!(shown(13, 6), [0, 1, 2, 6, 9, 10, 11, 12]);
        assert_eq!(shown(13, 4), [0, 1, 2, 3, 4, 9, 10, 11, 12]);
        assert_eq!(shown(0, 0), [0; 0]);
        assert_eq!(Layout::WHOLE.visible(13, |_| false), [true; 13]);
    }
}
