//! The ledger of predictions as text, JSON and Markdown.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::files::outcomes::{Cause, Outcome, Outcomes, Seen};
use crate::jobs::predict::{Ledger, Prediction, Way};
use crate::report::layout::Layout;
use crate::report::run::story::Story;
use crate::report::{table, words};

/// A ledger with the outcomes of its predictions.
pub struct Told<'a> {
    /// The ledger.
    pub ledger: &'a Ledger,
    /// By prediction; `None` if it was not played.
    pub outcomes: Vec<Option<&'a Outcome>>,
    /// What the model predicted until a rule fixed it, each with the rule.
    pub fixed: Vec<(&'a Outcome, &'a str)>,
    /// All outcomes, and how to cause faults.
    known: &'a Outcomes,
}

impl<'a> Told<'a> {
    /// Looks up the outcome of each prediction of a ledger.
    pub fn new(ledger: &'a Ledger, all: &'a Outcomes) -> Self {
        let of = |prediction: &Prediction| {
            all.outcomes.iter().find(|told| is_of(told, ledger, prediction))
        };
        let outcomes = ledger.predictions.iter().map(of).collect();
        let of_ledger = all.outcomes.iter().filter(|told| concerns(told, ledger));
        let fixed = of_ledger.filter_map(|told| Some((told, told.fixed_by.as_deref()?)));
        Self { ledger, outcomes, fixed: fixed.collect(), known: all }
    }

    fn rows(&self) -> impl Iterator<Item = (&'a Prediction, Option<&'a Outcome>)> {
        self.ledger.predictions.iter().zip(self.outcomes.iter().copied())
    }

    /// Returns how to cause the faults of a prediction. The error lists the faults for which no way is
    /// known.
    fn causes(&self, prediction: &Prediction) -> Result<Vec<&'a str>, Vec<&'static str>> {
        let cause = |fault: &str| {
            let of =
                |cause: &&Cause| cause.protocol == self.ledger.entry.name && cause.fault == fault;
            self.known.faults.iter().find(of).map(|cause| cause.by.as_str())
        };
        let all = || prediction.faults.iter().map(|(fault, _)| *fault);
        let missing: Vec<&'static str> = all().filter(|fault| cause(fault).is_none()).collect();
        if missing.is_empty() { Ok(all().filter_map(cause).collect()) } else { Err(missing) }
    }

    /// Returns in words how to cause the faults of a prediction.
    fn causes_in_words(&self, prediction: &Prediction) -> String {
        match self.causes(prediction) {
            Ok(causes) if causes.is_empty() => "no fault needed".to_string(),
            Ok(causes) => causes.join("; "),
            Err(missing) => format!("not known for {}", missing.join(", ")),
        }
    }

    /// Returns the rules that the profile leaves off, and the variants that it switches on.
    fn switches(&self) -> (Vec<&'static str>, Vec<&'static str>) {
        let Ledger { entry, profile, .. } = *self.ledger;
        let (rules, variants) = entry.switches(profile);
        let off = (0..entry.rules.len()).filter(|at| !rules.is_on(*at));
        (
            off.map(|at| entry.rules[at].name).collect(),
            variants.iter().map(|at| entry.variants[at].name).collect(),
        )
    }

    fn profile(&self) -> &'static str {
        self.ledger.entry.profiles[self.ledger.profile].name
    }
}

fn concerns(told: &Outcome, ledger: &Ledger) -> bool {
    told.profile == ledger.entry.profiles[ledger.profile].name && told.protocol == ledger.entry.name
}

fn is_of(told: &Outcome, ledger: &Ledger, prediction: &Prediction) -> bool {
    let Way { property, decided_by } = prediction.way;
    concerns(told, ledger)
        && told.fixed_by.is_none()
        && told.property == property
        && told.decided_by.as_deref() == decided_by
}

/// Returns an error message for the first outcome that belongs to one of the ledgers and to none of
/// its predictions.
pub fn stale(all: &Outcomes, ledgers: &[Ledger]) -> Option<String> {
    let is_told = |told: &&Outcome| {
        ledgers.iter().any(|ledger| ledger.predictions.iter().any(|one| is_of(told, ledger, one)))
    };
    let is_due = |told: &&Outcome| {
        told.fixed_by.is_none() && ledgers.iter().any(|ledger| concerns(told, ledger))
    };
    let told = all.outcomes.iter().filter(is_due).find(|told| !is_told(told))?;
    let by = told.decided_by.as_ref().map_or(String::new(), |by| format!(", decided by `{by}`"));
    Some(format!(
        "there is an outcome of `{}` in {} under {}{by}, but no such prediction",
        told.property, told.protocol, told.profile
    ))
}

/// Returns the case of each prediction, by the name of its file.
pub fn cases(ledger: &Ledger) -> BTreeMap<String, String> {
    let file = |prediction| format!("{}.json", stem(ledger, prediction));
    let cases = ledger.predictions.iter();
    cases.map(|prediction| (file(prediction), prediction.case.to_text())).collect()
}

/// Returns how the name of each case begins.
pub fn prefix(ledger: &Ledger) -> String {
    format!("{}-{}-", ledger.entry.profiles[ledger.profile].name, ledger.entry.name)
}

/// Returns the name of the case of a prediction, without its ending.
fn stem(ledger: &Ledger, prediction: &Prediction) -> String {
    let Way { property, decided_by } = prediction.way;
    let parts = [property].into_iter().chain(decided_by).collect::<Vec<_>>().join("-");
    prefix(ledger) + &parts
}

fn place(prediction: &Prediction) -> String {
    match prediction.widened {
        Some(widened) => format!("{}, {} {}", prediction.scenario, widened.key, widened.value),
        None => prediction.scenario.clone(),
    }
}

fn faults(prediction: &Prediction) -> String {
    let told = prediction.faults.iter().map(|(name, count)| match count {
        1 => (*name).to_string(),
        _ => format!("{name} ×{count}"),
    });
    let told = told.collect::<Vec<_>>().join(", ");
    if told.is_empty() { "none".to_string() } else { told }
}

const fn seen(outcome: Option<&Outcome>) -> &'static str {
    match outcome {
        None => "not played",
        Some(Outcome { seen: Seen::Confirmed, .. }) => "confirmed",
        Some(Outcome { seen: Seen::Refuted, .. }) => "refuted",
        Some(Outcome { seen: Seen::NotReached, .. }) => "not reached",
    }
}

fn instances(prediction: &Prediction) -> Vec<String> {
    Story::of(&prediction.case).map_or_else(Vec::new, |story| story.why.instances)
}

/// Prints a ledger as a table.
pub fn write_text(out: &mut dyn Write, told: &Told<'_>, layout: Layout) -> io::Result<()> {
    writeln!(
        out,
        "{}, profile {}: {}",
        told.ledger.entry.name,
        told.profile(),
        searched(told.ledger)
    )?;
    let header = ["violated", "decided by", "steps", "faults", "in", "outcome"];
    let mut table = table::table(header, &[2]);
    for (prediction, outcome) in told.rows() {
        let Way { property, decided_by } = prediction.way;
        let steps = prediction.case.verdict.steps.to_string();
        let (faults, place) = (faults(prediction), place(prediction));
        let by = decided_by.unwrap_or("the whole end");
        table.add_row([property, by, &steps, &faults, &place, seen(outcome)]);
    }
    table::fit(&mut table, layout);
    table::write_table(out, &table)?;
    for (told, rule) in &told.fixed {
        let by = told.decided_by.as_deref().unwrap_or("the whole end");
        writeln!(out, "refuted: {}, decided by {by}; fixed by {rule}", told.property)?;
    }
    Ok(())
}

/// Returns how far a ledger was searched.
fn searched(ledger: &Ledger) -> String {
    let all = words::counted(ledger.searched as u64, "configuration");
    let ways = words::counted(ledger.predictions.len() as u64, "prediction");
    match ledger.cut {
        0 => format!("{ways} in {all}, all searched whole"),
        cut => format!("{ways} in {all}, {cut} of them not searched whole"),
    }
}

/// Returns the ledgers as JSON: deterministic facts only.
pub fn to_json(all: &[Told<'_>]) -> Value {
    let row = |told: &Told<'_>, (prediction, outcome): (&Prediction, Option<&Outcome>)| {
        let faults: Vec<Value> = prediction
            .faults
            .iter()
            .map(|(action, count)| json!({ "action": action, "count": count }))
            .collect();
        let widened = prediction.widened.map(|widened| json!({ widened.key: widened.value }));
        json!({
            "property": prediction.way.property,
            "decided_by": prediction.way.decided_by,
            "instances": instances(prediction),
            "steps": prediction.case.verdict.steps,
            "faults": faults,
            "decided_after": prediction.decided_after,
            "causes": told.causes(prediction).ok(),
            "scenario": prediction.scenario,
            "widened": widened,
            "finding": prediction.finding.as_ref().map(|(scenario, sentence)| {
                json!({ "scenario": scenario, "sentence": sentence })
            }),
            "case": format!("predictions/{}.json", stem(told.ledger, prediction)),
            "outcome": outcome.map(|outcome| {
                json!({ "seen": outcome.seen, "how": outcome.how, "workload": outcome.workload })
            }),
        })
    };
    let ledger = |told: &Told<'_>| {
        json!({
            "protocol": told.ledger.entry.name,
            "profile": told.profile(),
            "rules_off": told.switches().0,
            "variants_on": told.switches().1,
            "faults": told.ledger.faults,
            "states": told.ledger.states,
            "searched": told.ledger.searched,
            "cut": told.ledger.cut,
            "predictions": told.rows().map(|one| row(told, one)).collect::<Vec<_>>(),
            "fixed": told.fixed.iter().map(|(told, rule)| {
                json!({
                    "property": told.property,
                    "decided_by": told.decided_by,
                    "fixed_by": rule,
                    "how": told.how,
                })
            }).collect::<Vec<_>>(),
        })
    };
    json!({ "format": 1, "ledgers": all.iter().map(ledger).collect::<Vec<_>>() })
}

/// Returns the ledgers as a page. `command` makes it.
pub fn to_markdown(all: &[Told<'_>], command: &str) -> String {
    let bounds = all.first().map_or(String::new(), |told| {
        let Ledger { faults, states, .. } = told.ledger;
        let states = words::count(*states);
        format!(
            "each fault up to {faults} times, and each size one larger, up to {states} states each"
        )
    });
    let mut page = format!(
        "# Predictions\n\nWhat the models predict that these versions do wrong. Each scenario was searched \
         as it is, with {bounds}. A row is one way in which a property is violated, with the shortest \
         run that was found. The README of each protocol lists what is not modelled. This command \
         writes the page:\n\n```\n{command}\n```\n\n\
         A prediction is not a finding about a kernel until it was played. The last column has the \
         result.\n"
    );
    for told in all {
        // Writing to a string cannot fail.
        let _ = write_ledger(&mut page, told);
    }
    page
}

fn write_ledger(page: &mut String, told: &Told<'_>) -> std::fmt::Result {
    let ledger = told.ledger;
    writeln!(page, "\n## {}, `{}`\n\n{}.\n", ledger.entry.name, told.profile(), searched(ledger))?;
    let list = |names: &[&str]| match names {
        [] => "none".to_string(),
        some => format!("`{}`", some.join("`, `")),
    };
    let (off, on) = told.switches();
    writeln!(
        page,
        "Rules that the profile leaves off: {}. Variants on: {}.\n",
        list(&off),
        list(&on)
    )?;
    if !ledger.predictions.is_empty() {
        write_rows(page, told)?;
    }
    for (told, rule) in &told.fixed {
        let by = told.decided_by.as_ref().map_or(String::new(), |by| format!(", `{by}`"));
        let property = &told.property;
        writeln!(page, "\n`{property}`{by}: refuted, and fixed by `{rule}`. {}.", told.how)?;
    }
    Ok(())
}

fn write_rows(page: &mut String, told: &Told<'_>) -> std::fmt::Result {
    let ledger = told.ledger;
    writeln!(
        page,
        "| violated | decided by | steps | faults | how to cause them | in | outcome |"
    )?;
    writeln!(page, "|---|---|--:|---|---|---|---|")?;
    for (prediction, outcome) in told.rows() {
        let Way { property, decided_by } = prediction.way;
        let of = match instances(prediction).as_slice() {
            [] => String::new(),
            some => format!(" for {}", some.join(", ")),
        };
        let by = decided_by.map_or("the whole end".to_string(), |by| format!("`{by}`"));
        let case = format!("predictions/{}.json", stem(ledger, prediction));
        writeln!(
            page,
            "| [`{property}`]({case}){of} | {by} | {} | {} | {} | {} | {} |",
            prediction.case.verdict.steps,
            faults(prediction),
            told.causes_in_words(prediction),
            place(prediction),
            seen(outcome)
        )?;
    }
    let told_more = told.rows().filter_map(|(one, outcome)| Some((one, outcome?)));
    for (prediction, outcome) in told_more {
        let Way { property, decided_by } = prediction.way;
        let by = decided_by.map_or(String::new(), |by| format!(", `{by}`"));
        writeln!(page, "\n`{property}`{by}: {}. {}.", seen(Some(outcome)), outcome.how)?;
        if let Some(workload) = &outcome.workload {
            writeln!(page, "\nIn ordinary use: {workload}.")?;
        }
    }
    let known = ledger.predictions.iter().filter_map(|one| Some((one, one.finding.as_ref()?)));
    for (prediction, (scenario, finding)) in known {
        writeln!(page, "\n`{}` in {scenario}: {finding}", prediction.way.property)?;
    }
    Ok(())
}
