//! The protocols: the one list of them, and what the harness knows of each beyond its model.

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

/// The protocols of this repository, in the order in which they are listed.
pub static PROTOCOLS: &[Entry] = &[
    entry!(AsyncGrant, async_grant),
    entry!(Recall, recall),
    entry!(DirLock),
    entry!(Downconvert, downconvert),
    entry!(DelegationReturn, delegation_return),
];

/// What [`install`] was called with.
static INSTALLED: OnceLock<&'static [Entry]> = OnceLock::new();

/// Makes these the protocols that this process knows: files name protocols, and somebody must say
/// which there are. A program of somebody else calls it first, with its own.
///
/// # Panics
///
/// If others were installed, or used, before.
pub fn install(entries: &'static [Entry]) {
    let known: &'static [Entry] = INSTALLED.get_or_init(|| entries);
    assert!(std::ptr::eq(known, entries), "protocols are installed once, before they are used");
}

/// The protocols that this process knows: those of this repository unless others are installed.
pub fn all() -> &'static [Entry] {
    INSTALLED.get_or_init(|| PROTOCOLS)
}

/// The protocol with this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    all().iter().find(|entry| entry.name == name)
}

/// The forms as threads that there are.
#[cfg(feature = "threads")]
pub fn forms() -> impl Iterator<Item = &'static Form> {
    all().iter().filter_map(|entry| entry.form)
}

/// The form of a protocol, or why there is none.
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
