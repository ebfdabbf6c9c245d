//! Short names for the long byte strings of a recording, in order of appearance.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::hash::Hash;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::recent::Recent;

/// A word of the protocol, in lower case.
pub type Word = Cow<'static, str>;

macro_rules! names {
    ($($(#[doc = $doc:literal])+ $name:ident($prefix:literal);)*) => { $(
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                number(from, $prefix).map(Self)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "string",
                    "pattern": concat!("^", $prefix, "[1-9][0-9]*$"),
                    "description": concat!($($doc),+).trim(),
                })
            }
        }
    )* };
}

names! {
    /// A client, by its owner string (NFS) or the name of its host (NLM).
    Client("c");
    /// A file or directory, by its file handle.
    File("F");
    /// A session of NFSv4.1, by its id.
    Session("S");
    /// An open owner.
    OpenOwner("o");
    /// A lock owner: of NFS, or of NLM with host, owner handle and process.
    LockOwner("l");
    /// A client id that a server gave.
    ClientId("id");
    /// A verifier of a client: another one after the client started anew.
    Verifier("v");
    /// A verifier of writes: another one after the server started anew.
    WriteVerifier("w");
    /// A cookie of NLM, which ties an asynchronous answer to its call.
    Cookie("k");
    /// A server, by the owner that it says it is.
    Server("N");
}

fn number<'de, D: Deserializer<'de>>(from: D, prefix: &str) -> Result<u32, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(from)?;
    let number = text.strip_prefix(prefix).filter(|digits| !digits.starts_with(['0', '+']));
    number
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(|| de::Error::custom(format_args!("`{text}` is not a name like {prefix}1")))
}

/// A stateid: the name of the state that it stands for, whatever its sequence number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stateid {
    /// A state that the server made: an open, a lock, a delegation.
    Named(u32),
    /// The special stateid of all zeros.
    Anonymous,
    /// The special stateid of all ones, which reads past locks.
    Bypass,
    /// The stateid that an earlier operation of the same compound returned.
    Current,
    /// The special stateid that is never valid.
    Invalid,
}

impl Stateid {
    const SPECIAL: [(Self, &'static str); 4] = [
        (Self::Anonymous, "anonymous"),
        (Self::Bypass, "bypass"),
        (Self::Current, "current"),
        (Self::Invalid, "invalid"),
    ];

    /// Returns the special stateid with this sequence number and these other bytes, if there is
    /// one.
    pub fn special(seqid: u32, other: &[u8; 12]) -> Option<Self> {
        match (seqid, other) {
            (0, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) => Some(Self::Anonymous),
            (1, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) => Some(Self::Current),
            (u32::MAX, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) => Some(Self::Invalid),
            (u32::MAX, other) if *other == [0xff; 12] => Some(Self::Bypass),
            _ => None,
        }
    }
}

impl fmt::Display for Stateid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(number) => write!(f, "s{number}"),
            special => {
                let found = Self::SPECIAL.iter().find(|(one, _)| one == special);
                f.write_str(found.map_or("", |(_, name)| name))
            }
        }
    }
}

impl Serialize for Stateid {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Stateid {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        if let Some((special, _)) = Self::SPECIAL.iter().find(|(_, name)| *name == text) {
            return Ok(*special);
        }
        number(de::value::StrDeserializer::<D::Error>::new(&text), "s").map(Self::Named)
    }
}

impl JsonSchema for Stateid {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Stateid".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^(s[1-9][0-9]*|anonymous|bypass|current|invalid)$",
            "description": "A state that the server made (an open, a lock, a delegation), \
                            or a special stateid.",
        })
    }
}

/// Names for byte strings of one kind.
pub struct Names<K> {
    known: Recent<K, u32>,
    last: u32,
}

impl<K: Hash + Eq> Names<K> {
    /// Returns a table that remembers at least this many names. Bytes that were not seen for longer
    /// get a new name when they appear again.
    pub const fn new(remembered: usize) -> Self {
        Self { known: Recent::new(remembered), last: 0 }
    }

    /// Returns the number of these bytes: the next number if they are new.
    pub fn number<Q>(&mut self, bytes: &Q) -> u32
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(number) = self.known.get(bytes) {
            return *number;
        }
        self.last = self.last.saturating_add(1);
        self.known.insert(bytes.to_owned(), self.last);
        self.last
    }
}
