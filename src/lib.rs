//! Latchwork: deterministic simulation and model checking for the lock, delegation and recall
//! protocols of distributed filesystems.
//!
//! # Ten minutes
//!
//! A protocol is a *model*: a state of plain bytes, a list of actions, a list of properties.
//! Engines decide whether the properties hold in every reachable state, and show a counterexample
//! if one does not. `latchwork init FOLDER` writes the model below as a package of its own, with a
//! program that has all commands of the tool. This page does the same with the library.
//!
//! ## A model
//!
//! A client asks a server for a lock, the server grants it in a message, and the client returns it.
//! A client may give up while it waits; then a grant can arrive that no client is waiting for. The
//! whole file follows, to be read from top to bottom:
//!
//! - [`ids!`](model::ids) and [`state!`](model::state) declare the state. It is flat: engines copy,
//!   compare and store states as raw bytes.
//! - [`rules!`](model::rules) lists the clauses of the protocol that can be switched off. A rule is
//!   tested where it acts: search for `return_late_grant`.
//! - [`actions!`](model::actions) lists what can happen. Each name is a method: guards first, each a
//!   line with [`when`](model::kit::when), then the changes. An action of a `fault` lane has a
//!   budget, which is part of the state.
//! - [`properties!`](model::properties) lists what must hold, and what must be possible.
//!   `deadlock`, `can_finish`, `no_panic` and `bound_exceeded` are checked for every model.
//! - [`Model`](model::kit::Model) is what engines need. [`Protocol`](model::kit::Protocol) adds
//!   what files and the command line need.
//!
//! ```
#![doc = include_str!("../examples/lock/src/lock.rs")]
//! ```
//!
//! ## Every state
//!
//! [`explore`](engines::explore::explore) searches all states, level by level. If it was not
//! [`stopped`](engines::verdict::Exploration::stopped), it has explored every reachable state, so a
//! violation that was not found does not exist.
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
//! // The only discovery is the goal: a grant can arrive late, in three steps.
//! let names: Vec<_> = found.discoveries.iter()
//!     .map(|found| (properties::<Lock>()[usize::from(found.property.0)].name, found.steps))
//!     .collect();
//! assert_eq!(names, [("grant_comes_late", 3)]);
//! # }
//! ```
//!
//! ## What a rule is for
//!
//! The same model without the rule: a property is violated, and the run that shows it is a shortest
//! one.
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
//! A [`Scenario`](files::scenario::Scenario) is a configuration in a file, with its expected
//! result. A violation that [`check`](jobs::check::check) finds can be printed as a
//! [`story`](report::check::text::story) and stored as a [`Case`](files::case::Case): a run by
//! names, which [`replay`](jobs::replay::replay) repeats on the current model, on any machine.
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
//! If a space is too large to explore, [`simulate`](engines::simulate::simulate) samples random
//! runs. A run is a function of the model, the seed and its number, so it can be repeated. A
//! campaign without a violation proves nothing.
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
//!     ways: 1,
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
//! [`cli::run`] gives your own program all commands of the tool, with your protocols: `check`,
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
#[cfg(all(feature = "probe", target_os = "linux"))]
pub mod probe;
pub mod protocols;
pub mod report;
#[cfg(feature = "cli")]
pub mod serve;

pub use latchwork_model as model;

// Random models are also compared in unit tests, which refer to the library by its name as all
// other code does.
#[cfg(test)]
extern crate self as latchwork;
