//! Properties: what a protocol promises.

use super::names::distinct;
use super::{Actions, Claim};

/// A statement about a model.
pub struct Property<M: Actions> {
    /// Its name: that of the method.
    pub name: &'static str,
    /// Its sentence.
    pub doc: &'static str,
    /// Which states it speaks of.
    pub kind: Kind,
    /// What it says about one state.
    pub check: fn(&M, &M::State) -> Claim,
    /// The same for each value of its parameter, in order; a property without one has one part.
    /// What a temporal property asks of one part is not answered by another one.
    pub parts: fn(&M, &M::State, &mut dyn FnMut(Claim)),
    /// Whether it has a parameter.
    pub has_parameter: bool,
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
    /// Every fair run: it must come to a state in which the claim holds.
    Eventually,
    /// Every fair run: from a state in which the claim is violated (something is waited for and is
    /// not there yet) it must come to one in which the claim holds (there it is). Where nothing
    /// is asked and nothing is there the claim is vacuous: what was asked before is still waited
    /// for.
    LeadsTo,
}

impl Kind {
    /// The kind as reports spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invariant => "invariant",
            Self::AtRest => "invariant at rest",
            Self::Reachable => "reachable",
            Self::NoFairCycle => "no fair cycle",
            Self::Eventually => "eventually",
            Self::LeadsTo => "leads to",
        }
    }

    /// Whether it speaks of fair runs: of what happens in the end, and not of single states.
    pub const fn is_temporal(self) -> bool {
        matches!(self, Self::Eventually | Self::LeadsTo)
    }
}

/// What [`properties!`](crate::properties!) asserts: each has a name of its own.
///
/// # Panics
///
/// With the name, if it is not so.
pub const fn demand_properties<M: Actions>(properties: &[Property<M>]) {
    distinct!(properties, "properties");
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
/// The kinds are `invariant`, `at_rest`, `reachable`, `no_fair_cycle`, `eventually` and `leads_to`.
/// A property may have a parameter, `leads_to bast_is_served(n: NodeId);`, over whose values it
/// speaks, each by itself; its method takes it after the state. `reachable` takes none. The expression is the model's
/// [`PROPERTIES`](crate::kit::Model::PROPERTIES).
///
/// A run is fair if every process of a `fair` lane that stays enabled from some state on acts
/// infinitely often, and every process of a `strong` lane that is enabled infinitely often does. A
/// run may stop in a state where no process of these lanes is enabled. Other processes need not act.
/// In a `fair each` or `strong each` lane the same holds for each action of a process. With more than
/// 64 processes of these lanes (or actions, where each is fair) `eventually` and `leads_to` are not
/// decided.
///
/// Write a `leads_to` property with [`awaits`](crate::kit::awaits): it is violated in a state that waits,
/// holds in a state where the answer is there, and is vacuous otherwise. With
/// [`implies`](crate::kit::implies) it would hold only while a process still waits, and runs on which
/// every process was served would violate it.
#[macro_export]
macro_rules! properties {
    ($model:ty; $($(#[doc = $doc:expr])* $kind:ident $name:ident $(($param:ident : $ty:ty))?;)*) => {
        &{
            let properties = [$($crate::kit::Property::<$model> {
                name: stringify!($name),
                doc: $crate::sentence!(property $name $($doc)*),
                kind: $crate::properties!(@kind $kind $($param)?),
                check: $crate::properties!(@check $model; $name $($param: $ty)?),
                parts: $crate::properties!(@parts $model; $name $($param: $ty)?),
                has_parameter: $crate::properties!(@has_parameter $($param)?),
            },)*];
            $crate::kit::demand_properties::<$model>(&properties);
            properties
        }
    };
    (@check $model:ty; $name:ident) => { <$model>::$name };
    (@check $model:ty; $name:ident $param:ident : $ty:ty) => {
        |model, state| {
            $crate::kit::every(
                $crate::kit::values::<$ty>(model).map(|$param| model.$name(state, $param)),
            )
        }
    };
    (@parts $model:ty; $name:ident) => { |model, state, emit| emit(model.$name(state)) };
    (@parts $model:ty; $name:ident $param:ident : $ty:ty) => {
        |model, state, emit| {
            $crate::kit::values::<$ty>(model).for_each(|$param| emit(model.$name(state, $param)));
        }
    };
    (@has_parameter) => { false };
    (@has_parameter $param:ident) => { true };
    (@kind invariant $($param:ident)?) => { $crate::kit::Kind::Invariant };
    (@kind at_rest $($param:ident)?) => { $crate::kit::Kind::AtRest };
    (@kind reachable $param:ident) => {
        compile_error!("a `reachable` property takes no parameter: write one for each value")
    };
    (@kind reachable) => { $crate::kit::Kind::Reachable };
    (@kind no_fair_cycle $($param:ident)?) => { $crate::kit::Kind::NoFairCycle };
    (@kind eventually $($param:ident)?) => { $crate::kit::Kind::Eventually };
    (@kind leads_to $($param:ident)?) => { $crate::kit::Kind::LeadsTo };
}
