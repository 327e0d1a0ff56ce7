//! Full and failing disks: nothing is acknowledged that is not there, and work goes on by itself afterwards.
#![allow(clippy::unwrap_used, reason = "a test's helpers may")]

mod support;

use std::{
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use support::{Calls, clock, options, usual};
use weighbridge_ledger::{Disk, DiskFile, Document, DocumentKind, Ledger, LedgerError, LedgerOptions, Posted, RealDisk};

/// A disk whose faults are switched on by the test.
#[derive(Default)]
struct Faults {
    write: AtomicBool,
    half_write: AtomicBool,
    sync: AtomicBool,
    create: AtomicBool,
    free: AtomicU64,
    failures: AtomicU64,
}

#[derive(Clone)]
struct FaultyDisk(Arc<Faults>);

struct FaultyFile {
    file: Box<dyn DiskFile>,
    faults: Arc<Faults>,
}

#[derive(Clone, Copy)]
enum Fault {
    Write,
    HalfWrite,
    Sync,
}

impl Faults {
    fn of(&self, fault: Fault) -> &AtomicBool {
        match fault {
            Fault::Write => &self.write,
            Fault::HalfWrite => &self.half_write,
            Fault::Sync => &self.sync,
        }
    }
    fn fail(&self, fault: &AtomicBool, kind: io::ErrorKind, what: &str) -> io::Result<()> {
        if fault.load(Ordering::SeqCst) {
            self.failures.fetch_add(1, Ordering::SeqCst);
            return Err(io::Error::new(kind, what.to_owned()));
        }
        Ok(())
    }
}

impl Disk for FaultyDisk {
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.0.fail(&self.0.create, io::ErrorKind::StorageFull, "no space left on device")?;
        Ok(Box::new(FaultyFile { file: RealDisk.create(path)?, faults: self.0.clone() }))
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(FaultyFile { file: RealDisk.open(path)?, faults: self.0.clone() }))
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        RealDisk.sync_folder(folder)
    }
    fn free_bytes(&self, _folder: &Path) -> io::Result<u64> {
        Ok(self.0.free.load(Ordering::SeqCst))
    }
}

impl DiskFile for FaultyFile {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if self.faults.half_write.load(Ordering::SeqCst) {
            self.file.write_all_at(&bytes[..bytes.len() / 2], offset)?;
        }
        self.faults.fail(&self.faults.half_write, io::ErrorKind::StorageFull, "no space left on device")?;
        self.faults.fail(&self.faults.write, io::ErrorKind::StorageFull, "no space left on device")?;
        self.file.write_all_at(bytes, offset)
    }
    fn sync(&self) -> io::Result<()> {
        self.faults.fail(&self.faults.sync, io::ErrorKind::Other, "input/output error")?;
        self.file.sync()
    }
    fn set_len(&self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }
    fn preallocate(&self, from: u64, to: u64) -> io::Result<()> {
        self.file.preallocate(from, to)
    }
}

struct Scene {
    folder: tempfile::TempDir,
    faults: Arc<Faults>,
    ledger: Ledger,
    calls: Calls,
}

impl Scene {
    fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let faults = Arc::new(Faults { free: AtomicU64::new(1 << 30), ..Faults::default() });
        let options = LedgerOptions { disk: Arc::new(FaultyDisk(faults.clone())), min_free_bytes: 10 << 20, ..options(folder.path()) };
        let ledger = Ledger::open(options, clock()).unwrap().ledger;
        Self { folder, faults, ledger, calls: Calls::new(clock()) }
    }

    fn call(&self) -> Result<u64, LedgerError> {
        let hold = self.calls.hold("acme");
        let event = usual(&hold);
        let reservation = self.ledger.reserve(hold)?;
        self.ledger.settle(reservation, vec![event]).wait().map(|receipt| receipt.seq)
    }

    /// Until calls are taken again; the test runner's own limit ends a wait in vain.
    fn call_when_possible(&self) -> u64 {
        loop {
            match self.call() {
                Ok(seq) => return seq,
                Err(LedgerError::Unavailable { .. }) => std::thread::sleep(Duration::from_millis(5)),
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Closes, opens again on a sound disk and gives the ids of all events in order.
    fn reopened(self) -> Vec<weighbridge_domain::EventId> {
        self.ledger.close();
        let opened = support::open(self.folder.path());
        let report = opened.ledger.verify(&mut |_, _| {}).unwrap();
        assert!(report.is_clean(), "{report:?}");
        assert_eq!(opened.ledger.held(), []);
        opened
            .ledger
            .events(&weighbridge_ledger::EventQuery { limit: Some(1_000), ..Default::default() })
            .unwrap()
            .events
            .iter()
            .map(|stored| stored.event.id)
            .collect()
    }
}

#[test]
fn while_nothing_can_be_written_calls_are_refused_and_what_was_consumed_is_written_later() {
    for fault in [Fault::Write, Fault::HalfWrite, Fault::Sync] {
        let scene = Scene::begin();
        let switch = |on: bool| scene.faults.of(fault).store(on, Ordering::SeqCst);
        assert_eq!(scene.call(), Ok(1));
        let (hold, other) = (scene.calls.hold("acme"), scene.calls.hold("acme"));
        let (id, other_id) = (hold.id, other.id);
        let (reservation, second) = (scene.ledger.reserve(hold).unwrap(), scene.ledger.reserve(other).unwrap());
        scene.ledger.flush().unwrap();

        switch(true);
        let events = vec![usual(reservation.hold())];
        let refused = scene.ledger.settle(reservation, events).wait().unwrap_err();
        assert!(matches!(&refused, LedgerError::Unavailable { .. }), "{refused}");
        assert!(refused.to_string().ends_with("; it tries again by itself, free some disk space or look at the disk"), "{refused}");
        // A call in progress ends meanwhile, another asks to begin, an operator changes a plan.
        let events = vec![usual(second.hold())];
        assert!(matches!(scene.ledger.settle(second, events).wait(), Err(LedgerError::Unavailable { .. })));
        assert!(matches!(scene.ledger.reserve(scene.calls.hold("acme")), Err(LedgerError::Unavailable { .. })));
        let document = Document { kind: DocumentKind::Plan, id: "p".into(), body: b"{}".to_vec(), archived: false };
        assert!(matches!(scene.ledger.put(document).wait(), Err(LedgerError::Unavailable { .. })));
        assert!(scene.ledger.stats().unavailable.is_some());
        assert_eq!(scene.ledger.event(id).unwrap(), None, "what is not durable is not shown");

        switch(false);
        assert_eq!(scene.call_when_possible(), 4);
        assert_eq!(scene.ledger.event(id).unwrap().unwrap().seq, 2);
        assert_eq!(scene.ledger.event(other_id).unwrap().unwrap().seq, 3);
        assert_eq!(scene.ledger.documents(DocumentKind::Plan).unwrap(), []);
        assert!(scene.ledger.stats().write_failures > 0);
        assert_eq!(scene.ledger.stats().unavailable, None);
        assert_eq!(scene.reopened().len(), 4);
    }
}

#[test]
fn a_disk_that_gives_out_under_load_neither_loses_nor_doubles_what_was_acknowledged() {
    let scene = Arc::new(Scene::begin());
    let acknowledged = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let stop = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let (scene, acknowledged, stop) = (scene.clone(), acknowledged.clone(), stop.clone());
            std::thread::spawn(move || {
                while !stop.load(Ordering::SeqCst) {
                    let hold = scene.calls.hold("acme");
                    let event = usual(&hold);
                    let Ok(reservation) = scene.ledger.reserve(hold) else {
                        std::thread::sleep(Duration::from_millis(1));
                        continue;
                    };
                    if let Ok(receipt) = scene.ledger.settle(reservation, vec![event]).wait() {
                        acknowledged.lock().push(receipt);
                    }
                }
            })
        })
        .collect();
    for fault in [&scene.faults.half_write, &scene.faults.sync, &scene.faults.write, &scene.faults.sync] {
        let (before, failures) = (acknowledged.lock().len(), scene.faults.failures.load(Ordering::SeqCst));
        while acknowledged.lock().len() < before + 20 {
            std::thread::yield_now();
        }
        fault.store(true, Ordering::SeqCst);
        while scene.faults.failures.load(Ordering::SeqCst) < failures + 2 {
            std::thread::yield_now();
        }
        fault.store(false, Ordering::SeqCst);
    }
    scene.call_when_possible();
    stop.store(true, Ordering::SeqCst);
    callers.into_iter().for_each(|caller| caller.join().unwrap());
    let scene = Arc::into_inner(scene).unwrap();
    let acknowledged = acknowledged.lock().clone();
    let there = scene.reopened();
    for receipt in acknowledged {
        assert_eq!(there.iter().filter(|id| **id == receipt.id).count(), 1);
        assert_eq!(there.get(receipt.seq as usize - 1), Some(&receipt.id), "it stands where its receipt says");
    }
}

#[test]
fn what_a_broken_disk_kept_from_being_posted_is_posted_once() {
    for fault in [Fault::Write, Fault::HalfWrite, Fault::Sync] {
        let scene = Scene::begin();
        let switch = |on: bool| scene.faults.of(fault).store(on, Ordering::SeqCst);
        assert_eq!(scene.call(), Ok(1));
        let items: Vec<_> = (0..3).map(|_| usual(&scene.calls.hold("acme"))).collect();
        switch(true);
        for _ in 0..3 {
            assert!(matches!(scene.ledger.post(items.clone()), Err(LedgerError::Unavailable { .. })));
        }
        switch(false);
        let posted = loop {
            match scene.ledger.post(items.clone()) {
                Ok(posted) => break posted,
                Err(LedgerError::Unavailable { .. }) => std::thread::sleep(Duration::from_millis(5)),
                Err(error) => panic!("{error}"),
            }
        };
        // Those that waited for the disk are there already.
        assert_eq!(posted, Posted { new: 0, known: 3 });
        assert_eq!(scene.ledger.stats().events, 4);
        assert!(scene.ledger.verify(&mut |_, _| {}).unwrap().is_clean());
    }
}

#[test]
fn below_the_reserve_no_new_call_begins_and_running_ones_are_settled() {
    let scene = Scene::begin();
    let hold = scene.calls.hold("acme");
    let event = usual(&hold);
    let running = scene.ledger.reserve(hold).unwrap();
    scene.faults.free.store(9 << 20, Ordering::SeqCst);
    let refused = loop {
        match scene.ledger.reserve(scene.calls.hold("acme")) {
            Ok(reservation) => scene.ledger.release(reservation).wait().unwrap(),
            Err(refused) => break refused,
        }
    };
    assert_eq!(
        refused.to_string(),
        format!(
            "the ledger cannot write: {} has 9 MiB free, below the 10 MiB kept in reserve; it tries again by itself, free some disk space or look at the disk",
            scene.folder.path().display()
        )
    );
    assert_eq!(scene.ledger.settle(running, vec![event]).wait().unwrap().seq, 1);
    scene.faults.free.store(1 << 30, Ordering::SeqCst);
    assert_eq!(scene.call_when_possible(), 2);
}

#[test]
fn a_ledger_closed_on_a_broken_disk_lets_go_and_the_calls_are_abandoned_at_the_next_start() {
    let scene = Scene::begin();
    let hold = scene.calls.hold("acme");
    let event = usual(&hold);
    let reservation = scene.ledger.reserve(hold).unwrap();
    let id = reservation.id();
    scene.ledger.flush().unwrap();
    scene.faults.sync.store(true, Ordering::SeqCst);
    assert!(scene.ledger.settle(reservation, vec![event]).wait().is_err());
    scene.ledger.close();
    let opened = support::open(scene.folder.path());
    let event = opened.ledger.event(id).unwrap().unwrap().event;
    // The bytes may have reached the disk although the system said otherwise; then the call is settled as it was.
    assert_eq!(opened.recovery.abandoned.is_empty(), event.status == weighbridge_domain::EventStatus::Completed);
    assert_eq!(opened.ledger.stats().events, 1);
}

#[test]
fn a_segment_that_cannot_be_begun_is_begun_later() {
    let folder = tempfile::tempdir().unwrap();
    let faults = Arc::new(Faults { free: AtomicU64::new(1 << 30), ..Faults::default() });
    let options = LedgerOptions { disk: Arc::new(FaultyDisk(faults.clone())), segment_bytes: 2 << 10, ..options(folder.path()) };
    let scene = Scene { ledger: Ledger::open(options, clock()).unwrap().ledger, folder, faults, calls: Calls::new(clock()) };
    scene.faults.create.store(true, Ordering::SeqCst);
    let mut acknowledged = 0;
    while scene.call().is_ok() {
        acknowledged += 1;
    }
    assert!(acknowledged >= 1);
    scene.faults.create.store(false, Ordering::SeqCst);
    let seq = scene.call_when_possible();
    assert!(seq > acknowledged);
    assert!(scene.ledger.stats().segments > 1);
    assert_eq!(scene.reopened().len() as u64, seq);
}
