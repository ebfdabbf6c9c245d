//! The floor `serve`.

mod live;
