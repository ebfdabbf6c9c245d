//! The drawing of a case as a file of its own.

use crate::report::page;
use crate::report::run::html::lanes::draw;
use crate::report::run::story::Story;

/// Returns the drawing of a story, with its style in it. It is light or dark as the reader's screen is.
pub fn to_svg(story: &Story) -> String {
    page::drawing(&draw(story))
}
