//! The result of a probe as JSON.

use schemars::JsonSchema;
use serde::Serialize;

use crate::files::probe_case::{Place, ProbeCase};
use crate::jobs::probe::{Conclusion, Probed};

/// The version of the format.
const FORMAT: u32 = 1;

/// What `probe --json` prints.
#[derive(Serialize, JsonSchema)]
pub struct Facts {
    format: u32,
    /// Where the calls were made.
    place: Place,
    /// The seed of the calls.
    seed: u64,
    /// The kinds of locks that were asked for.
    kinds: Vec<&'static str>,
    /// Why leases were left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    no_leases: Option<String>,
    /// Whether `/proc/locks` was compared after each call.
    proc_locks: bool,
    /// How many calls were made.
    calls: u64,
    /// How many ran into a lock or a lease.
    conflicts: u64,
    /// The seconds from the start to the last of these calls.
    seconds: f64,
    /// The call after which the probe waited longest for answers, and the seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    slowest: Option<(String, f64)>,
    /// Calls of the first round in one process, without comparing anything: how many, and the seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    bare: Option<(u64, f64)>,
    /// The verdict.
    verdict: Verdict,
    /// What happened, if the verdict is not `agrees`, `disagrees` or `vacuous`.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// The minimized run that disagrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    case: Option<ProbeCase>,
}

/// The verdict of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The models admit all answers.
    Agrees,
    /// They do not.
    Disagrees,
    /// No call ran into another one's lock.
    Vacuous,
    /// A call was not answered.
    Hangs,
    /// The probe was interrupted.
    Interrupted,
    /// A worker could not go on.
    Broken,
}

impl Verdict {
    /// Returns the verdict of a probe.
    pub const fn of(probed: &Probed) -> Self {
        match &probed.conclusion {
            Conclusion::Agreed if probed.conflicts == 0 => Self::Vacuous,
            Conclusion::Agreed => Self::Agrees,
            Conclusion::Disagrees(_) => Self::Disagrees,
            Conclusion::Hung(..) => Self::Hangs,
            Conclusion::Stopped => Self::Interrupted,
            Conclusion::Broken(_) => Self::Broken,
        }
    }
}

impl Facts {
    /// The facts of a probe.
    pub fn new(probed: &Probed, seed: u64, kinds: Vec<&'static str>) -> Self {
        let case = match &probed.conclusion {
            Conclusion::Disagrees(case) => Some((**case).clone()),
            _ => None,
        };
        let why = match &probed.conclusion {
            Conclusion::Hung(worker, call, _) => {
                Some(format!("w{worker} is stuck; last call: {call}"))
            }
            Conclusion::Broken(problem) => Some(problem.clone()),
            _ => None,
        };
        Self {
            format: FORMAT,
            place: probed.place.clone(),
            seed,
            kinds,
            no_leases: probed.no_leases.clone(),
            proc_locks: probed.listed,
            calls: probed.calls,
            conflicts: probed.conflicts,
            seconds: probed.seconds,
            slowest: probed.slowest.clone(),
            bare: probed.bare.map(|bare| (bare.calls, bare.seconds)),
            verdict: Verdict::of(probed),
            why,
            case,
        }
    }
}
