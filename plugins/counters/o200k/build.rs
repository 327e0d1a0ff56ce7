//! Lays out the o200k_base vocabulary as tables that the component reads in place.

/// Ordinary tokens of o200k_base.
const TOKENS: u32 = 199_998;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    byte_pair::tables::write("o200k_base", TOKENS)
}
