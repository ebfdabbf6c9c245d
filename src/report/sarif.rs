//! SARIF 2.1.0: a result an alarm, with one thread flow a process in the order of the steps.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::check::Checked;
use crate::trace::process_of;
use crate::verdict::Discovery;

use super::Results;
use super::alarms::{Alarm, alarms};
use super::place::{Place, Sources};

/// The report as JSON.
pub fn to_json(results: Results<'_>) -> Value {
    let mut sources = Sources::default();
    let alarms = alarms(results, &mut sources);
    let mut rules: Vec<(&str, &str)> = alarms.iter().map(|alarm| (alarm.rule, alarm.doc)).collect();
    rules.sort_unstable();
    rules.dedup_by_key(|(name, _)| *name);
    let results: Vec<Value> = alarms
        .iter()
        .map(|alarm| {
            let index = rules.iter().position(|(name, _)| *name == alarm.rule);
            result(alarm, index, &mut sources)
        })
        .collect();
    let rule = |(id, doc): &(&str, &str)| json!({ "id": id, "shortDescription": { "text": doc } });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "latchwork",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(rule).collect::<Vec<_>>(),
            } },
            "results": results,
        }],
    })
}

fn result(alarm: &Alarm<'_>, rule: Option<usize>, sources: &mut Sources) -> Value {
    let mut location = at(&alarm.place);
    location["logicalLocations"] = json!([{ "fullyQualifiedName": alarm.title }]);
    let mut result = json!({
        "ruleId": alarm.rule,
        "ruleIndex": rule,
        "level": if alarm.is_inconclusive() { "warning" } else { "error" },
        "message": { "text": format!("{}: {}", alarm.title, alarm.sentence) },
        "locations": [location],
        "partialFingerprints": { "latchwork/v1": fingerprint(alarm) },
    });
    if let Some((checked, found)) = alarm.shown {
        let flows = thread_flows(checked, found, sources);
        if !flows.is_empty() {
            result["codeFlows"] = json!([{ "threadFlows": flows }]);
        }
    }
    result
}

/// What stays the same while the finding does: not the length, not the line.
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

/// One flow a process, in the order in which they first act; `executionOrder` is the step.
fn thread_flows(checked: &Checked, found: &Discovery, sources: &mut Sources) -> Vec<Value> {
    let entry = checked.scenario.configuration.entry;
    let mut flows: Vec<(String, Vec<Value>)> = Vec::new();
    for (order, step) in checked.case(found).steps.iter().enumerate() {
        let process = process_of(entry, &step.action);
        let name = step.action.split('(').next().unwrap_or_default();
        let mut location = at(&sources.action(entry, name));
        let changes = super::text::grouped(&step.changes).join(" ");
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
