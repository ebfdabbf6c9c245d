//! The result of checking a recording, as data: the output of `--json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::conform::slice::Slice;
use crate::engines::follow::outcome::Followed;
use crate::engines::follow::why::{Difference, Why};
use crate::engines::verdict::PropertySet;
use crate::jobs::conform::{Admitting, Closest, Conformed, Diagnosis, Outcome, WayRefused};
use crate::protocols::Entry;

/// The version of the format.
pub const FORMAT: u32 = 1;

/// A recording checked against a protocol.
#[derive(JsonSchema, Serialize)]
pub struct Facts {
    /// The version of the format: 1.
    pub format: u32,
    /// The protocol.
    pub protocol: &'static str,
    /// What of the recording there is no slice for, with how often it is there.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub without: BTreeMap<String, u64>,
    /// The parts of the recording.
    pub slices: Vec<SliceFacts>,
}

/// A part of a recording.
#[derive(JsonSchema, Serialize)]
pub struct SliceFacts {
    /// What it is about.
    pub name: String,
    /// How much was recorded in it.
    pub items: usize,
    /// What the map has no word for, with how often it is there.
    pub left_out: BTreeMap<String, u64>,
    /// It under the rules of each profile that was asked for.
    pub results: Vec<SliceResult>,
}

/// What came of a slice under some rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A run of the model explains it and violates nothing.
    Admitted,
    /// Every run of the model that explains it violates something.
    Violates,
    /// A stated limit was reached.
    Inconclusive,
    /// No run of the model explains it.
    Rejected,
    /// The bounds of the slice and these rules do not go together.
    NoModel,
    /// There is nothing in it.
    Vacuous,
}

/// A slice under some rules.
#[derive(JsonSchema, Serialize)]
pub struct SliceResult {
    /// The profile.
    pub profile: &'static str,
    /// The rules that are off beside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub without: Vec<&'static str>,
    /// The variants that are on beside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<&'static str>,
    /// What came of it.
    pub verdict: Verdict,
    /// Why there is no model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
    /// How many states of the model were met.
    pub states: usize,
    /// The properties that every explaining run violates.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub every: Vec<&'static str>,
    /// The properties that some explaining run violates, if that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub some: Vec<&'static str>,
    /// What happens in no run; of a violation, what makes it certain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Said>,
    /// Why it is rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<DiagnosisFacts>,
    /// The case of an explaining run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
}

/// Something that was recorded.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema, Serialize)]
pub struct Said {
    /// What it says.
    pub says: String,
    /// Where it stands.
    pub place: String,
}

/// Why a slice is rejected.
#[derive(JsonSchema, Serialize)]
pub struct DiagnosisFacts {
    /// For each way in which it could have happened, why it did not.
    pub ways: Vec<String>,
    /// What the model could have done instead.
    pub instead: Vec<String>,
    /// What would have to be changed about the recording; missing where nothing was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closest: Option<Vec<String>>,
    /// Whether two changes are not enough.
    pub far: bool,
    /// The switches that would admit it.
    pub admitting: Vec<AdmittingFacts>,
    /// How many sets of one or two switches there are.
    pub sets: usize,
    /// How many of them had to be tried: the others change nothing.
    pub tried: usize,
    /// How many of those have too many ways to explain the recording to be followed.
    pub given_up: usize,
}

/// Switches that would admit a slice.
#[derive(JsonSchema, Serialize)]
pub struct AdmittingFacts {
    /// The switches.
    pub switches: Vec<String>,
    /// The properties that every explaining run violates then.
    pub every: Vec<&'static str>,
    /// The properties that some explaining run violates then.
    pub some: Vec<&'static str>,
}

fn names(entry: &Entry, set: PropertySet) -> Vec<&'static str> {
    let properties = (entry.properties)();
    set.iter().filter_map(|id| Some(properties.get(usize::from(id.0))?.name)).collect()
}

impl Said {
    fn of(slice: &Slice, item: usize) -> Self {
        let recorded = &slice.recorded[item];
        Self { says: recorded.says.clone(), place: recorded.place.clone() }
    }
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {}", self.says, self.place)
    }
}

impl SliceFacts {
    /// Creates the facts of a slice that has not been checked yet.
    pub fn new(slice: &Slice) -> Self {
        let items = slice.recorded.len();
        let (name, left_out) = (slice.name.clone(), slice.left_out.clone());
        Self { name, items, left_out, results: Vec::new() }
    }

    /// Returns the best verdict over all rules that were tried.
    pub fn verdict(&self) -> Verdict {
        self.results.iter().map(|result| result.verdict).min().unwrap_or(Verdict::Vacuous)
    }
}

impl SliceResult {
    /// Returns the facts of a slice under the rules of a configuration.
    pub fn new(slice: &Slice, conformed: &Conformed, diagnosis: Option<&Diagnosis>) -> Self {
        let configuration = &conformed.configuration;
        let entry = configuration.entry;
        let mut result = Self {
            profile: entry.profiles[configuration.profile].name,
            without: configuration.rule_names(),
            with: configuration.variant_names(),
            verdict: Verdict::Vacuous,
            why: None,
            states: conformed.states,
            every: Vec::new(),
            some: Vec::new(),
            at: None,
            diagnosis: diagnosis.map(|diagnosis| DiagnosisFacts::new(slice, entry, diagnosis)),
            case: None,
        };
        match &conformed.outcome {
            Outcome::Vacuous => {}
            Outcome::NoModel(why) => (result.verdict, result.why) = (Verdict::NoModel, Some(*why)),
            Outcome::Followed(Followed::TooMany(_)) => result.verdict = Verdict::Inconclusive,
            Outcome::Followed(Followed::Admitted { may, .. }) => {
                (result.verdict, result.some) = (Verdict::Admitted, names(entry, *may));
            }
            Outcome::Followed(Followed::Violates { every, some, certain, .. }) => {
                result.verdict = Verdict::Violates;
                (result.every, result.some) = (names(entry, *every), names(entry, *some));
                result.at = Some(Said::of(slice, *certain));
            }
            Outcome::Followed(Followed::Rejected(rejection)) => {
                (result.verdict, result.at) =
                    (Verdict::Rejected, Some(Said::of(slice, rejection.item)));
            }
        }
        result
    }
}

impl DiagnosisFacts {
    fn new(slice: &Slice, entry: &Entry, diagnosis: &Diagnosis) -> Self {
        let said = |item: usize| Said::of(slice, item).to_string();
        let closest = match &diagnosis.closest {
            Closest::Far | Closest::Unknown => None,
            Closest::At { left_out, put_in } => {
                let left_out = left_out.iter().map(|item| format!("leave out {}", said(*item)));
                let put_in = put_in.iter().map(|(step, behind)| match behind {
                    Some(item) => format!("put in {step} behind {}", said(*item)),
                    None => format!("put in {step} before everything"),
                });
                Some(left_out.chain(put_in).collect())
            }
        };
        let admitting = |admitting: &Admitting| AdmittingFacts {
            switches: admitting.toggles.iter().map(ToString::to_string).collect(),
            every: names(entry, admitting.every),
            some: names(entry, admitting.some),
        };
        Self {
            ways: diagnosis.ways.iter().map(way).collect(),
            instead: diagnosis.instead.clone(),
            closest,
            far: matches!(diagnosis.closest, Closest::Far),
            admitting: diagnosis.admitting.iter().map(admitting).collect(),
            sets: diagnosis.tried.all,
            tried: diagnosis.tried.tried,
            given_up: diagnosis.tried.given_up,
        }
    }
}

/// Returns why a way is not possible, in a sentence.
fn way(way: &WayRefused) -> String {
    let Why::Differs(differences) = &way.why else {
        return match &way.step {
            Some(step) => format!("{step} is not enabled"),
            None => "it is not so".to_string(),
        };
    };
    let differs = |Difference { fact, found, .. }: &Difference| match fact {
        crate::engines::follow::item::Fact::Field { path, is: true, value } => {
            format!("{path} is {found}, not {value}")
        }
        crate::engines::follow::item::Fact::Field { path, is: false, .. } => {
            format!("{path} is {found}")
        }
        crate::engines::follow::item::Fact::Resting { .. } => format!("{found} is still to come"),
    };
    let said: Vec<String> = differences.iter().map(differs).collect();
    let after = differences.iter().any(|difference| difference.after);
    match &way.step {
        Some(step) if after => format!("after {step} {}", said.join("; ")),
        Some(step) => format!("before {step} {}", said.join("; ")),
        None => said.join("; "),
    }
}
