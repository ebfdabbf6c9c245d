//! The run of threads stored in a case: what it did, and how to reproduce it.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::encoding::json::{Json, Problem};
use crate::engines::schedule::Schedule;

/// The property that is reported as violated by a run of threads that the model does not admit.
pub const REFINEMENT: &str = "refinement";

/// A run of threads, as stored in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadRun {
    /// The flaws of the code that were enabled.
    pub flaws: Vec<String>,
    /// Under loom: the maximum number of preemptions in that search.
    pub preemptions: Option<usize>,
    /// What was done, in the terms of the model.
    pub log: Vec<String>,
    /// How it ended.
    pub ends: String,
    /// Why it is not a run of the model, if it is not.
    pub refused: Option<String>,
    /// How to reproduce it.
    pub schedule: Schedule,
}

impl Serialize for ThreadRun {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::{Error, SerializeMap};
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("flaws", &self.flaws)?;
        if let Some(preemptions) = self.preemptions {
            map.serialize_entry("preemptions", &preemptions)?;
        }
        map.serialize_entry("log", &self.log)?;
        map.serialize_entry("ends", &self.ends)?;
        if let Some(refused) = &self.refused {
            map.serialize_entry("refused", refused)?;
        }
        match &self.schedule {
            Schedule::None => {}
            Schedule::Tasks(tasks) => map.serialize_entry("tasks", tasks)?,
            Schedule::Path(path) => {
                let raw: &RawValue = serde_json::from_str(path).map_err(S::Error::custom)?;
                map.serialize_entry("loom", raw)?;
            }
        }
        map.end()
    }
}

impl ThreadRun {
    /// Reads the run of threads of a case.
    pub fn read(json: Json<'_>) -> Result<Self, Problem> {
        let mut object = json.object()?;
        let flaws = texts(object.required("flaws")?)?;
        let preemptions = object.optional("preemptions").map(number).transpose()?;
        let log = texts(object.required("log")?)?;
        let ends = object.required("ends")?.string()?;
        let refused = object.optional("refused").map(|json| json.string()).transpose()?;
        let schedule = match (object.optional("tasks"), object.optional("loom")) {
            (None, None) => Schedule::None,
            (Some(tasks), None) => {
                Schedule::Tasks(tasks.items()?.into_iter().map(number).collect::<Result<_, _>>()?)
            }
            (None, Some(path)) => Schedule::Path(path.text().to_string()),
            (Some(_), Some(path)) => {
                return Err(path.problem("a run has the decisions of exactly one scheduler"));
            }
        };
        object.finish()?;
        Ok(Self { flaws, preemptions, log, ends, refused, schedule })
    }
}

fn texts(json: Json<'_>) -> Result<Vec<String>, Problem> {
    json.items()?.into_iter().map(|item| item.string()).collect()
}

fn number<T: TryFrom<u64>>(json: Json<'_>) -> Result<T, Problem> {
    T::try_from(json.number()?).map_err(|_| json.problem("the number is too large"))
}
