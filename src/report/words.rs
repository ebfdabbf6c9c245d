//! Sentences for a terminal.

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
    for word in words {
        if !empty && line.len() + 1 + word.len() > width {
            writeln!(out, "{}", line.trim_end())?;
            line = " ".repeat(indent);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    writeln!(out, "{}", line.trim_end())
}
