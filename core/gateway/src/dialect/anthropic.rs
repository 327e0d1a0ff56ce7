//! The family of Anthropic messages.

use super::table::Builtin;

pub(super) const FAMILY: [Builtin; 2] = [
    Builtin { name: "anthropic.messages", paths: &["/v1/messages"], errors: "anthropic", ..Builtin::JSON },
    Builtin { name: "anthropic.count_tokens", paths: &["/v1/messages/count_tokens"], stream: None, errors: "anthropic", ..Builtin::JSON },
];
