//! Reads: each sees everything that was acknowledged before it was asked.

use std::ops::ControlFlow;

use weighbridge_domain::EventId;

use crate::{
    aggregate::GroupName,
    apply::{decode_group, document_key},
    document::{Document, DocumentKind},
    error::LedgerError,
    format::{Kind, v2},
    index::{blocks::Block, ids},
    journal::{self, reader::SegmentReader},
    ledger::{Ledger, Shared},
    query::{AggregateQuery, AggregateRow, EventPage, EventQuery, StoredEvent},
    store::{self, StoreError},
};

impl From<StoreError> for LedgerError {
    fn from(error: StoreError) -> Self {
        LedgerError::Store(error.0)
    }
}

impl Ledger {
    /// All documents of a kind, by id. Blocking, as all reads are.
    pub fn documents(&self, kind: DocumentKind) -> Result<Vec<Document>, LedgerError> {
        self.documents_under(kind, "")
    }

    /// Those whose ids begin so.
    pub fn documents_under(&self, kind: DocumentKind, prefix: &str) -> Result<Vec<Document>, LedgerError> {
        self.shared.barrier()?;
        let prefix = document_key(kind.code(), prefix);
        let mut found = Vec::new();
        self.shared.store()?.scan(&prefix, &store::after(&prefix), &mut |_, value| {
            found.push(decode_document(value));
            ControlFlow::Continue(())
        })?;
        found.into_iter().collect()
    }

    /// One document.
    pub fn document(&self, kind: DocumentKind, id: &str) -> Result<Option<Document>, LedgerError> {
        self.shared.barrier()?;
        let value = self.shared.store()?.get(&document_key(kind.code(), id))?;
        value.as_deref().map(decode_document).transpose()
    }

    /// One event.
    pub fn event(&self, id: EventId) -> Result<Option<StoredEvent>, LedgerError> {
        self.shared.barrier()?;
        let store = self.shared.store()?;
        let Some(seq) = ids::find(&*store, id)? else { return Ok(None) };
        let Some((key, value)) = store.at_or_before(&Block::key(seq))? else { return Ok(None) };
        let block = Block::decode(&key, &value).ok_or_else(unreadable_block)?;
        let mut found = None;
        let _stopped = Walk::new(&self.shared).block(&block, &mut |stored| {
            if stored.seq == seq {
                found = Some(stored.clone());
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    /// One page of events, in commit order.
    pub fn events(&self, query: &EventQuery) -> Result<EventPage, LedgerError> {
        let limit = query.limit.unwrap_or(EventQuery::DEFAULT_LIMIT);
        let mut page = EventPage::default();
        if limit == 0 {
            return Ok(page);
        }
        let all = EventQuery { limit: None, ..query.clone() };
        self.for_each_event(&all, |stored| {
            if page.events.len() == limit {
                page.next_cursor = page.events.last().map(|last| last.seq.to_string());
                return ControlFlow::Break(());
            }
            page.events.push(stored.clone());
            ControlFlow::Continue(())
        })?;
        Ok(page)
    }

    /// Walks over events in commit order until told to stop.
    pub fn for_each_event(&self, query: &EventQuery, mut visit: impl FnMut(&StoredEvent) -> ControlFlow<()>) -> Result<(), LedgerError> {
        /// Blocks looked up at a time: enough for 64 MiB of journal.
        const LOOK_UP: usize = 1_024;
        let after = match &query.cursor {
            None => 0,
            Some(cursor) => cursor.parse::<u64>().map_err(|_| LedgerError::BadCursor(cursor.clone()))?,
        };
        self.shared.barrier()?;
        let store = self.shared.store()?;
        let mut left = query.limit.unwrap_or(usize::MAX);
        let mut walk = Walk::new(&self.shared);
        let mut from = first_block_key(&*store, after + 1)?;
        loop {
            let blocks = look_up(&*store, &from, LOOK_UP)?;
            for block in blocks.iter().filter(|block| block.may_answer(query)) {
                let flow = walk.block(block, &mut |stored| {
                    if stored.seq <= after || !answers(query, stored) {
                        return ControlFlow::Continue(());
                    }
                    if left == 0 {
                        return ControlFlow::Break(());
                    }
                    left -= 1;
                    visit(stored)
                })?;
                if flow.is_break() {
                    return Ok(());
                }
            }
            let Some(last) = blocks.last().filter(|_| blocks.len() == LOOK_UP) else { return Ok(()) };
            from = Block::key(last.first_seq + 1);
        }
    }

    /// Sums, in the order of customer, day, provider, model, currency, meter; the per-event row first.
    pub fn aggregates(&self, query: &AggregateQuery) -> Result<Vec<AggregateRow>, LedgerError> {
        self.shared.barrier()?;
        let store = self.shared.store()?;
        let _still = self.shared.backlog.still.read();
        let mut from = Vec::new();
        match &query.customer {
            Some(customer) => GroupName::customer_prefix(&mut from, customer.as_str()),
            None => from.extend_from_slice(b"a/"),
        }
        let mut to = store::after(&from);
        if query.customer.is_some() {
            if let Some(day) = query.to_day {
                to = [&from[..], &GroupName::day_bytes(day)].concat();
            }
            if let Some(day) = query.from_day {
                from.extend_from_slice(&GroupName::day_bytes(day));
            }
        }
        let mut rows = Vec::new();
        let mut result = Ok(());
        if from >= to {
            return Ok(rows);
        }
        store.scan(&from, &to, &mut |key, value| {
            result = add_rows(key, value, query, &mut rows);
            if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        result.map(|()| rows)
    }
}

fn decode_document(value: &[u8]) -> Result<Document, LedgerError> {
    postcard::from_bytes(value).map_err(|_| LedgerError::Store("a document cannot be read".into()))
}

fn unreadable_block() -> LedgerError {
    LedgerError::Store("a block of the journal's index cannot be read".into())
}

fn add_rows(key: &[u8], value: &[u8], query: &AggregateQuery, rows: &mut Vec<AggregateRow>) -> Result<(), LedgerError> {
    let name = GroupName::parse(key).ok_or_else(|| LedgerError::Store("an aggregate's key cannot be read".into()))?;
    if query.from_day.is_some_and(|from| name.day < from) || query.to_day.is_some_and(|to| name.day >= to) {
        return Ok(());
    }
    name.rows(&decode_group(value)?, rows)
}

fn answers(query: &EventQuery, stored: &StoredEvent) -> bool {
    let event = &stored.event;
    query.customer.as_ref().is_none_or(|customer| event.customer == *customer)
        && query.session.as_ref().is_none_or(|session| event.session.as_ref() == Some(session))
        && query.workflow.as_ref().is_none_or(|workflow| event.workflow.as_ref() == Some(workflow))
        && query.from.is_none_or(|from| event.started_at >= from)
        && query.to.is_none_or(|to| event.started_at < to)
}

/// The key of the block that has this event, or would have it.
fn first_block_key(store: &dyn store::Store, seq: u64) -> Result<Vec<u8>, LedgerError> {
    let key = Block::key(seq);
    let before = store.at_or_before(&key)?.filter(|(key, value)| Block::decode(key, value).is_some());
    Ok(before.map_or(key, |(key, _)| key))
}

fn look_up(store: &dyn store::Store, from: &[u8], most: usize) -> Result<Vec<Block>, LedgerError> {
    let mut blocks = Vec::new();
    let mut readable = true;
    store.scan(from, &store::after(&Block::key(0)[..2]), &mut |key, value| {
        match Block::decode(key, value) {
            Some(block) => blocks.push(block),
            None => readable = false,
        }
        if readable && blocks.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    if readable { Ok(blocks) } else { Err(unreadable_block()) }
}

/// Reads blocks of the journal, going on in the same file where one follows another.
struct Walk<'a> {
    shared: &'a Shared,
    reader: Option<SegmentReader>,
}

impl<'a> Walk<'a> {
    fn new(shared: &'a Shared) -> Self {
        Self { shared, reader: None }
    }

    fn block(&mut self, block: &Block, visit: &mut dyn FnMut(&StoredEvent) -> ControlFlow<()>) -> Result<ControlFlow<()>, LedgerError> {
        let reader = self.reader_at(block)?;
        let path = reader.path().to_owned();
        let mut left = block.events;
        while left > 0 {
            let Some(record) = reader.next().map_err(|error| LedgerError::Damaged(error.at(&path).to_string()))? else {
                return Err(LedgerError::Damaged(format!("{} ends before event {}", path.display(), block.first_seq + u64::from(block.events - 1))));
            };
            if record.place.lsn < block.place().lsn || record.kind != Kind::Settle {
                continue;
            }
            let unreadable = || LedgerError::Damaged(format!("the record at byte {} of {} cannot be read", record.place.offset, path.display()));
            let settlement = v2::Settlement::read(record.version, record.payload).map_err(|_| unreadable())?;
            for (event, seq) in settlement.events().zip(record.first_seq..) {
                let event = event.map_err(|_| unreadable())?;
                left = left.saturating_sub(1);
                if visit(&StoredEvent { seq, event }).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn reader_at(&mut self, block: &Block) -> Result<&mut SegmentReader, LedgerError> {
        /// Reading over a gap is cheaper than opening the file again.
        const GAP: u64 = 64 << 10;
        let place = block.place();
        let goes_on = self.reader.as_ref().is_some_and(|reader| {
            let behind = place.offset.checked_sub(reader.position());
            reader.header().first_lsn == place.segment
                && behind.is_some_and(|gap| gap < GAP)
                && reader.next_lsn() <= place.lsn
                && reader.next_seq() <= block.first_seq
        });
        // Behind the last durable record may be space set aside, or a record half written.
        let tail = *self.shared.tail.lock();
        let limit = if tail.segment == place.segment { tail.offset } else { u64::MAX };
        if !goes_on {
            let path = journal::segment_path(&journal::folder(&self.shared.options.path), place.segment);
            self.reader = Some(SegmentReader::open_at(&path, place, block.first_seq, None).map_err(|error| LedgerError::Damaged(error.to_string()))?);
        }
        if let Some(reader) = &mut self.reader {
            reader.set_limit(limit);
        }
        self.reader.as_mut().ok_or(LedgerError::Closed)
    }
}
