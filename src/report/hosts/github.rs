//! Annotations in the log of GitHub Actions.

use crate::report::Results;

use super::alarms::alarms;
use super::place::Sources;

/// GitHub shows ten annotations of a kind per step, and silently drops the rest.
const MOST: usize = 10;

/// Returns one line per annotation: at most ten errors, and a notice with the number of the others.
pub fn annotations(results: Results<'_>) -> Vec<String> {
    let alarms = alarms(results, &mut Sources::default());
    let main: Vec<_> = alarms.iter().filter(|alarm| alarm.is_main).collect();
    let mut lines: Vec<String> = main
        .iter()
        .take(MOST)
        .map(|alarm| {
            format!(
                "::error file={},line={},title={}::{}",
                property(&alarm.place.file),
                alarm.place.line,
                property(&alarm.title),
                message(&alarm.sentence)
            )
        })
        .collect();
    if main.len() > MOST {
        lines.push(format!("::notice::and {} more", main.len() - MOST));
    }
    lines
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
