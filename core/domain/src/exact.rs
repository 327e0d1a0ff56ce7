//! Exact decimal arithmetic: an operation either gives the exact result or says it cannot.
//!
//! `rust_decimal` rounds silently when a product needs more than 28 decimals or 96 bits. Money must not, so
//! every product and sum on the way to an invoice goes through here.

use rust_decimal::Decimal;

/// The exact result does not fit in 28 decimals and 96 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the exact result does not fit in 28 significant digits")]
pub struct Inexact;

const MAX_SCALE: u32 = 28;

/// `a × b`, exact.
pub fn mul(a: Decimal, b: Decimal) -> Result<Decimal, Inexact> {
    if let Some(product) = a.mantissa().checked_mul(b.mantissa())
        && let Some(exact) = compose(product, a.scale() + b.scale())
    {
        return Ok(exact);
    }
    // Trailing zeros may be what did not fit.
    let (a, b) = (a.normalize(), b.normalize());
    let product = a.mantissa().checked_mul(b.mantissa()).ok_or(Inexact)?;
    compose(product, a.scale() + b.scale()).ok_or(Inexact)
}

/// `a + b`, exact.
pub fn add(a: Decimal, b: Decimal) -> Result<Decimal, Inexact> {
    let scale = a.scale().max(b.scale());
    let widen = |d: Decimal| 10i128.checked_pow(scale - d.scale()).and_then(|f| d.mantissa().checked_mul(f));
    let sum = widen(a).zip(widen(b)).and_then(|(x, y)| x.checked_add(y)).ok_or(Inexact)?;
    compose(sum, scale).ok_or(Inexact)
}

/// `a − b`, exact.
pub fn sub(a: Decimal, b: Decimal) -> Result<Decimal, Inexact> {
    add(a, -b)
}

/// `a ÷ per`, exact, where `per` is a power of ten (`1`, `1000`, `1000000`): rates are quoted per such a number.
pub fn div_power_of_ten(a: Decimal, per: Decimal) -> Result<Decimal, Inexact> {
    let per = per.normalize();
    let mut mantissa = per.mantissa();
    let mut zeros = 0;
    while mantissa > 1 && mantissa % 10 == 0 {
        mantissa /= 10;
        zeros += 1;
    }
    if mantissa != 1 || per.scale() != 0 {
        return Err(Inexact);
    }
    compose(a.mantissa(), a.scale() + zeros).ok_or(Inexact)
}

/// Parses a JSON number or decimal string (`0.15`, `1.5e-7`) without passing through a float.
pub fn parse(text: &str) -> Result<Decimal, rust_decimal::Error> {
    let exact = |text: &str| Decimal::from_str_exact(text);
    let Some((digits, exponent)) = text.split_once(['e', 'E']) else { return exact(text) };
    let exponent: i32 = exponent.parse().map_err(|_| rust_decimal::Error::from("bad exponent"))?;
    let base = exact(digits)?;
    let scale = i64::from(base.scale()) - i64::from(exponent);
    let too_far = || rust_decimal::Error::from("exponent out of range");
    if scale >= 0 {
        compose(base.mantissa(), u32::try_from(scale).map_err(|_| too_far())?).ok_or_else(too_far)
    } else {
        let factor = u32::try_from(-scale).ok().and_then(|e| 10i128.checked_pow(e)).ok_or_else(too_far)?;
        base.mantissa().checked_mul(factor).and_then(|m| compose(m, 0)).ok_or_else(too_far)
    }
}

/// The shortest way to write it: `0.10` is `0.1`, `1E+1` is `10`.
pub fn plain(value: Decimal) -> Decimal {
    value.normalize()
}

fn compose(mut mantissa: i128, mut scale: u32) -> Option<Decimal> {
    while scale > MAX_SCALE {
        if mantissa % 10 != 0 {
            return None;
        }
        mantissa /= 10;
        scale -= 1;
    }
    loop {
        if let Ok(value) = Decimal::try_from_i128_with_scale(mantissa, scale) {
            return Some(value);
        }
        if scale == 0 || mantissa % 10 != 0 {
            return None;
        }
        mantissa /= 10;
        scale -= 1;
    }
}

/// Serde for decimals: a string for people, mantissa and scale on disk. Never a float.
pub mod as_decimal {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

    /// Writes a decimal.
    pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(&value.normalize()) } else { (value.mantissa(), value.scale() as u8).serialize(serializer) }
    }

    /// Reads a decimal; a JSON number is taken by its text.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            super::parse(&text).map_err(|_| D::Error::custom(format!("{text:?} is not a decimal number; write it as a string such as \"0.15\"")))
        } else {
            let (mantissa, scale) = <(i128, u8)>::deserialize(deserializer)?;
            Decimal::try_from_i128_with_scale(mantissa, scale.into()).map_err(D::Error::custom)
        }
    }
}

/// Serde for optional decimals; see [`as_decimal`].
pub mod as_optional_decimal {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Wrapped(#[serde(with = "super::as_decimal")] Decimal);

    /// Writes an optional decimal.
    pub fn serialize<S: Serializer>(value: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(Wrapped).serialize(serializer)
    }

    /// Reads an optional decimal.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
        Ok(Option::<Wrapped>::deserialize(deserializer)?.map(|wrapped| wrapped.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        parse(text).expect("a decimal")
    }

    #[test]
    fn a_token_priced_per_million_is_exact() {
        let amount = div_power_of_ten(mul(d("812"), d("0.15")).unwrap(), d("1000000")).unwrap();
        assert_eq!(amount.to_string(), "0.00012180");
        assert_eq!(plain(amount), d("0.0001218"));
    }

    #[test]
    fn ten_to_the_fifteenth_tokens_are_exact() {
        let amount = div_power_of_ten(mul(d("1000000000000000"), d("0.123456789")).unwrap(), d("1000000")).unwrap();
        assert_eq!(plain(amount), d("123456789"));
    }

    #[test]
    fn what_does_not_fit_is_refused_not_rounded() {
        assert_eq!(mul(d("0.0000000000000000000000000003"), d("0.1")), Err(Inexact));
        assert_eq!(div_power_of_ten(d("1"), d("3")), Err(Inexact));
        assert_eq!(add(d("79228162514264337593543950335"), d("0.1")), Err(Inexact));
    }

    #[test]
    fn floats_in_price_files_are_read_by_their_text() {
        assert_eq!(d("1.5e-07"), d("0.00000015"));
        assert_eq!(d("2E3"), d("2000"));
        assert!(parse("NaN").is_err() && parse("1e99").is_err() && parse("").is_err());
    }

    proptest::proptest! {
        #[test]
        fn a_product_that_fits_equals_the_integer_product(a in -1_000_000_000_000i64..1_000_000_000_000, b in -1_000_000_000i64..1_000_000_000, s in 0u32..10, t in 0u32..10) {
            let product = mul(Decimal::new(a, s), Decimal::new(b, t)).unwrap();
            let expected = Decimal::from_i128_with_scale(i128::from(a) * i128::from(b), s + t);
            proptest::prop_assert_eq!(product, expected);
        }
    }
}
