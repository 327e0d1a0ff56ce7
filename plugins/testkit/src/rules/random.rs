//! Numbers for property tests: the same ones at every run.

use weighbridge_plugin::Decimal;

/// A SplitMix64 generator.
pub struct Random(u64);

impl Random {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }
    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    /// Below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound.max(1)
    }
    /// A quantity of any size up to 10^15: small ones are as frequent as large ones.
    pub fn quantity(&mut self) -> Decimal {
        let size = self.below(16);
        Decimal::from(self.below(10u64.pow(size as u32)))
    }
    /// A quantity in parts that sum to it.
    pub fn parts(&mut self, of: Decimal) -> Vec<Decimal> {
        let mut left = of.try_into().unwrap_or(u64::MAX);
        let mut parts = Vec::new();
        while left > 0 && parts.len() < 6 {
            let part = self.below(left + 1);
            parts.push(Decimal::from(part));
            left -= part;
        }
        parts.push(Decimal::from(left));
        parts
    }
}
