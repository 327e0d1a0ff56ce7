//! stub
use weighbridge_plugin::{pricing::*, *};
struct CostPlus;
impl PricingRule for CostPlus {
    fn load(_: &str) -> Result<Self, Vec<Problem>> { Ok(CostPlus) }
    fn info(&self) -> SheetInfo { SheetInfo::default() }
    fn rate(&self, input: RatingInput) -> Result<Rating, PluginError> { Ok(Rating { items: input.so_far, contributions: vec![] }) }
}
register_pricing_rule!(CostPlus);
