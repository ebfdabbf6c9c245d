//! Refinement: every step of a model is a step of a specification, or none.

use zerocopy::{FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{
    ActionInfo, Actions, Claim, Cut, FIRED, Field, Fired, LaneInfo, Model, Permutation, Permute,
    ProfileInfo, Property, Protocol, RuleInfo, Setup, Step, VariantInfo, View, Visit, Visitor,
    same, when,
};

/// A model that implements a specification `S`, with the mapping of states that shows it.
///
/// [`Refinement`] checks it.
pub trait Refines<S: Model>: Model {
    /// The name of the refinement as a protocol: the name of the implementation, `_refines_`, and
    /// the name of the specification. `check IMPLEMENTATION --refines SPECIFICATION` looks it up.
    const REFINEMENT: &'static str;

    /// Creates the specification, with the same bounds.
    fn spec(&self) -> S;

    /// Returns the state of the specification that `state` stands for.
    fn mapped(&self, state: &Self::State) -> S::State;
}

/// Returns the first step of `spec` that leads from `from` to `to`.
pub fn step_between<S: Model>(spec: &S, from: &S::State, to: &S::State) -> Option<Step> {
    let mut found = None;
    spec.successors(from, |step, next| {
        if found.is_none() && next.is_ok_and(|next| same(next, to)) {
            found = Some(step);
        }
    });
    found
}

/// A state of the implementation, with the state of the specification that it stands for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned,
)]
#[repr(C)]
pub struct Mapped<A, B> {
    /// The state of the implementation.
    pub own: A,
    /// The state of the specification.
    pub spec: B,
    /// The last step was no step of the specification, or this is an initial state that the
    /// specification does not have.
    pub strays: bool,
}

impl<A: Visit, B: Visit> Visit for Mapped<A, B> {
    fn visit(&self, visitor: &mut dyn Visitor) {
        self.own.visit(visitor);
        visitor.field("spec", "The state of the specification.");
        self.spec.visit(visitor);
        visitor.leave();
        visitor.field("strays", "The last step was no step of the specification.");
        self.strays.visit(visitor);
        visitor.leave();
    }
}

impl<A: Permute, B: Permute> Permute for Mapped<A, B> {
    const HAS_IDS: bool = A::HAS_IDS || B::HAS_IDS;

    #[inline]
    fn permuted(&self, by: &Permutation) -> Self {
        Self { own: self.own.permuted(by), spec: self.spec.permuted(by), strays: self.strays }
    }
}

/// An implementation that is checked against its specification.
///
/// It is a model with the states, actions, bounds and rules of the implementation, and one property,
/// `refines`. The mapped state is part of its state, so a counterexample shows both side by side. A
/// run ends with the first step that is no step of the specification.
pub struct Refinement<M, S> {
    own: M,
    spec: S,
}

impl<S: Model, M: Refines<S>> Refinement<M, S> {
    /// Creates the refinement of an implementation.
    pub fn of(own: M) -> Self {
        let spec = own.spec();
        Self { own, spec }
    }

    /// Returns the specification.
    pub fn specification(&self) -> &S {
        &self.spec
    }

    /// Returns whether a state is an initial state of the specification.
    fn begins(&self, state: &S::State) -> bool {
        let mut begins = false;
        self.spec.initial(&mut |initial| begins |= same(initial, state));
        begins
    }

    /// Returns the state after a step to `own`.
    fn after(
        &self,
        from: &Mapped<M::State, S::State>,
        own: M::State,
    ) -> Mapped<M::State, S::State> {
        let spec = self.own.mapped(&own);
        let strays =
            !same(&from.spec, &spec) && step_between(&self.spec, &from.spec, &spec).is_none();
        Mapped { own, spec, strays }
    }

    fn refines(&self, s: &Mapped<M::State, S::State>) -> Claim {
        match s.strays {
            true => Claim::Violated,
            // While nothing has happened in the specification, nothing is shown about it.
            false if self.begins(&s.spec) => Claim::Vacuous,
            false => Claim::Holds,
        }
    }
}

impl<S: Model, M: Refines<S>> Actions for Refinement<M, S> {
    type State = Mapped<M::State, S::State>;

    const LANES: &'static [LaneInfo] = M::LANES;
    const ACTIONS: &'static [ActionInfo] = M::ACTIONS;
    const FILE: &'static str = M::FILE;

    fn successors(
        &self,
        state: &Self::State,
        mut emit: impl FnMut(Step, Result<&Self::State, Cut<'static>>),
    ) {
        if state.strays {
            return;
        }
        self.own.successors(&state.own, |step, next| match next {
            Ok(own) => emit(step, Ok(&self.after(state, *own))),
            Err(cut) => emit(step, Err(cut)),
        });
    }

    fn act(&self, state: &mut Self::State, step: Step) -> Fired {
        if state.strays {
            return when(false);
        }
        let mut own = state.own;
        self.own.fire(&mut own, step)?;
        *state = self.after(state, own);
        FIRED
    }

    fn domain_size(&self, kind: &str) -> Option<u8> {
        self.own.domain_size(kind).or_else(|| self.spec.domain_size(kind))
    }
}

impl<S: Model, M: Refines<S>> Model for Refinement<M, S> {
    const PROPERTIES: &'static [Property<Self>] = properties! { Refinement<M, S>;
        /// Every step is a step of the specification, or none.
        invariant refines;
    };

    fn initial(&self, emit: &mut dyn FnMut(&Self::State)) {
        self.own.initial(&mut |own| {
            let spec = self.own.mapped(own);
            emit(&Mapped { own: *own, spec, strays: !self.begins(&spec) });
        });
    }

    fn done(&self, _: &Self::State) -> bool {
        true
    }

    fn constraint(&self, state: &Self::State) -> bool {
        self.own.constraint(&state.own)
    }

    fn symmetries(&self, emit: &mut dyn FnMut(Permutation)) {
        self.own.symmetries(emit);
    }

    fn permuted(&self, state: &Self::State, by: &Permutation) -> Self::State {
        let own = self.own.permuted(&state.own, by);
        Mapped { own, spec: self.own.mapped(&own), strays: state.strays }
    }

    fn sorting(&self, state: &Self::State) -> Option<Permutation> {
        self.own.sorting(&state.own)
    }
}

impl<S: Model, M: Refines<S> + Protocol> Protocol for Refinement<M, S> {
    const NAME: &'static str = M::REFINEMENT;
    const SUMMARY: &'static str = M::SUMMARY;
    const BOUNDS: &'static [Field] = M::BOUNDS;
    const FAULTS: &'static [Field] = M::FAULTS;
    const RULES: &'static [RuleInfo] = M::RULES;
    const VARIANTS: &'static [VariantInfo] = M::VARIANTS;
    const PROFILES: &'static [ProfileInfo] = M::PROFILES;
    const VIEW: View = M::VIEW;

    fn new(setup: &Setup<'_>) -> Result<Self, &'static str> {
        Ok(Self::of(M::new(setup)?))
    }
}
