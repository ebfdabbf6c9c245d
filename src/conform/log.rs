//! Lines of a log: kernel tracepoints as printed by `trace_pipe`, or JSON.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::encoding::json::Problem;

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The name of the log.
    pub host: String,
    /// Its number in the log, counted from 1.
    pub number: usize,
    /// When it was written, in nanoseconds; without a clock, the number of the line.
    pub time: u64,
    /// Its content, by name: for a tracepoint `task`, `pid`, `event` and its fields.
    pub fields: BTreeMap<String, String>,
}

/// The maximum size of a log, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// Reads a log that error messages call `path`. `host` is the name of its host.
///
/// # Errors
///
/// If it cannot be read, or a line is neither JSON nor a tracepoint.
pub fn open(path: &Path, host: &str) -> Result<Vec<Line>, Problem> {
    let file = path.display().to_string();
    let failed = |error: std::io::Error| Problem::of_file(&file, format!("cannot read: {error}"));
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if metadata.is_dir() {
        return Err(Problem::of_file(&file, "is a directory, not a file"));
    }
    if metadata.len() > MAX_BYTES {
        return Err(Problem::of_file(&file, "is larger than 64 MiB").hint("cut it into parts"));
    }
    let bytes = std::fs::read(path).map_err(failed)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| Problem::of_file(&file, "is not a log: it is not text in UTF-8"))?;
    read(&file, &text, host)
}

/// Reads the text of a log.
///
/// # Errors
///
/// As [`open`].
pub fn read(file: &str, text: &str, host: &str) -> Result<Vec<Line>, Problem> {
    let mut lines: Vec<Line> = Vec::new();
    let mut timed = None;
    for (at, text) in text.lines().enumerate() {
        let number = at + 1;
        let said = text.trim();
        if said.is_empty() || said.starts_with('#') {
            continue;
        }
        let problem = |message: String| Problem {
            file: file.to_string(),
            position: Some((number, text.len() - text.trim_start().len() + 1)),
            message,
            hint: None,
        };
        let fields = if said.starts_with('{') { json(said) } else { tracepoint(said) };
        let mut fields = fields.map_err(&problem)?;
        let time = match fields.remove("time") {
            Some(time) => Some(nanoseconds(&time).ok_or_else(|| {
                problem(format!("`{time}` is not a time")).hint("a time is a number of seconds")
            })?),
            None => None,
        };
        if *timed.get_or_insert(time.is_some()) != time.is_some() {
            let hint = "either every line of a log has a time, or none does";
            return Err(problem("some lines have a `time` and some do not".into()).hint(hint));
        }
        let time = time.unwrap_or(number as u64);
        if let Some(last) = lines.last().filter(|last| last.time > time) {
            let hint = format!("line {} is later: sort the log by time", last.number);
            return Err(problem("time goes backwards".into()).hint(hint));
        }
        let host = fields.get("host").cloned().unwrap_or(host.to_string());
        fields.insert("host".to_string(), host.clone());
        lines.push(Line { host, number, time, fields });
    }
    Ok(lines)
}

/// Returns the members of an object as text.
fn json(said: &str) -> Result<BTreeMap<String, String>, String> {
    let object: serde_json::Map<String, Value> = serde_json::from_str(said).map_err(|error| {
        let text = error.to_string();
        format!("is not a JSON object: {}", text.split(" at line ").next().unwrap_or(&text))
    })?;
    let spell = |value: Value| match value {
        Value::String(text) => text,
        Value::Bool(flag) => u8::from(flag).to_string(),
        value => value.to_string(),
    };
    Ok(object.into_iter().map(|(key, value)| (key, spell(value))).collect())
}

/// `cat-102 [000] ..... 100.000100: dlm_lock_start: ls_id=7 mode=PR`.
fn tracepoint(said: &str) -> Result<BTreeMap<String, String>, String> {
    let parse = || {
        let (thread, rest) = said.split_once(" [")?;
        let thread = thread.trim();
        let (task, pid) = thread.rsplit_once('-')?;
        let (cpu, rest) = rest.split_once("] ")?;
        let (time, rest) = rest.split_once(": ")?;
        let (event, rest) = rest.split_once(':')?;
        let mut fields: BTreeMap<String, String> = BTreeMap::new();
        let mut put = |key: &str, value: &str| fields.insert(key.to_string(), value.to_string());
        for word in rest.split_whitespace() {
            if let Some((key, value)) = word.split_once('=') {
                put(key, value);
            }
        }
        put("task", task);
        put("pid", pid);
        put("thread", thread);
        put("cpu", cpu);
        put("time", time.split_whitespace().last()?);
        put("event", event.trim());
        Some(fields)
    };
    parse().ok_or_else(|| "is neither JSON nor a tracepoint".to_string())
}

/// Converts a number of seconds to nanoseconds.
pub(super) fn nanoseconds(seconds: &str) -> Option<u64> {
    let (whole, rest) = seconds.split_once('.').unwrap_or((seconds, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(rest) {
        return None;
    }
    let rest: String = rest.chars().chain(std::iter::repeat('0')).take(9).collect();
    whole.parse::<u64>().ok()?.checked_mul(1_000_000_000)?.checked_add(rest.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::{nanoseconds, read};

    #[test]
    fn tracepoints_and_json_say_the_same() {
        let trace = "# tracer: nop\n   dd-1 [000] .....   100.5: dlm_ast: lkb_id=1 flags=A|B sb=\n";
        let json = r#"{"time":100.5,"task":"dd","pid":1,"thread":"dd-1","cpu":"000","event":"dlm_ast","lkb_id":1,"flags":"A|B","sb":""}"#;
        let [mut one, other] = [trace, json].map(|text| read("log", text, "n0").expect("a log"));
        assert_eq!(one[0].time, 100_500_000_000);
        one[0].number = 1;
        assert_eq!(one, other);
    }

    #[test]
    fn what_is_no_line_is_refused_with_its_place() {
        for (text, message) in [
            ("hello", "log:1:1: is neither JSON nor a tracepoint"),
            ("\n  {\"a\": }", "log:2:3: is not a JSON object: expected value"),
            ("{\"time\":\"x\"}", "log:1:1: `x` is not a time\nhint: a time is a number of seconds"),
            (
                "{\"time\":2}\n{\"time\":1}",
                "log:2:1: time goes backwards\nhint: line 1 is later: sort the log by time",
            ),
        ] {
            assert_eq!(read("log", text, "n0").expect_err(text).to_string(), message);
        }
        assert!(read("log", "{\"time\":2}\n{}", "n0").is_err());
    }

    #[test]
    fn times_are_exact() {
        assert_eq!(nanoseconds("1795719581.359471"), Some(1_795_719_581_359_471_000));
        assert_eq!(nanoseconds("7"), Some(7_000_000_000));
        assert_eq!(nanoseconds("1.0000000019"), Some(1_000_000_001));
        for text in ["", "-1", "1e9", ".5", "99999999999999999999"] {
            assert_eq!(nanoseconds(text), None, "{text}");
        }
    }
}
