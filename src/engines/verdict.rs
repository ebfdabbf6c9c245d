//! What engines hand to everybody else: plain data.

use std::borrow::Cow;

use latchwork_model::kit::{Actions, Kind, Model, Step};
use serde::{Deserialize, Serialize};

/// A property of a model by its position: those of the model first, then the built-in ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PropertyId(pub u8);

/// The properties that every model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltIn {
    /// No state without an enabled action, unless it is done.
    Deadlock,
    /// From every state a done state can be reached.
    CanFinish,
    /// The model does not panic.
    NoPanic,
    /// The model keeps within its bounds.
    BoundExceeded,
    /// No action changes the state before one of its guards fails.
    GuardsFirst,
}

impl BuiltIn {
    /// All of them, in the order of their ids.
    pub const ALL: [Self; 5] =
        [Self::Deadlock, Self::CanFinish, Self::NoPanic, Self::BoundExceeded, Self::GuardsFirst];

    /// The name under which it is reported.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deadlock => "deadlock",
            Self::CanFinish => "can_finish",
            Self::NoPanic => "no_panic",
            Self::BoundExceeded => "bound_exceeded",
            Self::GuardsFirst => "guards_first",
        }
    }

    /// What it says, in one sentence.
    pub const fn doc(self) -> &'static str {
        match self {
            Self::Deadlock => "Where nothing is enabled, the protocol is done.",
            Self::CanFinish => {
                "From every state a state can be reached in which the protocol is done."
            }
            Self::NoPanic => "The model does not panic.",
            Self::BoundExceeded => "The model keeps within its bounds.",
            Self::GuardsFirst => "No action changes the state before one of its guards fails.",
        }
    }

    /// Its id in the model `M`.
    pub const fn id<M: Model>(self) -> PropertyId {
        PropertyId(M::PROPERTIES.len() as u8 + self as u8)
    }
}

/// What is known of the properties of a model, without the model's type.
#[derive(Clone, Copy, Debug)]
pub struct PropertyInfo {
    /// Its name.
    pub name: &'static str,
    /// What it says, in one sentence.
    pub doc: &'static str,
    /// Of the model, or built in.
    pub kind: PropertyKind,
}

/// Of the model, or built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropertyKind {
    /// A property of the model.
    Model(Kind),
    /// A built-in one.
    BuiltIn(BuiltIn),
}

impl PropertyKind {
    /// The kind as reports spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Model(kind) => kind.name(),
            Self::BuiltIn(_) => "built in",
        }
    }

    /// Whether a violation is what goes on for ever.
    pub const fn is_of_runs(self) -> bool {
        matches!(self, Self::Model(Kind::NoFairCycle | Kind::Eventually | Kind::LeadsTo))
    }

    /// Whether it is judged on the graph of the whole space, and not state by state.
    pub const fn needs_graph(self) -> bool {
        self.is_of_runs() || matches!(self, Self::BuiltIn(BuiltIn::CanFinish))
    }
}

/// All properties of a model; [`PropertyId`] is an index into this.
pub fn properties<M: Model>() -> Vec<PropertyInfo> {
    let own = M::PROPERTIES.iter().map(|property| PropertyInfo {
        name: property.name,
        doc: property.doc,
        kind: PropertyKind::Model(property.kind),
    });
    let built_in = BuiltIn::ALL.into_iter().map(|built_in| PropertyInfo {
        name: built_in.name(),
        doc: built_in.doc(),
        kind: PropertyKind::BuiltIn(built_in),
    });
    own.chain(built_in).collect()
}

/// Those of the properties that are judged on the graph of the whole space.
pub fn of_graph(properties: &[PropertyInfo]) -> PropertySet {
    let ids = (0..).map(PropertyId).zip(properties);
    ids.filter(|(_, property)| property.kind.needs_graph()).map(|(id, _)| id).collect()
}

/// A set of properties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Vec<PropertyId>", into = "Vec<PropertyId>")]
pub struct PropertySet(u128);

impl PropertySet {
    /// No property.
    pub const EMPTY: Self = Self(0);
    /// Every property.
    pub const ALL: Self = Self(u128::MAX);

    /// Whether `property` is in it.
    pub const fn contains(self, property: PropertyId) -> bool {
        self.0 >> property.0 & 1 == 1
    }

    /// Puts `property` in.
    pub const fn insert(&mut self, property: PropertyId) {
        self.0 |= 1 << property.0;
    }

    /// Takes `property` out.
    pub const fn remove(&mut self, property: PropertyId) {
        self.0 &= !(1 << property.0);
    }

    /// Whether it is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in `self` and not in `other`.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The members, smallest first.
    pub fn iter(self) -> impl Iterator<Item = PropertyId> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let first = (left != 0).then(|| PropertyId(left.trailing_zeros() as u8));
            left &= left.wrapping_sub(1);
            first
        })
    }
}

impl FromIterator<PropertyId> for PropertySet {
    fn from_iter<T: IntoIterator<Item = PropertyId>>(ids: T) -> Self {
        let mut set = Self::EMPTY;
        ids.into_iter().for_each(|id| set.insert(id));
        set
    }
}

impl From<Vec<PropertyId>> for PropertySet {
    fn from(ids: Vec<PropertyId>) -> Self {
        ids.into_iter().collect()
    }
}

impl From<PropertySet> for Vec<PropertyId> {
    fn from(set: PropertySet) -> Self {
        set.iter().collect()
    }
}

/// How many states and steps there were. All figures are those of complete levels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// States found.
    pub distinct: u64,
    /// Initial states plus all successors, duplicates and self-loops included.
    pub generated: u64,
    /// States on each level: `levels[k]` are first reached in `k` steps.
    pub levels: Vec<u64>,
}

impl Statistics {
    /// The greatest distance of a state from the initial ones, in steps.
    pub fn depth(&self) -> usize {
        self.levels.len().saturating_sub(1)
    }
}

/// An upper bound of the probability that fingerprints of so many states in each of some searches
/// made one state pass for another: `distinct² / 2^65` each, added up, two digits, rounded up.
///
/// There are `distinct · (distinct - 1) / 2` pairs of states, and each has equal fingerprints of 64
/// bits with probability `1 / 2^64`, as if they were drawn. Up to the first collision a search is
/// what it would be without any; so if there was none, as many states were found as there are.
pub fn collision(distinct: impl IntoIterator<Item = u64>) -> f64 {
    const ONE: u128 = 1 << 65;
    let squares = distinct.into_iter().map(|count| u128::from(count) * u128::from(count));
    let mut sum = squares.fold(0, u128::saturating_add);
    if sum == 0 {
        return 0.0;
    }
    let mut exponent = 0;
    while sum < 10 * ONE {
        sum *= 10;
        exponent += 1;
    }
    // Digits and not a quotient, so that it is spelled the same everywhere.
    let spelled = format!("{}e-{exponent}", sum.div_ceil(ONE));
    spelled.parse().map_or(1.0, |bound: f64| bound.min(1.0))
}

/// How often an action could happen and how often it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionCount {
    /// States in which it was enabled, with some argument.
    pub enabled: u64,
    /// Steps in which it fired.
    pub fired: u64,
}

/// What was covered of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// By action, in the order of the list.
    pub actions: Vec<ActionCount>,
    /// By property of the model: the states in which its antecedent was true.
    pub antecedents: Vec<u64>,
}

impl Coverage {
    /// Nothing covered yet of a model.
    pub fn of<M: Model>() -> Self {
        Self {
            actions: vec![ActionCount::default(); <M as Actions>::ACTIONS.len()],
            antecedents: vec![0; M::PROPERTIES.len()],
        }
    }

    /// Adds what another thread or run has covered.
    pub fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.actions.iter_mut().zip(&other.actions) {
            mine.enabled += theirs.enabled;
            mine.fired += theirs.fired;
        }
        for (mine, theirs) in self.antecedents.iter_mut().zip(&other.antecedents) {
            *mine += theirs;
        }
    }
}

/// A run of a model: an initial state by its position, and steps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Path {
    /// Which initial state, in the order of [`Model::initial`].
    pub initial: usize,
    /// The steps.
    #[serde(with = "as_numbers")]
    pub steps: Vec<Step>,
}

/// Steps as an action and its arguments: the kit knows of no files.
mod as_numbers {
    use latchwork_model::kit::Step;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(steps: &[Step], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(steps.iter().map(|step| (step.action, step.args)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Step>, D::Error> {
        let steps = Vec::<(u8, [u8; Step::MAX_ARGS])>::deserialize(from)?;
        Ok(steps.into_iter().map(|(action, args)| Step { action, args }).collect())
    }
}

/// What happens at the end of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    /// The last state is the one that counts.
    State,
    /// The last step cannot be completed: it would exceed this bound.
    Exceeds(Cow<'static, str>),
    /// A guard of the last step fails after the step has changed the state.
    Changes,
    /// The model panics in the last step, or in a property of the last state.
    Panics(String),
    /// The path goes on beyond the state that counts, which stands after `prefix` steps: to a
    /// standstill, or to a cycle that begins after `cycle` steps and ends with the path.
    Stuck {
        /// Steps to the state that counts.
        prefix: usize,
        /// Steps to the first state of the cycle.
        cycle: Option<usize>,
    },
}

/// A property that was violated, or a `reachable` one that was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discovery {
    /// Which.
    pub property: PropertyId,
    /// Steps to the state that counts, or up to and with the step that cannot be completed.
    pub steps: usize,
    /// The run that shows it.
    pub path: Path,
    /// What happens at its end.
    pub end: End,
}

/// A shortest run that ends with the first firing of an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// The action, by position.
    pub action: u8,
    /// The run.
    pub path: Path,
}

/// Two versions of a protocol side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// States that only the first one reaches.
    pub only_first: u64,
    /// States that only the second one reaches.
    pub only_second: u64,
    /// The best of the shortest runs to a state in which they can do different things; `None` if
    /// there is no such state.
    pub parting: Option<Path>,
}

/// Why a search ended before the space was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stopped {
    /// Everything that was wanted had been found.
    Found,
    /// The budget of states was used up.
    States,
    /// The budget of memory was used up.
    Memory,
    /// The budget of time was used up.
    Time,
    /// Somebody asked for an end.
    Interrupted,
    /// Symmetry was asked for, and there is none: what was found says nothing.
    Asymmetric,
    /// More processes must act than properties of fair runs are decided with; all others are decided.
    TooManyFair,
}

impl Stopped {
    /// Why, as reports spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::States => "states",
            Self::Memory => "memory",
            Self::Time => "time",
            Self::Interrupted => "interrupt",
            Self::Asymmetric => "asymmetry",
            Self::TooManyFair => "fair processes",
        }
    }
}

/// What a search has made of the symmetry of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symmetry {
    /// The sets of ids that are interchangeable; without any nothing is reduced.
    pub interchangeable: Vec<Vec<String>>,
    /// The states in which it was looked whether exchanges change nothing.
    pub examined: u64,
    /// Why the search was not made, or says nothing.
    pub refused: Option<Refused>,
}

/// Why symmetry cannot be made use of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// These properties follow single processes along a run: temporal ones, and fair cycles with a
    /// parameter.
    Temporal(Vec<&'static str>),
    /// The model is not what it says: something is not the same after an exchange.
    Differs(String),
    /// There are more permutations than this, and the model does not sort.
    TooMany(usize),
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Temporal(names) => {
                let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
                write!(
                    f,
                    "symmetry does not go with properties of fair runs, which speak of single \
                     processes: {}\nhint: --ignore {} leaves them out",
                    quoted.join(", "),
                    names.join(",")
                )
            }
            Self::Differs(what) => write!(f, "the model is not symmetric as it says: {what}"),
            Self::TooMany(most) => {
                write!(f, "there are more than {most} permutations and the model does not sort")
            }
        }
    }
}

/// What a search came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exploration {
    /// Figures.
    pub statistics: Statistics,
    /// What was covered.
    pub coverage: Coverage,
    /// Why it ended early; `None` if the space is closed.
    pub stopped: Option<Stopped>,
    /// One discovery a property, in the order of the properties, each a shortest one.
    pub discoveries: Vec<Discovery>,
    /// One witness an action that was asked for and fires.
    pub witnesses: Vec<Witness>,
    /// The properties about which nothing can be said: not decided within the budget.
    pub undecided: PropertySet,
    /// The `leads_to` properties that wait somewhere in a closed space and hold nowhere in it.
    pub unanswered: PropertySet,
    /// What was made of symmetry, if that was asked for. It is not asked for where a search is kept.
    #[serde(skip)]
    pub symmetry: Option<Symmetry>,
    /// Whether states were stored whole, and not by their fingerprints.
    pub exact: bool,
}

#[cfg(test)]
mod tests {
    use super::collision;

    #[test]
    fn the_bound_of_collisions_is_rounded_up_to_two_digits() {
        // 10,340,352² / 2^65 = 2.898e-6
        assert_eq!(format!("{:e}", collision([10_340_352])), "2.9e-6");
        assert_eq!(collision([1 << 32]), 0.5);
        assert_eq!(collision([1 << 32, 1 << 32]), 1.0);
        assert_eq!(collision([u64::MAX, u64::MAX]), 1.0);
        assert_eq!(format!("{:e}", collision([1])), "2.8e-20");
        assert_eq!(collision([]), 0.0);
    }
}
