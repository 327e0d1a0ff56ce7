//! A table of tiers: without overlap, without a gap, the last one open.

use weighbridge_plugin::{Decimal, exact};

use crate::money::Price;
use crate::sheet::{PRICE, QUANTITY, Table};

const EXAMPLE: &str = "{ up_to = 1000000, rate = \"2.50\" }, { rate = \"2\" }";

/// One tier.
#[derive(Debug, Clone, PartialEq)]
pub struct Tier {
    /// It begins above this.
    pub above: Decimal,
    /// It ends here, inclusive; the last tier does not end.
    pub up_to: Option<Decimal>,
    /// What a unit in it costs.
    pub price: Price,
    /// What it costs to reach it, once.
    pub flat: Decimal,
    /// ` up to 1000000`, ` above 1000000`, and nothing for a tier that is alone.
    pub span: String,
}

/// Tiers, the lowest first; at least one, and the last one is open.
#[derive(Debug, Clone, PartialEq)]
pub struct Tiers(Vec<Tier>);

impl Tiers {
    /// Reads `tiers`; rates are per `per`.
    pub fn read(sheet: &Table<'_>, per: Decimal) -> Self {
        let mut tiers = Vec::new();
        let tables = sheet.tables("tiers", EXAMPLE);
        let last = tables.len().saturating_sub(1);
        let mut above = Decimal::ZERO;
        for (at, table) in tables.iter().enumerate() {
            table.only(&["from", "up_to", "rate", "flat"]);
            begins(table, above, at);
            let up_to = table.number("up_to", &QUANTITY);
            match (table.has("up_to"), at == last) {
                (true, true) => table.problem("up_to", "the last tier has no up_to: what lies above it would have no price"),
                (false, false) => table.problem("up_to", "is missing: only the last tier is open; the tiers after this one would overlap it"),
                _ => {}
            }
            if let Some(end) = up_to.filter(|end| *end <= above) {
                table.problem("up_to", format!("{end} is not above {above}, where this tier begins: tiers are written from the lowest to the highest"));
            }
            let rate = table.required("rate", &PRICE, "the price of a unit in this tier, such as \"2.50\"");
            let flat = table.number("flat", &PRICE).unwrap_or_default();
            tiers.push(Tier { above, up_to, price: Price::new(rate, per), flat, span: span(above, up_to) });
            above = up_to.unwrap_or(above);
        }
        Self(tiers)
    }
    /// The tier in which the total lies: a unit that reaches `up_to` is still in it.
    pub fn at(&self, total: Decimal) -> Option<&Tier> {
        self.0.iter().find(|tier| tier.up_to.is_none_or(|up_to| total <= up_to))
    }
    /// The parts of a quantity that begins after `before`, by tier.
    pub fn split(&self, before: Decimal, quantity: Decimal) -> Option<Vec<(&Tier, Decimal)>> {
        let after = exact::add(before, quantity)?;
        let mut parts = Vec::new();
        for tier in &self.0 {
            let start = before.max(tier.above);
            let end = tier.up_to.map_or(after, |up_to| after.min(up_to));
            if end > start {
                parts.push((tier, exact::add(end, -start)?));
            }
        }
        Some(parts)
    }
}

fn span(above: Decimal, up_to: Option<Decimal>) -> String {
    match up_to {
        Some(up_to) if above.is_zero() => format!(" up to {up_to}"),
        Some(up_to) => format!(" above {above} up to {up_to}"),
        None if above.is_zero() => String::new(),
        None => format!(" above {above}"),
    }
}

/// `from` may be written to be read, and must then be where the tier before ends.
fn begins(table: &Table<'_>, above: Decimal, at: usize) {
    let zero = table.get("from").is_some_and(|from| from == 0 || from == "0");
    let Some(from) = (if zero { Some(Decimal::ZERO) } else { table.number("from", &QUANTITY) }) else { return };
    if from == above {
        return;
    }
    let why = match (at, from > above) {
        (0, _) => "the first tier begins at 0".to_owned(),
        (_, true) => format!("a gap: the tier before ends at {above}"),
        (_, false) => format!("it overlaps the tier before, which ends at {above}"),
    };
    table.problem("from", format!("expected {above}, found {from}: {why}"));
}
