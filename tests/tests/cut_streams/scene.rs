//! The gateway with recorded answers behind it, many clients at once, and what became of each of their calls.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use serde_json::Value;
use weighbridge_tests::{Answering, Config, ReplayUpstream, Reply, Request, Weighbridge, replay::ROUTE};

/// Clients at once: a commit is waited for by all of them together.
const CLIENTS: usize = 12;

pub(crate) struct Scene {
    pub(crate) upstream: ReplayUpstream,
    pub(crate) weighbridge: Weighbridge,
    key: String,
}

/// What the client got.
pub(crate) struct Outcome {
    pub(crate) id: String,
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// It looked whole.
    pub(crate) ended: bool,
}

impl Scene {
    pub(crate) fn set(config: impl FnOnce(&ReplayUpstream) -> Config) -> Self {
        let upstream = ReplayUpstream::start();
        upstream.forget_requests();
        let weighbridge = Weighbridge::start(config(&upstream));
        let key = weighbridge.admin().customer_with_key("acme", None);
        Self { upstream, weighbridge, key }
    }

    /// Asks as this client; the provider gives this answer.
    pub(crate) fn open(&self, client: usize, request: Request, reply: Reply) -> Answering {
        let route = format!("client-{client}");
        self.upstream.set(&route, reply);
        request.bearer(&self.key).header(ROUTE, &route).open(self.weighbridge.address()).unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    /// Asks, and reads all there is.
    pub(crate) fn run(&self, client: usize, request: Request, reply: Reply) -> Outcome {
        let mut answering = self.open(client, request, reply);
        let mut body = Vec::new();
        let ended = loop {
            match answering.piece() {
                Ok(Some(piece)) => body.extend(piece),
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        let id = answering.header("x-weighbridge-id").unwrap_or_else(|| panic!("no x-weighbridge-id: HTTP {}", answering.status));
        Outcome { id: id.to_owned(), status: answering.status, body, ended }
    }

    /// The record of a call that has ended.
    pub(crate) fn record(&self, id: &str) -> Value {
        self.weighbridge.admin().get(&format!("usage-events/{id}"))
    }

    /// The record of a call whose client has left.
    pub(crate) fn record_within_seconds(&self, id: &str) -> Value {
        for _ in 0..1000 {
            let answer = self.weighbridge.admin().request("GET", &format!("usage-events/{id}"), None);
            if answer.status == 200 {
                return answer.json();
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("no record of {id}");
    }

    /// The records by their call, besides those of other models inside the same answer. Two of one call fail the test.
    pub(crate) fn records(&self) -> BTreeMap<String, Value> {
        let events = self.weighbridge.admin().events("");
        let own: Vec<_> = events.into_iter().filter(|event| !flags(event).any(|flag| flag == "nested_inference")).collect();
        let count = own.len();
        let records: BTreeMap<String, Value> = own.into_iter().map(|event| (event["request_id"].as_str().unwrap_or_default().to_owned(), event)).collect();
        assert_eq!(records.len(), count, "a call has two records");
        records
    }
}

/// Does the work for each of the items, as many clients at once; the results are in the order of the items.
pub(crate) fn at_once<T: Sync, R: Send>(items: &[T], work: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let client = |client| {
        let mut done = Vec::new();
        while let Some((index, item)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|index| Some((index, items.get(index)?))) {
            done.push((index, work(client, item)));
        }
        done
    };
    let mut all: Vec<(usize, R)> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|number| scope.spawn(move || client(number))).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, result)| result).collect()
}

pub(crate) fn flags(record: &Value) -> impl Iterator<Item = &str> {
    record["flags"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The flags of a record, for one who asks twice.
pub(crate) fn all_flags(record: &Value) -> BTreeSet<&str> {
    flags(record).collect()
}
