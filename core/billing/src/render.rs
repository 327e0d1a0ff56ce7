//! An invoice as JSON and as CSV.

use crate::invoice::Invoice;

/// Why an invoice could not be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// As JSON.
    #[error("the invoice could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// As CSV.
    #[error("the invoice could not be written as CSV: {0}")]
    Csv(#[from] csv::Error),
}

/// The invoice as JSON, indented.
pub fn json(invoice: &Invoice) -> Result<String, RenderError> {
    Ok(serde_json::to_string_pretty(invoice)?)
}

const HEADER: [&str; 14] =
    ["record", "invoice", "state", "customer", "name", "period", "provider", "model", "meter", "description", "quantity", "unit", "amount_exact", "amount"];

/// The invoice as CSV (RFC 4180): a record for each line, one for the total, one for each notice; the last column is the
/// amount's currency. What people typed cannot become a formula in a spreadsheet.
pub fn csv(invoice: &Invoice) -> Result<String, RenderError> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(HEADER.into_iter().chain(["currency"]))?;
    let head = |record: &str| {
        vec![
            record.to_owned(),
            text(&invoice.id),
            invoice.state.as_str().to_owned(),
            text(invoice.customer.id.as_str()),
            text(&invoice.customer.name),
            invoice.period.label.clone(),
        ]
    };
    let currency = invoice.currency.to_string();
    for line in &invoice.lines {
        let mut record = head("line");
        let meter = line.meter.as_ref().map(|meter| meter.as_str()).unwrap_or_default();
        record.extend([
            text(line.provider.as_str()),
            text(line.model.as_str()),
            text(meter),
            text(&line.description),
            line.quantity.to_string(),
            text(&line.unit),
            line.amount_exact.to_string(),
            line.amount.to_string(),
            currency.clone(),
        ]);
        writer.write_record(&record)?;
    }
    let mut total = head("total");
    total.extend(["", "", "", "Total", "", ""].map(str::to_owned));
    total.extend([invoice.total_exact.normalize().to_string(), invoice.total.to_string(), currency.clone()]);
    writer.write_record(&total)?;
    for notice in &invoice.notices {
        let mut record = head("notice");
        record.extend([
            "".to_owned(),
            "".to_owned(),
            notice.code.to_owned(),
            text(&notice.message),
            notice.events.to_string(),
            "calls".to_owned(),
            "".to_owned(),
            "".to_owned(),
            "".to_owned(),
        ]);
        writer.write_record(&record)?;
    }
    let bytes = writer.into_inner().map_err(|e| csv::Error::from(e.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A text cell: spreadsheets take one that begins with these characters for a formula, some of them after spaces or as their
/// wide forms, so it gets an apostrophe before it.
fn text(cell: &str) -> String {
    const BEGIN_FORMULAS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    let is_formula = cell.starts_with(['\t', '\r', '\n']) || cell.trim_start().starts_with(BEGIN_FORMULAS);
    if is_formula { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_cell_cannot_become_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u{a0}=1", "＝1+1", "＋1", "－1", "＠A"] {
            assert_eq!(super::text(cell), format!("'{cell}"), "{cell:?}");
        }
        for cell in ["", "acme", "a=1", "é", "1-2"] {
            assert_eq!(super::text(cell), cell);
        }
    }
}
