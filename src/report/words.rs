//! Sentences, numbers and names for a terminal.

use std::io::{self, Write};

use super::layout::Layout;

/// Prints a sentence: wrapped at the width of the terminal, on one line in a pipe.
pub fn write_sentence(
    out: &mut dyn Write,
    layout: Layout,
    indent: &str,
    sentence: &str,
) -> io::Result<()> {
    if layout.width.is_none() {
        return writeln!(out, "{indent}{sentence}");
    }
    let words: Vec<String> = sentence.split(' ').map(ToString::to_string).collect();
    write_words(out, layout, indent, &words)
}

/// Prints words after a label, wrapped at the width and indented.
pub fn write_words(
    out: &mut dyn Write,
    layout: Layout,
    head: &str,
    words: &[String],
) -> io::Result<()> {
    let width = layout.line();
    let indent = head.len().min(width / 2);
    let mut line = head.to_string();
    let mut empty = true;
    let room = width.saturating_sub(indent).max(1);
    for word in words.iter().flat_map(|word| parts(word, room)) {
        if !empty && line.len() + 1 + word.len() > width {
            writeln!(out, "{}", line.trim_end())?;
            line = " ".repeat(indent);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(&word);
        empty = false;
    }
    writeln!(out, "{}", line.trim_end())
}

/// Prints words after a label, in at most so many lines: the rest is replaced by dots. In a pipe
/// nothing is left out.
pub fn write_cut(
    out: &mut dyn Write,
    layout: Layout,
    head: &str,
    words: &[String],
    lines: usize,
) -> io::Result<()> {
    if layout.width.is_none() {
        return writeln!(out, "{}", format!("{head}{}", words.join(" ")).trim_end());
    }
    let mut text = Vec::new();
    write_words(&mut text, layout, head, words)?;
    let text = String::from_utf8_lossy(&text);
    let all: Vec<&str> = text.lines().collect();
    for (at, line) in all.iter().take(lines).enumerate() {
        if at + 1 < lines || all.len() <= lines {
            writeln!(out, "{line}")?;
            continue;
        }
        let mut cut = (*line).to_string();
        while cut.chars().count() + DOTS.len() > layout.line() {
            match cut.rfind(' ') {
                Some(space) if space > head.len() => cut.truncate(space),
                _ => {
                    cut.pop();
                }
            }
        }
        writeln!(out, "{}{DOTS}", cut.trim_end())?;
    }
    Ok(())
}

/// What stands for words that are left out.
const DOTS: &str = " ...";

/// Returns a number with separators: `28,095`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns a number and what it counts: `1 step`, `28,095 states`.
pub fn counted(number: u64, what: &str) -> String {
    format!("{} {what}{}", count(number), if number == 1 { "" } else { "s" })
}

/// Returns how many steps come before something: `after 10 steps`, or `from the start`.
pub fn after(steps: usize) -> String {
    match steps {
        0 => "from the start".to_string(),
        steps => format!("after {}", counted(steps as u64, "step")),
    }
}

/// Returns a large number in three digits: `4.2 M`. Below a million it is exact.
pub fn rounded(number: u64) -> String {
    const UNITS: [(u64, &str); 2] = [(1_000_000_000, "G"), (1_000_000, "M")];
    match UNITS.iter().find(|(unit, _)| number >= *unit) {
        Some((unit, name)) => {
            let tenths = number / (unit / 10);
            format!("{}.{} {name}", count(tenths / 10), tenths % 10)
        }
        None => count(number),
    }
}

/// Returns a name in parts of at most this many characters, broken after `/`, `_` and `-` if
/// possible.
pub fn parts(name: &str, width: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest: Vec<char> = name.chars().collect();
    while rest.len() > width.max(1) {
        let fits = &rest[..width.max(1)];
        let at = fits.iter().rposition(|one| " /_-".contains(*one)).filter(|at| *at > 0);
        let tail = rest.split_off(at.map_or(fits.len(), |at| at + 1));
        parts.push(rest.iter().collect::<String>().trim_end().to_string());
        rest = tail;
    }
    parts.push(rest.into_iter().collect());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators() {
        let spelled = [0, 999, 1000, 28_095, 1_234_567].map(count);
        assert_eq!(spelled, ["0", "999", "1,000", "28,095", "1,234,567"]);
        assert_eq!([1, 2].map(|number| counted(number, "step")), ["1 step", "2 steps"]);
        assert_eq!([0, 1, 2].map(after), ["from the start", "after 1 step", "after 2 steps"]);
        let short = [999_999, 4_249_999, 12_000_000_000].map(rounded);
        assert_eq!(short, ["999,999", "4.2 M", "12.0 G"]);
    }

    #[test]
    fn a_name_breaks_where_a_reader_would_break_it() {
        let name = "downconvert/two_apps_both_nonblock_o2dlm";
        assert_eq!(parts(name, 24), ["downconvert/two_apps_", "both_nonblock_o2dlm"]);
        assert_eq!(parts(name, 99), [name]);
        assert_eq!(parts("abcdef", 4), ["abcd", "ef"]);
        assert_eq!(parts("", 4), [""]);
    }
}
