//! The ledger against a plain model in memory: any sequence of calls, documents, restarts and crashes.
#![allow(clippy::unwrap_used, reason = "a test's helpers may")]

mod support;

use std::{collections::BTreeMap, path::Path};

use proptest::prelude::*;
use support::{Calls, clock, event, options};
use weighbridge_domain::{Decimal, EventId, Meter, UsageEvent, exact};
use weighbridge_ledger::{AggregateQuery, AggregateRow, Document, DocumentKind, EventQuery, Ledger, LedgerOptions, RecoveryReport, Reservation};

#[derive(Clone, Debug)]
enum Step {
    Reserve { customer: u8 },
    Settle { which: usize, tokens: Vec<(u8, u32)>, unpriced: bool, wait: bool },
    Abandon { which: usize },
    Release { which: usize },
    Put { kind: u8, id: u8, body: u8 },
    Read,
    Restart,
    Crash,
    LoseStore,
}

fn step() -> impl Strategy<Value = Step> {
    let which = any::<usize>;
    prop_oneof![
        8 => (0..4u8).prop_map(|customer| Step::Reserve { customer }),
        8 => (which(), prop::collection::vec((0..4u8, 0..2_000_000u32), 0..4), prop::bool::weighted(0.2), any::<bool>())
            .prop_map(|(which, tokens, unpriced, wait)| Step::Settle { which, tokens, unpriced, wait }),
        1 => which().prop_map(|which| Step::Abandon { which }),
        1 => which().prop_map(|which| Step::Release { which }),
        2 => (0..5u8, 0..3u8, any::<u8>()).prop_map(|(kind, id, body)| Step::Put { kind, id, body }),
        1 => Just(Step::Read),
        1 => Just(Step::Restart),
        1 => Just(Step::Crash),
        1 => Just(Step::LoseStore),
    ]
}

/// What should be there.
#[derive(Default)]
struct Model {
    events: Vec<UsageEvent>,
    documents: BTreeMap<(DocumentKind, String), Document>,
}

/// Customer, day, currency, provider, model and meter of a row, and its sums and counts.
type Rows = BTreeMap<(String, i32, String, String, String, Option<String>), (Decimal, Decimal, Decimal, u64, u64, u64)>;

fn plus(sum: &mut Decimal, value: Decimal) {
    *sum = exact::add(*sum, value).unwrap();
}

impl Model {
    fn rows(&self) -> Rows {
        let mut rows = Rows::new();
        for event in &self.events {
            let key = |meter: Option<&Meter>, currency: &str| {
                (
                    event.customer.to_string(),
                    event.started_at.day(),
                    currency.to_owned(),
                    event.provider.to_string(),
                    event.routed_model.to_string(),
                    meter.map(ToString::to_string),
                )
            };
            let (cost, charge) = (event.cost.currency.to_string(), event.charge.currency.to_string());
            let of_event = rows.entry(key(None, &cost)).or_default();
            of_event.3 += 1;
            of_event.4 += u64::from(event.cost.amount.is_none());
            of_event.5 += u64::from(event.charge.amount.is_none());
            for quantity in event.usage.iter() {
                plus(&mut rows.entry(key(Some(&quantity.meter), &cost)).or_default().0, quantity.value);
            }
            for line in event.cost.lines.iter().filter(|_| event.cost.amount.is_some()) {
                plus(&mut rows.entry(key(Some(&line.meter), &cost)).or_default().1, line.amount);
            }
            for line in event.charge.lines.iter().filter(|_| event.charge.amount.is_some()) {
                plus(&mut rows.entry(key(line.meter.as_ref(), &charge)).or_default().2, line.amount);
            }
        }
        rows
    }
}

fn rows(found: &[AggregateRow]) -> Rows {
    let row = |row: &AggregateRow| {
        (
            (
                row.customer.to_string(),
                row.day,
                row.currency.to_string(),
                row.provider.to_string(),
                row.model.to_string(),
                row.meter.as_ref().map(ToString::to_string),
            ),
            (row.quantity, row.cost, row.charge, row.events, row.unpriced, row.unrated),
        )
    };
    let rows: Rows = found.iter().map(row).collect();
    assert_eq!(rows.len(), found.len(), "no row is there twice");
    rows
}

struct Scene {
    folder: tempfile::TempDir,
    ledger: Ledger,
    calls: Calls,
    model: Model,
    open: Vec<Reservation>,
}

fn start(folder: &Path) -> (Ledger, RecoveryReport) {
    // Small segments, so that everything also happens across their ends.
    let options = LedgerOptions { segment_bytes: 3 << 10, ..options(folder) };
    let opened = Ledger::open(options, clock()).unwrap_or_else(|error| panic!("{error}"));
    (opened.ledger, opened.recovery)
}

impl Scene {
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = start(folder.path()).0;
        Self { folder, ledger, calls: Calls::new(clock()), model: Model::default(), open: Vec::new() }
    }

    fn take(&mut self, which: usize) -> Option<Reservation> {
        (!self.open.is_empty()).then(|| self.open.swap_remove(which % self.open.len()))
    }

    fn apply(&mut self, step: Step) {
        match step {
            Step::Reserve { customer } => {
                let hold = self.calls.hold(&format!("customer-{customer}"));
                self.open.push(self.ledger.reserve(hold).unwrap());
            }
            Step::Settle { which, tokens, unpriced, wait } => {
                let Some(reservation) = self.take(which) else { return };
                let event = some_event(&reservation, &tokens, unpriced);
                self.model.events.push(event.clone());
                let pending = self.ledger.settle(reservation, vec![event]);
                if wait {
                    assert_eq!(pending.wait().unwrap().seq, self.model.events.len() as u64);
                }
            }
            Step::Abandon { which } => {
                let Some(reservation) = self.take(which) else { return };
                let id = reservation.id();
                drop(reservation);
                self.found_abandoned(id);
            }
            Step::Release { which } => {
                let Some(reservation) = self.take(which) else { return };
                let _not_awaited = self.ledger.release(reservation);
            }
            Step::Put { kind, id, body } => {
                let kind = DocumentKind::ALL[usize::from(kind)];
                let document = Document { kind, id: format!("id-{id}").into(), body: vec![body], archived: body % 2 == 0 };
                self.model.documents.insert((kind, document.id.to_string()), document.clone());
                let _not_awaited = self.ledger.put(document);
            }
            Step::Read => self.check(),
            Step::Restart => self.restart(|_| {}),
            Step::LoseStore => self.restart(|folder| std::fs::remove_dir_all(folder.join("sled")).unwrap()),
            Step::Crash => self.crash(),
        }
    }

    /// The books' own event is taken over into the model, after looking at what matters.
    fn found_abandoned(&mut self, id: EventId) {
        let stored = {
            self.ledger.flush().unwrap();
            self.ledger.event(id).unwrap().unwrap()
        };
        assert_eq!((stored.seq, stored.event.cost.amount, stored.event.charge.amount), (self.model.events.len() as u64 + 1, None, None));
        self.model.events.push(stored.event);
    }

    /// Calls in progress at an orderly end that did not wait for them are found by the next start.
    fn restart(&mut self, between: impl FnOnce(&Path)) {
        self.ledger.close();
        between(self.folder.path());
        self.reopen();
    }

    /// What is on the disk at this moment, opened elsewhere.
    fn crash(&mut self) {
        self.ledger.flush().unwrap();
        let copy = tempfile::tempdir().unwrap();
        std::fs::create_dir(copy.path().join("journal")).unwrap();
        for entry in std::fs::read_dir(self.folder.path().join("journal")).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, copy.path().join("journal").join(path.file_name().unwrap())).unwrap();
        }
        self.ledger.close();
        self.folder = copy;
        self.reopen();
    }

    fn reopen(&mut self) {
        let (ledger, recovery) = start(self.folder.path());
        self.ledger = ledger;
        let mut held: Vec<_> = self.open.iter().map(Reservation::id).collect();
        held.sort_unstable();
        assert_eq!(recovery.abandoned, held);
        assert_eq!(recovery.cut_bytes, 0);
        self.open.clear(); // they belong to the closed ledger and do nothing
        recovery.abandoned.into_iter().for_each(|id| self.found_abandoned(id));
    }

    fn check(&mut self) {
        let mut held: Vec<_> = self.open.iter().map(Reservation::id).collect();
        held.sort_unstable();
        assert_eq!(self.ledger.held().iter().map(|hold| hold.id).collect::<Vec<_>>(), held);
        self.ledger.flush().unwrap();
        let page = self.ledger.events(&EventQuery { limit: Some(10_000), ..EventQuery::default() }).unwrap();
        assert_eq!(page.events.iter().map(|stored| stored.seq).collect::<Vec<_>>(), (1..=self.model.events.len() as u64).collect::<Vec<_>>());
        assert_eq!(page.events.iter().map(|stored| &stored.event).collect::<Vec<_>>(), self.model.events.iter().collect::<Vec<_>>());
        assert_eq!(rows(&self.ledger.aggregates(&AggregateQuery::default()).unwrap()), self.model.rows());
        let documents: Vec<_> = DocumentKind::ALL.iter().flat_map(|kind| self.ledger.documents(*kind).unwrap()).collect();
        assert_eq!(documents.iter().collect::<Vec<_>>(), self.model.documents.values().collect::<Vec<_>>());
        let report = self.ledger.verify(&mut |_, _| {}).unwrap();
        assert!(report.is_clean(), "{report:?}");
        assert_eq!((report.events, report.held), (self.model.events.len() as u64, self.open.len() as u64));
    }
}

fn some_event(reservation: &Reservation, tokens: &[(u8, u32)], unpriced: bool) -> UsageEvent {
    let meters = [Meter::INPUT, Meter::OUTPUT, Meter::CACHE_READ, Meter::new("gpu_seconds").unwrap()];
    let mut chosen = BTreeMap::new();
    for (meter, quantity) in tokens {
        chosen.insert(meters[usize::from(*meter)].clone(), *quantity);
    }
    let mut event = event(reservation.hold(), &chosen.into_iter().collect::<Vec<_>>());
    if unpriced {
        event.cost.amount = None;
        event.cost.status = weighbridge_domain::CostStatus::Unpriced;
        event.charge = weighbridge_domain::Charge::unrated(event.charge.currency, None, 0, "the cost is unknown");
    }
    event
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_ledger_is_the_model(steps in prop::collection::vec(step(), 1..60)) {
        let mut scene = Scene::begin();
        for step in steps {
            scene.apply(step);
        }
        scene.check();
        scene.restart(|_| {});
        scene.check();
    }
}
