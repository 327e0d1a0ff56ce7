//! Decimals out of JSON: always text, never a float.

use rust_decimal::Decimal;
use serde_json::Value;

/// A decimal in a JSON string. A JSON number is a defect: it may have been a float.
pub fn decimal(value: &Value) -> Decimal {
    let text = value.as_str().unwrap_or_else(|| panic!("money and quantities are decimal strings, this is not one: {value}"));
    text.parse().unwrap_or_else(|error| panic!("not a decimal ({error}): {text:?}"))
}

/// The exact sum of a field over a list of objects.
pub fn sum(list: &Value, field: &str) -> Decimal {
    let items = list.as_array().unwrap_or_else(|| panic!("not a list: {list}"));
    items.iter().map(|item| decimal(&item[field])).sum()
}
