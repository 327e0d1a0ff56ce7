//! What of a stream is on its way to its client: bytes that go out as they come, and bytes that wait for the record.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use crate::meter::frame::MAX_EVENT_BYTES;

/// The bytes, in their order. What is held stands behind all that is not.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    now: VecDeque<Bytes>,
    /// Behind `now`: pieces that are too small to go out alone.
    small: BytesMut,
    held: Vec<Bytes>,
    weight: usize,
}

impl Outbox {
    /// A piece of at least so many bytes goes out alone, without being copied.
    const LARGE: usize = 1024;
    /// What an entry of the list takes beside its bytes.
    const ENTRY: usize = 64;
    /// The terminal event may be as large as any, and the one behind it too. Whoever holds back more has lost count of the answer.
    const MOST_HELD: usize = 2 * MAX_EVENT_BYTES;

    /// These go out at once.
    pub(crate) fn pass(&mut self, bytes: Bytes) {
        if self.has_news() && bytes.len() < Self::LARGE {
            return self.small.extend_from_slice(&bytes);
        }
        if !self.small.is_empty() {
            self.now.push_back(self.small.split().freeze());
        }
        self.now.push_back(bytes);
    }

    /// These wait.
    pub(crate) fn hold(&mut self, bytes: Bytes) {
        self.weight += bytes.len() + Self::ENTRY;
        self.held.push(bytes);
    }

    /// The one or the other.
    pub(crate) fn put(&mut self, hold: bool, bytes: Bytes) {
        if hold { self.hold(bytes) } else { self.pass(bytes) }
    }

    /// `Err`: more waits than is kept, and why the stream cannot go on.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.weight > Self::MOST_HELD { Err(format!("more than {} bytes follow where it should end", Self::MOST_HELD)) } else { Ok(()) }
    }

    /// Whether something is to go out.
    pub(super) fn has_news(&self) -> bool {
        !(self.now.is_empty() && self.small.is_empty())
    }

    /// The next bytes that go out.
    pub(super) fn next(&mut self) -> Option<Bytes> {
        self.now.pop_front().or_else(|| Some(self.small.split().freeze()).filter(|small| !small.is_empty()))
    }

    /// What was held may go out, each piece as it is now.
    pub(super) fn release(&mut self, last_touch: impl FnMut(Bytes) -> Bytes) {
        self.weight = 0;
        let held = std::mem::take(&mut self.held);
        held.into_iter().map(last_touch).for_each(|bytes| self.pass(bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drained(outbox: &mut Outbox) -> Vec<Bytes> {
        std::iter::from_fn(|| outbox.next()).collect()
    }

    #[test]
    fn bytes_keep_their_order_whatever_their_size() {
        let mut outbox = Outbox::default();
        let large = Bytes::from(vec![b'x'; Outbox::LARGE]);
        outbox.pass("a".into());
        outbox.hold("held".into());
        outbox.pass("b".into());
        outbox.pass(large.clone());
        outbox.pass("c".into());
        outbox.pass("d".into());
        assert_eq!(drained(&mut outbox), ["a".into(), "b".into(), large.clone(), Bytes::from("cd")]);
        outbox.hold(large.clone());
        outbox.release(|bytes| bytes);
        assert_eq!(drained(&mut outbox), [Bytes::from("held"), large]);
    }

    #[test]
    fn what_is_held_has_a_bound_also_where_it_is_many_small_pieces() {
        let mut outbox = Outbox::default();
        let pieces = (1..).find(|_| {
            outbox.hold("x".into());
            outbox.check().is_err()
        });
        assert_eq!(pieces, Some(Outbox::MOST_HELD / (1 + Outbox::ENTRY) + 1));
        outbox.release(|bytes| bytes);
        assert_eq!(outbox.check(), Ok(()));
    }
}
