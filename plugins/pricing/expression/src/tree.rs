//! A formula, parsed: every part has a type, so that a formula that was accepted can only fail in its numbers.

use weighbridge_plugin::Decimal;

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Number,
    Text,
    Truth,
}

impl Type {
    /// With its article.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Truth => "true or false",
        }
    }
}

/// A part of a formula, with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) at: usize,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Number(Decimal),
    Text(String),
    Truth(bool),
    /// A name that `let` gave.
    Let(usize),
    Fact(Fact),
    Negative(Box<Node>),
    Not(Box<Node>),
    Binary(Op, Box<(Node, Node)>),
    If(Box<(Node, Node, Node)>),
    Call(Function, Vec<Node>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Add,
    Subtract,
    Multiply,
    Divide,
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
    And,
    Or,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Min,
    Max,
    Round,
    Floor,
    Ceil,
    Like,
}

/// What a formula can look at.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fact {
    /// How much of a meter; 0 where it was not measured.
    Meter(String),
    /// Whether a meter was measured.
    Has(String),
    Tokens,
    InputTotal,
    OutputTotal,
    Cost,
    CostOf(String),
    Charge,
    ChargeOf(String),
    Model,
    Provider,
    Customer,
    /// A dimension; empty where the call does not have it.
    Dimension(String),
    Time(Time),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Time {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Weekday,
}

impl Fact {
    pub(crate) fn of(&self) -> Type {
        match self {
            Self::Has(_) => Type::Truth,
            Self::Model | Self::Provider | Self::Customer | Self::Dimension(_) => Type::Text,
            _ => Type::Number,
        }
    }
    /// By a name that stands alone.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "tokens" => Self::Tokens,
            "input_total" => Self::InputTotal,
            "output_total" => Self::OutputTotal,
            "cost" => Self::Cost,
            "charge" => Self::Charge,
            "model" => Self::Model,
            "provider" => Self::Provider,
            "customer" => Self::Customer,
            "tier" => Self::Dimension("service_tier".into()),
            "key" | "session" | "workflow" | "step" | "requested_model" | "served_model" => Self::Dimension(name.into()),
            "year" => Self::Time(Time::Year),
            "month" => Self::Time(Time::Month),
            "day" => Self::Time(Time::Day),
            "hour" => Self::Time(Time::Hour),
            "minute" => Self::Time(Time::Minute),
            "weekday" => Self::Time(Time::Weekday),
            _ if METERS.contains(&name) => Self::Meter(name.into()),
            _ => return None,
        })
    }
    /// By a name with a text in parentheses.
    pub(crate) fn called(name: &str, of: &str) -> Option<Self> {
        Some(match name {
            "meter" => Self::Meter(of.into()),
            "has" => Self::Has(of.into()),
            "cost_of" => Self::CostOf(of.into()),
            "charge_of" => Self::ChargeOf(of.into()),
            "tag" => Self::Dimension(["tag.", of].concat()),
            _ => return None,
        })
    }
}

/// Meters that need no `meter("…")`.
pub(crate) const METERS: [&str; 29] = [
    "input",
    "input_audio",
    "input_image",
    "input_video",
    "cache_read",
    "cache_read_audio",
    "cache_read_image",
    "cache_read_video",
    "cache_write",
    "cache_write_5m",
    "cache_write_30m",
    "cache_write_1h",
    "cache_write_12h",
    "output",
    "reasoning",
    "output_audio",
    "output_image",
    "output_video",
    "web_searches",
    "file_searches",
    "code_sessions",
    "tool_calls_billed",
    "images",
    "characters",
    "audio_seconds",
    "pages",
    "search_units",
    "cache_storage_token_hours",
    "requests",
];
