//! What the command line tool needs of a model: its name, its bounds, its switches.

use super::{Model, ProfileInfo, RuleInfo, Switches, VariantInfo};

/// A model that can be made from a scenario.
pub trait Protocol: Model {
    /// Its name: that of its folder here and under `scenarios/` and `reports/`.
    const NAME: &'static str;
    /// What it is, in one sentence.
    const SUMMARY: &'static str;
    /// Its page, in Markdown. What stands before the first heading of the second level introduces
    /// it to somebody who has never heard of it.
    const README: &'static str = "";
    /// The sizes that a scenario can set.
    const BOUNDS: &'static [Field];
    /// The budgets of faults that a scenario can set; each is a number with default 0.
    const FAULTS: &'static [Field];
    /// The rules that can be switched off.
    const RULES: &'static [RuleInfo];
    /// The variants that can be switched on.
    const VARIANTS: &'static [VariantInfo];
    /// The profiles, one of them `full`.
    const PROFILES: &'static [ProfileInfo];

    /// Makes the model. The error is a sentence about values that do not go together; what each
    /// may be alone has been checked against [`BOUNDS`](Protocol::BOUNDS) before.
    fn new(setup: &Setup<'_>) -> Result<Self, &'static str>;
}

/// What a scenario says.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    /// A record with all fields of [`Protocol::BOUNDS`].
    pub bounds: &'a dyn Value,
    /// A record with all fields of [`Protocol::FAULTS`].
    pub faults: &'a dyn Value,
    /// The rules that are on.
    pub rules: Switches,
    /// The variants that are on.
    pub variants: Switches,
}

/// One key of a scenario's `bounds` or `faults`, or of a record in them.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// What it means, in one sentence.
    pub doc: &'static str,
    /// What it may be.
    pub shape: Shape,
}

/// What a value of a scenario may be.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A number in a range; without a default it must be given.
    Number {
        /// The least.
        min: u8,
        /// The greatest: the capacity of the protocol.
        max: u8,
        /// The value if the key is not there.
        default: Option<u8>,
    },
    /// `true` or `false`; false if the key is not there.
    Flag,
    /// One of these names; without a default it must be given.
    Choice {
        /// The names.
        names: &'static [&'static str],
        /// The position of the value if the key is not there.
        default: Option<u8>,
    },
    /// A list; without a default it must be given.
    List {
        /// The fewest items.
        min: u8,
        /// The most items: the capacity of the protocol.
        max: u8,
        /// What each item may be.
        item: &'static Shape,
        /// The list, in JSON, if the key is not there.
        default: Option<&'static str>,
    },
    /// An object with these keys.
    Record(&'static [Field]),
}

/// A value that has been checked against its [`Shape`], with defaults filled in.
///
/// Asking for something that the shape does not offer is a mistake in the protocol and panics.
pub trait Value {
    /// A number, a flag (0 or 1), or the position of a choice.
    fn number(&self) -> u8;
    /// How many items a list has.
    fn len(&self) -> u8;
    /// An item of a list.
    fn item(&self, index: u8) -> &dyn Value;
    /// A value of a record.
    fn get(&self, key: &str) -> &dyn Value;

    /// A flag.
    fn flag(&self) -> bool {
        self.number() != 0
    }

    /// Whether a list is empty.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Implements [`Protocol`] for a model of this repository: its name and its summary are said, all else is
/// found where every protocol has it, in the files `README.md`, `config.rs` (`BOUNDS`, `FAULTS`, `from_setup`) and
/// `rules.rs` beside it.
macro_rules! protocol {
    ($model:ident, $name:literal, $summary:literal) => {
        impl $crate::kit::Protocol for $model {
            const NAME: &'static str = $name;
            const README: &'static str = include_str!("README.md");
            const SUMMARY: &'static str = $summary;
            const BOUNDS: &'static [$crate::kit::Field] = config::BOUNDS;
            const FAULTS: &'static [$crate::kit::Field] = config::FAULTS;
            const RULES: &'static [$crate::kit::RuleInfo] = rules::RULES;
            const VARIANTS: &'static [$crate::kit::VariantInfo] = rules::VARIANTS;
            const PROFILES: &'static [$crate::kit::ProfileInfo] = rules::PROFILES;

            fn new(setup: &$crate::kit::Setup<'_>) -> Result<Self, &'static str> {
                Self::from_setup(setup)
            }
        }
    };
}
