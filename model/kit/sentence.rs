//! The sentence above an item of a list: reports print it.

/// The sentence of an action, a rule or a property. A model that lacks one does not compile.
#[doc(hidden)]
#[macro_export]
macro_rules! sentence {
    ($kind:ident $name:ident) => {
        compile_error!(concat!(
            "the ",
            stringify!($kind),
            " `",
            stringify!($name),
            "` needs a sentence: write `/// What it does.` above it"
        ))
    };
    ($kind:ident $name:ident $($doc:expr)+) => {
        concat!($($doc),+).trim_ascii()
    };
}
