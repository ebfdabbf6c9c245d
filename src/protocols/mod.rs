//! The protocols: the single list of them, and what the harness knows of each in addition to its
//! model.

#![allow(clippy::duplicate_mod)] // The code of threads is one file for three runtimes: that is the point.

#[macro_use]
mod flaws;

pub mod async_grant;
pub mod decisive;
pub mod delegation_return;
pub mod downconvert;
mod entry;
pub mod form;
pub mod recall;
pub mod trace;

use std::sync::OnceLock;

use latchwork_model::async_grant::AsyncGrant;
use latchwork_model::delegation_return::DelegationReturn;
use latchwork_model::downconvert::Downconvert;
use latchwork_model::recall::{Recall, dirlock::DirLock};

pub use entry::Entry;

use form::Form;

/// The protocols of this repository, in the order in which they are shown.
pub static PROTOCOLS: &[Entry] = &[
    Entry::of::<AsyncGrant>().as_threads(&async_grant::FORM),
    Entry::of::<Recall>().as_threads(&recall::FORM),
    Entry::of::<DirLock>(),
    Entry::of::<Downconvert>().as_threads(&downconvert::FORM),
    Entry::of::<DelegationReturn>().as_threads(&delegation_return::FORM),
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
pub fn forms() -> impl Iterator<Item = &'static Form> {
    all().iter().filter_map(|entry| entry.form)
}

/// Returns the threaded form of a protocol. The error explains why there is none.
pub fn form_of(protocol: &str) -> Result<&'static Form, String> {
    forms().find(|form| form.protocol == protocol).ok_or_else(|| {
        let names: Vec<&str> = forms().map(|form| form.protocol).collect();
        format!(
            "{protocol} has no thread-shaped form\nhint: these protocols have one: {}",
            names.join(", ")
        )
    })
}
