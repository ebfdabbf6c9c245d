//! Flaws, declared as a list.

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
