//! The files that users write and store, checked against the available protocols.

#[cfg(feature = "cli")]
pub mod built_in;
pub mod case;
pub mod configuration;
pub mod outcomes;
#[cfg(all(feature = "probe", target_os = "linux"))]
pub mod probe_case;
pub mod scenario;
#[cfg(all(feature = "probe", target_os = "linux"))]
pub mod storm_case;
pub mod thread_run;
