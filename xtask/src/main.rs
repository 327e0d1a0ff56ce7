//! One-word commands.
fn main() {}
