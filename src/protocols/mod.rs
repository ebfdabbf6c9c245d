//! The protocols: the single list of them, and what the harness knows of each in addition to its
//! model.

#![allow(clippy::duplicate_mod)] // The code of threads is one file for three runtimes: that is the point.

#[cfg(feature = "threads")]
#[macro_use]
mod flaws;

#[cfg(feature = "threads")]
pub mod async_grant;
pub mod decisive;
#[cfg(feature = "threads")]
pub mod delegation_return;
#[cfg(feature = "threads")]
pub mod downconvert;
mod entry;
#[cfg(feature = "threads")]
pub mod form;
#[cfg(feature = "threads")]
pub mod recall;
pub mod trace;

use std::sync::OnceLock;

use latchwork_model::async_grant::AsyncGrant;
use latchwork_model::delegation_return::DelegationReturn;
use latchwork_model::downconvert::Downconvert;
use latchwork_model::recall::{Recall, dirlock::DirLock};

pub use entry::Entry;

#[cfg(feature = "threads")]
use form::Form;

/// The entry of a protocol, with the form as threads that the folder of this name holds.
macro_rules! entry {
    ($protocol:ty) => {
        Entry::of::<$protocol>()
    };
    ($protocol:ty, $form:ident) => {{
        #[cfg(feature = "threads")]
        let entry = entry!($protocol).as_threads(&$form::FORM);
        #[cfg(not(feature = "threads"))]
        let entry = entry!($protocol);
        entry
    }};
}

/// The protocols of this repository, in the order in which they are shown.
pub static PROTOCOLS: &[Entry] = &[
    entry!(AsyncGrant, async_grant),
    entry!(Recall, recall),
    entry!(DirLock),
    entry!(Downconvert, downconvert),
    entry!(DelegationReturn, delegation_return),
];

/// The argument of [`install`].
static INSTALLED: OnceLock<&'static [Entry]> = OnceLock::new();

/// Sets the protocols that this process knows, which files refer to by name. Another program calls
/// this first, with its own protocols.
///
/// # Panics
///
/// If other protocols were installed or used before.
pub fn install(entries: &'static [Entry]) {
    let known: &'static [Entry] = INSTALLED.get_or_init(|| entries);
    assert!(std::ptr::eq(known, entries), "protocols are installed once, before they are used");
}

/// Returns the protocols that this process knows: those of this repository, unless others are
/// installed.
pub fn all() -> &'static [Entry] {
    INSTALLED.get_or_init(|| PROTOCOLS)
}

/// Returns the protocol with this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    all().iter().find(|entry| entry.name == name)
}

/// Returns the existing threaded forms.
#[cfg(feature = "threads")]
pub fn forms() -> impl Iterator<Item = &'static Form> {
    all().iter().filter_map(|entry| entry.form)
}

/// Returns the threaded form of a protocol. The error explains why there is none.
#[cfg(feature = "threads")]
pub fn form_of(protocol: &str) -> Result<&'static Form, String> {
    forms().find(|form| form.protocol == protocol).ok_or_else(|| {
        let names: Vec<&str> = forms().map(|form| form.protocol).collect();
        let hint = match names.as_slice() {
            [] => "threads run only protocols of latchwork itself; leave --engine out".to_string(),
            names => format!("these protocols have one: {}", names.join(", ")),
        };
        format!("{protocol} has no thread-shaped form\nhint: {hint}")
    })
}
