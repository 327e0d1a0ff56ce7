//! A margin: its percentage, the factor it makes, and how a line names it.

use weighbridge_plugin::{Decimal, exact};

/// More would leave no room for the exact amount: rates and their unit take up to 18 of the 28 decimals there are.
const DECIMALS: u32 = 8;

/// A percentage between −100 and 10,000.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Margin {
    /// One plus the percentage.
    pub(crate) factor: Decimal,
    /// ` at cost + 30 %`.
    pub(crate) at_cost: String,
    /// ` + 30 %`; empty for no margin.
    pub(crate) on_top: String,
}

impl Margin {
    /// From a percentage; what was expected, if it is not one.
    pub(crate) fn of_percent(text: &str) -> Result<Self, String> {
        let percent = exact::parse(text).ok_or_else(|| format!("{text:?} is not a decimal number: write a percentage such as \"30\" or \"12.5\""))?;
        if percent < Decimal::from(-100) || percent > Decimal::from(10_000) {
            return Err(format!("{} is out of range: a percentage is between -100 (free) and 10000", percent.normalize()));
        }
        if percent.normalize().scale() > DECIMALS {
            return Err(format!("{text:?} has too many decimals: at most {DECIMALS}, so that every charge stays exact"));
        }
        let factor = exact::factor(percent).ok_or_else(|| format!("{text:?} has too many decimals: at most {DECIMALS}"))?;
        let size = percent.abs().normalize();
        let on_top = match percent {
            zero if zero.is_zero() => String::new(),
            less if less.is_sign_negative() => format!(" − {size} %"),
            _ => format!(" + {size} %"),
        };
        Ok(Self { factor, at_cost: format!(" at cost{on_top}"), on_top })
    }
}
