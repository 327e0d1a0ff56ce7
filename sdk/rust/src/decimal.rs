//! Decimals cross the boundary as a 128-bit mantissa and a scale; in between they are [`rust_decimal::Decimal`].

use rust_decimal::Decimal;

use crate::{PluginError, bindings::types};

impl From<Decimal> for types::Decimal {
    fn from(value: Decimal) -> Self {
        let mantissa = value.mantissa();
        Self { hi: (mantissa >> 64) as i64, lo: mantissa as u64, scale: value.scale() as u8 }
    }
}

impl TryFrom<types::Decimal> for Decimal {
    type Error = PluginError;
    fn try_from(value: types::Decimal) -> Result<Self, PluginError> {
        let mantissa = (i128::from(value.hi) << 64) | i128::from(value.lo);
        Decimal::try_from_i128_with_scale(mantissa, value.scale.into())
            .map_err(|_| PluginError::invalid_input(format!("{mantissa}e-{} does not fit a decimal of 96 bits", value.scale)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decimal_survives_the_crossing() {
        for text in ["0", "-0.0000000000000000000000000001", "79228162514264337593543950335", "-79228162514264337593543950335", "18446744073709551616", "0.15"]
        {
            let value: Decimal = text.parse().unwrap();
            assert_eq!(Decimal::try_from(types::Decimal::from(value)).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(Decimal::try_from(types::Decimal { hi: i64::MAX, lo: 0, scale: 0 }).is_err());
        assert!(Decimal::try_from(types::Decimal { hi: 0, lo: 1, scale: 29 }).is_err());
    }
}
