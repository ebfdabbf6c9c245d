//! Mermaid diagrams, which forges render from text.

use std::fmt::Write;

use latchwork_model::kit::Fairness;

use crate::files::case::Case;
use crate::protocols::Entry;
use crate::protocols::trace::process_of;
use crate::report::run::messages::{Message, channels, messages};

/// Returns a sequence diagram of a case: one lifeline per process, and an arrow where a message is
/// received. A lost message ends in a cross, an undelivered one is dotted, and faults are labelled.
pub fn sequence(case: &Case) -> String {
    let mut text = String::from("sequenceDiagram\n");
    // Writing to a string cannot fail.
    let _ = Sequence::of(case).write(&mut text, case);
    text
}

/// The content of a diagram.
struct Sequence {
    /// The processes, in the order of their first steps.
    lifelines: Vec<String>,
    /// The process of each step, and whether the step is a fault.
    steps: Vec<(usize, bool)>,
    messages: Vec<Message>,
}

impl Sequence {
    fn of(case: &Case) -> Self {
        let entry = case.configuration.entry;
        let mut lifelines: Vec<String> = Vec::new();
        let mut steps = Vec::new();
        for step in &case.steps {
            let process = process_of(entry, &step.action);
            let known = lifelines.iter().position(|other| *other == process);
            steps.push((known.unwrap_or(lifelines.len()), is_fault(entry, &step.action)));
            if known.is_none() {
                lifelines.push(process);
            }
        }
        // A case is read together with its configuration, so there is an instance.
        let channels =
            case.configuration.instance().map_or(Vec::new(), |model| channels(model.as_ref()));
        let changes = case.steps.iter().map(|step| step.changes.as_slice());
        Self { lifelines, steps, messages: messages(changes, &channels, &entry.view) }
    }

    fn write(&self, text: &mut String, case: &Case) -> std::fmt::Result {
        for (id, process) in self.lifelines.iter().enumerate() {
            writeln!(text, "    participant P{id} as {process}")?;
        }
        for (at, (step, (process, fault))) in case.steps.iter().zip(&self.steps).enumerate() {
            for message in self.messages.iter().filter(|message| message.taken == Some(at)) {
                let (from, sent) = (self.steps[message.sent].0, message.sent + 1);
                let (arrow, how) = if *fault { ("-x", ", lost") } else { ("->>", "") };
                if from != *process {
                    let item = &message.item;
                    writeln!(
                        text,
                        "    P{from}{arrow}P{process}: {item} (sent in step {sent}{how})"
                    )?;
                }
            }
            let mark = if *fault { "◆ FAULT " } else { "" };
            writeln!(text, "    Note over P{process}: {mark}{}. {}", at + 1, step.action)?;
        }
        for message in self.messages.iter().filter(|message| message.taken.is_none()) {
            let (from, item, sent) = (self.steps[message.sent].0, &message.item, message.sent + 1);
            writeln!(
                text,
                "    P{from}--)P{from}: {item} (sent in step {sent}, still on its way)"
            )?;
        }
        Ok(())
    }
}

fn is_fault(entry: &Entry, action: &str) -> bool {
    let name = action.split('(').next().unwrap_or(action);
    let info = entry.actions.iter().find(|info| info.name == name);
    info.is_some_and(|info| entry.lanes[usize::from(info.lane)].fairness == Fairness::Fault)
}
