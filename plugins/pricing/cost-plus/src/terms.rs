//! Terms: what comes on top of a cost, the factor it makes, and how a line names it.

use rulekit::sheet::{MARGIN, MARKUP, Number, PRICE, Table};
use rulekit::{Price, money};
use serde_json::Value;
use weighbridge_plugin::{Decimal, PluginError, exact};

/// A percentage, and perhaps an add-on for every unit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Terms {
    on_cost: OnCost,
    add: Option<Price>,
    /// ` at cost + 30 %`.
    pub(crate) at_cost: String,
    /// ` + 30 %`; empty for no margin.
    pub(crate) on_top: String,
}

#[derive(Debug, Clone, PartialEq)]
enum OnCost {
    /// Times one plus the percentage.
    Markup(Decimal),
    /// Times 100 ÷ this: what is left of the price after the margin, in percent.
    Margin(Decimal),
}

impl Terms {
    /// A percentage, which is a mark-up, or a table of [`Terms::KEYS`].
    pub(crate) fn read(table: &Table<'_>, path: String, value: &Value) -> Self {
        if value.is_object() {
            let terms = table.table_of(path, value, "{ markup_percent = \"20\" }").inspect(|terms| terms.only(&Self::KEYS));
            return terms.map_or_else(Self::none, |terms| Self::of_keys(&terms));
        }
        Self::markup(value).unwrap_or_else(|message| {
            table.problem_at(path, message);
            Self::none()
        })
    }
    pub(crate) const KEYS: [&'static str; 4] = ["markup_percent", "margin_percent", "add", "per"];

    /// From the keys of the sheet, or of a table in it.
    pub(crate) fn of_keys(table: &Table<'_>) -> Self {
        let percent = match (table.get("markup_percent"), table.get("margin_percent")) {
            (Some(_), Some(_)) => Err(("margin_percent", "there is a markup_percent as well: write one of them".into())),
            (Some(markup), None) => Self::markup(markup).map_err(|message| ("markup_percent", message)),
            (None, Some(margin)) => Self::margin(margin).map_err(|message| ("margin_percent", message)),
            (None, None) if table.has("add") => Ok(Self::none()),
            (None, None) => Err(("markup_percent", "is missing: write the percentage on top of cost, such as \"30\"".into())),
        };
        let terms = percent.unwrap_or_else(|(key, message): (_, String)| {
            table.problem(key, message);
            Self::none()
        });
        terms.and(add(table))
    }
    fn markup(value: &Value) -> Result<Self, String> {
        let percent = MARKUP.read(value)?;
        let factor = exact::factor(percent).ok_or_else(|| format!("\"{percent}\" has too many decimals: at most {}", MARKUP.decimals))?;
        let size = percent.abs().normalize();
        let on_top = match percent {
            zero if zero.is_zero() => String::new(),
            less if less.is_sign_negative() => format!(" − {size} %"),
            _ => format!(" + {size} %"),
        };
        Ok(Self { on_cost: OnCost::Markup(factor), add: None, at_cost: format!(" at cost{on_top}"), on_top })
    }
    fn margin(value: &Value) -> Result<Self, String> {
        let percent = MARGIN.read(value)?;
        let on_top = format!(", margin {percent} %");
        Ok(Self { on_cost: OnCost::Margin(Decimal::ONE_HUNDRED - percent), add: None, at_cost: format!(" at cost{on_top}"), on_top })
    }
    fn none() -> Self {
        Self { on_cost: OnCost::Markup(Decimal::ONE), add: None, at_cost: " at cost".into(), on_top: String::new() }
    }
    fn and(mut self, add: Option<Price>) -> Self {
        if let Some(add) = add {
            let text = format!(" + {} per {}", add.rate(), add.per());
            self.at_cost.push_str(&text);
            self.on_top.push_str(&text);
            self.add = Some(add);
        }
        self
    }
    /// What an amount for a quantity becomes.
    pub(crate) fn amount(&self, amount: Decimal, quantity: Decimal) -> Result<Decimal, PluginError> {
        let on_cost = match self.on_cost {
            OnCost::Markup(factor) => money::mul(amount, factor)?,
            OnCost::Margin(rest) => money::ratio(amount, Decimal::ONE_HUNDRED, rest)?,
        };
        match &self.add {
            Some(add) => money::add(on_cost, add.of(quantity)?),
            None => Ok(on_cost),
        }
    }
    /// The price of one unit, from what it was at this rate. For reading, so it may be rounded where the exact one does not
    /// fit; the amount is exact by itself.
    pub(crate) fn unit_price(&self, rate: Decimal, per: Decimal) -> Decimal {
        let rate = match self.on_cost {
            OnCost::Markup(factor) => exact::mul(rate, factor).unwrap_or_else(|| rate.saturating_mul(factor)),
            OnCost::Margin(rest) => money::ratio(rate, Decimal::ONE_HUNDRED, rest).unwrap_or(rate),
        };
        let unit = exact::div_power_of_ten(rate, per).or_else(|| rate.checked_div(per)).unwrap_or(rate);
        self.add.and_then(|add| exact::add(unit, add.unit())).unwrap_or(unit)
    }
}

/// `add` and `per`, both or none.
fn add(table: &Table<'_>) -> Option<Price> {
    const ADD: Number = Number { write: "an add-on such as \"0.10\"", expected: "an add-on such as \"0.10\" or 1", ..PRICE };
    if !table.has("add") {
        if table.has("per") {
            table.problem("add", "is missing: write what comes on top of every `per` units, such as \"0.10\"");
        }
        return None;
    }
    let rate = table.number("add", &ADD);
    let per = money::per(table);
    Some(Price::new(rate?, per))
}
