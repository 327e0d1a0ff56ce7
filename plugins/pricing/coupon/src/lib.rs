//! A coupon: a code that pays for a customer's calls until it is used up.

use rulekit::counter::Counter;
use rulekit::dates::Span;
use rulekit::sheet::{self, AMOUNT, SHARE, Table};
use rulekit::{Select, lines, money};
use weighbridge_plugin::pricing::{Problem, Rating, RatingInput, SheetInfo, Unseen, Window};
use weighbridge_plugin::{Decimal, PluginError, PricingRule, register_pricing_rule};

const KEYS: [&str; 12] = ["currency", "code", "amount", "percent", "limit", "window", "from", "until", "models", "providers", "tags", "meters"];

/// How often a coupon is worth its amount.
const WINDOWS: [(&str, Window); 4] =
    [("lifetime", Window::Lifetime), ("billing-period", Window::BillingPeriod), ("month", Window::Month), ("day", Window::Day)];

/// The rule with its sheet.
pub struct Coupon {
    currency: String,
    code: String,
    worth: Worth,
    used: Counter,
    span: Span,
    select: Select,
}

struct Worth {
    /// Of each call.
    percent: Decimal,
    /// Of all calls; `None`: there is no end.
    limit: Option<Decimal>,
}

register_pricing_rule!(Coupon);

impl PricingRule for Coupon {
    fn load(sheet: &str) -> Result<Self, Vec<Problem>> {
        sheet::read(sheet, "coupon", "{\"code\": \"WELCOME\", \"amount\": \"50\"}", &KEYS, |sheet| {
            if !sheet.has("code") {
                sheet.problem("code", "is missing: write the coupon's code, such as \"WELCOME\"");
            }
            let code = sheet.text("code").unwrap_or_default().to_owned();
            let used = Counter::of_amount(&code, sheet.choice("window", &WINDOWS), Vec::new());
            Self { currency: sheet.currency(), worth: worth(sheet), used, code, span: Span::read(sheet), select: Select::read(sheet) }
        })
    }
    fn info(&self) -> SheetInfo {
        let aggregates = vec![self.used.0.clone()];
        SheetInfo { currency: self.currency.clone(), aggregates, dimensions: self.select.dimensions(), ..SheetInfo::default() }
            .without(Unseen::Quantities)
            .without(Unseen::CostBehindOthers)
    }
    fn rate(&self, mut input: RatingInput) -> Result<Rating, PluginError> {
        lines::same_currency(&input, &self.currency)?;
        let mut items = lines::taken(&mut input);
        let base = lines::selected(&items, &self.select, &input.usage)?;
        let mut off = if self.span.holds(input.usage.occurred_at) { money::percent(base, self.worth.percent)? } else { Decimal::ZERO };
        if let Some(limit) = self.worth.limit {
            off = off.min(money::sub(limit, self.used.before(&input)?.amount)?);
        }
        if off <= Decimal::ZERO {
            return Ok(Rating { items, contributions: Vec::new() });
        }
        items.push(lines::single(format!("coupon {}", self.code), "coupons", -off.normalize()));
        Ok(Rating { items, contributions: vec![self.used.adds(Decimal::ZERO, off)] })
    }
}

fn worth(sheet: &Table<'_>) -> Worth {
    match (sheet.has("amount"), sheet.has("percent")) {
        (true, true) => sheet.problem("percent", "there is an amount as well: write one of them"),
        (false, false) => sheet.problem("amount", "is missing: write what the coupon is worth, such as \"50\", or a percent"),
        (true, false) if sheet.has("limit") => sheet.problem("limit", "only a percentage has a limit: an amount is one by itself"),
        _ => {}
    }
    let percent = sheet.number("percent", &SHARE).unwrap_or(Decimal::ONE_HUNDRED);
    Worth { percent, limit: sheet.number("amount", &AMOUNT).or_else(|| sheet.number("limit", &AMOUNT)) }
}

#[cfg(test)]
mod tests;
