//! SARIF 2.1.0: one result per alarm, with one thread flow per process, in the order of the steps.
//! Known findings are suppressed results.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::engines::verdict::Discovery;
use crate::jobs::check::Checked;
use crate::protocols::trace::process_of;
use crate::report::Results;

use super::alarms::{Alarm, alarms, findings};
use super::place::{Place, Sources};

/// Limits on the size of a report.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The maximum number of results.
    pub results: usize,
    /// The maximum number of steps of all runs together. A run that does not fit is left out
    /// completely.
    pub steps: usize,
    /// The maximum number of steps of one run.
    pub steps_of_run: usize,
}

/// The limits of GitHub code scanning: it keeps 5,000 results per run of a tool, shows 1,000 steps
/// per result, and accepts files of up to 10 MB. A step takes about 300 bytes.
pub const HOST: Limits = Limits { results: 5_000, steps: 20_000, steps_of_run: 1_000 };

/// Returns the report as JSON, within some limits. It states what was left out.
pub fn to_json(results: Results<'_>, limits: Limits) -> Value {
    let mut sources = Sources::default();
    let mut alarms = alarms(results, &mut sources);
    alarms.extend(findings(results, &mut sources));
    let more = alarms.len().saturating_sub(limits.results);
    alarms.truncate(limits.results);
    let mut rules: Vec<(&str, &str)> = alarms.iter().map(|alarm| (alarm.rule, alarm.doc)).collect();
    rules.sort_unstable();
    rules.dedup_by_key(|(name, _)| *name);
    let mut room = limits.steps;
    let mut untold = 0;
    let mut written = Vec::new();
    for alarm in &alarms {
        let index = rules.iter().position(|(name, _)| *name == alarm.rule);
        let mut result = result(alarm, index);
        if let Some((checked, found)) = alarm.shown {
            let steps = found.path.steps.len();
            if steps <= room.min(limits.steps_of_run) {
                room -= steps;
                tell(&mut result, checked, found, &mut sources);
            } else {
                untold += 1;
            }
        }
        written.push(result);
    }
    let rule = |(id, doc): &(&str, &str)| json!({ "id": id, "shortDescription": { "text": doc } });
    let left_out = [(more, "results are left out"), (untold, "results are without their runs")];
    let left_out = left_out.iter().filter(|(count, _)| *count > 0).map(|(count, what)| {
        json!({ "level": "warning", "message": { "text": format!("{count} {what}: a host takes no more") } })
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "latchwork",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(rule).collect::<Vec<_>>(),
            } },
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": left_out.collect::<Vec<_>>(),
            }],
            "results": written,
        }],
    })
}

fn result(alarm: &Alarm<'_>, rule: Option<usize>) -> Value {
    let mut location = at(&alarm.place);
    location["logicalLocations"] = json!([{ "fullyQualifiedName": alarm.title }]);
    let level = match alarm.known {
        Some(_) => "note",
        None if alarm.is_inconclusive() => "warning",
        None => "error",
    };
    let mut result = json!({
        "ruleId": alarm.rule,
        "ruleIndex": rule,
        "level": level,
        "message": { "text": format!("{}: {}", alarm.title, alarm.sentence) },
        "locations": [location],
        "partialFingerprints": { "latchwork/v1": fingerprint(alarm) },
    });
    if let Some(why) = alarm.known {
        let suppression = json!({ "kind": "external", "status": "accepted", "justification": why });
        result["suppressions"] = json!([suppression]);
    }
    result
}

/// Adds the run that shows a result.
fn tell(result: &mut Value, checked: &Checked, found: &Discovery, sources: &mut Sources) {
    let flows = thread_flows(checked, found, sources);
    if !flows.is_empty() {
        result["codeFlows"] = json!([{ "threadFlows": flows }]);
    }
}

/// Returns an identifier of the finding that survives changes of its length and its line.
fn fingerprint(alarm: &Alarm<'_>) -> String {
    let digest = Sha256::digest(format!("{}\n{}", alarm.title, alarm.rule));
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn at(place: &Place) -> Value {
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": place.file },
        "region": { "startLine": place.line },
    } })
}

/// Returns one flow per process, in the order in which they first act; `executionOrder` is the
/// step.
fn thread_flows(checked: &Checked, found: &Discovery, sources: &mut Sources) -> Vec<Value> {
    let entry = checked.scenario.configuration.entry;
    let mut flows: Vec<(String, Vec<Value>)> = Vec::new();
    for (order, step) in checked.case(found).steps.iter().enumerate() {
        let process = process_of(entry, &step.action);
        let name = step.action.split('(').next().unwrap_or_default();
        let mut location = at(&sources.action(entry, name));
        let changes = crate::report::run::text::grouped(&step.changes).join(" ");
        let text = format!("{} {changes}", step.action);
        location["message"] = json!({ "text": text.trim_end() });
        let step = json!({ "executionOrder": order + 1, "location": location });
        match flows.iter_mut().find(|(known, _)| *known == process) {
            Some((_, steps)) => steps.push(step),
            None => flows.push((process, vec![step])),
        }
    }
    let flow = |(id, locations): (String, Vec<Value>)| json!({ "id": id, "locations": locations });
    flows.into_iter().map(flow).collect()
}
