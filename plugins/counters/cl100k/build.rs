//! Lays out the cl100k_base vocabulary as tables that the component reads in place.

/// Ordinary tokens of cl100k_base.
const TOKENS: u32 = 100_256;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    byte_pair::tables::write("cl100k_base", TOKENS)
}
