//! What must hold of every price row before it may be used: structure, not plausibility (that is `lint`).

use weighbridge_domain::{Decimal, Meter};

use crate::row::{Band, DEFAULT_TIER, PriceRow, Rate, Tiers};

/// Why a row was refused, with the path of the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// Not JSON, an unknown key or a wrong type.
    #[error("not a price row: {0}")]
    Syntax(String),
    /// Readable, but it cannot be a price.
    #[error("price {id}: {path}: {message}")]
    Invalid {
        /// The row.
        id: String,
        /// The key in the row.
        path: String,
        /// What was expected.
        message: String,
    },
}

type Problem = (String, String);

impl PriceRow {
    /// Reads one row from JSON and checks it.
    pub fn from_json(json: &[u8]) -> Result<Self, RowError> {
        let row: PriceRow = serde_json::from_slice(json).map_err(|e| RowError::Syntax(e.to_string()))?;
        row.check()?;
        Ok(row)
    }
    /// Checks it; every row of a [`crate::PriceBook`] has passed.
    pub fn check(&self) -> Result<(), RowError> {
        self.problem().map_or(Ok(()), |(path, message)| Err(RowError::Invalid { id: self.id.to_string(), path, message }))
    }
    fn problem(&self) -> Option<Problem> {
        let at = |path: &str, message: &str| Some((path.to_owned(), message.to_owned()));
        if self.provider.is_empty() || self.model.is_empty() || self.id.is_empty() {
            return at("id", "id, provider and model must not be empty");
        }
        if self.version == 0 {
            return at("version", "versions begin with 1");
        }
        if self.valid_from.zip(self.valid_to).is_some_and(|(from, to)| to <= from) {
            return at("valid_to", "must be later than valid_from");
        }
        if let Some((name, tier)) = self.tier_names.iter().find(|(_, tier)| !self.tiers.contains_key(*tier)) {
            return Some((format!("tier_names.{name}"), format!("there is no tier {tier:?} in this row")));
        }
        tiers_problem("tiers", &self.tiers)
            .or_else(|| {
                self.windows.iter().enumerate().find_map(|(i, window)| {
                    let hours = window.hours.iter().find_map(|hours| hours.problem()).map(|message| (format!("windows[{i}].hours"), message));
                    hours.or_else(|| tiers_problem(&format!("windows[{i}].tiers"), &window.tiers))
                })
            })
            .or_else(|| self.fees.iter().find_map(|(meter, rate)| rate_problem(rate).map(|m| (format!("fees.{meter}"), m))))
            .or_else(|| self.minimums_problem())
            .or_else(|| self.factors_problem())
    }
    fn minimums_problem(&self) -> Option<Problem> {
        self.minimums.iter().find_map(|(meter, minimum)| {
            let path = || format!("minimums.{meter}");
            let priced = self.fees.contains_key(meter) || self.tiers.values().flatten().any(|band| band.rates.contains_key(meter));
            if minimum.0 <= Decimal::ZERO {
                return Some((path(), "must be greater than 0".into()));
            }
            (!priced).then(|| (path(), format!("the row has no rate for {meter}")))
        })
    }
    fn factors_problem(&self) -> Option<Problem> {
        for (meter, derived) in &self.derived {
            if derived.of == *meter || self.derived.contains_key(&derived.of) {
                return Some((format!("derived.{meter}.of"), format!("{} must be a rate of its own", derived.of)));
            }
            // Zero is a price: what is reported and not billed.
            if derived.times < Decimal::ZERO {
                return Some((format!("derived.{meter}.times"), "must not be negative".into()));
            }
        }
        let index = self.multipliers.iter().position(|m| m.times <= Decimal::ZERO)?;
        Some((format!("multipliers[{index}].times"), "must be greater than 0".into()))
    }
}

fn tiers_problem(path: &str, tiers: &Tiers) -> Option<Problem> {
    if !tiers.contains_key(DEFAULT_TIER) {
        return Some((path.into(), format!("must have the tier {DEFAULT_TIER:?}")));
    }
    if let Some(word) = ["auto", "standard", ""].into_iter().find(|word| tiers.contains_key(*word)) {
        return Some((path.into(), format!("{word:?} is never a tier; the usual one is called {DEFAULT_TIER:?}")));
    }
    tiers.iter().find_map(|(tier, bands)| bands_problem(bands).map(|(rest, message)| (format!("{path}.{tier}{rest}"), message)))
}

fn bands_problem(bands: &[Band]) -> Option<Problem> {
    if bands.first().is_none_or(|band| band.above.is_some()) {
        return Some((String::new(), "the first band must have no \"above\"".into()));
    }
    for (i, band) in bands.iter().enumerate() {
        let here = band.above.map(|t| t.tokens);
        let before = i.checked_sub(1).and_then(|i| bands[i].above).map(|t| t.tokens);
        if i > 0 && (here.is_none() || here <= before) {
            return Some((format!("[{i}].above"), "thresholds must rise from band to band".into()));
        }
        let bad = |(meter, rate): (&Meter, &Rate)| rate_problem(rate).map(|message| (format!("[{i}].rates.{meter}"), message));
        if let Some(problem) = band.rates.iter().find_map(bad) {
            return Some(problem);
        }
    }
    None
}

fn rate_problem(rate: &Rate) -> Option<String> {
    if rate.rate.is_sign_negative() && !rate.rate.is_zero() {
        return Some(format!("a rate is never negative, this is {}", rate.rate));
    }
    let per = rate.per.normalize();
    let digits = per.mantissa().to_string();
    let power_of_ten = per.scale() == 0 && digits.starts_with('1') && digits[1..].bytes().all(|b| b == b'0');
    (!power_of_ten).then(|| format!("a rate is quoted per 1, 10, 100, … 1000000, not per {per}"))
}
