//! A contract: dated terms for one customer, in place of what the plan says for everyone.

use rulekit::dates::Span;
use rulekit::sheet::{self, SHARE, Table};
use rulekit::{Others, PriceList, lines, money};
use weighbridge_plugin::pricing::{LineItem, Problem, Rating, RatingInput, SheetInfo};
use weighbridge_plugin::{Decimal, PluginError, PricingRule, register_pricing_rule};

const KEYS: [&str; 4] = ["currency", "customer", "terms", "others"];
const TERM: [&str; 6] = ["from", "until", "prices", "per", "discount_percent", "description"];
const EXAMPLE: &str = "{\"customer\": \"acme\", \"terms\": [{\"from\": \"2026-01-01\", \"discount_percent\": \"10\"}]}";

/// The rule with its sheet.
pub struct Contract {
    currency: String,
    customer: String,
    terms: Vec<Term>,
    others: Others,
}

/// What holds for a while.
struct Term {
    span: Span,
    description: String,
    /// In place of the lines so far of the same meters.
    prices: PriceList,
    /// Off everything else.
    discount: Option<Decimal>,
}

register_pricing_rule!(Contract);

impl PricingRule for Contract {
    fn load(sheet: &str) -> Result<Self, Vec<Problem>> {
        sheet::read(sheet, "contract", EXAMPLE, &KEYS, |sheet| {
            if !sheet.has("customer") {
                sheet.problem("customer", "is missing: write the id of the customer whose contract it is");
            }
            Self { currency: sheet.currency(), customer: sheet.text("customer").unwrap_or_default().into(), terms: terms(sheet), others: Others::read(sheet) }
        })
    }
    fn info(&self) -> SheetInfo {
        self.others.info(SheetInfo { currency: self.currency.clone(), ..SheetInfo::default() })
    }
    fn rate(&self, input: RatingInput) -> Result<Rating, PluginError> {
        lines::same_currency(&input, &self.currency)?;
        let term = self.terms.iter().find(|term| input.usage.customer == self.customer && term.span.holds(input.usage.occurred_at));
        let items = match term {
            Some(term) => self.apply(term, input)?,
            None => input.so_far,
        };
        Ok(Rating { items, contributions: Vec::new() })
    }
}

impl Contract {
    fn apply(&self, term: &Term, input: RatingInput) -> Result<Vec<LineItem>, PluginError> {
        let new = term.prices.lines(&input.usage, &[", ", &term.description].concat())?;
        let own: Vec<String> = new.iter().map(|line| line.meter.clone()).collect();
        let mut items = self.others.compose(input, |usage, name| term.prices.has(usage, name), new)?;
        if let Some(percent) = term.discount {
            let base = lines::sum(items.iter().filter(|line| !own.contains(&line.meter)))?;
            if base > Decimal::ZERO {
                let off = money::percent(base, percent)?.normalize();
                items.push(lines::single(format!("{} discount {percent} %", term.description), "discounts", -off));
            }
        }
        Ok(items)
    }
}

fn terms(sheet: &Table<'_>) -> Vec<Term> {
    let tables = sheet.tables("terms", "{ from = \"2026-01-01\", discount_percent = \"10\" }");
    let terms: Vec<Term> = tables.iter().map(term).collect();
    for (at, (table, later)) in tables.iter().zip(&terms).enumerate() {
        if let Some(other) = terms[..at].iter().position(|earlier| earlier.span.overlaps(&later.span)) {
            table.problem("from", format!("overlaps terms[{other}]: at any time one of them holds, so end it with `until` where this one begins"));
        }
    }
    terms
}

fn term(table: &Table<'_>) -> Term {
    table.only(&TERM);
    if !table.has("prices") && !table.has("discount_percent") {
        table.problem("prices", "is missing: write prices, a discount_percent, or both");
    }
    Term {
        span: Span::read(table),
        description: table.text("description").unwrap_or("contract").into(),
        prices: if table.has("prices") { PriceList::read(table) } else { PriceList::default() },
        discount: table.number("discount_percent", &SHARE),
    }
}

#[cfg(test)]
mod tests;
