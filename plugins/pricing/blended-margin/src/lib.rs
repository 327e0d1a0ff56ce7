//! A blended margin: list prices stay as they are, and what they bring over a mix of models is brought to a target margin.

use rulekit::counter::Counter;
use rulekit::select::dimension_of;
use rulekit::sheet::{self, MARGIN, Table};
use rulekit::{Select, lines, money};
use weighbridge_plugin::pricing::{Aggregate, LineItem, PeriodInput, Problem, Rating, RatingInput, SheetInfo, Unseen, Window};
use weighbridge_plugin::{Decimal, PluginError, PricingRule, register_pricing_rule};

const KEYS: [&str; 9] = ["currency", "target_margin_percent", "over", "term", "give_back", "name", "models", "providers", "tags"];

/// The rule with its sheet.
pub struct BlendedMargin {
    currency: String,
    target: Decimal,
    over: Over,
    /// What is above the target is given back, too.
    give_back: bool,
    calls: Select,
    cost: Counter,
    charge: Counter,
}

/// What the margin holds over.
#[derive(Clone, PartialEq)]
enum Over {
    /// A period or a term: its close settles.
    Settled(Window),
    /// A session or a workflow: each call settles.
    Running(&'static str),
}

register_pricing_rule!(BlendedMargin);

impl PricingRule for BlendedMargin {
    fn load(sheet: &str) -> Result<Self, Vec<Problem>> {
        sheet::read(sheet, "blended-margin", "{\"target_margin_percent\": \"30\", \"over\": \"session\"}", &KEYS, |sheet| {
            let over = over(sheet);
            let name = sheet.text("name").unwrap_or("blended margin");
            let charge = match &over {
                Over::Settled(window) => Counter::read_term(sheet, name, *window),
                Over::Running(by) => Counter::of_amount(name, Window::Lifetime, vec![(*by).into()]),
            };
            Self {
                currency: sheet.currency(),
                target: sheet.required("target_margin_percent", &MARGIN, "the part of the price that is ours, such as \"30\""),
                give_back: sheet.flag("give_back"),
                calls: Select::calls(sheet),
                cost: charge.also(&[name, ": cost"].concat()),
                over,
                charge,
            }
        })
    }
    fn info(&self) -> SheetInfo {
        let mut dimensions = self.calls.dimensions();
        if let Over::Running(by) = self.over {
            dimensions.push(by.into());
        }
        SheetInfo { currency: self.currency.clone(), aggregates: vec![self.cost.0.clone(), self.charge.0.clone()], dimensions, ..SheetInfo::default() }
            .without(Unseen::Quantities)
    }
    fn rate(&self, mut input: RatingInput) -> Result<Rating, PluginError> {
        lines::same_currency(&input, &self.currency)?;
        let cost = input.cost.iter().try_fold(Decimal::ZERO, |sum, line| money::add(sum, line.amount))?;
        let mut items = lines::taken(&mut input);
        let selected = match self.over {
            Over::Settled(_) => self.charge.holds(input.usage.occurred_at),
            Over::Running(by) => dimension_of(&input.usage, by).is_some(),
        };
        if !selected || !self.calls.call(&input.usage) {
            return Ok(Rating { items, contributions: Vec::new() });
        }
        let mut charge = lines::sum(&items)?;
        if matches!(self.over, Over::Running(_)) {
            let all_cost = money::add(self.cost.before(&input)?.amount, cost)?;
            let all_charge = money::add(self.charge.before(&input)?.amount, charge)?;
            if let Some((explained, difference)) = self.difference("", all_cost, all_charge)? {
                // A call gives back no more than it charges.
                let difference = difference.max(-charge.max(Decimal::ZERO));
                if !difference.is_zero() {
                    items.push(lines::single(explained, "settlements", difference.normalize()));
                    charge = money::add(charge, difference)?;
                }
            }
        }
        Ok(Rating { items, contributions: vec![self.cost.adds(Decimal::ZERO, cost), self.charge.adds(Decimal::ZERO, charge)] })
    }
    fn close_period(&self, period: PeriodInput) -> Result<Vec<LineItem>, PluginError> {
        if matches!(self.over, Over::Running(_)) || !self.charge.settles(&period) {
            return Ok(Vec::new());
        }
        let none = Aggregate::default();
        let cost = self.cost.at_end(&period).next().unwrap_or(&none).amount;
        let charge = self.charge.at_end(&period).next().unwrap_or(&none).amount;
        let line = |(explained, difference): (String, Decimal)| lines::single(explained, "settlements", difference.normalize());
        Ok(self.difference(&format!(" over {}", self.charge.over()), cost, charge)?.map(line).into_iter().collect())
    }
}

impl BlendedMargin {
    /// What is missing to the target, or above it where that is given back, and how.
    fn difference(&self, over: &str, cost: Decimal, charge: Decimal) -> Result<Option<(String, Decimal)>, PluginError> {
        let due = money::ratio(cost, Decimal::ONE_HUNDRED, Decimal::ONE_HUNDRED - self.target)?;
        let difference = money::sub(due, charge)?;
        if difference.is_zero() || (money::is_negative(difference) && !self.give_back) {
            return Ok(None);
        }
        let (name, target, due) = (&self.charge.0.name, self.target, due.normalize());
        let explained = format!("{name}{over}: a cost of {} at {target} % is {due}, of which {} was charged", cost.normalize(), charge.normalize());
        Ok(Some((explained, difference)))
    }
}

fn over(sheet: &Table<'_>) -> Over {
    sheet.choice(
        "over",
        &[
            ("billing-period", Over::Settled(Window::BillingPeriod)),
            ("contract", Over::Settled(Window::Contract)),
            ("session", Over::Running("session")),
            ("workflow", Over::Running("workflow")),
        ],
    )
}

#[cfg(test)]
mod tests;
