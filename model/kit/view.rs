//! How a run is drawn: where its processes are, which fields are worth a bar, which fields are
//! messages.
//!
//! Nothing here changes what a model does. A protocol that declares none of it is drawn with a lane
//! for each process.

/// What a protocol declares about the drawings of its runs.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// The places of its lanes. A lane that is not listed has no place: each of its processes is
    /// drawn by itself.
    pub seats: &'static [Seat],
    /// The fields that are drawn as bars while they hold something, three to six of them.
    pub bars: &'static [Bar],
    /// The fields that hold messages on their way. A channel needs no declaration if the steps that
    /// put items in and take them out are those of the sender and the receiver.
    pub mail: &'static [Mail],
    /// The names that mean nothing, besides `None`: shown as a dot in a state.
    pub nothing: &'static [&'static str],
}

/// The place of the processes of a lane.
#[derive(Clone, Copy, Debug)]
pub struct Seat {
    /// The lane.
    pub lane: &'static str,
    /// The place, without the number of a numbered one: `node`, `DLM`.
    pub place: &'static str,
    /// Which processes of the lane are at which place.
    pub spread: Spread,
}

/// How the processes of a lane are spread over places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// They are at one place, and are drawn as one.
    Together,
    /// They are at one place, and each is drawn by itself.
    Apart,
    /// Each is at the place with its own number: `dc@n1` at `node 1`.
    Numbered,
    /// Each is at the place whose number is in the bounds, in this field of its entry of this list:
    /// `app@a2` at the node in `apps[2].node`.
    Bound(&'static str, &'static str),
}

/// A field that is drawn as a bar while it is not empty.
#[derive(Clone, Copy, Debug)]
pub struct Bar {
    /// The path of the field. A `*` stands for the id of a table entry: `node.*.busy`.
    pub field: &'static str,
    /// What the bar is called. A bar of a named value shows the value as well.
    pub label: &'static str,
    /// The place beside which it is drawn. If it is a numbered one, the number is that of the first
    /// `*`.
    pub place: &'static str,
}

/// A field that holds messages on their way. In a field that is no channel, a message is sent when
/// the field gets a value, and taken when the field is empty again. A number counts copies.
#[derive(Clone, Copy, Debug)]
pub struct Mail {
    /// The path of the field. A `*` stands for the id of a table entry: `client.*.lock_n`.
    pub field: &'static str,
    /// What the message is called; the items of a channel have names of their own.
    pub label: &'static str,
    /// The lane from which it comes.
    pub from: &'static str,
    /// The lane to which it goes.
    pub to: &'static str,
}

impl View {
    /// Declares nothing.
    pub const NONE: Self = Self { seats: &[], bars: &[], mail: &[], nothing: &[] };

    /// Returns the place of a lane.
    pub fn seat(&self, lane: &str) -> Option<&'static Seat> {
        self.seats.iter().find(|seat| seat.lane == lane)
    }
}
