//! The house itself: its floors, its rooms, and the rules that a compiler does not know.

mod documents;
mod floors;
mod imports;
mod tidy;
mod workflows;
