//! Flat states: `Copy`, one-byte fields, and a name for every field.

use zerocopy::{FromZeros, Immutable, IntoBytes, KnownLayout, TryFromBytes, Unaligned};

use super::{Permute, Visit};

/// The requirements of engines on a state: it is plain bytes, and its fields have names.
///
/// Implemented by [`state!`](crate::state!), never by hand.
pub trait State:
    Copy
    + Send
    + Sync
    + 'static
    + IntoBytes
    + TryFromBytes
    + FromZeros
    + Immutable
    + KnownLayout
    + Unaligned
    + Visit
    + Permute
{
}

impl<S> State for S where
    S: Copy
        + Send
        + Sync
        + 'static
        + IntoBytes
        + TryFromBytes
        + FromZeros
        + Immutable
        + KnownLayout
        + Unaligned
        + Visit
        + Permute
{
}

/// Returns whether two states are equal, byte for byte.
#[inline(always)]
pub fn same<S: State>(one: &S, other: &S) -> bool {
    one.as_bytes() == other.as_bytes()
}

/// Declares a struct or a C-like enum that can be part of a state.
///
/// A struct may contain `bool`, `u8`, arrays of them, types declared with this macro or with
/// [`ids!`](crate::ids!), and types of the kit ([`Table`](super::Table), [`Set`](super::Set),
/// [`Fifo`](super::Fifo), [`Queue`](super::Queue), [`Bag`](super::Bag), [`Timer`](super::Timer),
/// [`Clock`](super::Clock), [`Stamp`](super::Stamp), [`Refs`](super::Refs),
/// [`Durable`](super::Durable)). All fields are one byte wide, so there is no padding, and equal
/// states have equal bytes. `Default` is all zero: the first variant of an enum. After a [`Crash`](super::Crash) only what is durable is left.
///
/// ```
/// latchwork_model::state! {
///     /// How strong a lock is.
///     pub enum Level { NL, PR, EX }
/// }
/// latchwork_model::state! {
///     /// One node.
///     pub struct Node {
///         /// Its level.
///         pub level: Level,
///         /// A request is on its way.
///         pub busy: bool,
///     }
/// }
/// assert_eq!(Node::default().level, Level::NL);
/// assert_eq!(size_of::<Node>(), 2);
/// ```
#[macro_export]
macro_rules! state {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[doc = $doc:expr])* $field_vis:vis $field:ident : $ty:ty),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq,
            $crate::kit::zerocopy::FromZeros,
            $crate::kit::zerocopy::Immutable,
            $crate::kit::zerocopy::IntoBytes,
            $crate::kit::zerocopy::KnownLayout,
            $crate::kit::zerocopy::Unaligned,
        )]
        #[zerocopy(crate = "latchwork_model::kit::zerocopy")]
        #[repr(C)]
        $vis struct $name {
            $($(#[doc = $doc])* $field_vis $field: $ty,)*
        }

        impl Default for $name {
            fn default() -> Self {
                $crate::kit::zerocopy::FromZeros::new_zeroed()
            }
        }

        impl $crate::kit::Visit for $name {
            fn visit(&self, visitor: &mut dyn $crate::kit::Visitor) {
                $(
                    visitor.field(stringify!($field), concat!($($doc),*).trim_ascii());
                    $crate::kit::Visit::visit(&self.$field, visitor);
                    visitor.leave();
                )*
            }
        }

        impl $crate::kit::Permute for $name {
            const HAS_IDS: bool = false $(|| <$ty as $crate::kit::Permute>::HAS_IDS)*;

            #[inline]
            fn permuted(&self, by: &$crate::kit::Permutation) -> Self {
                if !Self::HAS_IDS {
                    return *self;
                }
                Self { $($field: $crate::kit::Permute::permuted(&self.$field, by),)* }
            }
        }

        // The lifetime defers the bounds to where a struct crashes: a field of a type without a
        // `crash` is no error in a struct that never does.
        impl $crate::kit::Crash for $name
        where
            $(for<'deferred> $ty: $crate::kit::Crash,)*
        {
            #[inline]
            fn crash(&mut self) {
                $($crate::kit::Crash::crash(&mut self.$field);)*
            }
        }
    };
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[doc = $doc:expr])* $variant:ident),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord,
            $crate::kit::zerocopy::FromZeros,
            $crate::kit::zerocopy::Immutable,
            $crate::kit::zerocopy::IntoBytes,
            $crate::kit::zerocopy::KnownLayout,
            $crate::kit::zerocopy::Unaligned,
        )]
        #[zerocopy(crate = "latchwork_model::kit::zerocopy")]
        #[repr(u8)]
        $vis enum $name {
            $(
                #[allow(missing_docs, reason = "a variant says what it is by its name")]
                $(#[doc = $doc])* $variant,
            )*
        }

        impl $name {
            /// The names of the variants, in order.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($variant)),*];
            /// The variants, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
        }

        impl Default for $name {
            fn default() -> Self {
                Self::ALL[0]
            }
        }

        impl $crate::kit::Visit for $name {
            fn visit(&self, visitor: &mut dyn $crate::kit::Visitor) {
                const DOCS: &[&str] = &[$(concat!($($doc),*).trim_ascii()),*];
                visitor.name(Self::NAMES[*self as usize], DOCS[*self as usize]);
            }
        }

        impl $crate::kit::Permute for $name {}

        impl $crate::kit::Crash for $name {}

        impl $crate::kit::Param for $name {
            const KIND: &'static str = stringify!($name);
            const NAMES: &'static [&'static str] = Self::NAMES;

            #[inline(always)]
            fn from_index(index: u8) -> Self {
                Self::ALL[index as usize]
            }

            #[inline(always)]
            fn index(self) -> u8 {
                self as u8
            }
        }
    };
}
