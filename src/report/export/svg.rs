//! The drawing of a case as a standalone file.

use crate::report::page;
use crate::report::run::html::lanes::draw;
use crate::report::run::story::Story;

/// Returns the drawing of a story, including its style. It follows the light or dark mode of the
/// reader's screen.
pub fn to_svg(story: &Story) -> String {
    page::drawing(&draw(story))
}
