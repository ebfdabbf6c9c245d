//! The trace format of Chrome and Perfetto, in JSON: one track per process, one slice per step, one
//! flow per message. A model has no time, so every step takes a millisecond.

use serde_json::{Map, Value, json};

use crate::report::run::story::Story;

use super::headline::headline;

/// The duration of a step, in microseconds.
const STEP: usize = 1000;

/// Returns the trace of a story.
pub fn to_json(story: &Story) -> Value {
    let mut events = vec![json!({
        "ph": "M", "name": "process_name", "pid": 1, "args": { "name": headline(story) },
    })];
    for (at, process) in story.run.processes.iter().enumerate() {
        let tid = at + 1;
        events.push(json!({
            "ph": "M", "name": "thread_name", "pid": 1, "tid": tid, "args": { "name": process },
        }));
        events.push(json!({
            "ph": "M", "name": "thread_sort_index", "pid": 1, "tid": tid,
            "args": { "sort_index": at },
        }));
    }
    events.extend((0..story.run.steps.len()).map(|at| slice(story, at)));
    events.extend((0..story.run.messages.len()).flat_map(|id| flow(story, id)));
    let shown = if story.verdict.violated { "violated" } else { "reached" };
    events.push(json!({
        "ph": "i", "s": "g", "cat": "verdict", "pid": 1, "tid": 1,
        "name": format!("{} {shown}", story.verdict.property),
        "ts": story.verdict.steps * STEP,
    }));
    if let Some(first) = story.cycle() {
        events.push(json!({
            "ph": "i", "s": "g", "cat": "verdict", "pid": 1, "tid": 1,
            "name": "the cycle begins", "ts": first * STEP,
        }));
    }
    json!({ "displayTimeUnit": "ms", "traceEvents": events })
}

fn slice(story: &Story, at: usize) -> Value {
    let step = &story.run.steps[at];
    let changes = step
        .changes
        .iter()
        .map(|change| (change.path.clone(), json!(format!("{} -> {}", change.old, change.new))));
    let name = step.action.split('(').next().unwrap_or(&step.action);
    json!({
        "ph": "X", "cat": if step.fault { "fault" } else { "step" }, "name": name,
        "pid": 1, "tid": step.process + 1, "ts": at * STEP, "dur": STEP,
        "args": {
            "step": at + 1,
            "action": step.action,
            "sentence": step.sentence,
            "changes": changes.collect::<Map<_, _>>(),
        },
    })
}

/// Returns the arrow of a message, which connects the middles of two slices. A message that is
/// still in transit at the end has a mark at its sender instead of an arrow.
fn flow(story: &Story, id: usize) -> Vec<Value> {
    let message = &story.run.messages[id];
    let middle = |at: usize| at * STEP + STEP / 2;
    let tid = |at: usize| story.run.steps[at].process + 1;
    let Some(taken) = message.taken else {
        return vec![json!({
            "ph": "i", "s": "t", "cat": "message", "pid": 1, "tid": tid(message.sent),
            "name": format!("{} is still on its way", message.item),
            "ts": story.run.steps.len() * STEP,
        })];
    };
    let name = if story.run.is_lost(message) {
        format!("{} (lost)", message.item)
    } else {
        message.item.clone()
    };
    let end = |ph: &str, at: usize| {
        json!({
            "ph": ph, "cat": "message", "name": name, "id": id + 1,
            "pid": 1, "tid": tid(at), "ts": middle(at),
        })
    };
    let mut last = end("f", taken);
    last["bp"] = json!("e");
    vec![end("s", message.sent), last]
}
