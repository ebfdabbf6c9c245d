//! What a property may say about a state.

/// What a property says about one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// Nothing was asked of this state: the antecedent is false.
    Vacuous,
    /// The antecedent is true and so is the rest.
    Holds,
    /// The state is a counterexample.
    Violated,
}

/// A statement without an antecedent.
#[inline(always)]
pub fn claim(statement: bool) -> Claim {
    if statement { Claim::Holds } else { Claim::Violated }
}

/// "If `antecedent`, then `consequent`"; coverage counts how often the antecedent was true.
#[inline(always)]
pub fn implies(antecedent: bool, consequent: bool) -> Claim {
    if antecedent { claim(consequent) } else { Claim::Vacuous }
}

/// The claim of a `leads_to` property: it holds in a state where the answer is `there`, is violated in a
/// state that is `waiting` for it, and is vacuous otherwise. `implies` cannot express this: it is vacuous
/// in a state where no process waits, so an earlier request would stay open permanently.
#[inline(always)]
pub fn awaits(waiting: bool, there: bool) -> Claim {
    if there {
        Claim::Holds
    } else if waiting {
        Claim::Violated
    } else {
        Claim::Vacuous
    }
}

/// All of the claims: violated if one is, vacuous if all are.
#[inline(always)]
pub fn every(claims: impl IntoIterator<Item = Claim>) -> Claim {
    claims.into_iter().fold(Claim::Vacuous, Ord::max)
}
