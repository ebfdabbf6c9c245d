//! Properties: what a protocol promises.

use super::{Claim, Model};

/// A statement about a model.
pub struct Property<M: Model> {
    /// Its name: that of the method.
    pub name: &'static str,
    /// Its sentence.
    pub doc: &'static str,
    /// Which states it speaks of.
    pub kind: Kind,
    /// What it says about one state.
    pub check: fn(&M, &M::State) -> Claim,
}

/// Which states a property speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Every state.
    Invariant,
    /// Every state in which no action of a fair lane is enabled.
    AtRest,
    /// Some state: its claim must hold (not vacuously) somewhere.
    Reachable,
    /// Every cycle of steps of fair lanes: there must be none through states that count, which are
    /// those in which its claim holds (not vacuously). The system keeps itself busy there without
    /// anybody asking anything of it: a retry storm.
    NoFairCycle,
}

impl Kind {
    /// The kind as reports spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invariant => "invariant",
            Self::AtRest => "invariant at rest",
            Self::Reachable => "reachable",
            Self::NoFairCycle => "no fair cycle",
        }
    }
}

/// The list of a model's properties. Each name in it is a method
/// `fn name(&self, state: &State) -> Claim` of the model.
///
/// ```text
/// properties! { Downconvert;
///     /// No two nodes are granted levels that exclude one another.
///     invariant compatible_grants;
///     /// A lock on the list of an idle downconvert thread does not wait for it.
///     at_rest no_sleep_on_work;
/// }
/// ```
/// The kinds are `invariant`, `at_rest`, `reachable` and `no_fair_cycle`. The expression is the model's
/// [`PROPERTIES`](crate::kit::Model::PROPERTIES).
#[macro_export]
macro_rules! properties {
    ($model:ty; $($(#[doc = $doc:expr])+ $kind:ident $name:ident;)*) => {
        &[$(
            $crate::kit::Property::<$model> {
                name: stringify!($name),
                doc: concat!($($doc),+).trim_ascii(),
                kind: $crate::properties!(@kind $kind),
                check: <$model>::$name,
            },
        )*]
    };
    (@kind invariant) => { $crate::kit::Kind::Invariant };
    (@kind at_rest) => { $crate::kit::Kind::AtRest };
    (@kind reachable) => { $crate::kit::Kind::Reachable };
    (@kind no_fair_cycle) => { $crate::kit::Kind::NoFairCycle };
}
