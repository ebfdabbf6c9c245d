//! The claims that a property can make about a state.

/// The claim of a property about one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// Nothing is claimed about this state: the antecedent is false.
    Vacuous,
    /// The antecedent is true, and so is the consequent.
    Holds,
    /// The state is a counterexample.
    Violated,
}

/// Returns the claim of a statement without an antecedent.
#[inline(always)]
#[cfg_attr(feature = "mutants", track_caller)]
pub fn claim(statement: bool) -> Claim {
    #[cfg(feature = "mutants")]
    let statement = super::mutants::said(statement, false, core::panic::Location::caller());
    if statement { Claim::Holds } else { Claim::Violated }
}

/// Returns the claim "if `antecedent`, then `consequent`". Coverage counts how often the antecedent
/// was true.
#[inline(always)]
#[cfg_attr(feature = "mutants", track_caller)]
pub fn implies(antecedent: bool, consequent: bool) -> Claim {
    if antecedent { claim(consequent) } else { Claim::Vacuous }
}

/// Returns what [`implies`] does, and evaluates the consequent only where the antecedent is true. It
/// pays where the consequent looks at much of the state.
#[inline(always)]
#[cfg_attr(feature = "mutants", track_caller)]
pub fn if_then(antecedent: bool, consequent: impl FnOnce() -> bool) -> Claim {
    if antecedent { claim(consequent()) } else { Claim::Vacuous }
}

/// Returns the claim of a `leads_to` property. It holds in a state where the answer is `there`, is
/// violated in a state that is `waiting` for it, and is vacuous otherwise. `implies` cannot express
/// this: it is vacuous in a state where no process waits, so an earlier request would stay open
/// permanently.
#[inline(always)]
#[cfg_attr(feature = "mutants", track_caller)]
pub fn awaits(waiting: bool, there: bool) -> Claim {
    #[cfg(feature = "mutants")]
    let there =
        there || waiting && super::mutants::said(false, false, core::panic::Location::caller());
    if there {
        Claim::Holds
    } else if waiting {
        Claim::Violated
    } else {
        Claim::Vacuous
    }
}

/// Returns the conjunction of claims: violated if one is, vacuous if all are.
#[inline(always)]
pub fn every(claims: impl IntoIterator<Item = Claim>) -> Claim {
    claims.into_iter().fold(Claim::Vacuous, Ord::max)
}
