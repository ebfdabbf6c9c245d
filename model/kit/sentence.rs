//! The sentence above an item of a list: reports print it.

/// The sentence of an action, a rule or a property. Without one the model does not compile:
///
/// ```compile_fail
/// const DOC: &str = latchwork_model::sentence!(action client_ask);
/// ```
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
