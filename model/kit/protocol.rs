//! The parts of a model that the command line tool needs: its name, its bounds, its switches.

use super::{Model, ProfileInfo, RuleInfo, Switches, VariantInfo, View};

/// A model that can be created from a scenario.
pub trait Protocol: Model {
    /// Its name, which is that of its folders in the sources, under `scenarios/` and under
    /// `reports/`.
    const NAME: &'static str;
    /// Its purpose, in one sentence.
    const SUMMARY: &'static str;
    /// Its README, in Markdown. The text before the first second-level heading introduces the
    /// protocol to readers who do not know it.
    const README: &'static str = "";
    /// The sizes that a scenario can set.
    const BOUNDS: &'static [Field];
    /// The fault budgets that a scenario can set. Each is a number with default 0.
    const FAULTS: &'static [Field];
    /// The rules that can be switched off.
    const RULES: &'static [RuleInfo];
    /// The variants that can be switched on.
    const VARIANTS: &'static [VariantInfo];
    /// The profiles, one of them `full`.
    const PROFILES: &'static [ProfileInfo];
    /// How its runs are drawn.
    const VIEW: View = View::NONE;

    /// Creates the model. The error is a sentence about values that are inconsistent with each
    /// other. Each value alone has already been checked against [`BOUNDS`](Protocol::BOUNDS).
    fn new(setup: &Setup<'_>) -> Result<Self, &'static str>;
}

/// The content of a scenario.
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
    /// The values that it allows.
    pub shape: Shape,
}

impl Field {
    /// A number from `min` to `max`, with a default.
    #[must_use]
    pub const fn number(
        name: &'static str,
        doc: &'static str,
        min: u8,
        max: u8,
        default: u8,
    ) -> Self {
        Self { name, doc, shape: Shape::Number { min, max, default: Some(default) } }
    }

    /// A budget of faults: at most `max`, and none if the key is missing.
    #[must_use]
    pub const fn budget(name: &'static str, doc: &'static str, max: u8) -> Self {
        Self::number(name, doc, 0, max, 0)
    }
}

/// The values that a key of a scenario allows.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A number in a range. Without a default it is required.
    Number {
        /// The minimum.
        min: u8,
        /// The maximum: the capacity of the protocol.
        max: u8,
        /// The value if the key is missing.
        default: Option<u8>,
    },
    /// `true` or `false`; `false` if the key is missing.
    Flag,
    /// One of these names. Without a default it is required.
    Choice {
        /// The names.
        names: &'static [&'static str],
        /// The position of the value if the key is missing.
        default: Option<u8>,
    },
    /// A list. Without a default it is required.
    List {
        /// The minimum number of items.
        min: u8,
        /// The maximum number of items: the capacity of the protocol.
        max: u8,
        /// The values that each item allows.
        item: &'static Shape,
        /// The list, in JSON, if the key is missing.
        default: Option<&'static str>,
    },
    /// An object with these keys.
    Record(&'static [Field]),
}

/// A value that has been checked against its [`Shape`], with defaults filled in.
///
/// Panics when asked for something that the shape does not have: that is a mistake in the protocol.
pub trait Value {
    /// Returns a number, a flag (0 or 1), or the position of a choice.
    fn number(&self) -> u8;
    /// Returns the number of items of a list.
    fn len(&self) -> u8;
    /// Returns an item of a list.
    fn item(&self, index: u8) -> &dyn Value;
    /// Returns a value of a record.
    fn get(&self, key: &str) -> &dyn Value;

    /// Returns a flag.
    fn flag(&self) -> bool {
        self.number() != 0
    }

    /// Returns whether a list is empty.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Implements [`Protocol`] for a model of this repository, given its name and its summary.
/// Everything else is taken from the files next to it: `README.md`, `config.rs` (`BOUNDS`,
/// `FAULTS`, `from_setup`), `rules.rs` and `view.rs`.
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
            const VIEW: $crate::kit::View = view::VIEW;

            fn new(setup: &$crate::kit::Setup<'_>) -> Result<Self, &'static str> {
                Self::from_setup(setup)
            }
        }
    };
}
