//! The price book, cost, and the chain of pricing rules.
//!
//! Follow a call: [`PriceBook::find`] gives the row that held at its start (`book`), `cost` multiplies each quantity by its
//! rate, [`CompiledPlan::rate`] sends cost and usage through the plan's rules (`plan`, `chain`). Beside the path: `import` reads
//! others' price files, `lint` keeps what looks wrong apart, `changes` says what an import would change.

pub mod book;
pub mod catalogue;
mod chain;
pub mod changes;
pub mod check;
pub mod cost;
pub mod hours;
pub mod import;
pub mod lint;
pub mod plan;
mod rate;
pub mod row;

pub use book::{BookError, PriceBook, PriceQuery};
pub use catalogue::CatalogueError;
pub use changes::{Changed, Changes, plan_changes, plan_confirmed_changes};
pub use check::RowError;
pub use cost::Costed;
pub use import::{Import, ImportError, ImportOptions, Quarantined};
pub use plan::{CompiledPlan, PlanError, RatedEvent};
pub use row::PriceRow;
