//! The weighbridge binary.
fn main() {}
