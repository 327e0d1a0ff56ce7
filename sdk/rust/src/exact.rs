//! Exact decimal arithmetic for amounts: an operation gives the exact result or none, it never rounds.

use rust_decimal::Decimal;

const MAX_SCALE: u32 = 28;

/// `a × b`, exact; `None` where it does not fit 28 decimals and 96 bits.
pub fn mul(a: Decimal, b: Decimal) -> Option<Decimal> {
    let exact = |a: Decimal, b: Decimal| compose(a.mantissa().checked_mul(b.mantissa())?, a.scale() + b.scale());
    exact(a, b).or_else(|| exact(a.normalize(), b.normalize()))
}

/// `a + b`, exact; `None` where it does not fit.
pub fn add(a: Decimal, b: Decimal) -> Option<Decimal> {
    let scale = a.scale().max(b.scale());
    let widen = |d: Decimal| d.mantissa().checked_mul(10i128.checked_pow(scale - d.scale())?);
    compose(widen(a)?.checked_add(widen(b)?)?, scale)
}

/// `a ÷ per`, exact, where `per` is 1, 10, 100, …; `None` for any other.
pub fn div_power_of_ten(a: Decimal, per: Decimal) -> Option<Decimal> {
    let per = per.normalize();
    let mantissa = u128::try_from(per.mantissa()).ok()?;
    let zeros = mantissa.checked_ilog10()?;
    if per.scale() != 0 || mantissa != 10u128.pow(zeros) {
        return None;
    }
    compose(a.mantissa(), a.scale() + zeros)
}

/// `a × (1 + percent ÷ 100)`, exact: a mark-up.
pub fn add_percent(a: Decimal, percent: Decimal) -> Option<Decimal> {
    mul(a, factor(percent)?)
}

/// `1 + percent ÷ 100`, exact.
pub fn factor(percent: Decimal) -> Option<Decimal> {
    add(Decimal::ONE, compose(percent.mantissa(), percent.scale() + 2)?)
}

/// Reads `30`, `-2.5`, `0.15`, `1.5e-7` without passing through a float; `None` if it is not such a number or does not fit.
pub fn parse(text: &str) -> Option<Decimal> {
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let base = Decimal::from_str_exact(digits).ok()?;
    let scale = i64::from(base.scale()) - i64::from(exponent);
    match u32::try_from(scale) {
        Ok(scale) => compose(base.mantissa(), scale),
        Err(_) => compose(base.mantissa().checked_mul(10i128.checked_pow(u32::try_from(-scale).ok()?)?)?, 0),
    }
}

/// Drops trailing zeros until it fits.
fn compose(mut mantissa: i128, mut scale: u32) -> Option<Decimal> {
    loop {
        if scale <= MAX_SCALE
            && let Ok(value) = Decimal::try_from_i128_with_scale(mantissa, scale)
        {
            return Some(value);
        }
        if scale == 0 || mantissa % 10 != 0 {
            return None;
        }
        mantissa /= 10;
        scale -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        parse(text).unwrap()
    }

    #[test]
    fn a_mark_up_is_exact() {
        assert_eq!(add_percent(d("0.0001218"), d("30")), Some(d("0.00015834")));
        assert_eq!(add_percent(d("100"), d("-100")), Some(d("0")));
        assert_eq!(add_percent(d("0.0000000000000000000000000001"), d("30")), None, "29 decimals are not rounded away");
    }

    #[test]
    fn only_powers_of_ten_divide_exactly() {
        assert_eq!(div_power_of_ten(d("15"), d("1000000")), Some(d("0.000015")));
        assert_eq!(div_power_of_ten(d("15"), d("1")), Some(d("15")));
        assert_eq!(div_power_of_ten(d("15"), d("3")), None);
        assert_eq!(div_power_of_ten(d("15"), d("0")), None);
        assert_eq!(div_power_of_ten(d("15"), d("-10")), None);
    }

    #[test]
    fn numbers_are_read_by_their_text() {
        assert_eq!(parse("1.5e-07"), Some(d("0.00000015")));
        assert_eq!(parse("2E3"), Some(d("2000")));
        assert!([parse("NaN"), parse("1e99"), parse(""), parse("0.00000000000000000000000000001")].iter().all(Option::is_none));
    }
}
