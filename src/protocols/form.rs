//! The thread-shaped forms of the protocols: which configurations have one, and how the code can
//! be flawed.
//!
//! A *rule* is a clause of the protocol; the model has it too. A *flaw* is a mistake in the code
//! that the model does not know: a memory ordering that is too weak, or a planted defect.

/// Declares the flaws of a form: a struct of flags, and their names.
macro_rules! flaws {
    ($($(#[doc = $doc:literal])+ $name:ident $kind:ident;)*) => {
        /// The flaws of the code that are switched on.
        #[derive(Clone, Copy, Debug, Default)]
        pub struct Flaws {
            $($(#[doc = $doc])+ pub $name: bool,)*
        }

        impl Flaws {
            /// All flaws that the code can have.
            pub const ALL: &'static [$crate::protocols::form::Flaw] = &[$(
                $crate::protocols::form::Flaw {
                    name: stringify!($name),
                    doc: concat!($($doc),+).trim_ascii(),
                    kind: $crate::protocols::form::FlawKind::$kind,
                },
            )*];

            /// The flaws with these names.
            pub fn of(names: &[&str]) -> Self {
                Self { $($name: names.contains(&stringify!($name)),)* }
            }
        }
    };
}

use crate::encoding::json::suggest;
use crate::engines::threads::Body;
use crate::files::configuration::{Configuration, Tree};

use super::{async_grant, delegation_return, downconvert, recall};

/// A flaw that the code of a form can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Its name.
    pub name: &'static str,
    /// What is wrong, in one sentence.
    pub doc: &'static str,
    /// What kind of mistake it is.
    pub kind: FlawKind,
}

/// What kind of mistake a flaw is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlawKind {
    /// A memory ordering that is too weak, or a fence that is missing.
    Ordering,
    /// A defect that was planted.
    Planted,
}

/// The thread-shaped form of a protocol.
pub struct Form {
    /// The protocol.
    pub protocol: &'static str,
    /// The rules that the code has; the others cannot be switched off in it.
    pub rules: &'static [&'static str],
    /// The faults that the code can have.
    pub faults: &'static [&'static str],
    /// The actions that the code does and does not log.
    pub silent: &'static [&'static str],
    /// The flaws that it can have.
    pub flaws: &'static [Flaw],
    /// Whether all that is logged is done under locks: then the log is in the right order on plain
    /// threads too, and a run of them can be laid against the model.
    pub locked: bool,
    /// The code for a configuration with the flaws of these names, or why there is none.
    pub code: fn(&Configuration, &[&str]) -> Result<Code, String>,
}

/// The code for one configuration.
pub struct Code {
    /// How many threads it takes, the first one included.
    pub threads: usize,
    /// On plain threads.
    pub on_std: Body,
    /// Under loom.
    pub on_loom: Body,
    /// Under shuttle.
    pub on_shuttle: Body,
}

/// The forms that there are.
pub static FORMS: &[Form] =
    &[async_grant::FORM, recall::FORM, downconvert::FORM, delegation_return::FORM];

/// The form of a protocol, or why there is none.
pub fn form_of(protocol: &str) -> Result<&'static Form, String> {
    FORMS.iter().find(|form| form.protocol == protocol).ok_or_else(|| {
        let names: Vec<&str> = FORMS.iter().map(|form| form.protocol).collect();
        format!(
            "{protocol} has no thread-shaped form\nhint: these protocols have one: {}",
            names.join(", ")
        )
    })
}

impl Form {
    /// The code for a configuration with these flaws, or why it has none.
    pub fn code_for(&self, configuration: &Configuration, flaws: &[&str]) -> Result<Code, String> {
        let (entry, name) = (configuration.entry, self.protocol);
        let full = entry.profile("full").map_or(configuration.rules(), |at| entry.switches(at).0);
        for (at, rule) in entry.rules.iter().enumerate() {
            let on = configuration.rules().is_on(at);
            if on != full.is_on(at) && !self.rules.contains(&rule.name) {
                let word = if on { "has no rule" } else { "cannot do without" };
                let (rule, rules) = (rule.name, self.rules.join(", "));
                return Err(format!(
                    "the thread-shaped {name} {word} `{rule}`\nhint: it can do without {rules}"
                ));
            }
        }
        for (at, variant) in entry.variants.iter().enumerate() {
            if configuration.variants().is_on(at) {
                return Err(format!(
                    "the thread-shaped {name} has no variant `{}`: none at all",
                    variant.name
                ));
            }
        }
        if let Tree::Record(budgets) = &configuration.faults
            && let Some((fault, _)) = budgets.iter().find(|(fault, budget)| {
                !matches!(budget, Tree::Number(0)) && !self.faults.contains(fault)
            })
        {
            let known = if self.faults.is_empty() { "none at all" } else { "others" };
            return Err(format!("the thread-shaped {name} has no fault `{fault}`: {known}"));
        }
        for flaw in flaws {
            if !self.flaws.iter().any(|known| known.name == *flaw) {
                let names = self.flaws.iter().map(|flaw| flaw.name);
                let hint = suggest(flaw, names, &format!("flaws of {name}"));
                return Err(format!("the thread-shaped {name} has no flaw `{flaw}`\nhint: {hint}"));
            }
        }
        (self.code)(configuration, flaws)
    }
}
