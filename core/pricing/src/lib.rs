//! The price book, cost, and the chain of pricing rules.
