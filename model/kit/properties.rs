//! Properties: the requirements on a protocol.

use super::names::distinct;
use super::{Actions, Claim, ParamInfo};

/// A property of a model.
pub struct Property<M: Actions> {
    /// Its name, which is that of its method.
    pub name: &'static str,
    /// Its doc comment.
    pub doc: &'static str,
    /// Which states or runs it is about.
    pub kind: Kind,
    /// Returns its claim about one state.
    pub check: fn(&M, &M::State) -> Claim,
    /// Passes on its claim for each value of its parameter, in order. A property without a
    /// parameter has one part. A temporal property must hold for each part separately.
    pub parts: fn(&M, &M::State, &mut dyn FnMut(Claim)),
    /// Its parameter, if it has one. The claims of `parts` are those of its values in order.
    pub parameter: Option<ParamInfo>,
}

/// Which states or runs a property is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Every state.
    Invariant,
    /// Every state in which no action of a fair lane is enabled.
    AtRest,
    /// Some state: its claim must hold (not vacuously) in at least one state.
    Reachable,
    /// Every cycle of steps of fair lanes. No such cycle may run through states in which the claim
    /// holds (not vacuously): there the system would keep itself busy without external requests, as
    /// in a retry storm.
    NoFairCycle,
    /// Every fair run: it must reach a state in which the claim holds.
    Eventually,
    /// Every fair run: from a state in which the claim is violated (something is waited for and has
    /// not happened yet), it must reach a state in which the claim holds (it has happened). In a
    /// state where nothing is requested and nothing has happened, the claim is vacuous: an earlier
    /// request stays open.
    LeadsTo,
}

impl Kind {
    /// Returns the name of the kind in reports.
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

    /// Returns whether it is about fair runs instead of single states.
    pub const fn is_temporal(self) -> bool {
        matches!(self, Self::Eventually | Self::LeadsTo)
    }
}

/// The assertion of [`properties!`](crate::properties!): names are unique.
///
/// # Panics
///
/// With the name, if it is not unique.
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
/// A property other than `reachable` may have a parameter, as in
/// `leads_to bast_is_served(n: NodeId);`. It must then hold for each value separately, and its
/// method takes the value after the state. The expression is the model's
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
                parameter: $crate::properties!(@parameter $($param: $ty)?),
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
    (@parameter) => { None };
    (@parameter $param:ident : $ty:ty) => {
        Some($crate::kit::ParamInfo {
            name: stringify!($param),
            kind: <$ty as $crate::kit::Param>::KIND,
            names: <$ty as $crate::kit::Param>::NAMES,
        })
    };
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
