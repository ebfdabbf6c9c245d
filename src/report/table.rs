//! Tables for a terminal.

use std::io::{self, Write};

use comfy_table::{CellAlignment, ContentArrangement, Row, Table, presets};

use super::layout::Layout;
use super::words::parts;

/// Limits a table to the width of the terminal: cells of the widest column are broken, at `/` and
/// `_` if possible.
pub fn fit(table: &mut Table, layout: Layout) {
    let Some(width) = layout.width.map(|width| width.max(LEAST_TABLE)) else { return };
    let mut widths: Vec<usize> =
        table.column_max_content_widths().into_iter().map(usize::from).collect();
    // Each column has a space before and after it.
    while widths.iter().map(|column| column + 2).sum::<usize>() > width {
        let Some(widest) = widths.iter_mut().max() else { return };
        if *widest <= LEAST_COLUMN {
            break;
        }
        *widest -= 1;
    }
    for row in table.row_iter_mut() {
        let cells = row.cell_iter().zip(&widths);
        let broken: Vec<String> =
            cells.map(|(cell, width)| parts(&cell.content(), *width).join("\n")).collect();
        *row = Row::from(broken);
    }
}

/// The minimum number of columns of a table.
const LEAST_TABLE: usize = 50;
/// The minimum number of columns of a column that is broken.
const LEAST_COLUMN: usize = 10;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_table_breaks_names_where_a_reader_would() {
        let mut table = table(["scenario", "verdict"], &[]);
        let name = "downconvert/two_apps_both_nonblock_on_two_nodes_o2dlm";
        table.add_row([name, "holds"]);
        fit(&mut table, Layout { width: Some(50), ..Layout::WHOLE });
        let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_string()).collect();
        assert!(lines.iter().all(|line| line.len() <= 50), "{lines:#?}");
        assert!(lines[1].contains("_on_ ") || lines[1].contains("_two_ "), "{lines:#?}");
        let mut words = lines[1..].iter().flat_map(|line| line.split_whitespace());
        let told: String = words.by_ref().filter(|word| *word != "holds").collect();
        assert_eq!(told, name);
    }
}
