//! Actions: the list of names, doc comments, lanes and arrows, and everything derived from it.

use super::{ActionInfo, Cut, FIRED, Fired, LaneInfo, State, Step};

/// The code that [`actions!`](crate::actions!) generates for a model.
pub trait Actions: Sized + Send + Sync + 'static {
    /// The state of the model.
    type State: State;

    /// The lanes, in the order of the list.
    const LANES: &'static [LaneInfo];
    /// The actions, in the order of the list; [`Step::action`] is an index into it.
    const ACTIONS: &'static [ActionInfo];
    /// The source file that contains the list, for reports that point at source lines.
    const FILE: &'static str;

    /// Tries every action with every argument on `state`, in the order of the list. Passes each
    /// step that fires to `emit`, with the state it leads to, and each step that leads to no state
    /// although it is not plainly disabled, with the reason.
    fn successors(
        &self,
        state: &Self::State,
        emit: impl FnMut(Step, Result<&Self::State, Cut<'static>>),
    );

    /// Takes one step, and keeps of the state what the model keeps. The state is unspecified if this
    /// is an error.
    #[inline]
    fn fire(&self, state: &mut Self::State, step: Step) -> Fired {
        self.act(state, step)?;
        self.forget(state);
        FIRED
    }

    /// Takes one step, and forgets nothing. The state is unspecified if this is an error.
    fn act(&self, state: &mut Self::State, step: Step) -> Fired;

    /// Sets what no longer matters in a state to a fixed value: the view of the model, which
    /// [`actions!`](crate::actions!) names. It changes nothing unless one is named.
    #[inline]
    fn forget(&self, state: &mut Self::State) {
        let _ = state;
    }

    /// Returns how many values of the parameter kind `kind` the bounds allow, if an action takes
    /// it.
    fn domain_size(&self, kind: &str) -> Option<u8>;
}

/// The list of a model's actions. Each name in it is a method
/// `fn name(&self, s: &mut Next<State>, parameters) -> Fired` of the model, guard lines first; plain
/// `&mut State` does as well, but is slower ([`Next`](crate::kit::Next)).
///
/// ```text
/// actions! { Downconvert, State;
///     /// A process that runs its program of lock requests.
///     fair app {
///         /// Call into the DLM.
///         app_dlm_lock(a: AppId) => master;
///     }
///     fault environment {
///         /// The head of the queue is a blocking callback and is lost.
///         lost_bast(n: NodeId);
///     }
/// }
/// ```
/// A lane is `fair` (weakly), `strong` (strongly fair), `optional` or `fault`. `=> lane` names the
/// lane that an action calls or sends to.
///
/// A fair process eventually acts, but it chooses the action: of two actions that are always enabled it
/// may take the same one every time. `fair each app` and `strong each app` make every action of a
/// process fair by itself: each `app` eventually takes an action that stays enabled.
///
/// `actions! { Downconvert, State, forget forgotten; ... }` names a method
/// `fn forgotten(&self, s: &mut State)`, which is called after every step. It sets what no longer
/// matters to a fixed value, so that states that differ only in that are one state.
/// The engines' `forgets_nothing_needed` tells whether it mattered.
///
/// The model implements [`Domain`](crate::kit::Domain) for each parameter type
/// ([`domains!`](crate::domains!)). See `examples/two_phase_commit/model.rs` for a whole model.
#[macro_export]
macro_rules! actions {
    ($model:ty, $state:ty $(, forget $forget:ident)?; $($(#[doc = $lane_doc:expr])* $fairness:ident $($lane:ident)+ {
        $($(#[doc = $doc:expr])* $name:ident($($param:ident : $ty:ty),* $(,)?) $(=> $target:ident)?;)*
    })*) => {
        impl $crate::kit::Actions for $model {
            type State = $state;

            const FILE: &'static str = file!();

            const LANES: &'static [$crate::kit::LaneInfo] = &[$(
                $crate::kit::LaneInfo {
                    name: $crate::actions!(@lane $($lane)+),
                    doc: concat!($($lane_doc),*).trim_ascii(),
                    fairness: $crate::actions!(@fairness $fairness),
                    each: $crate::actions!(@is_each $($lane)+),
                },
            )*];

            const ACTIONS: &'static [$crate::kit::ActionInfo] = &{
                let actions = [$($(
                    $crate::kit::ActionInfo {
                        name: stringify!($name),
                        doc: $crate::sentence!(action $name $($doc)*),
                        lane: 0,
                        target: $crate::actions!(@target $($target)?),
                        params: &[$($crate::kit::ParamInfo {
                            name: stringify!($param),
                            kind: <$ty as $crate::kit::Param>::KIND,
                            names: <$ty as $crate::kit::Param>::NAMES,
                        }),*],
                    },
                )*)*];
                let lanes: &[&[&str]] = &[$(&[$(stringify!($name)),*]),*];
                $crate::kit::in_lanes(actions, lanes)
            };

            #[inline]
            fn successors(
                &self,
                state: &Self::State,
                mut emit: impl FnMut(
                    $crate::kit::Step,
                    Result<&Self::State, $crate::kit::Cut<'static>>,
                ),
            ) {
                let mut next = $crate::kit::Next::of(*state);
                let mut action = 0u8;
                $($(
                    $crate::actions!(@each self; [$($param: $ty),*]; {
                        match self.$name(&mut next, $($param),*) {
                            Ok(()) => {
                                next.forget(|state| $crate::kit::Actions::forget(self, state));
                                emit($crate::actions!(@step action; $($param),*), Ok(next.state()));
                                next.undo(state);
                            }
                            Err($crate::kit::Refused::Exceeded(what)) => {
                                let cut = $crate::kit::Cut::Exceeds(what);
                                emit($crate::actions!(@step action; $($param),*), Err(cut));
                                next.undo(state);
                            }
                            Err($crate::kit::Refused::Disabled) => {
                                if next.differs(state) {
                                    let cut = $crate::kit::Cut::Changes;
                                    emit($crate::actions!(@step action; $($param),*), Err(cut));
                                    next.undo(state);
                                }
                            }
                        }
                    });
                    action += 1;
                )*)*
                // The last action may leave it written but never read.
                let _ = (action, next);
            }

            $(
                #[inline]
                fn forget(&self, state: &mut Self::State) {
                    self.$forget(state);
                }
            )?

            #[inline]
            fn act(&self, state: &mut Self::State, step: $crate::kit::Step) -> $crate::kit::Fired {
                let mut next = $crate::kit::Next::of(*state);
                let mut action = 0u8;
                $($(
                    if step.action == action {
                        #[allow(unused_mut, unused_variables, reason = "an action may take nothing")]
                        let mut args = step.args.into_iter();
                        $(let $param = <$ty as $crate::kit::Param>::from_index(args.next().unwrap_or(0));)*
                        let fired = self.$name(&mut next, $($param),*);
                        *state = *next.state();
                        return fired;
                    }
                    action += 1;
                )*)*
                let _ = (action, next);
                Err($crate::kit::Refused::Disabled)
            }

            fn domain_size(&self, kind: &str) -> Option<u8> {
                $($($(
                    if kind == <$ty as $crate::kit::Param>::KIND {
                        return Some(<Self as $crate::kit::Domain<$ty>>::size(self));
                    }
                )*)*)*
                let _ = kind;
                None
            }
        }

        const _: () = $crate::kit::demand_actions(
            <$model as $crate::kit::Actions>::LANES,
            <$model as $crate::kit::Actions>::ACTIONS,
        );
    };
    (@lane each $lane:ident) => { stringify!($lane) };
    (@lane $lane:ident) => { stringify!($lane) };
    (@is_each each $lane:ident) => { true };
    (@is_each $lane:ident) => { false };
    (@fairness fair) => { $crate::kit::Fairness::Fair };
    (@fairness strong) => { $crate::kit::Fairness::Strong };
    (@fairness optional) => { $crate::kit::Fairness::Optional };
    (@fairness fault) => { $crate::kit::Fairness::Fault };
    (@target) => { None };
    (@target $target:ident) => { Some(stringify!($target)) };
    (@each $model:ident; []; $body:block) => { $body };
    (@each $model:ident; [$param:ident : $ty:ty $(, $rest:ident : $rest_ty:ty)*]; $body:block) => {
        for $param in $crate::kit::values::<$ty>($model) {
            $crate::actions!(@each $model; [$($rest: $rest_ty),*]; $body)
        }
    };
    (@step $action:ident; ) => {
        $crate::kit::Step { action: $action, args: [0, 0, 0] }
    };
    (@step $action:ident; $a:ident) => {
        $crate::kit::Step { action: $action, args: [$crate::kit::Param::index($a), 0, 0] }
    };
    (@step $action:ident; $a:ident, $b:ident) => {
        $crate::kit::Step {
            action: $action,
            args: [$crate::kit::Param::index($a), $crate::kit::Param::index($b), 0],
        }
    };
    (@step $action:ident; $a:ident, $b:ident, $c:ident) => {
        $crate::kit::Step {
            action: $action,
            args: [
                $crate::kit::Param::index($a),
                $crate::kit::Param::index($b),
                $crate::kit::Param::index($c),
            ],
        }
    };
}
