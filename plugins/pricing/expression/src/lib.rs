//! Formulas in the sheet, for people who would not write a plugin. A small language of our own, as a general one would be seven
//! times the size of this component and round its products silently: see the README.

mod parse;
mod run;
mod smoke;
mod token;
mod tree;

use rulekit::sheet::{self, Table};
use rulekit::{lines, money};
use weighbridge_plugin::pricing::{LineItem, Problem, Rating, RatingInput, SheetInfo};
use weighbridge_plugin::{Decimal, PluginError, PricingRule, register_pricing_rule};

use parse::Formula;
use run::Call;
use tree::{Fact, Type};

const KEYS: [&str; 9] = ["currency", "amount", "description", "when", "credit", "lines", "keep", "zone", "examples"];
const LINE: [&str; 4] = ["description", "amount", "when", "credit"];
const FORMULA_BYTES: usize = 4 * 1024;
const LINES: usize = 20;

/// The rule with its sheet.
pub struct Expression {
    currency: String,
    lines: Vec<Line>,
    /// The lines so far stay, before the new ones.
    keep: bool,
    /// The dimension of the local time.
    zone: String,
}

/// A line of the charge.
struct Line {
    path: String,
    description: String,
    amount: Written,
    /// The line is written where this holds.
    when: Option<Written>,
    /// It may be negative.
    credit: bool,
}

/// A formula with its text, to say where it failed.
struct Written {
    text: String,
    formula: Formula,
}

register_pricing_rule!(Expression);

impl PricingRule for Expression {
    fn load(sheet: &str) -> Result<Self, Vec<Problem>> {
        sheet::read(sheet, "expression", "{\"amount\": \"cost * 1.3\"}", &KEYS, |sheet| {
            let zone = ["local_time.", sheet.text("zone").unwrap_or("UTC")].concat();
            let rule = Self { currency: sheet.currency(), lines: all_lines(sheet), keep: sheet.flag("keep"), zone };
            smoke::run(&rule, sheet);
            rule
        })
    }
    fn info(&self) -> SheetInfo {
        let formulas = self.lines.iter().flat_map(|line| [Some(&line.amount), line.when.as_ref()]).flatten();
        let mut dimensions: Vec<String> = Vec::new();
        for fact in formulas.flat_map(|written| &written.formula.facts) {
            let wanted = match fact {
                Fact::Dimension(name) => name,
                Fact::Time(_) => &self.zone,
                _ => continue,
            };
            if !dimensions.contains(wanted) {
                dimensions.push(wanted.clone());
            }
        }
        SheetInfo { currency: self.currency.clone(), dimensions, ..SheetInfo::default() }
    }
    fn rate(&self, mut input: RatingInput) -> Result<Rating, PluginError> {
        lines::same_currency(&input, &self.currency)?;
        let new = self.write(&input).map_err(|(_, message)| PluginError::invalid_input(message))?;
        let kept = if self.keep { std::mem::take(&mut input.so_far) } else { Vec::new() };
        Ok(Rating { items: kept.into_iter().chain(new).collect(), contributions: Vec::new() })
    }
}

impl Expression {
    /// The lines for a call, or the path of the formula that failed, and how.
    fn write(&self, input: &RatingInput) -> Result<Vec<LineItem>, (String, String)> {
        let call = Call { input, zone: &self.zone };
        let mut written = Vec::new();
        for line in &self.lines {
            let value = |key: &str, of: &'_ Written| {
                run::run(&of.formula, &call).map(|value| (value.number(), value.truth())).map_err(|fault| {
                    let path = [&line.path, key].concat();
                    let shown = fault.shown(&of.text);
                    (path, shown)
                })
            };
            if let Some(when) = &line.when
                && !value("when", when)?.1
            {
                continue;
            }
            let (amount, _) = value("amount", &line.amount)?;
            if amount < Decimal::ZERO && !line.credit {
                let message =
                    format!("{:?} comes to {}: a line is not negative, unless it has credit = true; max(0, …) ends at 0", line.description, amount.normalize());
                return Err(([&line.path, "amount"].concat(), message));
            }
            written
                .push(LineItem { credit: line.credit && money::is_negative(amount), ..lines::single(line.description.clone(), "calls", amount.normalize()) });
        }
        if written.is_empty() && !self.keep {
            let nothing = "no line's `when` holds, so nothing would be charged: add a line without `when`, or keep = true";
            return Err(("lines".into(), nothing.into()));
        }
        Ok(written)
    }
}

fn all_lines(sheet: &Table<'_>) -> Vec<Line> {
    match (sheet.has("amount"), sheet.has("lines")) {
        (true, true) => {
            sheet.problem("lines", "there is an amount as well: write one of them");
            Vec::new()
        }
        (true, false) => line(sheet, "").into_iter().collect(),
        (false, false) => {
            sheet.problem("amount", "is missing: write a formula such as \"cost * 1.3\"");
            Vec::new()
        }
        (false, true) => {
            let tables = sheet.tables("lines", "{ description = \"tokens\", amount = \"tokens * 0.000002\" }");
            if tables.len() > LINES {
                sheet.problem("lines", format!("{} lines; at most {LINES}", tables.len()));
            }
            let alone = ["description", "when", "credit"].into_iter().filter(|key| sheet.has(key));
            alone.for_each(|key| sheet.problem(key, "belongs into a table of `lines`"));
            let named = tables.iter().inspect(|table| table.only(&LINE));
            named.filter_map(|table| line(table, &[&table.path_of(""), "."].concat())).collect()
        }
    }
}

fn line(table: &Table<'_>, path: &str) -> Option<Line> {
    if !table.has("amount") {
        table.problem("amount", "is missing: write a formula such as \"cost * 1.3\"");
    }
    let description = table.text("description").unwrap_or("formula").into();
    let (amount, when) = (written(table, "amount", Type::Number), written(table, "when", Type::Truth));
    Some(Line { path: path.into(), description, amount: amount?, when, credit: table.flag("credit") })
}

fn written(table: &Table<'_>, key: &str, gives: Type) -> Option<Written> {
    let Some(text) = table.get(key)?.as_str().filter(|text| text.len() <= FORMULA_BYTES) else {
        table.problem(key, "expected a formula, a text of at most 4096 bytes");
        return None;
    };
    match parse::parse(text, gives) {
        Ok(formula) => Some(Written { text: text.into(), formula }),
        Err(fault) => {
            table.problem(key, fault.shown(text));
            None
        }
    }
}

#[cfg(test)]
mod tests;
