//! Recordings of traffic, and the maps for them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::capture;
use crate::capture::event::{Event, Head, Line};
use crate::encoding::json::Problem;

use super::client_log::ClientLog;
use super::slice::Slice;
use super::{async_grant, delegation_return, recall};

/// A map of traffic: converts events and client logs to slices, and counts what no slice covers.
pub type TrafficMap = fn(&[Event], &[ClientLog]) -> (Vec<Slice>, BTreeMap<String, u64>);

/// Returns the map of traffic of a protocol, if there is one.
pub fn map_of_traffic(protocol: &str) -> Option<TrafficMap> {
    match protocol {
        delegation_return::PROTOCOL => Some(delegation_return::slices),
        async_grant::PROTOCOL => Some(async_grant::slices),
        recall::PROTOCOL => Some(recall::slices),
        _ => None,
    }
}

/// Reads the events of a recording, from frames or from a file of imported events.
///
/// # Errors
///
/// If it cannot be read, or is damaged.
pub fn events(path: &Path) -> Result<Vec<Event>, Problem> {
    let file = path.display().to_string();
    let failed = |error: std::io::Error| Problem::of_file(&file, format!("cannot read: {error}"));
    if path.is_dir() {
        return Err(Problem::of_file(&file, "is a directory, not a file"));
    }
    let mut reader = BufReader::new(File::open(path).map_err(failed)?);
    if reader.fill_buf().map_err(failed)?.first() == Some(&b'{') {
        return lines(&file, reader);
    }
    let mut events = Vec::new();
    capture::import(reader, &mut |event| events.push(event)).map_err(|damage| {
        let problem = Problem::of_file(&file, damage.message);
        match damage.hint {
            Some(hint) => problem.hint(hint),
            None => problem,
        }
    })?;
    Ok(events)
}

/// Reads the events that `import` has written.
fn lines(file: &str, reader: impl BufRead) -> Result<Vec<Event>, Problem> {
    let (mut events, mut head, mut end) = (Vec::new(), false, false);
    for (at, text) in reader.lines().enumerate() {
        let problem = |message: String| Problem {
            file: file.to_string(),
            position: Some((at + 1, 1)),
            message,
            hint: Some("`latchwork schema events` describes the format".to_string()),
        };
        let text = text.map_err(|error| problem(format!("cannot read: {error}")))?;
        match serde_json::from_str::<Line>(&text) {
            Ok(Line::Head(first)) if at == 0 && first == Head::default() => head = true,
            Ok(Line::Event(event)) if head && !end => events.push(event),
            Ok(Line::Last(_)) if head && !end => end = true,
            Ok(_) => return Err(problem("is out of place".to_string())),
            Err(_) => return Err(problem("is not an event".to_string())),
        }
    }
    if !end {
        return Err(Problem::of_file(file, "is cut off: the last line is missing"));
    }
    Ok(events)
}
