//! Pages of event ids: from an id to its place in commit order.
//!
//! One key for each id would cost more than all the rest of the store. Ids begin with their time (UUIDv7), so the ids
//! of a batch fall into few spans of about four seconds; each span gets one new page, nothing is read or rewritten.
//! Looking up an id reads the pages of its span. Ids of another kind cost a page each and are found all the same.

use std::collections::{BTreeMap, HashSet};

use weighbridge_domain::EventId;

use crate::store::{self, Change, Store, StoreError};

const PREFIX: &[u8] = b"d/";
/// The key's length up to the span's end.
const SPAN: usize = PREFIX.len() + 5;
const ENTRY: usize = 24;
/// Values stay under 8 KB.
const ENTRIES: usize = 256;

/// The first 36 of an id's 48 bits of milliseconds: 4,096 ms.
fn span(id: EventId) -> u64 {
    let bytes = id.bytes();
    u64::from_be_bytes([0, 0, bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes[5]]) >> 12
}

fn span_key(id: EventId) -> Vec<u8> {
    [PREFIX, &span(id).to_be_bytes()[3..]].concat()
}

/// Turns a batch's ids and places into pages.
pub(crate) fn write(ids: &mut Vec<(EventId, u64)>, changes: &mut Vec<Change>) {
    ids.sort_unstable_by_key(|(id, seq)| (span(*id), *seq));
    for same_span in ids.chunk_by(|a, b| span(a.0) == span(b.0)) {
        for page in same_span.chunks(ENTRIES) {
            let mut key = span_key(page[0].0);
            key.extend_from_slice(&page[0].1.to_be_bytes());
            let mut value = Vec::with_capacity(page.len() * ENTRY);
            for (id, seq) in page {
                value.extend_from_slice(&id.bytes());
                value.extend_from_slice(&seq.to_be_bytes());
            }
            changes.push((key, Some(value)));
        }
    }
    ids.clear();
}

/// The ids and places on a page.
pub(crate) fn read(page: &[u8]) -> impl Iterator<Item = (EventId, u64)> + '_ {
    page.as_chunks::<ENTRY>().0.iter().map(|entry| {
        let (mut id, mut seq) = ([0; 16], [0; 8]);
        id.copy_from_slice(&entry[..16]);
        seq.copy_from_slice(&entry[16..]);
        (EventId::from_bytes(id), u64::from_be_bytes(seq))
    })
}

/// The place of an event.
pub(crate) fn find(store: &dyn Store, id: EventId) -> Result<Option<u64>, StoreError> {
    let from = span_key(id);
    let mut found: Option<u64> = None;
    store.scan(&from, &store::after(&from), &mut |_, page| {
        for (other, seq) in read(page) {
            if other == id {
                found = Some(found.map_or(seq, |before| before.min(seq)));
            }
        }
        std::ops::ControlFlow::Continue(())
    })?;
    Ok(found)
}

/// Which of these ids are there. The pages of a span are read once for all of its ids.
pub(crate) fn known(store: &dyn Store, wanted: &[EventId]) -> Result<HashSet<EventId>, StoreError> {
    let mut spans: BTreeMap<Vec<u8>, HashSet<EventId>> = BTreeMap::new();
    for id in wanted {
        spans.entry(span_key(*id)).or_default().insert(*id);
    }
    let mut known = HashSet::new();
    for (from, wanted) in &spans {
        store.scan(from, &store::after(from), &mut |_, page| {
            known.extend(read(page).map(|(id, _)| id).filter(|id| wanted.contains(id)));
            std::ops::ControlFlow::Continue(())
        })?;
    }
    Ok(known)
}

/// All pages, in order; the pages of one span follow each other. `visit` gets the span's key and the page.
pub(crate) fn scan(store: &dyn Store, mut visit: impl FnMut(&[u8], &[u8])) -> Result<(), StoreError> {
    store.scan(PREFIX, &store::after(PREFIX), &mut |key, page| {
        visit(&key[..key.len().min(SPAN)], page);
        std::ops::ControlFlow::Continue(())
    })
}
