//! The floor `files`.

mod formats;
