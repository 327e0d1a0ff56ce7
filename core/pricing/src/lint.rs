//! Plausibility: what a price row of any source must look like to be taken without asking (metering rules, "Price data").
//! A row that does not is quarantined until someone confirms it.

use std::collections::HashMap;

use weighbridge_domain::{Decimal, Meter, Text};

use crate::{
    changes::each_rate,
    import::{Import, Quarantined},
    row::{Band, DEFAULT_TIER, PriceRow, Rate},
};

/// A change by more than this factor is asked about.
const JUMP: i64 = 5;

/// All that is suspicious about a row by itself, for people; empty when nothing is.
pub fn suspicions(row: &PriceRow) -> Vec<String> {
    let mut found = Vec::new();
    let matrices = std::iter::once(("", &row.tiers)).chain(row.windows.iter().map(|window| (&*window.name, &window.tiers)));
    for (window, tiers) in matrices {
        let place = |tier: &str, band: &Band| {
            [window, if tier == DEFAULT_TIER { "" } else { tier }, &band.above.map(|t| format!("over {} tokens", t.tokens)).unwrap_or_default()]
                .into_iter()
                .filter(|s| !s.is_empty())
                .map(|s| format!("{s}: "))
                .collect::<String>()
        };
        for (tier, band, meter, rate) in each_rate(tiers) {
            found.extend(out_of_bounds(meter, rate).map(|why| format!("{}{why}", place(tier, band))));
        }
        for (tier, bands) in tiers {
            for band in bands {
                found.extend(cache_order(band).into_iter().map(|why| format!("{}{why}", place(tier, band))));
                found.extend(incomplete(row, tiers, band).map(|why| format!("{}{why}", place(tier, band))));
                found.extend(tier_order(tiers, tier, band).map(|why| format!("{}{why}", place(tier, band))));
            }
        }
    }
    found.extend(row.fees.iter().filter_map(|(meter, fee)| out_of_bounds(meter, fee)));
    found
}

/// Whether it says that everything is free.
pub fn is_free(row: &PriceRow) -> bool {
    each_rate(&row.tiers).all(|(_, _, _, rate)| rate.rate.is_zero()) && row.fees.values().all(|fee| fee.rate.is_zero())
}

/// What one unit may cost at most and, if it costs anything, at least.
fn bounds(meter: &Meter) -> (Decimal, Decimal) {
    match meter.unit() {
        "tokens" => (Decimal::new(1, 3), Decimal::from(1_000)), // per million
        "characters" => (Decimal::new(1, 7), Decimal::new(1, 2)),
        "seconds" => (Decimal::new(1, 7), Decimal::ONE),
        _ => (Decimal::new(1, 7), Decimal::from(10)),
    }
}

fn out_of_bounds(meter: &Meter, rate: &Rate) -> Option<String> {
    let (least, most) = bounds(meter);
    let quoted_per = if meter.unit() == "tokens" { Decimal::from(1_000_000) } else { Decimal::ONE };
    let value = rate.rate.checked_mul(quoted_per)?.checked_div(rate.per)?.normalize();
    let bad = !value.is_zero() && (value < least || value > most);
    let unit = if meter.unit() == "tokens" { "1000000 tokens" } else { "unit" };
    bad.then(|| format!("{meter} costs {value} per {unit}; {least} to {most} would be usual"))
}

fn cache_order(band: &Band) -> Vec<String> {
    let rate = |meter: &Meter| band.rates.get(meter).map(|rate| rate.rate);
    let mut found = Vec::new();
    let input = rate(&Meter::INPUT);
    for (read, fresh) in [(Meter::CACHE_READ, Meter::INPUT), (Meter::CACHE_READ_AUDIO, Meter::INPUT_AUDIO), (Meter::CACHE_READ_IMAGE, Meter::INPUT_IMAGE)] {
        if let Some((read_rate, fresh_rate)) = rate(&read).zip(rate(&fresh)).filter(|(read, fresh)| read > fresh) {
            found.push(format!("{read} ({read_rate}) is dearer than {fresh} ({fresh_rate})"));
        }
    }
    for write in [Meter::CACHE_WRITE, Meter::CACHE_WRITE_5M, Meter::CACHE_WRITE_1H] {
        if let Some((write_rate, input)) = rate(&write).zip(input).filter(|(write, input)| !write.is_zero() && write < input) {
            found.push(format!("{write} ({write_rate}) is cheaper than input ({input})"));
        }
    }
    let short = rate(&Meter::CACHE_WRITE_5M).or(rate(&Meter::CACHE_WRITE));
    if let Some((short, long)) = short.zip(rate(&Meter::CACHE_WRITE_1H)).filter(|(short, long)| long < short) {
        found.push(format!("cache_write_1h ({long}) is cheaper than the shorter cache_write ({short})"));
    }
    found
}

/// A tier or band must price what the usual one prices; a call that needs the missing rate would be unpriced.
fn incomplete(row: &PriceRow, tiers: &crate::row::Tiers, band: &Band) -> Option<String> {
    let plain = tiers.get(DEFAULT_TIER)?.first()?;
    let missing: Vec<&str> =
        plain.rates.keys().filter(|meter| !band.rates.contains_key(*meter) && !row.derived.contains_key(*meter)).map(Meter::as_str).collect();
    (!missing.is_empty()).then(|| format!("no rate for {}", missing.join(", ")))
}

/// Batch and flex are not dearer than the usual tier, priority is not cheaper.
fn tier_order(tiers: &crate::row::Tiers, tier: &str, band: &Band) -> Option<String> {
    let usual = tiers.get(DEFAULT_TIER)?.iter().find(|usual| usual.above.map(|t| t.tokens) == band.above.map(|t| t.tokens))?;
    let wrong = |ours: Decimal, usual: Decimal| match tier {
        "batch" | "flex" => ours > usual,
        "priority" => ours < usual,
        _ => false,
    };
    band.rates.iter().find_map(|(meter, rate)| {
        let usual = usual.rates.get(meter)?.rate;
        wrong(rate.rate, usual).then(|| format!("{meter} ({}) is {} than usual ({usual})", rate.rate, if tier == "priority" { "cheaper" } else { "dearer" }))
    })
}

/// Rates and fees that changed by more than five times between two versions, and another currency.
pub fn jumps(before: &PriceRow, after: &PriceRow) -> Vec<String> {
    let tokens = |band: &Band| band.above.map(|threshold| threshold.tokens);
    let old = |tier: &Text, band: &Band, meter: &Meter| {
        each_rate(&before.tiers).find(|(t, b, m, _)| *t == tier && tokens(b) == tokens(band) && *m == meter).map(|(_, _, _, rate)| rate)
    };
    let mut found = Vec::new();
    if before.currency != after.currency {
        found.push(format!("the currency goes from {} to {}", before.currency, after.currency));
    }
    for (tier, band, meter, rate) in each_rate(&after.tiers) {
        found.extend(old(tier, band, meter).and_then(|old| jump(&format!("{meter} ({tier})"), old, rate)));
    }
    found.extend(after.fees.iter().filter_map(|(meter, fee)| jump(&format!("{meter} (fee)"), before.fees.get(meter)?, fee)));
    found
}

/// Whether one unit costs more than five times as much, or less than a fifth, whatever number of units the rates are quoted per.
fn jump(what: &str, old: &Rate, new: &Rate) -> Option<String> {
    let jumps = || {
        let (old, new) = (old.rate.checked_mul(new.per)?, new.rate.checked_mul(old.per)?);
        let (low, high) = if old < new { (old, new) } else { (new, old) };
        Some(low.checked_mul(Decimal::from(JUMP))? < high)
    };
    // What is too large to compare is too large to be a price.
    let shown = |rate: &Rate| if old.per == new.per { rate.rate.to_string() } else { format!("{} per {}", rate.rate, rate.per) };
    jumps().unwrap_or(true).then(|| format!("{what} goes from {} to {}: more than {JUMP} times", shown(old), shown(new)))
}

/// Moves what is suspicious from the rows to the quarantine, unless it was confirmed.
pub(crate) fn sort_out(import: &mut Import, confirmed: &[String], may_be_free: impl Fn(&PriceRow) -> bool) {
    let rows = std::mem::take(&mut import.rows);
    let snapshots = newest_snapshots(&rows);
    let mut suspicious = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut reasons = suspicions(row);
        if is_free(row) && !may_be_free(row) {
            reasons.push("it says that everything is free".into());
        }
        reasons.extend(snapshots.get(&(&*row.provider, &*row.model)).and_then(|snapshot| differs_from_snapshot(row, snapshot)));
        suspicious.push(reasons);
    }
    for (row, reasons) in rows.into_iter().zip(suspicious) {
        if reasons.is_empty() || confirmed.iter().any(|id| **id == *row.id) {
            import.rows.push(row);
        } else {
            import.quarantined.push(Quarantined { row, reasons });
        }
    }
    import.rows.sort_by(|a, b| a.id.cmp(&b.id));
}

/// `name` of `name-2026-11-23` or `name-20261123`.
fn undated(model: &str) -> Option<(&str, String)> {
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    let (head, last) = model.rsplit_once(['-', '@'])?;
    if digits(last, 8) && last.starts_with("20") {
        return Some((head, last.to_owned()));
    }
    let (head, month) = head.rsplit_once('-')?;
    let (head, year) = head.rsplit_once('-')?;
    (digits(year, 4) && digits(month, 2) && digits(last, 2)).then(|| (head, format!("{year}{month}{last}")))
}

fn newest_snapshots(rows: &[PriceRow]) -> HashMap<(&str, &str), &PriceRow> {
    let mut newest: HashMap<(&str, &str), (String, &PriceRow)> = HashMap::new();
    for row in rows {
        let Some((name, date)) = undated(&row.model) else { continue };
        let entry = newest.entry((&row.provider, name)).or_insert_with(|| (date.clone(), row));
        if date > entry.0 {
            *entry = (date, row);
        }
    }
    newest.into_iter().map(|(key, (_, row))| (key, row)).collect()
}

/// An alias and its newest snapshot are one price (metering rule 18).
fn differs_from_snapshot(row: &PriceRow, snapshot: &PriceRow) -> Option<String> {
    let plain = |row: &PriceRow| row.tiers.get(DEFAULT_TIER).and_then(|bands| bands.first().cloned());
    let (ours, theirs) = (plain(row)?, plain(snapshot)?);
    ours.rates.iter().find_map(|(meter, rate)| {
        let other = theirs.rates.get(meter).filter(|other| *other != rate)?;
        Some(format!("{meter} costs {}, but {} for its snapshot {}", rate.rate, other.rate, snapshot.model))
    })
}
