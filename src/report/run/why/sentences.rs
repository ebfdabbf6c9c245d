//! An explanation in sentences. Names are in backticks, which a terminal leaves out.

use crate::files::case::CaseVerdict;
use crate::protocols::Entry;
use crate::report::words::after;

use super::explanation::{
    Blamed, Cannot, Ending, Explanation, Fair, FairTo, Reason, RuleActs, Waiting, Writer,
};

/// Returns what the run shows, in a sentence without names.
pub fn headline(told: &Explanation, verdict: &CaseVerdict) -> String {
    let goes_on = |shown: usize| match told.end.saturating_sub(shown) {
        0 => String::new(),
        1 => "; it stops 1 step later".to_string(),
        more => format!("; it stops {more} steps later"),
    };
    let steps = verdict.steps;
    match (told.ending, told.no_return) {
        (Ending::Deadlock | Ending::LeftBehind, Some(limit)) => {
            format!("Stuck {}: no continuation finishes{}", after(limit), goes_on(limit))
        }
        (Ending::Deadlock, None) => format!("Deadlock {}", after(told.end)),
        (Ending::LeftBehind, None) => {
            format!("Standstill {}, and something is left behind", after(told.end))
        }
        (Ending::NoWayOut, _) => format!("Stuck {}: no continuation finishes", after(steps)),
        (Ending::State, _) => format!("Violated {}", after(steps)),
        (Ending::Forever, _) if told.cycle.is_some() => {
            format!("Violated {}: a cycle repeats forever", after(steps))
        }
        (Ending::Forever, _) => format!("Violated {}: the run rests here", after(steps)),
        (Ending::CutOff, _) => format!("The model breaks {}", after(steps)),
        (Ending::Reached, _) => format!("Reached {}", after(steps)),
    }
}

/// Returns the property's meaning after its name, with the instances that are violated.
pub fn clause(told: &Explanation, property: &str, doc: &str) -> String {
    let instances = match told.instances.as_slice() {
        [] => String::new(),
        some => format!(" for {}", some.join(", ")),
    };
    format!("`{property}`{instances}: {doc}")
}

/// Returns what the specification could have done at a stray step; `None` if there is none.
pub fn instead(told: &Explanation) -> Option<String> {
    let steps: Vec<_> = told.instead.as_ref()?.iter().map(|step| format!("`{step}`")).collect();
    let end = told.end;
    Some(match steps.as_slice() {
        [] => format!("Nothing was enabled in the specification at step {end}."),
        steps => format!(
            "At step {end} these steps of the specification were enabled: {}.",
            steps.join(", ")
        ),
    })
}

/// Returns which other properties the run violates, and where first; `None` if there are none.
pub fn also(told: &Explanation, entry: &Entry) -> Option<String> {
    let properties = (entry.properties)();
    let others = told.also.iter().map(|also| {
        let place = match also.steps {
            0 => "from the start".to_string(),
            steps => format!("at step {steps}"),
        };
        let property = &properties[also.property];
        format!("`{}` {place} ({})", property.name, property.doc.trim_end_matches('.'))
    });
    let others = others.collect::<Vec<_>>().join(", and ");
    (!others.is_empty()).then(|| format!("This run also violates {others}."))
}

/// Returns what introduces the reasons; `None` if there are none.
pub fn introduction(told: &Explanation) -> Option<&'static str> {
    if told.reasons.is_empty() {
        return None;
    }
    Some(match told.ending {
        Ending::Deadlock | Ending::NoWayOut => "Still waiting:",
        Ending::LeftBehind => "Left behind:",
        _ => "Because:",
    })
}

/// Returns a reason in a sentence. `all` are the reasons it belongs to.
pub fn reason(reason: &Reason, all: &[Reason]) -> String {
    let fields = blamed(&reason.fields);
    let mut sentence = match &reason.who {
        Some(who) if who.step.is_some() => format!("{} waits while {fields}", place(who)),
        Some(who) => format!("{}: {fields}", place(who)),
        None => fields,
    };
    for queue in reason.who.iter().flat_map(|who| &who.queued) {
        sentence +=
            &format!("; it is in `{}` ({}){}", queue.field.path, queue.field.value, since(queue));
    }
    let told: Vec<String> =
        reason.writers.iter().map(|writer| writes(writer, reason, all)).collect();
    if !told.is_empty() {
        sentence += &format!("; to change it: {}", told.join(", "));
    }
    sentence
}

/// Returns a process with its location.
fn place(who: &Waiting) -> String {
    match &who.location {
        Some(location) => {
            let since =
                location.since.map_or(String::new(), |at| format!(" since step {}", at + 1));
            format!("{} (at {}{since})", who.process, location.field.value.word())
        }
        None => who.process.clone(),
    }
}

fn blamed(fields: &[Blamed]) -> String {
    let told = fields.iter().map(|blamed| {
        let (path, value) = (&blamed.field.path, blamed.field.value.word());
        format!("`{path}` = {value}{}", since(blamed))
    });
    told.collect::<Vec<_>>().join(", and ")
}

fn since(blamed: &Blamed) -> String {
    match (blamed.since, &blamed.by) {
        (Some(at), Some(by)) => format!(" since step {} (`{by}`)", at + 1),
        (Some(at), None) => format!(" since step {}", at + 1),
        (None, _) => " from the start".to_string(),
    }
}

fn writes(writer: &Writer, reason: &Reason, all: &[Reason]) -> String {
    let Writer { process, step, cannot } = writer;
    let why = match cannot {
        Cannot::Waits(other) => {
            let own = all.get(*other).is_some_and(|other| other == reason);
            if own { "it waits itself".to_string() } else { format!("{process} waits too") }
        }
        Cannot::Nothing(channel, None) => format!("nothing is in `{channel}`"),
        Cannot::Nothing(channel, Some(at)) => {
            format!("nothing is in `{channel}` since step {}", at + 1)
        }
        Cannot::Disabled => "not enabled".to_string(),
        Cannot::Useless => "enabled, and does not help".to_string(),
    };
    format!("`{step}` ({why})")
}

/// Returns what a rule that is off would have done in the run.
pub fn rule(told: &Explanation, acts: &RuleActs, entry: &Entry) -> String {
    let name = entry.rules[acts.rule].name;
    let at = acts.at + 1;
    let mut sentence = match (acts.turns, acts.prevents) {
        (Some(turns), Some(prevents)) if turns + 1 == prevents => format!(
            "With `{name}`, step {} has another effect, and step {} is not possible.",
            turns + 1,
            prevents + 1
        ),
        (_, Some(prevents)) => format!("With `{name}`, step {} is not possible.", prevents + 1),
        (Some(turns), None) => format!("With `{name}`, step {} has another effect.", turns + 1),
        (None, None) => format!("`{name}` acts first at step {at}."),
    };
    if let Some(saves) = acts.saves {
        let saves = saves + 1;
        sentence += &match told.no_return {
            Some(0) => {
                format!(" Without it no run finishes; with it the run is saved at step {saves}.")
            }
            Some(limit) if limit < saves => format!(
                " From step {limit} on the end cannot be avoided without it; with it the run is \
                 saved at step {saves}."
            ),
            _ => format!(" Switched on as late as step {saves}, it saves the run."),
        };
    }
    sentence
}

/// Returns why a cycle is fair to a process.
pub fn fair(told: &FairTo) -> String {
    let who = match told.action {
        Some(action) => format!("{} (`{action}`)", told.process),
        None => told.process.clone(),
    };
    match told.how {
        Fair::Acts(at) => format!("{who} acts in step {}", at + 1),
        Fair::Disabled(0) => format!("{who} is not enabled at the start"),
        Fair::Disabled(steps) => format!("{who} is not enabled after step {steps}"),
    }
}
