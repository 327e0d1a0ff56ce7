//! What a command prints: a table for people, JSON for scripts.

use std::io::Write as _;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use serde_json::Value;

/// How a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}
pub use Align::{Left, Right};

/// A table: a line under the headings, nothing else.
pub fn table(columns: &[(&str, Align)], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    table_with_total(columns, rows, None)
}

/// The same, with a last row apart.
pub fn table_with_total(columns: &[(&str, Align)], rows: impl IntoIterator<Item = Vec<String>>, total: Option<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let cell = |text: String, align: Align| Cell::new(text).set_alignment(if align == Right { CellAlignment::Right } else { CellAlignment::Left });
    let cells = |texts: Vec<String>| texts.into_iter().zip(columns).map(|(text, (_, align))| cell(text, *align)).collect::<Vec<_>>();
    table.set_header(cells(columns.iter().map(|(name, _)| (*name).to_owned()).collect()));
    table.add_rows(rows.into_iter().map(cells));
    let has_total = total.is_some();
    table.add_rows(total.map(cells));
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    let rule = "─".repeat(lines.iter().map(|line| line.chars().count()).max().unwrap_or_default().saturating_sub(1));
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        if at == 1 || (has_total && at + 1 == lines.len()) {
            text.push_str(&format!(" {rule}\n"));
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// Prints to standard output; a reader that went away (`| head`) is no error.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = out.write_all(b"\n");
    }
    let _ = out.flush();
}

/// Prints JSON.
pub fn print_json(value: &Value) {
    print(&serde_json::to_string_pretty(value).unwrap_or_default());
}

/// A field as text: strings without quotes, null as a dash.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => "–".into(),
        Value::String(text) => plain(text),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => fields.iter().map(|(key, value)| format!("{}={}", plain(key), text(value))).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// What clients and operators named, safe on a terminal: no escape sequence, no second line.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// A row of these fields.
pub fn row(item: &Value, fields: &[&str]) -> Vec<String> {
    fields.iter().map(|field| text(&item[*field])).collect()
}

/// A moment, to the second: `2026-11-23 12:00:00`.
pub fn moment(value: &Value) -> String {
    value.as_str().map_or_else(|| "–".into(), |time| time.get(..19).unwrap_or(time).replace('T', " "))
}
