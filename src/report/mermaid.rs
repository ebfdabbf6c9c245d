//! Mermaid diagrams: what a forge draws from text.

use std::fmt::Write;

use crate::trace::case::Case;
use crate::trace::messages::messages;
use crate::trace::process_of;

/// A sequence diagram of a case: a lifeline a process, an arrow where a message is taken.
pub fn sequence(case: &Case) -> String {
    let mut text = String::from("sequenceDiagram\n");
    // Writing into a string cannot fail.
    let _ = write_sequence(&mut text, case);
    text
}

fn write_sequence(text: &mut String, case: &Case) -> std::fmt::Result {
    let entry = case.configuration.entry;
    let processes: Vec<String> =
        case.steps.iter().map(|step| process_of(entry, &step.action)).collect();
    let mut lifelines: Vec<&String> = Vec::new();
    for process in &processes {
        if !lifelines.contains(&process) {
            lifelines.push(process);
        }
    }
    let id = |process: &String| {
        format!("P{}", lifelines.iter().position(|other| *other == process).unwrap_or(0))
    };
    for process in &lifelines {
        writeln!(text, "    participant {} as {process}", id(process))?;
    }
    let messages = messages(&case.steps);
    for (at, step) in case.steps.iter().enumerate() {
        for message in messages.iter().filter(|message| message.taken == Some(at)) {
            let (from, to) = (&processes[message.sent], &processes[at]);
            if from != to {
                let (from, to, item) = (id(from), id(to), &message.item);
                writeln!(text, "    {from}->>{to}: {item} (sent in step {})", message.sent + 1)?;
            }
        }
        writeln!(text, "    Note over {}: {}. {}", id(&processes[at]), at + 1, step.action)?;
    }
    Ok(())
}
