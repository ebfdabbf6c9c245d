//! A protocol with its type erased: its lists, and how to create a model of it.

use latchwork_model::kit::{
    ActionInfo, Actions, Field, LaneInfo, Model, ProfileInfo, Protocol, Refinement, Refines,
    RuleInfo, Setup, Switches, VariantInfo, View, names,
};

#[cfg(feature = "threads")]
use crate::encoding::json::suggest;
use crate::engines::explore::spec::{self, SpecSteps};
use crate::engines::explore::{Options, Watch, differ};
use crate::engines::instance::Instance;
use crate::engines::verdict::{BuiltIn, Comparison, Path, PropertyId, PropertyInfo, properties};

#[cfg(feature = "threads")]
use super::form::{Code, Form};

/// Counts, for each of some rules, the states in which it is decisive.
type Decisive = fn(&Setup<'_>, &[usize], &Options, &dyn Watch) -> Result<Vec<u64>, &'static str>;

/// Compares two instances.
type Compare = fn(&Setup<'_>, &Setup<'_>, &Options, &dyn Watch) -> Result<Comparison, &'static str>;

/// Counts the steps of an implementation by what they are in the specification.
type Counted = fn(&Setup<'_>, &Options, &dyn Watch) -> Result<SpecSteps, &'static str>;

/// The specification of a refinement, with its type erased.
pub struct Spec {
    /// Its actions.
    pub actions: &'static [ActionInfo],
    /// Counts the steps of the implementation by what they are in the specification.
    pub counted: Counted,
    /// Returns the steps that the specification could have taken instead of the last one of a run.
    pub instead: fn(&Setup<'_>, &Path) -> Vec<String>,
}

/// A protocol with its type erased.
pub struct Entry {
    /// Its name.
    pub name: &'static str,
    /// Its purpose, in one sentence.
    pub summary: &'static str,
    /// Its README, in Markdown.
    pub readme: &'static str,
    /// The sizes that a scenario can set.
    pub bounds: &'static [Field],
    /// The fault budgets that a scenario can set.
    pub faults: &'static [Field],
    /// The rules.
    pub rules: &'static [RuleInfo],
    /// The variants.
    pub variants: &'static [VariantInfo],
    /// The profiles.
    pub profiles: &'static [ProfileInfo],
    /// How its runs are drawn.
    pub view: View,
    /// The lanes.
    pub lanes: &'static [LaneInfo],
    /// The actions.
    pub actions: &'static [ActionInfo],
    /// The source file that contains the list of actions, as the compiler names it.
    pub file: &'static str,
    /// The properties, including built-in ones.
    pub properties: fn() -> Vec<PropertyInfo>,
    /// Counts the states in which each of some rules is decisive.
    pub decisive: Decisive,
    /// Compares two instances.
    pub compare: Compare,
    /// Creates an instance. The error explains why the values are inconsistent.
    pub instance: fn(&Setup<'_>) -> Result<Box<dyn Instance>, &'static str>,
    /// Its specification, if it is a refinement.
    pub spec: Option<Spec>,
    /// Its threaded form.
    #[cfg(feature = "threads")]
    pub form: Option<&'static Form>,
}

impl Entry {
    /// Returns the entry of a protocol.
    ///
    /// # Panics
    ///
    /// If a property has the name of a built-in one, because the name would be ambiguous in files.
    /// In a constant or a static this is a compile-time error.
    pub const fn of<M: Protocol>() -> Self {
        demand_names::<M>();
        Self {
            name: M::NAME,
            summary: M::SUMMARY,
            readme: M::README,
            bounds: M::BOUNDS,
            faults: M::FAULTS,
            rules: M::RULES,
            variants: M::VARIANTS,
            profiles: M::PROFILES,
            view: M::VIEW,
            lanes: M::LANES,
            actions: M::ACTIONS,
            file: M::FILE,
            properties: properties::<M>,
            decisive: |setup, rules, options, watch| {
                let toggled =
                    |rule: &usize| M::new(&Setup { rules: setup.rules.toggled(*rule), ..*setup });
                let others = rules.iter().map(toggled).collect::<Result<Vec<M>, _>>()?;
                Ok(differ::decisive(&M::new(setup)?, &others, options, watch))
            },
            compare: |one, other, options, watch| {
                Ok(differ::compare(&M::new(one)?, &M::new(other)?, options, watch))
            },
            instance: |setup| Ok(Box::new(M::new(setup)?)),
            spec: None,
            #[cfg(feature = "threads")]
            form: None,
        }
    }

    /// Returns the entry of an implementation `M` that is checked against its specification `S`.
    pub const fn refinement<M: Refines<S> + Protocol, S: Model>() -> Self {
        let spec = Spec {
            actions: <S as Actions>::ACTIONS,
            counted: |setup, options, watch| {
                Ok(spec::counted(&Refinement::<M, S>::new(setup)?, options, watch))
            },
            instead: |setup, path| {
                let model = Refinement::<M, S>::new(setup);
                model.map_or(Vec::new(), |model| spec::instead(&model, path))
            },
        };
        let mut entry = Self::of::<Refinement<M, S>>();
        entry.spec = Some(spec);
        entry
    }

    /// Returns the entry with a threaded form.
    #[cfg(feature = "threads")]
    pub const fn as_threads(mut self, form: &'static Form) -> Self {
        self.form = Some(form);
        self
    }

    /// Returns the position of a profile.
    pub fn profile(&self, name: &str) -> Option<usize> {
        self.profiles.iter().position(|profile| profile.name == name)
    }

    /// Returns the position of a rule.
    pub fn rule(&self, name: &str) -> Option<usize> {
        self.rules.iter().position(|rule| rule.name == name)
    }

    /// Returns the position of a variant.
    pub fn variant(&self, name: &str) -> Option<usize> {
        self.variants.iter().position(|variant| variant.name == name)
    }

    /// Returns the property with this name.
    pub fn property(&self, name: &str) -> Option<PropertyId> {
        let at = (self.properties)().iter().position(|property| property.name == name)?;
        Some(PropertyId(at as u8))
    }

    /// Returns the rules and the variants that are on in a profile.
    pub fn switches(&self, profile: usize) -> (Switches, Switches) {
        let set =
            |columns: &mut dyn Iterator<Item = &'static [bool]>| {
                columns.enumerate().fold(Switches(0), |set, (at, column)| {
                    if column[profile] { set.with(at) } else { set }
                })
            };
        (
            set(&mut self.rules.iter().map(|rule| rule.profiles)),
            set(&mut self.variants.iter().map(|variant| variant.profiles)),
        )
    }

    /// Returns the code of a form for a configuration with these flaws. The error explains why it
    /// has none.
    #[cfg(feature = "threads")]
    pub fn code(&self, form: &Form, setup: &Setup<'_>, flaws: &[&str]) -> Result<Code, String> {
        let name = self.name;
        let full = self.profile("full").map_or(setup.rules, |at| self.switches(at).0);
        for (at, rule) in self.rules.iter().enumerate() {
            let on = setup.rules.is_on(at);
            if on != full.is_on(at) && !form.rules.contains(&rule.name) {
                let word = if on { "has no rule" } else { "cannot do without" };
                let (rule, rules) = (rule.name, form.rules.join(", "));
                return Err(format!(
                    "the thread-shaped {name} {word} `{rule}`\nhint: it can do without {rules}"
                ));
            }
        }
        for (at, variant) in self.variants.iter().enumerate() {
            if setup.variants.is_on(at) {
                return Err(format!(
                    "the thread-shaped {name} has no variant `{}`: none at all",
                    variant.name
                ));
            }
        }
        let budgeted = |fault: &&Field| setup.faults.get(fault.name).number() != 0;
        let mut faults = self.faults.iter().filter(budgeted).map(|fault| fault.name);
        if let Some(fault) = faults.find(|fault| !form.faults.contains(fault)) {
            let known = if form.faults.is_empty() { "none at all" } else { "others" };
            return Err(format!("the thread-shaped {name} has no fault `{fault}`: {known}"));
        }
        for flaw in flaws {
            if !form.flaws.iter().any(|known| known.name == *flaw) {
                let names = form.flaws.iter().map(|flaw| flaw.name);
                let hint = suggest(flaw, names, &format!("flaws of {name}"));
                return Err(format!("the thread-shaped {name} has no flaw `{flaw}`\nhint: {hint}"));
            }
        }
        (form.code)(setup, flaws)
    }
}

const fn demand_names<M: Protocol>() {
    let mut at = 0;
    while at < M::PROPERTIES.len() {
        let mut other = 0;
        while other < BuiltIn::ALL.len() {
            if names::same(M::PROPERTIES[at].name, BuiltIn::ALL[other].name()) {
                names::refuse("a property is called as a built-in one:", M::PROPERTIES[at].name);
            }
            other += 1;
        }
        at += 1;
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
