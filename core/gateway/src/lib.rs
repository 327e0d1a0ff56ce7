//! The path of a call, one file per verb. Start at pipeline.rs.
