//! Latchwork: deterministic simulation and model checking for the lock, delegation and recall
//! protocols of distributed filesystems.
//!
//! # Ten minutes
//!
//! A protocol is a *model*: a state of plain bytes, a list of actions, a list of properties. Engines
//! find out whether the properties hold in every state that the actions can lead to, and if one
//! does not, how. `latchwork init FOLDER` writes the model of this page as a package of its own, with
//! a program that has all commands of the tool; here is the same with the library.
//!
//! ## A model
//!
//! A client asks a server for a lock; the server grants it by a message; the client gives it back.
//! While it waits a client may give up, and then a grant can arrive that nobody waits for any more.
//! What follows is the whole file, to be read from top to bottom:
//!
//! - [`ids!`](model::ids) and [`state!`](model::state) declare the state. It is flat: engines copy,
//!   compare and keep states as the bytes that they are.
//! - [`rules!`](model::rules) lists the clauses of the protocol that can be switched off. A rule is
//!   tested where it acts: search for `return_late_grant`.
//! - [`actions!`](model::actions) lists what can happen. Each name is a method: guards first, each a
//!   line with [`when`](model::kit::when), then what changes. An action of a `fault` lane has a
//!   budget that stands in the state.
//! - [`properties!`](model::properties) lists what is promised, and what must be possible. `deadlock`,
//!   `can_finish`, `no_panic` and `bound_exceeded` are promised by every model.
//! - [`Model`](model::kit::Model) is what engines need, [`Protocol`](model::kit::Protocol) what files
//!   and the command line need beyond it.
//!
//! ```
#![doc = include_str!("../examples/lock/src/lock.rs")]
//! ```
//!
//! ## Every state
//!
//! [`explore`](engines::explore::explore) looks at all states, level by level. That it was not
//! [`stopped`](engines::verdict::Exploration::stopped) says that there are no more: what was not found is not
//! there.
//!
//! ```
//! use latchwork::engines::explore::{Options, explore};
//! # use latchwork::engines::verdict::properties;
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/lock/src/lock.rs"));
//!
//! # fn main() {
//! let lock = Lock { clients: 2, give_ups: 1, rules: Rules { return_late_grant: true } };
//! let found = explore(&lock, &Options::default(), &());
//! assert_eq!(found.stopped, None);
//! assert_eq!((found.statistics.distinct, found.statistics.depth()), (36, 8));
//!
//! // All that was found is the goal: a grant can come late, in three steps.
//! let names: Vec<_> = found.discoveries.iter()
//!     .map(|found| (properties::<Lock>()[usize::from(found.property.0)].name, found.steps))
//!     .collect();
//! assert_eq!(names, [("grant_comes_late", 3)]);
//! # }
//! ```
//!
//! ## What a rule is for
//!
//! The same without the rule: a promise breaks, and the run that shows it is a shortest one.
//!
//! ```
//! use latchwork::engines::explore::{Options, explore};
//! use latchwork_model::kit::Actions;
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/lock/src/lock.rs"));
//!
//! # fn main() {
//! let lock = Lock { clients: 2, give_ups: 1, rules: Rules { return_late_grant: false } };
//! let found = explore(&lock, &Options::default(), &());
//! let owner_knows = Lock::PROPERTIES.iter().position(|property| property.name == "owner_knows");
//! let shown = found.discoveries.iter()
//!     .find(|found| Some(usize::from(found.property.0)) == owner_knows)
//!     .expect("it is violated");
//! let steps: Vec<String> =
//!     shown.path.steps.iter().map(|step| step.spell(Lock::ACTIONS).to_string()).collect();
//! assert_eq!(
//!     steps,
//!     ["client_ask(c0)", "server_grant(c0)", "fault_give_up(c0)", "client_take_grant(c0)"]
//! );
//! # }
//! ```
//!
//! ## Files
//!
//! A [`Scenario`](files::scenario::Scenario) is a configuration in a file, with what is expected of it. What
//! [`check`](jobs::check::check) finds can be told as a [`story`](report::check::text::story), and be kept as a
//! [`Case`](files::case::Case): a run by names, which [`replay`](jobs::replay::replay) takes again on the
//! model as it is then, on any machine.
//!
//! ```
//! use latchwork::encoding::json::Document;
//! use latchwork::protocols::{Entry, install};
//! use latchwork::jobs::replay::{Replayed, replay};
//! use latchwork::files::case::Case;
//! use latchwork::engines::explore::Options;
//! use latchwork::files::scenario::Scenario;
//! use latchwork::jobs::check::check;
//! use latchwork::report::check::text::story;
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/lock/src/lock.rs"));
//!
//! static PROTOCOLS: &[Entry] = &[Entry::of::<Lock>()];
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! install(PROTOCOLS);
//! let file = r#"{
//!   "format": 1,
//!   "protocol": "lock",
//!   "bounds": { "clients": 2 },
//!   "faults": { "give_up": 1 },
//!   "without": ["return_late_grant"],
//!   "expect": { "violates": "can_finish", "steps": 3 }
//! }"#;
//! let document = Document::new("without.json", file);
//! let name = "without".to_string();
//! let scenario = Scenario::read(&document, name).map_err(|problem| problem.to_string())?;
//! let checked = check(scenario, &Options::default(), &())?;
//! assert!(checked.is_as_expected());
//!
//! let story = story(&checked);
//! assert!(story.contains("`return_late_grant` is off: with it client.c0 owner=0"));
//!
//! let found = checked.main_violation().expect("there is one");
//! let kept = checked.case(found).to_text();
//! let again = Document::new("case.json", kept);
//! let again = Case::read(&again, false).map_err(|problem| problem.to_string())?;
//! assert_eq!(replay(&again, 1, &())?, Replayed::Same);
//! # Ok(())
//! # }
//! ```
//!
//! ## Too many states
//!
//! Where a space is too large to be looked at whole, [`simulate`](engines::simulate::simulate) does runs with
//! drawn steps. A run is a function of the model, the seed and its number, so it can be repeated; that
//! nothing is found is no proof.
//!
//! ```
//! use latchwork::engines::simulate::{Plan, Strategy, simulate};
//! use latchwork::engines::verdict::PropertySet;
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/lock/src/lock.rs"));
//!
//! # fn main() {
//! let lock = Lock { clients: 3, give_ups: 2, rules: Rules { return_late_grant: false } };
//! let plan = Plan {
//!     seed: 7,
//!     runs: 0..1000,
//!     strategy: Strategy::Walk.into(),
//!     steps: 100,
//!     fair: 0,
//!     properties: PropertySet::ALL,
//!     paranoid: false,
//!     threads: 1,
//! };
//! let first = simulate(&lock, &plan, &()).failure.expect("one of them fails");
//! let again = simulate(&lock, &Plan { runs: first.run..first.run + 1, ..plan }, &());
//! assert_eq!(again.failure, Some(first));
//! # }
//! ```
//!
//! ## A program
//!
//! [`cli::run`] gives a program of yours all commands of the tool, with your protocols: `check`,
//! `ablate`, `replay`, `simulate` and the rest.
//!
//! ```no_run
//! use std::process::ExitCode;
//! use latchwork::protocols::Entry;
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/lock/src/lock.rs"));
//!
//! static PROTOCOLS: &[Entry] = &[Entry::of::<Lock>()];
//!
//! fn main() -> ExitCode {
//!     latchwork::cli::run(PROTOCOLS)
//! }
//! ```
#![deny(unsafe_code)]

#[cfg(feature = "recordings")]
pub mod capture;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "recordings")]
pub mod conform;
pub mod encoding;
pub mod engines;
pub mod files;
pub mod jobs;
pub mod protocols;
pub mod report;
#[cfg(feature = "cli")]
pub mod serve;

pub use latchwork_model as model;

// Random models are compared from inside, too: they name the library as everybody else does.
#[cfg(test)]
extern crate self as latchwork;
