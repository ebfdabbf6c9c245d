//! Latchwork's models as a static library, for engines that are written in C.
//!
//! The environment variable `LATCHWORK_SUBJECT` names the model: the path of a scenario, or
//! `gallery:NAME`. A state is `lw_size()` bytes, which the engine owns, stores and compares: equal bytes
//! are equal states. Initial states and steps have numbers from 0 on. The declarations for C are in
//! `src/foreign/through_spin.rs` of the package `compare`. A model that panics aborts the process.
#![deny(unsafe_op_in_unsafe_fn)]

#[path = "../../src/foreign/gallery.rs"]
pub mod gallery;
#[path = "../../src/foreign/judge.rs"]
pub mod judge;
#[path = "../../src/foreign/subjects.rs"]
pub mod subjects;

use std::sync::OnceLock;

use latchwork_model::kit::{Actions, Model, Step};

use judge::{Enabled, Question, steps};
use subjects::{Subject, With};

/// A model without its type; its states are bytes.
///
/// # Safety
///
/// A pointer to a state points to `size()` bytes that `initial` or `fire` of the same model has written,
/// and that nobody else changes during the call. A state has an alignment of one.
trait Foreign: Send + Sync {
    /// Returns how many bytes a state has.
    fn size(&self) -> usize;
    /// Writes the initial state with this number; returns whether there is one.
    unsafe fn initial(&self, state: *mut u8, number: usize) -> bool;
    /// Writes the successor by the step with this number; returns whether the step is enabled.
    unsafe fn fire(&self, state: *const u8, next: *mut u8, number: usize) -> bool;
    /// Returns what a state violates or reaches: the bit with the number of each own property.
    unsafe fn shown(&self, state: *const u8) -> u64;
    /// Returns which steps are cut off: bit 0 for one that would exceed a bound, bit 1 for an action
    /// that changes the state before one of its guards fails.
    unsafe fn cuts(&self, state: *const u8) -> u32;
    /// Returns whether nothing is enabled and the protocol is done.
    unsafe fn rests(&self, state: *const u8) -> bool;
}

/// A model with its initial states, steps and properties by number.
struct Numbered<M: Model> {
    model: M,
    initial: Vec<M::State>,
    steps: Vec<Step>,
    questions: Vec<Question>,
}

impl<M: Model> Foreign for Numbered<M> {
    fn size(&self) -> usize {
        size_of::<M::State>()
    }

    unsafe fn initial(&self, state: *mut u8, number: usize) -> bool {
        let initial = self.initial.get(number);
        // SAFETY: the bytes are the caller's to write, and there are enough of them.
        initial.inspect(|initial| unsafe { state.cast::<M::State>().write(**initial) }).is_some()
    }

    unsafe fn fire(&self, state: *const u8, next: *mut u8, number: usize) -> bool {
        let Some(step) = self.steps.get(number) else { return false };
        // SAFETY: the caller promises that these bytes are a state of this model.
        let mut successor = unsafe { state.cast::<M::State>().read() };
        let fired = Actions::fire(&self.model, &mut successor, *step).is_ok();
        if fired {
            // SAFETY: the bytes are the caller's to write, and there are enough of them.
            unsafe { next.cast::<M::State>().write(successor) };
        }
        fired
    }

    unsafe fn shown(&self, state: *const u8) -> u64 {
        // SAFETY: the caller promises that these bytes are a state of this model.
        let state = unsafe { &*state.cast::<M::State>() };
        let asked = self.questions.iter().enumerate();
        // The engine finds deadlocks by itself, and asks for cuts where it leaves a state.
        let own = asked.filter(|(_, question)| matches!(question, Question::Own(_)));
        own.fold(0, |bits, (at, question)| {
            bits | u64::from(question.is_shown(&self.model, state)) << at
        })
    }

    unsafe fn cuts(&self, state: *const u8) -> u32 {
        // SAFETY: the caller promises that these bytes are a state of this model.
        let enabled = Enabled::of(&self.model, unsafe { &*state.cast::<M::State>() });
        u32::from(enabled.exceeds) | u32::from(enabled.changes) << 1
    }

    unsafe fn rests(&self, state: *const u8) -> bool {
        // SAFETY: the caller promises that these bytes are a state of this model.
        let state = unsafe { &*state.cast::<M::State>() };
        self.model.done(state) && !Enabled::of(&self.model, state).any
    }
}

/// Numbers what a model has.
struct Number;

impl With for Number {
    type Answer = Box<dyn Foreign>;

    fn with<M: Model>(self, model: M) -> Self::Answer {
        let mut initial = Vec::new();
        model.initial(&mut |state| initial.push(*state));
        let (steps, questions) = (steps(&model), Question::all::<M>());
        assert!(questions.len() <= 64, "a property is a bit");
        Box::new(Numbered { model, initial, steps, questions })
    }
}

/// Returns the model that the environment names; ends the process if there is none.
fn model() -> &'static dyn Foreign {
    static MODEL: OnceLock<Box<dyn Foreign>> = OnceLock::new();
    let opened = MODEL.get_or_init(|| {
        let address = std::env::var("LATCHWORK_SUBJECT").unwrap_or_default();
        Subject::at(&address).with(Number).unwrap_or_else(|problem| {
            eprintln!("LATCHWORK_SUBJECT: {problem}");
            std::process::exit(2);
        })
    });
    &**opened
}

/// Returns how many bytes a state has.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub extern "C" fn lw_size() -> usize {
    model().size()
}

/// Writes the initial state with this number; returns whether there is one.
///
/// # Safety
///
/// `state` points to `lw_size()` bytes that may be written.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_initial(state: *mut u8, number: usize) -> bool {
    // SAFETY: as the caller promises.
    unsafe { model().initial(state, number) }
}

/// Writes the successor by the step with this number; returns whether the step is enabled.
///
/// # Safety
///
/// `state` points to bytes that `lw_initial` or `lw_fire` has written, `next` to `lw_size()` bytes that
/// may be written.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_fire(state: *const u8, next: *mut u8, number: usize) -> bool {
    // SAFETY: as the caller promises.
    unsafe { model().fire(state, next, number) }
}

/// Returns what a state violates or reaches: the bit with the number of each property.
///
/// # Safety
///
/// `state` points to bytes that `lw_initial` or `lw_fire` has written.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_shown(state: *const u8) -> u64 {
    // SAFETY: as the caller promises.
    unsafe { model().shown(state) }
}

/// Returns which steps are cut off: bit 0 for one that would exceed a bound, bit 1 for an action that
/// changes the state before one of its guards fails.
///
/// # Safety
///
/// As for [`lw_shown`].
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_cuts(state: *const u8) -> u32 {
    // SAFETY: as the caller promises.
    unsafe { model().cuts(state) }
}

/// Returns whether nothing is enabled and the protocol is done.
///
/// # Safety
///
/// As for [`lw_shown`].
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lw_rests(state: *const u8) -> bool {
    // SAFETY: as the caller promises.
    unsafe { model().rests(state) }
}
