//! Rounding: once, on the invoice line, by a stated policy, to the smallest unit of the currency.

use serde::{Deserialize, Serialize};
use weighbridge_domain::{Currency, Decimal};

/// What happens to an amount exactly between two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the even neighbour: no drift over many lines.
    #[default]
    HalfEven,
    /// Away from zero, as many tax offices want it.
    HalfUp,
}

impl Rounding {
    /// The amount in whole smallest units of the currency, with as many decimals as it is written with.
    pub fn round(self, amount: Decimal, currency: Currency) -> Decimal {
        let strategy = match self {
            Rounding::HalfEven => rust_decimal::RoundingStrategy::MidpointNearestEven,
            Rounding::HalfUp => rust_decimal::RoundingStrategy::MidpointAwayFromZero,
        };
        let mut rounded = amount.round_dp_with_strategy(decimals(currency), strategy);
        rounded.rescale(decimals(currency));
        if rounded.is_zero() {
            // A credit of less than half a cent is 0.00, not -0.00.
            rounded.set_sign_positive(true);
        }
        rounded
    }
}

/// How many decimals the currency is written with (ISO 4217).
pub fn decimals(currency: Currency) -> u32 {
    match currency.as_str() {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(rounding: Rounding, amount: &str, currency: &str) -> String {
        rounding.round(weighbridge_domain::exact::parse(amount).unwrap(), Currency::parse(currency).unwrap()).to_string()
    }

    #[test]
    fn half_even_and_half_up_differ_only_at_the_half() {
        for (amount, even, up) in [
            ("0.125", "0.12", "0.13"),
            ("0.135", "0.14", "0.14"),
            ("0.1250001", "0.13", "0.13"),
            ("1", "1.00", "1.00"),
            ("-0.125", "-0.12", "-0.13"),
            ("0.004", "0.00", "0.00"),
            ("-0.004", "0.00", "0.00"),
        ] {
            assert_eq!((rounded(Rounding::HalfEven, amount, "USD").as_str(), rounded(Rounding::HalfUp, amount, "USD").as_str()), (even, up), "{amount}");
        }
    }

    #[test]
    fn a_currency_has_its_own_decimals() {
        assert_eq!((rounded(Rounding::HalfEven, "1234.5", "JPY").as_str(), rounded(Rounding::HalfEven, "1.2345", "KWD").as_str()), ("1234", "1.234"));
    }
}
