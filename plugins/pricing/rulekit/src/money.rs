//! Amounts: exact, and the one place that rounds.

use weighbridge_plugin::{Decimal, PluginError, exact};

use crate::sheet::{PRICE, Table};

/// A rate that is quoted per so many units: `2.50` per 1,000,000.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Price {
    rate: Decimal,
    per: Decimal,
    /// Of one unit, exact: a rate of at most 12 decimals per a power of ten of at most 9 zeros.
    unit: Decimal,
}

impl Price {
    /// Free of charge.
    pub const FREE: Self = Self { rate: Decimal::ZERO, per: Decimal::ONE, unit: Decimal::ZERO };

    /// A rate per a power of ten, both within the bounds of a sheet, so that the price of one unit always fits.
    pub fn new(rate: Decimal, per: Decimal) -> Self {
        Self { rate, per, unit: exact::div_power_of_ten(rate, per).unwrap_or(rate) }
    }
    /// The rate as it was written.
    pub fn rate(&self) -> Decimal {
        self.rate
    }
    /// Per so many units.
    pub fn per(&self) -> Decimal {
        self.per
    }
    /// The price of one unit.
    pub fn unit(&self) -> Decimal {
        self.unit
    }
    /// What a quantity costs, exact.
    pub fn of(&self, quantity: Decimal) -> Result<Decimal, PluginError> {
        let inexact = || PluginError::invalid_input(format!("{quantity} at {} per {} does not fit 28 decimals exactly", self.rate, self.per));
        exact::mul(quantity, self.unit).ok_or_else(inexact)
    }
    /// `key`: a rate, or a table with the rate and what it is per; the rate alone is per `per`.
    pub fn read(table: &Table<'_>, path: String, value: &serde_json::Value, per: Decimal) -> Self {
        if value.is_object()
            && let Some(price) = table.table_of(path.clone(), value, "{ rate = \"2.50\", per = 1000000 }")
        {
            price.only(&["rate", "per"]);
            let rate = price.required("rate", &PRICE, "the price, such as \"2.50\"");
            return Self::new(rate, if price.has("per") { self::per(&price) } else { per });
        }
        let rate = PRICE.read(value).unwrap_or_else(|message| {
            table.problem_at(path, message);
            Decimal::ZERO
        });
        Self::new(rate, per)
    }
}

/// `per`: how many units a rate is for, which must be there.
pub fn per(table: &Table<'_>) -> Decimal {
    let expected = "a power of ten such as 1, 1000 or 1000000";
    let Some(value) = table.get("per") else {
        table.problem("per", format!("is missing: write how many units a rate is for, {expected}"));
        return Decimal::ONE;
    };
    let number = value.as_u64().filter(|per| *per <= 1_000_000_000 && 10u64.pow(per.checked_ilog10().unwrap_or(0)) == *per);
    number.map_or_else(
        || {
            table.problem("per", format!("expected {expected}"));
            Decimal::ONE
        },
        Decimal::from,
    )
}

/// `a + b`, exact, or refused.
pub fn add(a: Decimal, b: Decimal) -> Result<Decimal, PluginError> {
    exact::add(a, b).ok_or_else(|| PluginError::invalid_input(format!("{a} plus {b} does not fit 28 decimals exactly")))
}

/// `a − b`, exact, or refused.
pub fn sub(a: Decimal, b: Decimal) -> Result<Decimal, PluginError> {
    add(a, -b)
}

/// `a × b`, exact, or refused.
pub fn mul(a: Decimal, b: Decimal) -> Result<Decimal, PluginError> {
    exact::mul(a, b).ok_or_else(|| PluginError::invalid_input(format!("{a} times {b} does not fit 28 decimals exactly")))
}

/// So many percent of an amount, exact, or refused.
pub fn percent(amount: Decimal, percent: Decimal) -> Result<Decimal, PluginError> {
    let share = exact::div_power_of_ten(percent, Decimal::ONE_HUNDRED).unwrap_or_default();
    mul(amount, share)
}

/// Decimals of a quotient that does not end.
const QUOTIENT_DECIMALS: u32 = 18;

/// `a × b ÷ c`: exact where the quotient ends within 28 decimals, else rounded to 18 of them, half to even. This is the only
/// place where a rule rounds, and it does so last.
pub fn ratio(a: Decimal, b: Decimal, c: Decimal) -> Result<Decimal, PluginError> {
    let product = mul(a, b)?;
    let quotient = product.checked_div(c).ok_or_else(|| PluginError::invalid_input(format!("{product} cannot be divided by {c}")))?;
    Ok(if exact::mul(quotient, c) == Some(product) { quotient } else { quotient.round_dp(QUOTIENT_DECIMALS) })
}

/// Less than zero; a negative zero is not.
pub fn is_negative(value: Decimal) -> bool {
    value < Decimal::ZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        exact::parse(text).unwrap()
    }

    #[test]
    fn only_a_quotient_that_does_not_end_is_rounded() {
        assert_eq!(ratio(d("7"), d("100"), d("70")), Ok(d("10")));
        assert_eq!(ratio(d("0.003"), d("100"), d("64")), Ok(d("0.0046875")));
        assert_eq!(ratio(d("1"), d("100"), d("70")), Ok(d("1.428571428571428571")));
        assert_eq!(ratio(d("2"), d("1"), d("3")), Ok(d("0.666666666666666667")));
        assert!(ratio(d("2"), d("1"), d("0")).is_err());
    }

    #[test]
    fn ten_to_the_fifteenth_tokens_have_an_exact_price() {
        assert_eq!(Price::new(d("0.123456789012"), d("1000000")).of(d("1000000000000000")), Ok(d("123456789.012")));
    }
}
