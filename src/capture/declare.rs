//! Macros that declare the events of a protocol.

/// Declares what events say: each field that can be missing is left out where it is.
macro_rules! says {
    ($($(#[$doc:meta])+ $name:ident { $($fields:tt)* })*) => {
        $(says!(@one [$(#[$doc])+] $name [] $($fields)*);)*
    };
    (@one [$($doc:tt)+] $name:ident [$($done:tt)*] $(#[$m:meta])+ $f:ident?: $t:ty, $($rest:tt)*) => {
        says!(@one [$($doc)+] $name [
            $($done)* $(#[$m])+ #[serde(skip_serializing_if = "Option::is_none")] pub $f: Option<$t>,
        ] $($rest)*);
    };
    (@one [$($doc:tt)+] $name:ident [$($done:tt)*] $(#[$m:meta])+ $f:ident: bool, $($rest:tt)*) => {
        says!(@one [$($doc)+] $name [
            $($done)* $(#[$m])+ #[serde(default, skip_serializing_if = "is_false")] pub $f: bool,
        ] $($rest)*);
    };
    (@one [$($doc:tt)+] $name:ident [$($done:tt)*] $(#[$m:meta])+ $f:ident: $t:ty, $($rest:tt)*) => {
        says!(@one [$($doc)+] $name [$($done)* $(#[$m])+ pub $f: $t,] $($rest)*);
    };
    (@one [$($doc:tt)+] $name:ident [$($done:tt)*]) => {
        $($doc)+
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub struct $name { $($done)* }
    };
}

/// Declares an enumeration of the protocol, by the numbers on the wire.
macro_rules! choice {
    ($($(#[$doc:meta])+ $name:ident { $($(#[$why:meta])+ $value:ident = $number:literal,)* })*) => { $(
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$why])+ $value,)* }

        impl $name {
            /// The value with this number on the wire.
            pub const fn of(number: u32) -> Option<Self> {
                match number {
                    $($number => Some(Self::$value),)*
                    _ => None,
                }
            }
        }
    )* };
}

/// Returns whether a flag is false, so that the field is left out.
pub fn is_false(value: &bool) -> bool {
    !value
}

pub(super) use {choice, says};
