//! From single prices to a complete matrix: bands in order, and the few rates that a file leaves out because they follow
//! from the others.

use std::collections::BTreeMap;

use weighbridge_domain::{Decimal, Meter, Text, exact};

use crate::row::{Band, Comparator, DEFAULT_TIER, Rate, Threshold, Tiers};

/// Prices as they were read: by tier, threshold and meter.
#[derive(Debug, Clone, Default)]
pub(super) struct Prices(BTreeMap<Text, BTreeMap<Option<u64>, Cell>>);

type Cell = BTreeMap<Meter, Rate>;

impl Prices {
    pub(super) fn set(&mut self, tier: &str, above: Option<u64>, meter: Meter, rate: Rate) {
        self.0.entry(tier.into()).or_default().entry(above).or_default().insert(meter, rate);
    }
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub(super) fn plain(&self) -> Option<&Cell> {
        self.0.get(DEFAULT_TIER)?.get(&None)
    }
    /// The same prices, with these in the place of the usual ones.
    pub(super) fn overlaid(&self, rates: Cell) -> Self {
        let mut prices = self.clone();
        prices.0.entry(DEFAULT_TIER.into()).or_default().entry(None).or_default().extend(rates);
        prices
    }
    /// The matrix. `None` when the usual tier has no first band.
    pub(super) fn into_tiers(mut self, comparator: Comparator, one_input_rate: bool) -> Option<Tiers> {
        self.simplify(one_input_rate);
        let plain = self.plain()?.clone();
        self.follow(&plain);
        self.cover_batch(&plain);
        let band = |(tokens, rates): (Option<u64>, Cell)| Band { above: tokens.map(|tokens| Threshold { tokens, comparator }), rates };
        // A tier that is quoted for long contexts only has no first band: nothing can be said of it.
        let tiers = self.0.into_iter().filter(|(_, bands)| bands.contains_key(&None));
        Some(tiers.map(|(tier, bands)| (tier, bands.into_iter().map(band).collect())).collect())
    }
    /// Rates that only repeat the text or output rate are dropped where that rate stands in anyway; where a model has a
    /// single input rate for every modality, it is written down for audio, which never takes the text rate by itself.
    fn simplify(&mut self, one_input_rate: bool) {
        let Some(plain) = self.0.get_mut(DEFAULT_TIER).and_then(|bands| bands.get_mut(&None)) else { return };
        // A price per image beside one per image token is an example of what an image comes to, not a second price.
        if plain.contains_key(&Meter::OUTPUT_IMAGE) {
            plain.remove(&Meter::IMAGES);
        }
        let (input, output, cache_read) = (plain.get(&Meter::INPUT).copied(), plain.get(&Meter::OUTPUT).copied(), plain.get(&Meter::CACHE_READ).copied());
        let repeats = [(Meter::REASONING, output), (Meter::INPUT_IMAGE, input), (Meter::INPUT_VIDEO, input), (Meter::CACHE_READ_IMAGE, cache_read)];
        let redundant: Vec<Meter> =
            repeats.into_iter().filter(|(meter, same)| same.is_some() && plain.get(meter).copied() == *same).map(|(meter, _)| meter).collect();
        if one_input_rate && !plain.contains_key(&Meter::INPUT_AUDIO) {
            plain.extend(input.map(|rate| (Meter::INPUT_AUDIO, rate)));
        }
        if plain.get(&Meter::INPUT_AUDIO).copied() == input && !plain.contains_key(&Meter::CACHE_READ_AUDIO) {
            plain.extend(cache_read.filter(|_| input.is_some()).map(|rate| (Meter::CACHE_READ_AUDIO, rate)));
        }
        for meter in redundant {
            let differs_elsewhere = self.0.values().flat_map(|bands| bands.values()).any(|cell| {
                let base = if meter == Meter::REASONING {
                    Meter::OUTPUT
                } else if meter == Meter::CACHE_READ_IMAGE {
                    Meter::CACHE_READ
                } else {
                    Meter::INPUT
                };
                cell.get(&meter).is_some_and(|rate| cell.get(&base) != Some(rate))
            });
            if !differs_elsewhere {
                self.0.values_mut().flat_map(|bands| bands.values_mut()).for_each(|cell| cell.retain(|kept, _| *kept != meter));
            }
        }
    }
    /// A meter whose usual rate is another meter's follows that one into tiers and bands that do not name it.
    fn follow(&mut self, plain: &Cell) {
        let pairs = [(Meter::INPUT_AUDIO, Meter::INPUT), (Meter::CACHE_READ_AUDIO, Meter::CACHE_READ), (Meter::REASONING, Meter::OUTPUT)];
        for (meter, base) in pairs.into_iter().filter(|(meter, base)| plain.contains_key(meter) && plain.get(meter) == plain.get(base)) {
            for cell in self.0.values_mut().flat_map(|bands| bands.values_mut()).filter(|cell| !cell.contains_key(&meter)) {
                let rate = cell.get(&base).copied();
                cell.extend(rate.map(|rate| (meter.clone(), rate)));
            }
        }
    }
    /// A batch discount covers every token leaf (metering rule 12): where all quoted batch rates have the same ratio to the
    /// usual ones, those that are not quoted have it too.
    fn cover_batch(&mut self, plain: &Cell) {
        let usual = self.0.get(DEFAULT_TIER).cloned().unwrap_or_default();
        let Some(bands) = self.0.get_mut("batch") else { return };
        for (above, cell) in bands.iter_mut() {
            let Some(base) = usual.get(above) else { continue };
            let Some((half, whole)) = cell.get(&Meter::INPUT).zip(base.get(&Meter::INPUT)).map(|(a, b)| (a.rate, b.rate)) else { continue };
            let same_ratio = |(meter, rate): (&Meter, &Rate)| base.get(meter).is_none_or(|b| scaled(b.rate, half, whole) == Some(rate.rate));
            if whole.is_zero() || !cell.iter().all(same_ratio) {
                continue;
            }
            let missing = base.iter().filter(|(meter, _)| plain.contains_key(*meter) && meter.unit() == "tokens");
            for (meter, rate) in missing {
                if let (false, Some(scaled)) = (cell.contains_key(meter), scaled(rate.rate, half, whole)) {
                    cell.insert(meter.clone(), Rate { rate: scaled, per: rate.per });
                }
            }
        }
    }
}

/// `rate × part ÷ whole`, if that is exact.
fn scaled(rate: Decimal, part: Decimal, whole: Decimal) -> Option<Decimal> {
    let product = exact::mul(rate, part).ok()?;
    let quotient = product.checked_div(whole)?.normalize();
    (exact::mul(quotient, whole).ok()? == product).then_some(quotient)
}
