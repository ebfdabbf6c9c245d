//! The small scenarios of this repository, embedded in the program.

use rust_embed::RustEmbed;

use crate::encoding::json::{Document, Problem};
use crate::protocols::Entry;

use super::scenario::Scenario;

#[derive(RustEmbed)]
#[folder = "scenarios"]
#[include = "*/*.json"]
#[exclude = "*/*/*"]
struct Files;

/// Returns the built-in scenarios of a protocol, by name. A protocol from elsewhere has none.
///
/// # Errors
///
/// If another protocol uses the name of a built-in one but has different keys.
pub fn scenarios(entry: &Entry) -> Result<Vec<Scenario>, Problem> {
    let mut names: Vec<_> = Files::iter().filter(|name| is_of(name, entry.name)).collect();
    names.sort();
    let read = |name: &std::borrow::Cow<'_, str>| {
        let file = Files::get(name)?;
        let text = String::from_utf8_lossy(&file.data).into_owned();
        let document = Document::new(format!("scenarios/{name}"), text);
        let stem = name.rsplit('/').next().unwrap_or(name).trim_end_matches(".json");
        Some(Scenario::read(&document, stem.to_string()))
    };
    names.iter().filter_map(read).collect()
}

/// Returns whether a path is that of a file directly in the folder of a protocol.
fn is_of(path: &str, protocol: &str) -> bool {
    let name = path.strip_prefix(protocol).and_then(|rest| rest.strip_prefix('/'));
    name.is_some_and(|name| !name.contains('/'))
}
