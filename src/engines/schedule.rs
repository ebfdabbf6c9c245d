//! How to reproduce a run of threads.

/// How to reproduce a run of threads under the engine that did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// The run cannot be reproduced: the operating system scheduled its threads.
    None,
    /// The task that runs next, for each point at which there is a choice.
    Tasks(Vec<u16>),
    /// The decisions of loom, in its own JSON format.
    Path(String),
}
