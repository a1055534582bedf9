//! Rows in columns for a person at a terminal, and separated by tabs for everything else.

use crate::print::{Ink, Out, field};

/// A cell and its colour.
pub type Cell = (String, Option<Ink>);

/// A cell without colour; the text may come from outside.
pub fn plain(text: impl AsRef<str>) -> Cell {
    (field(text.as_ref()), None)
}

/// A cell in colour.
pub fn inked(text: impl AsRef<str>, ink: Ink) -> Cell {
    (field(text.as_ref()), Some(ink))
}

/// Prints the rows; the last column is as long as it is.
pub fn print(out: &mut Out<'_>, rows: &[Vec<Cell>]) {
    let widths = widths(rows);
    for row in rows {
        let line = if out.terminal { aligned(out, row, &widths) } else { tabbed(row) };
        out.line(line.trim_end());
    }
}

fn tabbed(row: &[Cell]) -> String {
    let cells: Vec<&str> = row.iter().map(|(text, _)| text.as_str()).collect();
    cells.join("\t")
}

fn aligned(out: &Out<'_>, row: &[Cell], widths: &[usize]) -> String {
    let mut line = String::new();
    for (i, (text, ink)) in row.iter().enumerate() {
        line.push_str(
            &ink.filter(|_| !text.is_empty()).map_or_else(|| text.clone(), |ink| out.paint(ink, text)),
        );
        if i + 1 < row.len() {
            line.push_str(&" ".repeat(widths[i].saturating_sub(text.chars().count()) + 2));
        }
    }
    line
}

fn widths(rows: &[Vec<Cell>]) -> Vec<usize> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |i: usize| rows.iter().filter_map(|r| r.get(i)).map(|(text, _)| text.chars().count()).max();
    (0..columns).map(|i| width(i).unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(terminal: bool, colour: bool) -> String {
        let mut stdout = Vec::new();
        let mut out = Out::new(&mut stdout, std::io::sink());
        (out.terminal, out.colour) = (terminal, colour);
        print(
            &mut out,
            &[
                vec![plain("a"), inked("well", Ink::Green), plain("x")],
                vec![plain("bcd"), plain("ill"), plain("")],
            ],
        );
        drop(out);
        String::from_utf8(stdout).unwrap()
    }

    #[test]
    fn a_terminal_gets_columns_and_a_pipe_gets_tabs() {
        assert_eq!(printed(true, false), "a    well  x\nbcd  ill\n");
        assert_eq!(printed(false, false), "a\twell\tx\nbcd\till\n");
    }

    #[test]
    fn colour_does_not_shift_a_column() {
        assert_eq!(printed(true, true), "a    \u{1b}[32mwell\u{1b}[0m  x\nbcd  ill\n");
    }
}
