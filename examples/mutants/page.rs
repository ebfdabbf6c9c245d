//! The report: the score of each protocol, and every survivor with its explanation.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use latchwork::protocols::all;
use serde::Serialize;

use crate::findings::{Finding, parsed};
use crate::read;

/// Why survivors survive, by file, change and source line. Somebody has thought about each.
const EXPLAINED: &str = "examples/mutants/explained.json";

/// A protocol in the report.
#[derive(Serialize)]
struct Row {
    protocol: &'static str,
    changes: usize,
    tried: usize,
    killed: usize,
    explained: usize,
    survivors: Vec<Survivor>,
}

#[derive(Serialize)]
struct Survivor {
    #[serde(flatten)]
    finding: Finding,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<String>,
}

/// Writes `mutants.md` and `mutants.json` from the findings in `out`.
pub fn write(out: &Path, reports: &Path) -> Result<(), String> {
    let explained: BTreeMap<String, String> = serde_json::from_str(&read(Path::new(EXPLAINED))?)
        .map_err(|error| format!("{EXPLAINED}: {error}"))?;
    let mut rows = Vec::new();
    for entry in all() {
        let path = out.join(format!("{}.jsonl", entry.name));
        if !path.exists() {
            continue;
        }
        let Some((head, findings)) = parsed(&path)? else { continue };
        let survivors = findings.iter().filter(|finding| finding.killer.is_none());
        let survivors: Vec<Survivor> = survivors
            .map(|finding| {
                let key = format!("{} {}: {}", finding.file, finding.change, finding.source);
                Survivor { finding: finding.clone(), explanation: explained.get(&key).cloned() }
            })
            .collect();
        rows.push(Row {
            protocol: entry.name,
            changes: head.changes,
            tried: findings.len(),
            killed: findings.len() - survivors.len(),
            explained: survivors.iter().filter(|one| one.explanation.is_some()).count(),
            survivors,
        });
    }
    if rows.is_empty() {
        return Err(format!("{}: there are no findings", out.display()));
    }
    let json = serde_json::to_string_pretty(&rows).map_err(|error| error.to_string())?;
    for (name, text) in [("mutants.json", json + "\n"), ("mutants.md", markdown(&rows))] {
        let path = reports.join(name);
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}

fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(HEAD);
    for row in rows {
        let Row { protocol, changes, tried, killed, explained, survivors } = row;
        let open = survivors.len() - explained;
        // Writing to memory cannot fail.
        let _ = writeln!(
            text,
            "| {protocol} | {changes} | {tried} | {killed} | {explained} | {open} |"
        );
    }
    for row in rows.iter().filter(|row| !row.survivors.is_empty()) {
        let _ = write!(text, "\n## Survivors of {}\n\n", row.protocol);
        for Survivor { finding, explanation } in &row.survivors {
            let Finding { file, change, source, scenarios, .. } = finding;
            let why = explanation.as_deref().unwrap_or("Not explained.");
            let seen = match scenarios {
                0 => "no scenario can show it".to_string(),
                1 => "1 scenario can show it and does not".to_string(),
                _ => format!("{scenarios} scenarios can show it and do not"),
            };
            let _ = writeln!(text, "- `{file}`, {change}: `{source}` ({seen}). {why}");
        }
    }
    text
}

const HEAD: &str = "\
# Mutants

How much of each model do its scenarios know? Every guard (`when`) is removed and negated, every claim of a property is
made to hold always, and every effect of an action is left out, one at a time. An effect is an expression in which the
action changes its state; a function that is called with the state is one effect. A mutant is killed by the first scenario that is no longer as expected:
of the default ones, the ablations, the liveness scenarios and those of medium size, in the order of their sizes. A
search that grows to more than ten times its states counts as noticed.

`.ci/mutants` tries them again; it can be stopped and goes on. `mutants.json` has the survivors as data.

| protocol | mutants | tried | killed | explained | open |
|---|---:|---:|---:|---:|---:|
";
