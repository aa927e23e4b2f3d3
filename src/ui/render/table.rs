//! kubectl's tables (K§1.5): upper-case headers, no borders, three spaces between columns.

use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Table, Width, presets};

use crate::api::text::clean;

/// Rows that keep their columns' widths over several pages.
pub struct Rows {
    header: Vec<&'static str>,
    show_header: bool,
    widths: Vec<u16>,
}

impl Rows {
    /// An empty table.
    pub fn new(header: Vec<&'static str>, show_header: bool) -> Rows {
        let widths = vec![0; header.len()];
        Rows { header, show_header, widths }
    }

    /// The same with columns that are never narrower than this (characters): rows that come later do not shift.
    #[must_use]
    pub fn at_least(mut self, widths: &[u16]) -> Rows {
        for (width, least) in self.widths.iter_mut().zip(widths) {
            *width = (*width).max(*least);
        }
        self
    }

    /// The text of one page of rows, the header before the first; widths only grow.
    pub fn page(&mut self, rows: &[Vec<String>]) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        if self.show_header {
            table.add_row(self.header.iter().map(|h| Cell::new(*h)));
        }
        for row in rows {
            table.add_row(row.iter().map(|text| Cell::new(if text.is_empty() { "-".into() } else { clean(text) })));
        }
        for (column, width) in self.widths.iter_mut().enumerate() {
            let header = if self.show_header { self.header[column].len() } else { 0 };
            let widest = rows
                .iter()
                .filter_map(|r| r.get(column))
                .map(|t| console::measure_text_width(t))
                .chain([header])
                .max()
                .unwrap_or(0);
            *width = (*width).max(u16::try_from(widest).unwrap_or(u16::MAX - 8));
        }
        let last = self.widths.len().saturating_sub(1);
        for (i, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, if i == last { 0 } else { 3 }));
            let padded = self.widths[i] + if i == last { 0 } else { 3 };
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(padded)));
        }
        self.show_header = false;
        table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_over_pages_and_text_cannot_break_out() {
        let mut rows = Rows::new(vec!["NAME", "LOCK"], true);
        assert_eq!(
            rows.page(&[vec!["production".into(), "x\u{1b}[2J\ny".into()]]),
            "NAME         LOCK\nproduction   x\u{fffd}[2J y"
        );
        assert_eq!(rows.page(&[vec!["a".into(), String::new()]]), "a            -");
        let mut rows = Rows::new(vec!["NAME", "LOCK"], true).at_least(&[10]);
        assert_eq!(rows.page(&[vec!["a".into(), "x".into()]]), "NAME         LOCK\na            x");
    }
}
