//! The lines of a charge. Whether a negative amount is a credit is checked where the line is read: its mark is the contract's.

use weighbridge_plugin_api::pricing::{LineItem, Rating, SheetInfo};

use super::{Check, text};

const LINES: usize = 1_000;

/// Lines for people, contributions to declared aggregates.
pub(crate) fn rating(rating: &Rating, sheet: &SheetInfo) -> Check {
    items(&rating.items)?;
    for contribution in &rating.contributions {
        if !sheet.aggregates.iter().any(|spec| spec.name == contribution.aggregate) {
            return Err(format!("a contribution to the aggregate {}, which the sheet does not declare", text::shown(&contribution.aggregate)));
        }
        if contribution.quantity.is_sign_negative() && !contribution.quantity.is_zero() {
            let (name, quantity) = (text::shown(&contribution.aggregate), contribution.quantity.normalize());
            return Err(format!("a contribution to the aggregate {name} of the negative quantity {quantity}"));
        }
    }
    Ok(())
}

/// Lines that can stand on an invoice.
pub(crate) fn items(items: &[LineItem]) -> Check {
    if items.len() > LINES {
        return Err(format!("{} lines; at most {LINES}", items.len()));
    }
    for item in items {
        text::name("the description", &item.description, 512)?;
        text::name("the unit", &item.unit, 64)?;
        if item.quantity.is_sign_negative() && !item.quantity.is_zero() {
            return Err(format!("the line {} has the negative quantity {}", text::shown(&item.description), item.quantity.normalize()));
        }
    }
    Ok(())
}
