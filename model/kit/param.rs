//! What an action can take as a parameter, and how many values there are.

/// A type that an action can take as a parameter: an id, or an enum of a state.
pub trait Param: Copy {
    /// The prefix of an id (`n` of `n0`) or the name of an enum.
    const KIND: &'static str;
    /// The names of an enum's variants; empty for an id.
    const NAMES: &'static [&'static str] = &[];

    /// The value with this number; numbers start at 0.
    fn from_index(index: u8) -> Self;
    /// The number of this value.
    fn index(self) -> u8;
}

/// A parameter that is the id of something.
pub trait Id: Param + Eq + Ord {}

/// How many values of a parameter there are under the bounds of a model.
pub trait Domain<P: Param> {
    /// The number of values: they are `0..size`.
    fn size(&self) -> u8;
}

/// All values of the parameter `P` under the bounds of `model`.
#[inline(always)]
pub fn values<P: Param>(model: &impl Domain<P>) -> impl Iterator<Item = P> {
    (0..model.size()).map(P::from_index)
}

/// Says of a model how many values there are of each parameter: `domains! { Lock, self; ClientId: self.clients }`.
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
