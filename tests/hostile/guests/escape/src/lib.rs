//! A well-behaved pricing rule but for one thing: it asks its host for a way out.

use weighbridge_plugin::pricing::{Problem, Rating, RatingInput, SheetInfo};
use weighbridge_plugin::{PluginError, PricingRule, register_pricing_rule};

wit_bindgen::generate!({
    inline: "
        package escape:hatch@1.0.0;
        interface sockets { open: func(host: string) -> u32; }
        world out { import sockets; }
    ",
});

/// Opens a socket instead of rating.
pub struct Escape;

register_pricing_rule!(Escape);

impl PricingRule for Escape {
    fn load(_sheet: &str) -> Result<Self, Vec<Problem>> {
        Ok(Self)
    }
    fn info(&self) -> SheetInfo {
        SheetInfo::default()
    }
    fn rate(&self, _input: RatingInput) -> Result<Rating, PluginError> {
        Err(PluginError::internal(format!("socket {}", escape::hatch::sockets::open("evil.example"))))
    }
}
