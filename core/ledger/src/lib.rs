//! The books: journal first, sled behind; events, reservations, aggregates, recovery, verification.
