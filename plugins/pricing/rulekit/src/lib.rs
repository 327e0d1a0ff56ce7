//! What the pricing rules share, so that each of them reads as its spec. A library, not a plugin.
//!
//! | to read a sheet | to rate |
//! |---|---|
//! | [`sheet`]: tables, numbers and names, every problem with its path | [`lines`]: lines of a charge, sums, what nobody priced |
//! | [`select`]: which calls and meters it is about | [`money`]: exact amounts; the one place that rounds |
//! | [`tiers`], [`price_list`], [`dates`], [`names`] | [`counter`]: what was before this usage |

pub mod counter;
pub mod dates;
pub mod lines;
pub mod money;
pub mod names;
pub mod price_list;
pub mod select;
pub mod sheet;
pub mod tiers;

pub use counter::Counter;
pub use lines::Others;
pub use money::Price;
pub use names::{Names, Pattern};
pub use price_list::PriceList;
pub use select::Select;
pub use sheet::{Number, Table};
pub use tiers::Tiers;
