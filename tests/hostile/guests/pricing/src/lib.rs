//! A pricing rule that does to its host whatever the model's name says; any other model is rated well.

use std::hint::black_box;

use weighbridge_plugin::pricing::{Contribution, LineItem, Problem, Rating, RatingInput, SheetInfo};
use weighbridge_plugin::{Decimal, PluginError, PricingRule, log, register_pricing_rule};

/// Its sheet may misbehave as well.
pub struct Hostile;

register_pricing_rule!(Hostile);

impl PricingRule for Hostile {
    fn load(sheet: &str) -> Result<Self, Vec<Problem>> {
        match sheet {
            "loop" => spin(),
            "trap" => trap(),
            "refuse" => Err(vec![Problem::new("a\nb", "first"), Problem::new("c", "second")]),
            _ => Ok(Self),
        }
    }
    fn info(&self) -> SheetInfo {
        SheetInfo::default()
    }
    fn rate(&self, input: RatingInput) -> Result<Rating, PluginError> {
        let line = LineItem {
            meter: "input".into(),
            description: "fine".into(),
            quantity: Decimal::ONE,
            unit: "tokens".into(),
            unit_price: Decimal::ONE,
            amount: Decimal::ONE,
            credit: false,
        };
        let minus = Decimal::NEGATIVE_ONE;
        let item = match input.usage.model.as_str() {
            "loop" => spin(),
            "allocate" => allocate(),
            "trap" => trap(),
            "panic" => panic!("out of\nideas"),
            "recurse" => LineItem { quantity: recurse(1).into(), ..line },
            "big-frames" => LineItem { quantity: recurse_with_big_frames(1).into(), ..line },
            "unsupported" => return Err(PluginError::unsupported("this model\u{1b}[2J has no price")),
            "internal" => return Err(PluginError::internal("lost my place")),
            "negative" => LineItem { amount: minus, ..line },
            "credit" => LineItem { amount: minus, credit: true, ..line },
            "negative-quantity" => LineItem { quantity: minus, ..line },
            "bad-meter" => LineItem { meter: "Bad Meter".into(), ..line },
            "no-description" => LineItem { description: String::new(), ..line },
            "huge" => LineItem { description: "x".repeat(2 << 20), ..line },
            "undeclared" => {
                let contribution = Contribution { aggregate: "mine".into(), quantity: Decimal::ONE, amount: Decimal::ONE };
                return Ok(Rating { items: vec![line], contributions: vec![contribution] });
            }
            "many" => return Ok(Rating { items: vec![line; 1_001], contributions: Vec::new() }),
            "chatty" => {
                (0..10_000).for_each(|at| log::info(&format!("line {at}")));
                log::info(&"x".repeat(100_000));
                line
            }
            _ => line,
        };
        Ok(Rating { items: vec![item], contributions: Vec::new() })
    }
}

fn spin() -> ! {
    loop {
        black_box(());
    }
}

fn allocate() -> ! {
    let mut hoard = Vec::new();
    loop {
        hoard.push(black_box(vec![1u8; 1 << 20]));
    }
}

fn trap() -> ! {
    #[cfg(target_arch = "wasm32")]
    std::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    unreachable!();
}

/// Runs out of the host's stack.
#[inline(never)]
#[allow(unconditional_recursion)]
fn recurse(depth: u64) -> u64 {
    recurse(black_box(depth + 1)) + depth
}

/// Runs out of its own stack, which lies in its memory.
#[inline(never)]
#[allow(unconditional_recursion)]
fn recurse_with_big_frames(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    recurse_with_big_frames(black_box(depth + 1)) + frame[3]
}
