//! The floor `conform`.

mod recordings;
