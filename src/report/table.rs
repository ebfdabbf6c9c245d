//! Tables for a terminal.

use std::io::{self, Write};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use super::layout::Layout;

/// Limits a table to the width of the terminal.
pub fn fit(table: &mut Table, layout: Layout) {
    if let Some(width) = layout.width {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(width.max(LEAST_TABLE)).unwrap_or(u16::MAX));
    }
}

/// The minimum number of columns of a table.
const LEAST_TABLE: usize = 50;

/// Creates a table with this header, and numbers in some columns.
pub fn table<const N: usize>(header: [&str; N], numbers: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header);
    for column in numbers {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Prints a table, without trailing spaces.
pub fn write_table(out: &mut dyn Write, table: &Table) -> io::Result<()> {
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
