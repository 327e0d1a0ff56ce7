//! Which of the calls in a stream a piece belongs to. Most providers number them; some number all of them 0, or none.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::pieces::CallPiece;

/// The calls that began.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Calls {
    /// The provider's number of each, in the order in which they began.
    #[serde(rename = "n", default)]
    numbers: Vec<u32>,
    /// The last one's id.
    #[serde(rename = "i", default)]
    id: String,
}

/// A call's arguments, whole, as they are; a call without any has an empty object. `None`: they are not JSON.
pub fn arguments_of(text: String) -> Option<Box<RawValue>> {
    RawValue::from_string(if text.trim().is_empty() { "{}".into() } else { text }).ok()
}

/// An empty object.
pub fn no_arguments() -> Box<RawValue> {
    arguments_of(String::new()).unwrap_or_default()
}

/// Where a piece belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// To a call that begins with it: the so-manieth.
    New(usize),
    /// To this one.
    Known(usize),
}

impl Calls {
    /// Where a piece belongs.
    pub fn place(&mut self, piece: &CallPiece<'_>) -> Place {
        let known = match piece.index {
            Some(number) => self.numbers.iter().rposition(|known| *known == number),
            None => self.numbers.len().checked_sub(1),
        };
        let is_last = known.is_some_and(|known| known + 1 == self.numbers.len());
        let other_id = piece.id.as_deref().is_some_and(|id| is_last && id != self.id);
        match known {
            Some(known) if !other_id => Place::Known(known),
            _ => {
                let next = self.numbers.len();
                self.numbers.push(piece.index.unwrap_or(next as u32));
                self.id = piece.id.as_deref().unwrap_or_default().to_owned();
                Place::New(next)
            }
        }
    }
    /// Whether there were any.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }
}
