//! The protocols: the one list of them, and what the harness knows of each beyond its model.

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

/// The protocols of this repository, in the order in which they are listed.
pub static PROTOCOLS: &[Entry] = &[
    Entry::of::<AsyncGrant>().as_threads(&async_grant::FORM),
    Entry::of::<Recall>().as_threads(&recall::FORM),
    Entry::of::<DirLock>(),
    Entry::of::<Downconvert>().as_threads(&downconvert::FORM),
    Entry::of::<DelegationReturn>().as_threads(&delegation_return::FORM),
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
pub fn forms() -> impl Iterator<Item = &'static Form> {
    all().iter().filter_map(|entry| entry.form)
}

/// The form of a protocol, or why there is none.
pub fn form_of(protocol: &str) -> Result<&'static Form, String> {
    forms().find(|form| form.protocol == protocol).ok_or_else(|| {
        let names: Vec<&str> = forms().map(|form| form.protocol).collect();
        format!(
            "{protocol} has no thread-shaped form\nhint: these protocols have one: {}",
            names.join(", ")
        )
    })
}
