//! The results of predictions that were played on real kernels, in a file that people write.

use std::path::Path;

use latchwork_model::kit::{ActionInfo, Fairness};
use serde::{Deserialize, Serialize};

use crate::encoding::json::{Document, Problem, suggest};
use crate::files::configuration::{Unknown, profile, property, unknown};
use crate::protocols::{self, Entry};

/// How to cause faults on real systems, and the results of predictions that were played.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcomes {
    /// The faults that can be caused from outside: on the wire, or by system calls.
    pub faults: Vec<Cause>,
    /// The outcomes, at most one for each prediction, and one for each that a rule fixed.
    pub outcomes: Vec<Outcome>,
}

/// How to cause a fault.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// The protocol.
    pub protocol: String,
    /// The action of the fault.
    pub fault: String,
    /// How, in a few words.
    pub by: String,
}

/// The result of playing one prediction.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The profile.
    pub profile: String,
    /// The protocol.
    pub protocol: String,
    /// The property.
    pub property: String,
    /// The action that decides it; missing if all of what repeats forever shows it.
    pub decided_by: Option<String>,
    /// What was seen.
    pub seen: Seen,
    /// The versions, runs and controls, and what was not checked.
    pub how: String,
    /// Which ordinary workload meets it, without delays and without packets made by hand; or in how
    /// many runs of which workload it was not met. What is confirmed must have this.
    pub workload: Option<String>,
    /// The rule of the model that was added because the prediction was refuted. The model no longer
    /// makes it in the way that was played.
    pub fixed_by: Option<String>,
}

/// What was seen when a prediction was played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// The kernel did what was predicted.
    Confirmed,
    /// In the predicted situation the kernel did something else.
    Refuted,
    /// The kernel did not get into the predicted situation.
    NotReached,
}

impl Outcomes {
    /// Reads the file. The error names the first entry about something that does not exist, or the
    /// second one about the same.
    pub fn open(path: &Path) -> Result<Self, Problem> {
        let all: Self = Document::open(path)?.parse()?;
        let of_file = |(message, hint): Unknown| {
            Problem::of_file(path.display().to_string(), message).hint(hint)
        };
        all.check().map_err(of_file)?;
        Ok(all)
    }

    fn check(&self) -> Result<(), Unknown> {
        for (at, cause) in self.faults.iter().enumerate() {
            let entry = entry(&cause.protocol)?;
            action(entry, "fault", &cause.fault, &|lane| lane == Fairness::Fault)?;
            let is_same =
                |other: &Cause| (&other.protocol, &other.fault) == (&cause.protocol, &cause.fault);
            once(self.faults[..at].iter().any(is_same), &cause.fault)?;
        }
        for (at, outcome) in self.outcomes.iter().enumerate() {
            let entry = entry(&outcome.protocol)?;
            profile(entry, &outcome.profile)?;
            property(entry, &outcome.property)?;
            if let Some(by) = &outcome.decided_by {
                action(entry, "action", by, &|_| true)?;
            }
            once(
                self.outcomes[..at].iter().any(|other| other.is_about_the_same(outcome)),
                &outcome.property,
            )?;
            if let Some(name) = &outcome.fixed_by {
                rule(entry, name)?;
                if outcome.seen != Seen::Refuted {
                    let message = format!("`{}` is fixed, but not refuted", outcome.property);
                    let hint = "only a prediction that a kernel refuted is fixed by a rule";
                    return Err((message, hint.to_string()));
                }
            }
            if outcome.seen == Seen::Confirmed && outcome.workload.is_none() {
                let message = format!("`{}` is confirmed, but has no `workload`", outcome.property);
                let hint = "say which ordinary workload meets it, or in how many runs none did";
                return Err((message, hint.to_string()));
            }
        }
        Ok(())
    }
}

impl Outcome {
    fn is_about_the_same(&self, other: &Self) -> bool {
        self.profile == other.profile
            && self.protocol == other.protocol
            && self.property == other.property
            && self.decided_by == other.decided_by
            && self.fixed_by == other.fixed_by
    }
}

fn entry(name: &str) -> Result<&'static Entry, Unknown> {
    protocols::find(name).ok_or_else(|| {
        let known = protocols::all().iter().map(|entry| entry.name);
        (format!("unknown protocol `{name}`"), suggest(name, known, "protocols"))
    })
}

/// Refuses the name of an action that does not exist, or in whose lane it may not be.
fn action(
    entry: &Entry,
    what: &str,
    name: &str,
    may: &dyn Fn(Fairness) -> bool,
) -> Result<(), Unknown> {
    let fits = |action: &&ActionInfo| may(entry.lanes[usize::from(action.lane)].fairness);
    let known = entry.actions.iter().filter(fits).map(|action| action.name);
    if known.clone().any(|known| known == name) {
        return Ok(());
    }
    Err(unknown(entry, what, name, known))
}

fn rule(entry: &Entry, name: &str) -> Result<(), Unknown> {
    match entry.rule(name) {
        Some(_) => Ok(()),
        None => Err(unknown(entry, "rule", name, entry.rules.iter().map(|rule| rule.name))),
    }
}

fn once(is_repeated: bool, name: &str) -> Result<(), Unknown> {
    if is_repeated {
        let hint = "keep one entry, with all that was seen".to_string();
        return Err((format!("there are two entries about the same: `{name}`"), hint));
    }
    Ok(())
}
