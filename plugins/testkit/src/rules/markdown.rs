//! Examples of a README: blocks of TOML and the tables below them.

use serde_json::{Map, Value};

/// A row of a table.
pub(super) struct Example {
    pub(super) line: usize,
    pub(super) row: String,
    pub(super) sheet: Value,
    cells: Vec<(String, String)>,
}

impl Example {
    pub(super) fn has(&self, column: &str) -> bool {
        self.cells.iter().any(|(name, _)| name == column)
    }
    pub(super) fn cell(&self, column: &str) -> &str {
        self.cells.iter().find(|(name, _)| name == column).map_or("", |(_, cell)| cell.as_str())
    }
    pub(super) fn expected(&self) -> String {
        match (self.has("refused with"), self.has("close"), self.has("adds") && !self.cell("charge").starts_with("refused: ")) {
            (true, _, _) => self.cell("refused with").into(),
            (_, true, _) => self.cell("close").into(),
            (_, _, true) => format!("{} | {}", self.cell("charge"), self.cell("adds")),
            _ => self.cell("charge").into(),
        }
    }
}

/// All of them, in their order.
pub(super) fn examples(readme: &str) -> Vec<Example> {
    let mut found = Vec::new();
    let mut sheet = Value::Null;
    let mut columns: Vec<String> = Vec::new();
    let mut block: Option<String> = None;
    for (at, line) in readme.lines().enumerate() {
        match (&mut block, line.trim_end()) {
            (None, "```toml") => block = Some(String::new()),
            (Some(text), "```") => {
                sheet = sheet_of(text).unwrap_or(sheet);
                block = None;
            }
            (Some(text), line) => *text += &format!("{line}\n"),
            (None, line) if !line.starts_with('|') => columns.clear(),
            (None, line) if columns.is_empty() => columns = cells(line),
            (None, line) if line.starts_with("|--") => {}
            (None, line) if ["charge", "close", "refused with"].iter().any(|known| columns.iter().any(|column| column == known)) => {
                let cells = columns.iter().cloned().zip(cells(line)).collect();
                let mut example = Example { line: at + 1, row: line.into(), sheet: sheet.clone(), cells };
                example.sheet = changed(&sheet, example.cell("sheet")).unwrap_or_else(|error| panic!("line {}: {error}", at + 1));
                found.push(example);
            }
            _ => {}
        }
    }
    found
}

pub(super) fn first_sheet(readme: &str) -> Value {
    readme.split("```toml\n").skip(1).find_map(|rest| sheet_of(rest.split("```").next()?)).expect("a block with a sheet")
}

fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_start_matches('|').trim_end_matches('|');
    row.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).map(|cell| if cell == "–" { String::new() } else { cell }).collect()
}

/// The rule of a block: of a plan the one that the text names first.
fn sheet_of(text: &str) -> Option<Value> {
    let value = json(toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}")));
    if value.get("rule").is_some() {
        return Some(value);
    }
    let (_, plan) = value.get("plans")?.as_object()?.iter().next()?;
    plan["rules"].as_array()?.last().cloned()
}

fn changed(sheet: &Value, cell: &str) -> Result<Value, String> {
    if cell.starts_with(['{', '['])
        && let Ok(json) = serde_json::from_str(cell)
    {
        return Ok(json);
    }
    let whole = cell.starts_with('{');
    let text = if whole { format!("sheet = {cell}") } else { format!("sheet = {{ {cell} }}") };
    let table: toml::Table = toml::from_str(&text).map_err(|error| error.to_string())?;
    let new = json(table["sheet"].clone());
    if whole {
        return Ok(new);
    }
    let mut merged = sheet.as_object().cloned().unwrap_or_default();
    merged.extend(new.as_object().cloned().unwrap_or_default());
    Ok(Value::Object(merged))
}

fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Datetime(time) => time.to_string().into(),
        toml::Value::Array(values) => values.into_iter().map(json).collect(),
        toml::Value::Table(table) => Value::Object(table.into_iter().map(|(key, value)| (key, json(value))).collect::<Map<_, _>>()),
    }
}
