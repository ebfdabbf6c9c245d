//! Rules that can be switched off, variants that can be switched on, and profiles of both.

use super::names::{distinct, position, refuse};

/// A set of rules or variants, by their position in the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Switches(pub u64);

impl Switches {
    /// Returns whether the switch at `index` is on.
    pub const fn is_on(self, index: usize) -> bool {
        self.0 >> index & 1 == 1
    }

    /// Returns the set with the switch at `index` on.
    #[must_use]
    pub const fn with(self, index: usize) -> Self {
        Self(self.0 | 1 << index)
    }

    /// Returns the set with the switch at `index` off.
    #[must_use]
    pub const fn without(self, index: usize) -> Self {
        Self(self.0 & !(1 << index))
    }

    /// Returns the set with the switch at `index` toggled.
    #[must_use]
    pub const fn toggled(self, index: usize) -> Self {
        Self(self.0 ^ 1 << index)
    }

    /// Returns the positions of the switches that are on, in ascending order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..64).filter(move |index| self.is_on(*index))
    }
}

/// A clause of a protocol that can be ablated.
#[derive(Clone, Copy, Debug)]
pub struct RuleInfo {
    /// Its name, which is that of its field in `Rules`.
    pub name: &'static str,
    /// Its doc comment.
    pub doc: &'static str,
    /// Its origin.
    pub source: &'static str,
    /// The code in which it can be verified, with versions.
    pub sources: &'static [SourceInfo],
    /// By profile: whether it is on.
    pub profiles: &'static [bool],
    /// The declared effect of switching it off, if it is not to break something.
    pub declared: Option<Declared>,
}

/// A function that implements a rule or a variant, and the versions in which it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceInfo {
    /// The function.
    pub function: &'static str,
    /// The first version that is known to contain it.
    pub since: &'static str,
    /// The first version that is known to no longer contain it; `None` if the newest version that
    /// was read contains it.
    pub until: Option<&'static str>,
}

/// A declaration about a rule whose ablation alone breaks nothing. `ablate` verifies it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    /// Switching it off alone violates nothing. If one of these rules is off as well, something
    /// breaks.
    RedundantGiven {
        /// The rules that mask it.
        rules: &'static [&'static str],
        /// The reason.
        why: &'static str,
    },
    /// It is in no minimal violating set up to the size that is searched.
    NoEffect {
        /// Why it is a rule nevertheless.
        why: &'static str,
    },
}

/// A legacy or environment behaviour, which is off unless requested.
#[derive(Clone, Copy, Debug)]
pub struct VariantInfo {
    /// Its name, which is that of its field in `Variants`.
    pub name: &'static str,
    /// Its doc comment.
    pub doc: &'static str,
    /// The code in which it can be verified, with versions.
    pub sources: &'static [SourceInfo],
    /// By profile: whether it is on.
    pub profiles: &'static [bool],
}

/// A named set of rules and variants.
#[derive(Clone, Copy, Debug)]
pub struct ProfileInfo {
    /// Its name.
    pub name: &'static str,
    /// Its doc comment.
    pub doc: &'static str,
}

/// The assertion of [`rules!`](crate::rules!): names of rules, variants and profiles are unique,
/// and declarations about a rule refer to other rules of the list.
///
/// # Panics
///
/// With the name, if this does not hold.
pub const fn demand_rules(rules: &[RuleInfo], variants: &[VariantInfo], profiles: &[ProfileInfo]) {
    distinct!(rules, "rules");
    distinct!(variants, "variants");
    distinct!(profiles, "profiles");
    let mut at = 0;
    while at < rules.len() {
        if let Some(Declared::RedundantGiven { rules: given, .. }) = rules[at].declared {
            let mut named = 0;
            while named < given.len() {
                match position!(rules, given[named]) {
                    None => {
                        refuse("a rule is redundant given one that is not there:", given[named])
                    }
                    Some(itself) if itself == at => {
                        refuse("a rule is redundant given itself:", given[named])
                    }
                    Some(_) => {}
                }
                named += 1;
            }
        }
        at += 1;
    }
}

/// Declares a protocol's rules, variants and profiles. Generates the structs `Rules` and `Variants`
/// with one flag each, and the constants `RULES`, `VARIANTS` and `PROFILES`.
///
/// ```text
/// rules! {
///     profiles {
///         /// As the patch found it.
///         before;
///         /// Everything.
///         full;
///     }
///     rules {
///         /// A lock is PENDING until the DLM was called.
///         pending_flag "2008" [0 1] { "__ocfs2_cluster_lock" since "3.6" };
///     }
///     variants {
///         /// The other DLM.
///         o2dlm [1 0];
///     }
/// }
/// ```
/// The columns in brackets are the profiles. The braces after them contain functions in which the
/// rule (or variant) can be verified, each with the first version that contains it and, after
/// `until`, the first version that no longer does. `=> Declared::...` at the end declares the
/// effect of switching the rule off.
#[macro_export]
macro_rules! rules {
    (
        profiles { $($(#[doc = $pdoc:expr])+ $profile:ident;)+ }
        rules { $($(#[doc = $rdoc:expr])* $rule:ident $source:literal [$($rin:tt)+] $({ $($rfun:literal since $rsince:literal $(until $runtil:literal)?),+ $(,)? })? $(=> $declared:expr)?;)* }
        variants { $($(#[doc = $vdoc:expr])+ $variant:ident [$($vin:tt)+] $({ $($vfun:literal since $vsince:literal $(until $vuntil:literal)?),+ $(,)? })?;)* }
    ) => {
        /// The rules that are on.
        #[derive(Clone, Copy, Debug)]
        #[allow(clippy::struct_excessive_bools, reason = "a rule is on or off")]
        pub struct Rules {
            $($(#[doc = $rdoc])* pub $rule: bool,)*
        }

        impl From<$crate::kit::Switches> for Rules {
            #[allow(unused_mut, unused_variables, unused_assignments, reason = "the list may be empty")]
            fn from(on: $crate::kit::Switches) -> Self {
                let mut index = 0..;
                Self { $($rule: on.is_on(index.next().unwrap_or(0)),)* }
            }
        }

        /// The variants that are on.
        #[derive(Clone, Copy, Debug)]
        #[allow(clippy::struct_excessive_bools, reason = "a variant is on or off")]
        pub struct Variants {
            $($(#[doc = $vdoc])+ pub $variant: bool,)*
        }

        impl From<$crate::kit::Switches> for Variants {
            #[allow(unused_mut, unused_variables, unused_assignments, reason = "the list may be empty")]
            fn from(on: $crate::kit::Switches) -> Self {
                let mut index = 0..;
                Self { $($variant: on.is_on(index.next().unwrap_or(0)),)* }
            }
        }

        /// The profiles, in the order of the columns.
        pub const PROFILES: &[$crate::kit::ProfileInfo] = &[$(
            $crate::kit::ProfileInfo {
                name: stringify!($profile),
                doc: concat!($($pdoc),+).trim_ascii(),
            },
        )+];

        /// The rules, in the order of the list.
        pub const RULES: &[$crate::kit::RuleInfo] = &[$(
            $crate::kit::RuleInfo {
                name: stringify!($rule),
                doc: $crate::sentence!(rule $rule $($rdoc)*),
                source: $source,
                sources: &[$($($crate::kit::SourceInfo {
                    function: $rfun,
                    since: $rsince,
                    until: $crate::rules!(@until $($runtil)?),
                },)+)?],
                profiles: &$crate::rules!(@columns $($rin)+),
                declared: $crate::rules!(@declared $($declared)?),
            },
        )*];

        /// The variants, in the order of the list.
        pub const VARIANTS: &[$crate::kit::VariantInfo] = &[$(
            $crate::kit::VariantInfo {
                name: stringify!($variant),
                doc: concat!($($vdoc),+).trim_ascii(),
                sources: &[$($($crate::kit::SourceInfo {
                    function: $vfun,
                    since: $vsince,
                    until: $crate::rules!(@until $($vuntil)?),
                },)+)?],
                profiles: &$crate::rules!(@columns $($vin)+),
            },
        )*];

        const _: () = {
            $crate::kit::demand_rules(RULES, VARIANTS, PROFILES);
            assert!(RULES.len() <= 64 && VARIANTS.len() <= 64, "a set of switches has 64 bits");
            let mut at = 0;
            while at < RULES.len() {
                assert!(RULES[at].profiles.len() == PROFILES.len(), "a rule needs a column a profile");
                at += 1;
            }
            let mut at = 0;
            while at < VARIANTS.len() {
                assert!(VARIANTS[at].profiles.len() == PROFILES.len(), "a variant needs a column a profile");
                at += 1;
            }
        };
    };
    (@columns $($bit:tt)+) => { [$($crate::rules!(@bit $bit)),+] };
    (@bit 0) => { false };
    (@bit 1) => { true };
    (@until) => { None };
    (@until $until:literal) => { Some($until) };
    (@declared) => { None };
    (@declared $declared:expr) => { Some($declared) };
}
