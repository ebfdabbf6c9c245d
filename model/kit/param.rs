//! The parameters of actions, and the number of their values.

/// A type that an action can take as a parameter: an id, or an enum of a state.
pub trait Param: Copy {
    /// The prefix of an id (`n` of `n0`) or the name of an enum.
    const KIND: &'static str;
    /// The names of an enum's variants; empty for an id.
    const NAMES: &'static [&'static str] = &[];

    /// Returns the value with this number. Numbers start at 0.
    fn from_index(index: u8) -> Self;
    /// Returns the number of this value.
    fn index(self) -> u8;
}

/// A parameter that is the id of something.
pub trait Id: Param + Eq + Ord {}

/// The number of values of a parameter under the bounds of a model.
pub trait Domain<P: Param> {
    /// Returns the number of values: they are `0..size`.
    fn size(&self) -> u8;
}

/// Returns all values of the parameter `P` under the bounds of `model`.
#[inline(always)]
pub fn values<P: Param>(model: &impl Domain<P>) -> impl Iterator<Item = P> {
    (0..model.size()).map(P::from_index)
}

/// Implements [`Domain`](crate::kit::Domain) for each parameter of a model:
/// `domains! { Lock, self; ClientId: self.clients }`.
#[macro_export]
macro_rules! domains {
    ($model:ident, $self:ident; $($(#[$note:meta])* $param:ty: $size:expr),+ $(,)?) => {
        $(
            $(#[$note])*
            impl $crate::kit::Domain<$param> for $model {
                #[inline]
                fn size(&$self) -> u8 {
                    $size
                }
            }
        )+
    };
}
