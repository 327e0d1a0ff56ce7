//! What the gateway itself reads of a request's body, by pointer: one pass over it, whatever the dialect.

use crate::json::{BadPointer, PointerSet};

/// The pointers of one dialect, compiled.
#[derive(Debug, Clone)]
pub(crate) struct Reads {
    pub(crate) pointers: PointerSet,
    /// For each pointer: which of [`at`] it is, and what people call it.
    members: Vec<(usize, Box<str>)>,
}

/// What may be read.
pub(crate) mod at {
    pub(crate) const MODEL: usize = 0;
    pub(crate) const STREAM: usize = 1;
    pub(crate) const USER: usize = 2;
    pub(crate) const USER_ID: usize = 3;
    pub(crate) const SAFETY_IDENTIFIER: usize = 4;
    pub(crate) const COUNT: usize = 5;
}

/// Where bodies name the end user, in the order in which the names count.
const USERS: [(usize, &str); 3] = [(at::USER, "/user"), (at::USER_ID, "/metadata/user_id"), (at::SAFETY_IDENTIFIER, "/safety_identifier")];

impl Reads {
    pub(super) fn new(model: Option<&str>, stream: Option<&str>) -> Result<Self, BadPointer> {
        let own = [(at::MODEL, model), (at::STREAM, stream)].into_iter().filter_map(|(which, pointer)| Some((which, pointer?)));
        let all: Vec<_> = own.chain(USERS).collect();
        let pointers = PointerSet::new(all.iter().map(|(_, pointer)| *pointer))?.in_one_reading();
        let members = all.into_iter().map(|(which, pointer)| (which, pointer.trim_start_matches('/').replace('/', ".").into())).collect();
        Ok(Self { pointers, members })
    }
    /// Whether bodies name the model.
    pub(super) fn has_model(&self) -> bool {
        self.members.iter().any(|(which, _)| *which == at::MODEL)
    }
    /// Whether bodies may ask for a stream.
    pub(super) fn has_stream(&self) -> bool {
        self.members.iter().any(|(which, _)| *which == at::STREAM)
    }
    /// Which of [`at`] a pointer is.
    pub(crate) fn which(&self, index: usize) -> usize {
        self.members[index].0
    }
    /// What people call it.
    pub(crate) fn name(&self, index: usize) -> &str {
        &self.members[index].1
    }
}
