//! Applies a map to the lines of a log.

use std::collections::{BTreeMap, BTreeSet};

use crate::encoding::json::Problem;
use crate::engines::follow::item::Fact;

use super::log::Line;
use super::map_file::{LineKind, MapFile};
use super::placing::{Placed, positions};
use super::slice::{NamedWay, Recorded, Slice, field};

/// A log: its name in error messages, and its lines.
pub struct Log {
    /// The file.
    pub file: String,
    /// Its lines.
    pub lines: Vec<Line>,
}

/// A moment in a log: the time, then the order of logs and lines for equal times.
type Moment = (u64, usize, usize);

/// Applies a map to logs. Clocks of hosts may differ by `skew` nanoseconds.
///
/// # Errors
///
/// If a line cannot be translated: a name is in no table, or a field is missing.
pub fn slice(map: &MapFile, logs: &[Log], skew: u64) -> Result<Slice, Problem> {
    let mut left_out = BTreeMap::new();
    let (mut placed, mut hosts) = (Vec::new(), Vec::new());
    for (number, log) in logs.iter().enumerate() {
        let mut used = BTreeSet::new();
        for (at, line) in log.lines.iter().enumerate() {
            if used.contains(&at) {
                continue;
            }
            let Some(kind) = map.lines.iter().find(|kind| fits(kind, line)) else {
                let event = line.fields.get("event").map_or("a line", String::as_str);
                *left_out.entry(event.to_string()).or_insert(0) += 1;
                continue;
            };
            let end = kind.until.as_ref().map(|until| {
                let ends = |(_, other): &(usize, &Line)| {
                    let same = |key: &String| other.fields.get(key) == line.fields.get(key);
                    other.fields.get("event") == Some(until) && kind.key.iter().all(same)
                };
                log.lines.iter().enumerate().skip(at + 1).find(ends).map(|(at, _)| at)
            });
            if let Some(Some(end)) = end {
                used.insert(end);
            }
            place(map, log, number, line, kind, end, &mut placed)?;
            hosts.resize(placed.len(), line.host.clone());
        }
    }
    let recorded = ordered(placed, &hosts, skew);
    let name = logs.iter().map(|log| log.file.as_str()).collect::<Vec<_>>().join(", ");
    Ok(Slice {
        name,
        configuration: map.configuration.clone(),
        recorded,
        visible: map.visible(),
        quiet: BTreeSet::new(),
        quiet_fields: Vec::new(),
        left_out,
    })
}

/// Returns whether a line matches the event and the patterns of a kind of line.
fn fits(kind: &LineKind, line: &Line) -> bool {
    let is = |name: &str, pattern: &str| {
        let value = line.fields.get(name).map_or("", String::as_str);
        match pattern.strip_prefix('!') {
            Some(pattern) => !matches(pattern, value),
            None => matches(pattern, value),
        }
    };
    is("event", &kind.event) && kind.fits.iter().all(|(name, pattern)| is(name, pattern))
}

/// Returns whether a value matches a pattern, in which `*` stands for anything.
fn matches(pattern: &str, value: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == value,
        Some((head, rest)) => value.strip_prefix(head).is_some_and(|value| {
            value
                .char_indices()
                .map(|(at, _)| at)
                .chain([value.len()])
                .any(|at| matches(rest, &value[at..]))
        }),
    }
}

/// Translates a line to the model.
fn place(
    map: &MapFile,
    log: &Log,
    number: usize,
    line: &Line,
    kind: &LineKind,
    end: Option<Option<usize>>,
    placed: &mut Vec<Placed<Moment>>,
) -> Result<(), Problem> {
    let fill = |text: &str| {
        filled(map, line, text, 0).map_err(|message| Problem {
            file: log.file.clone(),
            position: Some((line.number, 1)),
            message,
            hint: None,
        })
    };
    let facts = |pairs: &[(String, String)]| -> Result<Vec<Fact>, Problem> {
        let fact = |(path, value): &(String, String)| Ok(field(fill(path)?, fill(value)?));
        pairs.iter().map(fact).collect()
    };
    let (before, after) = (facts(&kind.before)?, facts(&kind.after)?);
    let way = |step| {
        let (before, after) = (before.clone(), after.clone());
        NamedWay { step, before, after, ..NamedWay::default() }
    };
    let mut ways = Vec::new();
    for step in &kind.steps {
        ways.push(way(Some(fill(step)?)));
    }
    if ways.is_empty() {
        ways.push(way(None));
    }
    let moment = |at: &Line| (at.time, number, at.number);
    let begin = moment(line);
    let last = match end {
        None => Some(begin),
        Some(end) => end.map(|at| moment(&log.lines[at])),
    };
    let says = |event: &str, step: &Option<String>| match step {
        Some(step) if event.is_empty() => step.clone(),
        Some(step) => format!("{event}: {step}"),
        None => event.to_string(),
    };
    let place = |from: usize, to: Option<usize>| match to {
        Some(to) if to != from => format!("{}:{from}-{to}", log.file),
        _ => format!("{}:{from}", log.file),
    };
    let must = last.is_some();
    let says_step = says(&kind.event, &ways[0].step);
    let first = placed.len();
    placed.push(Placed {
        recorded: Recorded {
            says: says_step,
            place: place(line.number, last.map(|last| last.2)),
            from: 0,
            to: 0,
            must,
            ways,
            needs: Vec::new(),
        },
        from: begin,
        to: last,
    });
    let Some(then) = &kind.then else { return Ok(()) };
    let step = Some(fill(then)?);
    let after = last.unwrap_or(begin);
    placed.push(Placed {
        recorded: Recorded {
            says: says(kind.until.as_ref().unwrap_or(&kind.event), &step),
            place: place(after.2, None),
            from: 0,
            to: 0,
            must: false,
            ways: vec![NamedWay { step, ..NamedWay::default() }],
            needs: vec![first],
        },
        from: after,
        to: None,
    });
    Ok(())
}

/// Replaces the placeholders of a text by fields of the line and by names of tables.
fn filled(map: &MapFile, line: &Line, text: &str, depth: u8) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((head, tail)) = rest.split_once('{') {
        out.push_str(head);
        let (name, tail) =
            tail.split_once('}').ok_or_else(|| format!("`{text}` has a `{{` without a `}}`"))?;
        rest = tail;
        if let Some(names) = map.names.get(name).filter(|_| depth == 0) {
            let key = filled(map, line, &names.of, 1)?;
            let found = names.is.iter().find(|(pattern, _)| matches(pattern, &key));
            let found =
                found.ok_or_else(|| format!("`{key}` is not one of the names of {name}"))?;
            out.push_str(&found.1);
        } else {
            let value = line.fields.get(name);
            out.push_str(value.ok_or_else(|| format!("the line has no `{name}`"))?);
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// Widens windows by the clock skew, but keeps the order of lines of one host.
fn ordered(mut placed: Vec<Placed<Moment>>, hosts: &[String], skew: u64) -> Vec<Recorded> {
    let mut needs = Vec::new();
    for (at, later) in placed.iter().enumerate() {
        let begins = (later.from.0.saturating_sub(skew), later.from.1, later.from.2);
        let came_first = |other: &usize| {
            hosts[*other] == hosts[at]
                && placed[*other].to.is_some_and(|to| {
                    to < later.from && (to.0.saturating_add(skew), to.1, to.2) > begins
                })
        };
        needs.push((0..placed.len()).filter(came_first).collect::<Vec<usize>>());
    }
    for (placed, needs) in placed.iter_mut().zip(needs) {
        placed.recorded.needs.extend(needs);
        placed.from.0 = placed.from.0.saturating_sub(skew);
        if let Some(to) = &mut placed.to {
            to.0 = to.0.saturating_add(skew);
        }
    }
    positions(placed)
}
