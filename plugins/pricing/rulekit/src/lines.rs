//! Lines of a charge: what a rule starts from, what it writes, and what to do about usage that nobody priced.

use weighbridge_plugin::pricing::{CostLine, LineItem, RatingInput, SheetInfo, Unseen, Usage};
use weighbridge_plugin::{Decimal, PluginError, exact, meter};

use crate::money::{self, Price};
use crate::select::{Select, is_billed};
use crate::sheet::Table;

/// Amounts of two currencies do not mix.
pub fn same_currency(input: &RatingInput, sheet: &str) -> Result<(), PluginError> {
    let cost = &input.currency;
    if cost == sheet {
        return Ok(());
    }
    Err(PluginError::invalid_input(format!("the cost is in {cost} and the sheet charges in {sheet}: set `currency` of the sheet to \"{cost}\"")))
}

/// The lines that a rule which changes lines starts from: those of the rules before it, and for the first rule the cost.
pub fn taken(input: &mut RatingInput) -> Vec<LineItem> {
    if input.so_far.is_empty() { std::mem::take(&mut input.cost).into_iter().map(at_cost).collect() } else { std::mem::take(&mut input.so_far) }
}

/// A line of cost, passed on as it is.
pub fn at_cost(line: CostLine) -> LineItem {
    let mut description = meter::label(&line.meter);
    description.push_str(" at cost");
    LineItem {
        description,
        quantity: line.quantity,
        unit: meter::unit(&line.meter).into(),
        unit_price: exact::div_power_of_ten(line.rate, line.per).or_else(|| line.rate.checked_div(line.per)).unwrap_or(line.rate),
        amount: line.amount,
        credit: false,
        meter: line.meter,
    }
}

/// A quantity of a meter at a price; `note` follows the meter's name.
pub fn priced(name: &str, note: &str, quantity: Decimal, price: &Price) -> Result<LineItem, PluginError> {
    let mut description = meter::label(name);
    description.push_str(note);
    Ok(LineItem {
        meter: name.into(),
        description,
        quantity,
        unit: meter::unit(name).into(),
        unit_price: price.unit(),
        amount: price.of(quantity)?,
        credit: false,
    })
}

/// One of something that is not about a meter: a fee, a discount. A negative amount makes it a credit.
pub fn single(description: String, unit: &str, amount: Decimal) -> LineItem {
    let credit = money::is_negative(amount);
    LineItem { meter: String::new(), description, quantity: Decimal::ONE, unit: unit.into(), unit_price: amount, amount, credit }
}

/// The sum of some lines.
pub fn sum<'a>(lines: impl IntoIterator<Item = &'a LineItem>) -> Result<Decimal, PluginError> {
    lines.into_iter().try_fold(Decimal::ZERO, |sum, line| money::add(sum, line.amount))
}

/// What a rule with prices of its own does about a consumed meter that neither it nor a rule before it has a price for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// Nothing is charged: the event is unrated, with the reason.
    Refuse,
    /// As the provider charges it.
    AtCost,
    /// Free, by the operator's word.
    Free,
    /// A rule further down prices it.
    Leave,
}

impl Others {
    /// Reads `others`.
    pub fn read(sheet: &Table<'_>) -> Self {
        sheet.choice("others", &[("refuse", Self::Refuse), ("at_cost", Self::AtCost), ("free", Self::Free), ("leave", Self::Leave)])
    }
    /// Whoever does not charge at cost does not look at it.
    pub fn info(self, info: SheetInfo) -> SheetInfo {
        if self == Self::AtCost { info } else { info.without(Unseen::Cost) }
    }
    /// The lines so far without those of meters that are priced `anew`, the new ones, and what becomes of the rest.
    pub fn compose(self, input: RatingInput, anew: impl Fn(&Usage, &str) -> bool, new: Vec<LineItem>) -> Result<Vec<LineItem>, PluginError> {
        let mut lines: Vec<LineItem> = input.so_far.into_iter().filter(|line| line.meter.is_empty() || !anew(&input.usage, &line.meter)).collect();
        lines.extend(new);
        let mut missing = Vec::new();
        for consumed in input.usage.quantities.iter().filter(|consumed| !consumed.value.is_zero()) {
            if anew(&input.usage, &consumed.meter) || lines.iter().any(|line| line.meter == consumed.meter) {
                continue;
            }
            match self {
                Self::Refuse if !is_billed(&consumed.meter) => {}
                Self::Refuse => missing.push(consumed.meter.as_str()),
                Self::Leave => {}
                Self::Free => lines.push(priced(&consumed.meter, " (free)", consumed.value, &Price::FREE)?),
                Self::AtCost => lines.extend(input.cost.iter().filter(|line| line.meter == consumed.meter).cloned().map(at_cost)),
            }
        }
        if missing.is_empty() {
            return Ok(lines);
        }
        let model = [&input.usage.provider, "/", &input.usage.model].concat();
        Err(PluginError::invalid_input(format!(
            "{model} consumed {}, which the sheet has no price for: add it, or say what to do about others: others = \"at_cost\", \"free\", or \"leave\" to a rule further down",
            missing.join(", ")
        )))
    }
}

/// The part of a line's amount that a part of its quantity makes; all of it for all of the quantity.
pub fn part(line: &LineItem, quantity: Decimal) -> Result<Decimal, PluginError> {
    if quantity >= line.quantity {
        return Ok(line.amount);
    }
    // The unit price is for reading and may be rounded: it is used only where it makes the line's amount.
    let by_unit = |quantity| exact::mul(line.unit_price, quantity);
    match by_unit(quantity) {
        Some(amount) if by_unit(line.quantity) == Some(line.amount) => Ok(amount),
        _ => money::ratio(line.amount, quantity, line.quantity),
    }
}

/// The sum of the lines that a rule is about: all lines of a call that it selects, or those of the meters that it names.
pub fn selected(lines: &[LineItem], select: &Select, usage: &Usage) -> Result<Decimal, PluginError> {
    let call = select.call(usage);
    sum(lines.iter().filter(|line| call && select.meter(&line.meter)))
}
