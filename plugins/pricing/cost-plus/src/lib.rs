//! Cost plus a margin: each line of cost, or of the rules before, times one plus a percentage.

mod margin;
mod sheet;

use weighbridge_plugin::pricing::{CostLine, LineItem, Problem, Rating, RatingInput, SheetInfo};
use weighbridge_plugin::{Decimal, PluginError, PricingRule, exact, meter, register_pricing_rule};

use margin::Margin;
use sheet::Sheet;

/// The rule with its sheet.
pub struct CostPlus(Sheet);

register_pricing_rule!(CostPlus);

impl PricingRule for CostPlus {
    fn load(sheet: &str) -> Result<Self, Vec<Problem>> {
        Sheet::read(sheet).map(Self)
    }
    fn info(&self) -> SheetInfo {
        SheetInfo { currency: self.0.currency.clone(), ..SheetInfo::default() }
    }
    fn rate(&self, input: RatingInput) -> Result<Rating, PluginError> {
        if input.currency != self.0.currency {
            let (cost, sheet) = (&input.currency, &self.0.currency);
            return Err(PluginError::invalid_input(format!(
                "the cost is in {cost} and the sheet charges in {sheet}: set `currency` of the sheet to \"{cost}\""
            )));
        }
        let margins = self.0.margins(&input.usage.provider, &input.usage.model);
        let items = if input.so_far.is_empty() {
            input.cost.into_iter().map(|line| at_cost(line, &margins)).collect::<Result<_, _>>()
        } else {
            input.so_far.into_iter().map(|line| on_top(line, &margins)).collect()
        };
        Ok(Rating { items: items?, contributions: Vec::new() })
    }
}

/// A line of cost becomes a line of the charge.
fn at_cost(line: CostLine, margins: &sheet::Margins<'_>) -> Result<LineItem, PluginError> {
    let margin = margins.of(&line.meter);
    let mut description = meter::label(&line.meter);
    description.push_str(&margin.at_cost);
    Ok(LineItem {
        description,
        quantity: line.quantity,
        unit: meter::unit(&line.meter).into(),
        unit_price: unit_price(line.rate, line.per, margin),
        amount: marked_up(line.amount, margin)?,
        credit: false,
        meter: line.meter,
    })
}

/// A line of the rules before, with the margin on top.
fn on_top(mut line: LineItem, margins: &sheet::Margins<'_>) -> Result<LineItem, PluginError> {
    let margin = margins.of(&line.meter);
    line.amount = marked_up(line.amount, margin)?;
    line.unit_price = exact::mul(line.unit_price, margin.factor).unwrap_or_else(|| line.unit_price.saturating_mul(margin.factor));
    line.description.push_str(&margin.on_top);
    Ok(line)
}

fn marked_up(amount: Decimal, margin: &Margin) -> Result<Decimal, PluginError> {
    exact::mul(amount, margin.factor).ok_or_else(|| PluginError::invalid_input(format!("{amount} times {} does not fit 28 decimals exactly", margin.factor)))
}

/// For reading, so it may be rounded where the exact one does not fit; the amount is exact by itself.
fn unit_price(rate: Decimal, per: Decimal, margin: &Margin) -> Decimal {
    let rate = exact::mul(rate, margin.factor).unwrap_or_else(|| rate.saturating_mul(margin.factor));
    exact::div_power_of_ten(rate, per).or_else(|| rate.checked_div(per)).unwrap_or(rate)
}

#[cfg(test)]
mod tests;
