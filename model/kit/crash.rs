//! What a crash leaves of a value.

use zerocopy::FromZeros;

/// What a crash leaves of a value: nothing, unless a part of it is [`Durable`](super::Durable).
///
/// [`state!`](crate::state!) and [`ids!`](crate::ids!) implement it: a struct crashes field by
/// field. What is not durable becomes zero: empty containers, stopped timers, the first variant of
/// an enum. Keep what no process knows outside of the owner, or it is cleared as well.
///
/// ```
/// use latchwork_model::kit::{Crash, Durable};
/// latchwork_model::state! {
///     /// A server.
///     pub struct Server {
///         /// Its epoch, on disk.
///         pub epoch: Durable<u8>,
///         /// It grants reclaims only.
///         pub grace: bool,
///     }
/// }
/// let mut server = Server { epoch: Durable::of(3), grace: true };
/// server.epoch.write(4);
/// server.crash();
/// assert_eq!(server, Server { epoch: Durable::of(3), grace: false });
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no meaning after a crash",
    note = "the types of the kit, and those declared with `state!` or `ids!`, implement `Crash`"
)]
pub trait Crash: FromZeros {
    /// Clears the value, except for what has reached stable storage.
    #[inline]
    fn crash(&mut self) {
        self.zero();
    }
}

impl Crash for bool {}
impl Crash for u8 {}

/// Every item crashes.
impl<T: Crash, const N: usize> Crash for [T; N] {
    #[inline]
    fn crash(&mut self) {
        self.iter_mut().for_each(T::crash);
    }
}
