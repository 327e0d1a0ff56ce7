//! Reading a sheet: every problem at once, each with the path of its key and what was expected.

use std::cell::RefCell;

use serde_json::{Map, Value};
use weighbridge_plugin::pricing::Problem;
use weighbridge_plugin::{Decimal, exact};

/// A table of the sheet, the whole sheet or one within it.
pub struct Table<'a> {
    path: String,
    entries: &'a Map<String, Value>,
    problems: &'a RefCell<Vec<Problem>>,
}

/// What a number may be, and how to say so.
pub struct Number {
    /// `a percentage such as "30" or "12.5"`.
    pub write: &'static str,
    /// The same, where something else than a number stands there.
    pub expected: &'static str,
    /// `a percentage is between -100 (free) and 10000`.
    pub range: &'static str,
    /// The least, inclusive.
    pub least: Decimal,
    /// The most, inclusive.
    pub most: Decimal,
    /// How many decimals: more would leave no room for exact amounts.
    pub decimals: u32,
}

const BILLION: i64 = 1_000_000_000;

/// What one unit, one block or one call costs.
pub const PRICE: Number = Number {
    write: "a price such as \"2.50\"",
    expected: "a price such as \"2.50\" or 2",
    range: "a price is between 0 and 1000000000",
    least: Decimal::ZERO,
    most: Decimal::from_parts(BILLION as u32, 0, 0, false, 0),
    decimals: 12,
};

/// An amount of money that is more than nothing.
pub const AMOUNT: Number = Number {
    write: "an amount such as \"99.50\"",
    expected: "an amount such as \"99.50\" or 100",
    range: "an amount is above 0 and at most 1000000000",
    least: Decimal::from_parts(1, 0, 0, false, 12),
    most: Decimal::from_parts(BILLION as u32, 0, 0, false, 0),
    decimals: 12,
};

/// How much of a meter.
pub const QUANTITY: Number = Number {
    write: "a quantity such as 1000000",
    expected: "a quantity such as 1000000",
    range: "a quantity is above 0 and at most 1000000000000000000",
    least: Decimal::from_parts(1, 0, 0, false, 6),
    most: Decimal::from_parts(2_808_348_672, 232_830_643, 0, false, 0),
    decimals: 6,
};

/// A part of a whole, in percent.
pub const SHARE: Number = Number {
    write: "a percentage such as \"10\" or \"12.5\"",
    expected: "a percentage such as \"10\" or 10",
    range: "a percentage off is above 0 and at most 100",
    least: Decimal::from_parts(1, 0, 0, false, 8),
    most: Decimal::ONE_HUNDRED,
    decimals: 8,
};

/// A margin: a part of the price, in percent.
pub const MARGIN: Number = Number {
    write: "a percentage such as \"30\" or \"12.5\"",
    expected: "a percentage such as \"30\" or 30",
    range: "a margin is a part of the price, between 0 and 99",
    least: Decimal::ZERO,
    most: Decimal::from_parts(99, 0, 0, false, 0),
    decimals: 8,
};

/// A percentage on top of something.
pub const MARKUP: Number = Number {
    write: "a percentage such as \"30\" or \"12.5\"",
    expected: "a percentage such as \"30\" or 30",
    range: "a percentage is between -100 (free) and 10000",
    least: Decimal::from_parts(100, 0, 0, true, 0),
    most: Decimal::from_parts(10_000, 0, 0, false, 0),
    decimals: 8,
};

/// Reads the sheet of a rule, a JSON object with these keys besides `rule`; `example` is what one could look like.
pub fn read<T>(json: &str, rule: &str, example: &str, keys: &[&str], read: impl FnOnce(&Table<'_>) -> T) -> Result<T, Vec<Problem>> {
    let entries = match serde_json::from_str(json) {
        Ok(Value::Object(entries)) => entries,
        Ok(_) => return Err(vec![Problem::new("sheet", format!("expected a JSON object such as {example}"))]),
        Err(error) => return Err(vec![Problem::new("sheet", format!("expected a JSON object: {error}"))]),
    };
    let problems = RefCell::default();
    let sheet = Table { path: String::new(), entries: &entries, problems: &problems };
    sheet.only(&[&["rule"], keys].concat());
    if sheet.entries.get("rule").is_some_and(|name| name != rule) {
        sheet.problem("rule", format!("expected {rule:?}: this sheet is for another rule"));
    }
    let read = read(&sheet);
    let problems = problems.into_inner();
    if problems.is_empty() { Ok(read) } else { Err(problems) }
}

impl<'a> Table<'a> {
    /// Reports every key that is none of these.
    pub fn only(&self, keys: &[&str]) {
        for key in self.entries.keys().filter(|key| !keys.contains(&key.as_str())) {
            self.problem(key, format!("unknown key; expected one of {}", keys.join(", ")));
        }
    }
    /// Reports what is wrong with a key.
    pub fn problem(&self, key: &str, message: impl Into<String>) {
        self.problem_at(self.path_of(key), message);
    }
    /// Reports what is wrong at a path.
    pub fn problem_at(&self, path: String, message: impl Into<String>) {
        self.problems.borrow_mut().push(Problem::new(path, message));
    }
    /// The path of a key: `tiers[1].up_to`.
    pub fn path_of(&self, key: &str) -> String {
        match (key, self.path.is_empty()) {
            ("", _) => self.path.clone(),
            (_, true) => key.to_owned(),
            _ => [&self.path, ".", key].concat(),
        }
    }
    /// Whether a key is there.
    pub fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }
    /// What stands there.
    pub fn get(&self, key: &str) -> Option<&'a Value> {
        self.entries.get(key)
    }
    /// All of them, for a table whose keys are names.
    pub fn entries(&self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.entries.iter()
    }
    /// `currency`: a code; US dollars if it is not given.
    pub fn currency(&self) -> String {
        match self.get("currency") {
            None => "USD".into(),
            Some(Value::String(code)) if code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase()) => code.clone(),
            Some(_) => {
                self.problem("currency", "expected a currency code such as \"USD\"");
                String::new()
            }
        }
    }
    /// A number that may be absent.
    pub fn number(&self, key: &str, kind: &Number) -> Option<Decimal> {
        kind.read(self.get(key)?).map_err(|message| self.problem(key, message)).ok()
    }
    /// A number that must be there; `missing` says what to write: `the price of a call, such as "0.01"`.
    pub fn required(&self, key: &str, kind: &Number, missing: &str) -> Decimal {
        if !self.has(key) {
            self.problem(key, format!("is missing: write {missing}"));
        }
        self.number(key, kind).unwrap_or_default()
    }
    /// A short text for people, on one line.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        match self.get(key)? {
            Value::String(text) if (1..=120).contains(&text.trim().len()) && !text.chars().any(char::is_control) => Some(text),
            _ => {
                self.problem(key, "expected a text of one line, at most 120 bytes");
                None
            }
        }
    }
    /// True or false; false if it is not given.
    pub fn flag(&self, key: &str) -> bool {
        match self.get(key) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.problem(key, "expected true or false");
                false
            }
        }
    }
    /// One of some words; the first if it is not given.
    pub fn choice<T: Clone>(&self, key: &str, of: &[(&str, T)]) -> T {
        let found = match self.get(key) {
            None => of.first(),
            Some(value) => of.iter().find(|(word, _)| value == word),
        };
        if let Some((_, value)) = found {
            return value.clone();
        }
        let words: Vec<String> = of.iter().map(|(word, _)| format!("{word:?}")).collect();
        self.problem(key, format!("expected one of {}", words.join(", ")));
        of[0].1.clone()
    }
    /// A list of texts, or one text; none if it is not given.
    pub fn texts(&self, key: &str, example: &str) -> Vec<&'a str> {
        let one = |value: &'a Value| value.as_str().filter(|text| !text.is_empty() && text.len() <= 200);
        let list: Option<Vec<_>> = match self.get(key) {
            None => Some(Vec::new()),
            Some(Value::Array(values)) if !values.is_empty() => values.iter().map(one).collect(),
            Some(value) => one(value).map(|text| vec![text]),
        };
        list.unwrap_or_else(|| {
            self.problem(key, format!("expected a name or a list of names, such as {example}"));
            Vec::new()
        })
    }
    /// A table within this one.
    pub fn table(&self, key: &str, example: &str) -> Option<Table<'a>> {
        self.table_of(self.path_of(key), self.get(key)?, example)
    }
    /// A list of tables, which must be there and not empty.
    pub fn tables(&self, key: &str, example: &str) -> Vec<Table<'a>> {
        match self.get(key) {
            Some(Value::Array(values)) if !values.is_empty() => {
                let path = self.path_of(key);
                values.iter().enumerate().filter_map(|(at, value)| self.table_of(format!("{path}[{at}]"), value, example)).collect()
            }
            None => {
                self.problem(key, format!("is missing: write a list of tables, such as [ {example} ]"));
                Vec::new()
            }
            Some(_) => {
                self.problem(key, format!("expected a list of tables, such as [ {example} ]"));
                Vec::new()
            }
        }
    }
    /// A value as a table with a path of its own.
    pub fn table_of(&self, path: String, value: &'a Value, example: &str) -> Option<Table<'a>> {
        match value {
            Value::Object(entries) => Some(Table { path, entries, problems: self.problems }),
            _ => {
                self.problem_at(path, format!("expected a table such as {example}"));
                None
            }
        }
    }
    /// The path of a name that is a key of this table: `per_model["acme/large"]`.
    pub fn path_of_name(&self, name: &str) -> String {
        format!("{}[{name:?}]", self.path)
    }
}

impl Number {
    /// A decimal string or a whole number, within bounds; what was expected, if it is not.
    pub fn read(&self, value: &Value) -> Result<Decimal, String> {
        match value {
            Value::String(text) => self.parse(text),
            Value::Number(number) if number.is_i64() || number.is_u64() => self.parse(&number.to_string()),
            // A JSON number with a point would pass through a float on its way here.
            Value::Number(number) => Err(format!("write {number} as a string, \"{number}\": numbers with a point are not exact")),
            _ => Err(format!("expected {}", self.expected)),
        }
    }
    /// The same from its text.
    pub fn parse(&self, text: &str) -> Result<Decimal, String> {
        let value = exact::parse(text).ok_or_else(|| format!("{text:?} is not a decimal number: write {}", self.write))?;
        if value < self.least || value > self.most {
            return Err(format!("{} is out of range: {}", value.normalize(), self.range));
        }
        if value.normalize().scale() > self.decimals {
            return Err(format!("{text:?} has too many decimals: at most {}, so that every charge stays exact", self.decimals));
        }
        Ok(value.normalize())
    }
}
