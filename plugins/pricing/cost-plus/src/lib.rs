//! Cost plus: each line of cost, or of the rules before, with a mark-up, a margin or an add-on.

mod sheet;
mod terms;

use rulekit::lines;
use weighbridge_plugin::pricing::{CostLine, LineItem, Problem, Rating, RatingInput, SheetInfo, Unseen};
use weighbridge_plugin::{PluginError, PricingRule, meter, register_pricing_rule};

use sheet::{Sheet, TermsOf};

/// The rule with its sheet.
pub struct CostPlus(Sheet);

register_pricing_rule!(CostPlus);

impl PricingRule for CostPlus {
    fn load(sheet: &str) -> Result<Self, Vec<Problem>> {
        Sheet::read(sheet).map(Self)
    }
    fn info(&self) -> SheetInfo {
        SheetInfo { currency: self.0.currency.clone(), dimensions: self.0.dimensions(), ..SheetInfo::default() }
            .without(Unseen::Quantities)
            .without(Unseen::CostBehindOthers)
    }
    fn rate(&self, input: RatingInput) -> Result<Rating, PluginError> {
        lines::same_currency(&input, &self.0.currency)?;
        let terms = self.0.terms(&input.usage);
        let items = if input.so_far.is_empty() {
            input.cost.into_iter().map(|line| at_cost(line, &terms)).collect::<Result<Vec<_>, _>>()
        } else {
            input.so_far.into_iter().map(|line| on_top(line, &terms)).collect()
        };
        let per_call = self.0.add_per_call.map(|amount| lines::single("fixed add-on per call".into(), "calls", amount));
        Ok(Rating { items: items?.into_iter().chain(per_call).collect(), contributions: Vec::new() })
    }
}

/// A line of cost becomes a line of the charge.
fn at_cost(line: CostLine, terms: &TermsOf<'_>) -> Result<LineItem, PluginError> {
    let terms = terms.meter(&line.meter);
    let mut description = meter::label(&line.meter);
    description.push_str(&terms.at_cost);
    Ok(LineItem {
        description,
        quantity: line.quantity,
        unit: meter::unit(&line.meter).into(),
        unit_price: terms.unit_price(line.rate, line.per),
        amount: terms.amount(line.amount, line.quantity)?,
        credit: false,
        meter: line.meter,
    })
}

/// A line of the rules before, with the terms on top.
fn on_top(mut line: LineItem, terms: &TermsOf<'_>) -> Result<LineItem, PluginError> {
    let terms = terms.meter(&line.meter);
    line.amount = terms.amount(line.amount, line.quantity)?;
    line.unit_price = terms.unit_price(line.unit_price, weighbridge_plugin::Decimal::ONE);
    line.description.push_str(&terms.on_top);
    Ok(line)
}

#[cfg(test)]
mod tests;
