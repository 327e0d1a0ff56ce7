//! Prices: the built-in catalogue and what was imported, as one book; imports write new versions, never edit.

use std::{collections::HashSet, sync::Arc};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use weighbridge_domain::Text;
use weighbridge_ledger::DocumentKind;
use weighbridge_pricing::{ImportOptions, PriceBook, PriceRow, import, plan_confirmed_changes};

use super::{Office, OfficeError, document};

/// Whose price file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum ImportFormat {
    /// LiteLLM's `model_prices_and_context_window.json`.
    Litellm,
    /// Our own: a catalogue (TOML) or a list of price rows (JSON).
    Weighbridge,
}

/// What an import did, or would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ImportSummary {
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Ids of rows that are new.
    #[schema(value_type = Vec<String>)]
    pub added: Vec<Text>,
    /// Ids of rows that have a new version from now on.
    #[schema(value_type = Vec<String>)]
    pub changed: Vec<Text>,
    /// How many rows say what the book says already.
    pub unchanged: usize,
    /// Rows that look wrong: not taken until their ids are given in `confirm`.
    pub quarantined: Vec<QuarantinedRow>,
    /// How many entries are not prices of calls.
    pub skipped: usize,
}

/// A row that was not taken.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QuarantinedRow {
    /// Its id, `provider/model`.
    #[schema(value_type = String)]
    pub id: Text,
    /// Why.
    pub reasons: Vec<String>,
}

impl Office {
    /// Imports a price file's text. Rows whose price is new are valid from now on.
    pub async fn import_prices(&self, format: ImportFormat, text: &str, confirmed: &[String], dry_run: bool) -> Result<ImportSummary, OfficeError> {
        let (rows, mut quarantined, skipped) = match format {
            ImportFormat::Weighbridge => (own_rows(text)?, Vec::new(), 0),
            ImportFormat::Litellm => {
                let mut options = ImportOptions { map: weighbridge_bundle::import_maps(), confirmed, ..ImportOptions::default() };
                let import = import::litellm(text, &mut options).map_err(|error| OfficeError::Import(error.to_string()))?;
                (import.rows, import.quarantined, import.skipped.len())
            }
        };
        let _writing = self.state.writing.lock().await;
        let changes = plan_confirmed_changes(&self.prices.load(), rows, self.now(), confirmed);
        quarantined.extend(changes.quarantined.iter().cloned());
        let summary = ImportSummary {
            dry_run,
            added: changes.added.iter().map(|row| row.id.clone()).collect(),
            changed: changes.changed.iter().map(|changed| changed.row.id.clone()).collect(),
            unchanged: changes.unchanged.len(),
            quarantined: quarantined.into_iter().map(|one| QuarantinedRow { id: one.row.id, reasons: one.reasons }).collect(),
            skipped,
        };
        if !dry_run {
            self.write_prices(changes.into_rows().collect()).await?;
        }
        Ok(summary)
    }

    async fn write_prices(&self, rows: Vec<PriceRow>) -> Result<(), OfficeError> {
        // The new book first: a row that makes no book is refused before anything is written.
        let book = self.prices.load().with(rows.iter().cloned()).map_err(|error| OfficeError::Import(error.to_string()))?;
        let pending: Vec<_> =
            rows.iter().map(|row| Ok(self.ledger.put(document(DocumentKind::Price, &row.document_id(), row, false)?))).collect::<Result<_, OfficeError>>()?;
        for one in pending {
            one.await?;
        }
        self.prices.store(Arc::new(book));
        Ok(())
    }
    pub(super) fn read_prices(&self, troubles: &mut Vec<String>) -> Result<(), OfficeError> {
        let mut rows = self.documents::<PriceRow>(DocumentKind::Price)?;
        let known: HashSet<Text> = rows.iter().map(PriceRow::document_id).collect();
        let catalogue =
            PriceBook::catalogue(weighbridge_bundle::catalogue()).map_err(|error| OfficeError::Internal(format!("the built-in catalogue: {error}")))?;
        // What was imported stands: a newer program's catalogue does not change the past.
        rows.extend(catalogue.rows().filter(|row| !known.contains(&row.document_id())).map(PriceRow::clone));
        let book = PriceBook::from_rows(rows).unwrap_or_else(|error| {
            troubles.push(format!("the imported prices cannot be used, only the built-in catalogue is: {error}"));
            catalogue
        });
        self.prices.store(Arc::new(book));
        Ok(())
    }
}

/// A catalogue in TOML or a list of rows in JSON.
fn own_rows(text: &str) -> Result<Vec<PriceRow>, OfficeError> {
    if text.trim_start().starts_with(['[', '{']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        let rows: Vec<PriceRow> = serde_json::from_str(text).map_err(|error| OfficeError::Import(format!("this is not a list of price rows: {error}")))?;
        return match rows.iter().find(|row| *row.id != *format!("{}/{}", row.provider, row.model)) {
            // Versions and confirmations go by the id: under another one, a second history of the same price would begin.
            Some(row) => Err(OfficeError::Import(format!("price {}: id: expected provider/model, \"{}/{}\"", row.id, row.provider, row.model))),
            None => Ok(rows),
        };
    }
    let book = PriceBook::catalogue(text).map_err(|error| OfficeError::Import(error.to_string()))?;
    Ok(book.rows().map(PriceRow::clone).collect())
}
