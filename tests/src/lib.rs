//! Whole-process scenarios.
