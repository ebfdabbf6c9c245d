//! What brings a run of threads about again.

/// What brings a run of threads about again, under the engine that did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Nothing does: the threads of the machine go as they like.
    None,
    /// The task that runs next, for each point at which there is a choice.
    Tasks(Vec<u16>),
    /// The decisions of loom, as loom writes them: JSON.
    Path(String),
}
