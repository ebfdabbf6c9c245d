//! The results of engines: plain data.

use std::borrow::Cow;

use latchwork_model::kit::{Actions, Kind, Model, ParamInfo, Step};
use serde::{Deserialize, Serialize};

pub use super::stopped::Stopped;

/// A property of a model, by position: those of the model first, then the built-in ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PropertyId(pub u8);

/// The properties that every model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltIn {
    /// Every state without an enabled action is done.
    Deadlock,
    /// A done state can be reached from every state.
    CanFinish,
    /// The model does not panic.
    NoPanic,
    /// The model keeps within its bounds.
    BoundExceeded,
    /// No action changes the state before one of its guards fails.
    GuardsFirst,
}

impl BuiltIn {
    /// All built-in properties, in the order of their ids.
    pub const ALL: [Self; 5] =
        [Self::Deadlock, Self::CanFinish, Self::NoPanic, Self::BoundExceeded, Self::GuardsFirst];

    /// Returns the name under which it is reported.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deadlock => "deadlock",
            Self::CanFinish => "can_finish",
            Self::NoPanic => "no_panic",
            Self::BoundExceeded => "bound_exceeded",
            Self::GuardsFirst => "guards_first",
        }
    }

    /// Returns its meaning in one sentence.
    pub const fn doc(self) -> &'static str {
        match self {
            Self::Deadlock => "No deadlock: where nothing is enabled, the protocol is done.",
            Self::CanFinish => "From every reachable state the protocol can still finish.",
            Self::NoPanic => "The model does not panic.",
            Self::BoundExceeded => "The model keeps within its bounds.",
            Self::GuardsFirst => "No action changes the state before one of its guards fails.",
        }
    }

    /// Returns its id in the model `M`.
    pub const fn id<M: Model>(self) -> PropertyId {
        PropertyId(M::PROPERTIES.len() as u8 + self as u8)
    }
}

/// A property of a model, independent of the model's type.
#[derive(Clone, Copy, Debug)]
pub struct PropertyInfo {
    /// Its name.
    pub name: &'static str,
    /// Its meaning in one sentence.
    pub doc: &'static str,
    /// Whether it belongs to the model or is built in.
    pub kind: PropertyKind,
    /// Its parameter, if it has one.
    pub parameter: Option<ParamInfo>,
}

/// Whether a property belongs to the model or is built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropertyKind {
    /// A property of the model.
    Model(Kind),
    /// A built-in property.
    BuiltIn(BuiltIn),
}

impl PropertyKind {
    /// Returns the name of the kind in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Model(kind) => kind.name(),
            Self::BuiltIn(_) => "built in",
        }
    }

    /// Returns whether a violation concerns what repeats forever.
    pub const fn is_of_runs(self) -> bool {
        matches!(self, Self::Model(Kind::NoFairCycle | Kind::Eventually | Kind::LeadsTo))
    }

    /// Returns whether it is decided on the graph of the whole space instead of state by state.
    pub const fn needs_graph(self) -> bool {
        self.is_of_runs() || matches!(self, Self::BuiltIn(BuiltIn::CanFinish))
    }
}

/// Returns all properties of a model; [`PropertyId`] is an index into this list.
pub fn properties<M: Model>() -> Vec<PropertyInfo> {
    let own = M::PROPERTIES.iter().map(|property| PropertyInfo {
        name: property.name,
        doc: property.doc,
        kind: PropertyKind::Model(property.kind),
        parameter: property.parameter,
    });
    let built_in = BuiltIn::ALL.into_iter().map(|built_in| PropertyInfo {
        name: built_in.name(),
        doc: built_in.doc(),
        kind: PropertyKind::BuiltIn(built_in),
        parameter: None,
    });
    own.chain(built_in).collect()
}

/// Returns the properties that are decided on the graph of the whole space.
pub fn of_graph(properties: &[PropertyInfo]) -> PropertySet {
    let ids = (0..).map(PropertyId).zip(properties);
    ids.filter(|(_, property)| property.kind.needs_graph()).map(|(id, _)| id).collect()
}

/// A set of properties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Vec<PropertyId>", into = "Vec<PropertyId>")]
pub struct PropertySet(u128);

impl PropertySet {
    /// The empty set.
    pub const EMPTY: Self = Self(0);
    /// Every property.
    pub const ALL: Self = Self(u128::MAX);

    /// Returns whether `property` is in the set.
    pub const fn contains(self, property: PropertyId) -> bool {
        self.0 >> property.0 & 1 == 1
    }

    /// Inserts `property`.
    pub const fn insert(&mut self, property: PropertyId) {
        self.0 |= 1 << property.0;
    }

    /// Removes `property`.
    pub const fn remove(&mut self, property: PropertyId) {
        self.0 &= !(1 << property.0);
    }

    /// Returns whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the union.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the intersection.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns the members of `self` that are not in `other`.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Returns the members in ascending order.
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

/// The numbers of states and steps. All figures are those of complete levels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// The number of distinct states.
    pub distinct: u64,
    /// The number of initial states plus all successors, including duplicates and self-loops.
    pub generated: u64,
    /// The states on each level: `levels[k]` is the number first reached in `k` steps.
    pub levels: Vec<u64>,
}

impl Statistics {
    /// Returns the greatest distance of a state from the initial ones, in steps.
    pub fn depth(&self) -> usize {
        self.levels.len().saturating_sub(1)
    }
}

/// Returns an upper bound for the probability that a fingerprint collision hid a state in any of
/// several searches with these numbers of states: the sum of `distinct² / 2^65`, rounded up to two
/// digits.
///
/// There are `distinct · (distinct - 1) / 2` pairs of states. The two 64-bit fingerprints of a pair
/// are equal with probability `1 / 2^64`, as if they were random. Up to the first collision, a
/// search is the same as one without collisions. So if there was none, all states were found.
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
    // Formatted from integers, so that the spelling is the same on every platform.
    let spelled = format!("{}e-{exponent}", sum.div_ceil(ONE));
    spelled.parse().map_or(1.0, |bound: f64| bound.min(1.0))
}

/// How often an action was enabled, and how often it fired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionCount {
    /// The number of states in which it was enabled, with some argument.
    pub enabled: u64,
    /// The number of steps in which it fired.
    pub fired: u64,
}

/// The coverage of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// By action, in the order of the list.
    pub actions: Vec<ActionCount>,
    /// By property of the model: the number of states in which its antecedent was true.
    pub antecedents: Vec<u64>,
}

impl Coverage {
    /// Returns empty coverage of a model.
    pub fn of<M: Model>() -> Self {
        Self {
            actions: vec![ActionCount::default(); <M as Actions>::ACTIONS.len()],
            antecedents: vec![0; M::PROPERTIES.len()],
        }
    }

    /// Adds the coverage of another thread or run.
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
    /// The position of the initial state in the order of [`Model::initial`].
    pub initial: usize,
    /// The steps.
    #[serde(with = "as_numbers")]
    pub steps: Vec<Step>,
}

/// Serializes steps as an action and its arguments: the kit does not know about files.
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
    /// The last state shows the property.
    State,
    /// The last step cannot be completed: it would exceed this bound.
    Exceeds(Cow<'static, str>),
    /// A guard of the last step fails after the step has changed the state.
    Changes,
    /// The model panics in the last step, or in a property of the last state.
    Panics(String),
    /// The path continues beyond the state that shows the property, which is reached after `prefix`
    /// steps. It leads to a standstill, or to a cycle that begins after `cycle` steps and ends with
    /// the path.
    Stuck {
        /// The number of steps to the state that shows the property.
        prefix: usize,
        /// The number of steps to the first state of the cycle.
        cycle: Option<usize>,
        /// Whether no shorter cycle begins where a shortest path to one ends.
        proven: bool,
    },
}

/// A property that was violated, or a `reachable` one that was reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discovery {
    /// The property.
    pub property: PropertyId,
    /// The number of steps to the state that shows it, or up to and including the step that cannot
    /// be completed.
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

/// A comparison of two versions of a protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The number of states that only the first version reaches.
    pub only_first: u64,
    /// The number of states that only the second version reaches.
    pub only_second: u64,
    /// The best of the shortest runs to a state in which they behave differently; `None` if there
    /// is no such state.
    pub parting: Option<Path>,
}

/// The result of symmetry reduction in a search.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symmetry {
    /// The sets of interchangeable ids; if empty, nothing is reduced.
    pub interchangeable: Vec<Vec<String>>,
    /// The number of states in which symmetry was verified.
    pub examined: u64,
    /// Why the search was not made, or why its results are not valid.
    pub refused: Option<Refused>,
}

/// Why symmetry reduction is not possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// These properties follow single processes along a run: temporal properties, and fair cycles
    /// with a parameter.
    Temporal(Vec<&'static str>),
    /// The model is not symmetric as declared: something differs after an exchange.
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

/// The result of a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exploration {
    /// The numbers of states and steps.
    pub statistics: Statistics,
    /// The coverage.
    pub coverage: Coverage,
    /// Why it stopped early; `None` if the space is closed.
    pub stopped: Option<Stopped>,
    /// One discovery per property, in the order of the properties, each a shortest one.
    pub discoveries: Vec<Discovery>,
    /// One witness per requested action that fires.
    pub witnesses: Vec<Witness>,
    /// The properties that were not decided within the budget.
    pub undecided: PropertySet,
    /// The `leads_to` properties that wait somewhere in a closed space and whose claim holds
    /// nowhere in it.
    pub unanswered: PropertySet,
    /// The result of symmetry reduction, if requested. Not saved: checkpointed searches do not use
    /// it.
    #[serde(skip)]
    pub symmetry: Option<Symmetry>,
    /// Whether states were stored exactly instead of by fingerprint.
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
