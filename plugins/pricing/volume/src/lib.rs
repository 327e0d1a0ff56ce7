//! Volume tiers: all units of a period at the price of the tier that their total reaches. Until the period ends nobody knows
//! the total, so each call is charged by the total so far, and the close settles the difference.

use rulekit::counter::{self, Counter};
use rulekit::tiers::Tier;
use rulekit::{Others, Select, Tiers, lines, money, sheet};
use weighbridge_plugin::pricing::{Aggregate, LineItem, PeriodInput, Problem, Rating, RatingInput, SheetInfo};
use weighbridge_plugin::{Decimal, PluginError, PricingRule, register_pricing_rule};

const KEYS: [&str; 12] = ["currency", "tiers", "per", "others", "models", "providers", "tags", "meters", "name", "window", "term", "apart_by"];

/// The rule with its sheet.
pub struct Volume {
    currency: String,
    tiers: Tiers,
    select: Select,
    counter: Counter,
    others: Others,
}

register_pricing_rule!(Volume);

impl PricingRule for Volume {
    fn load(sheet: &str) -> Result<Self, Vec<Problem>> {
        sheet::read(sheet, "volume", "{\"per\": 1000000, \"tiers\": [{\"up_to\": 1000000, \"rate\": \"2.50\"}, {\"rate\": \"2\"}]}", &KEYS, |sheet| {
            let select = Select::read(sheet);
            let currency = sheet.currency();
            let per = money::per(sheet);
            let tiers = Tiers::read(sheet, per);
            let counter = Counter::read(sheet, select.counted(), &counter::SETTLED);
            Self { currency, tiers, counter, others: Others::read(sheet), select }
        })
    }
    fn info(&self) -> SheetInfo {
        let aggregates = vec![self.counter.0.clone()];
        self.others.info(SheetInfo { currency: self.currency.clone(), aggregates, dimensions: self.select.dimensions(), ..SheetInfo::default() })
    }
    fn rate(&self, input: RatingInput) -> Result<Rating, PluginError> {
        lines::same_currency(&input, &self.currency)?;
        if !self.counter.holds(input.usage.occurred_at) || self.select.quantities(&input.usage).next().is_none() {
            return Ok(Rating { items: self.others.compose(input, |_, _| false, Vec::new())?, contributions: Vec::new() });
        }
        let quantity = self.select.quantities(&input.usage).try_fold(Decimal::ZERO, |sum, consumed| money::add(sum, consumed.value))?;
        let tier = self.tier(money::add(self.counter.before(&input)?.quantity, quantity)?)?;
        let consumed = self.select.quantities(&input.usage);
        let new = consumed.map(|consumed| lines::priced(&consumed.meter, &tier.span, consumed.value, &tier.price)).collect::<Result<Vec<_>, _>>()?;
        let contributions = vec![self.counter.adds(quantity, lines::sum(&new)?)];
        Ok(Rating { items: self.others.compose(input, |_, name| self.select.meter(name), new)?, contributions })
    }
    fn close_period(&self, period: PeriodInput) -> Result<Vec<LineItem>, PluginError> {
        if !self.counter.settles(&period) {
            return Ok(Vec::new());
        }
        let lines = self.counter.at_end(&period).map(|total| self.settle(total)).collect::<Result<Vec<_>, _>>()?;
        Ok(lines.into_iter().flatten().collect())
    }
}

impl Volume {
    fn tier(&self, total: Decimal) -> Result<&Tier, PluginError> {
        self.tiers.at(total).ok_or_else(|| PluginError::internal("the tiers have no end"))
    }
    /// What the total costs, less what was charged for its parts.
    fn settle(&self, total: &Aggregate) -> Result<Option<LineItem>, PluginError> {
        if total.quantity.is_zero() {
            return Ok(None);
        }
        let tier = self.tier(total.quantity)?;
        let due = money::add(tier.price.of(total.quantity)?, tier.flat)?;
        let difference = money::sub(due, total.amount)?;
        let (quantity, unit, charged) = (total.quantity.normalize(), self.select.unit(), total.amount.normalize());
        let (rate, per, due, group) = (tier.price.rate(), tier.price.per(), due.normalize(), counter::group(total));
        let flat = if tier.flat.is_zero() { String::new() } else { format!(" plus {}", tier.flat) };
        let explained = format!("volume{group}: {quantity} {unit} at {rate} per {per}{flat} are {due}, of which {charged} was charged");
        Ok((!difference.is_zero()).then(|| lines::single(explained, "settlements", difference.normalize())))
    }
}

#[cfg(test)]
mod tests;
