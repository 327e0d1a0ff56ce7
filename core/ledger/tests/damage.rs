//! What opening does with a journal or a store that is not as it was left.
#![allow(clippy::unwrap_used, reason = "a test's helpers may")]

mod support;

use std::{
    fs,
    path::{Path, PathBuf},
};

use support::{Calls, clock, event, open, options, usual};
use weighbridge_domain::EventStatus;
use weighbridge_ledger::{AggregateQuery, Document, DocumentKind, Ledger, LedgerOptions, OpenError};

fn segment(folder: &Path, first: u64) -> PathBuf {
    folder.join("journal").join(format!("{first:016}.wbj"))
}

fn copy_journal(from: &Path, to: &Path) {
    fs::create_dir_all(to.join("journal")).unwrap();
    for entry in fs::read_dir(from.join("journal")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join("journal").join(entry.file_name())).unwrap();
    }
}

/// Calls one after another, each in a group commit of its own; gives the journal's length before each.
fn some_calls(folder: &Path, count: usize) -> Vec<u64> {
    let ledger = open(folder).ledger;
    let calls = Calls::new(clock());
    let mut lengths = Vec::new();
    for _ in 0..count {
        lengths.push(ledger.stats().journal_bytes);
        let hold = calls.hold("acme");
        let event = event(&hold, &[]);
        let reservation = ledger.reserve(hold).unwrap();
        ledger.settle(reservation, vec![event]).wait().unwrap();
    }
    lengths.push(ledger.stats().journal_bytes);
    ledger.close();
    lengths
}

#[track_caller]
fn error_of(folder: &Path) -> OpenError {
    match Ledger::open(options(folder), clock()) {
        Ok(_) => panic!("it opened"),
        Err(error) => error,
    }
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).unwrap();
        if from.is_dir() {
            copy_all(&from, &to);
        } else {
            fs::copy(&from, &to).unwrap();
        }
    }
}

/// What a kill leaves is what the system has, so a copy of an open folder is what a kill at that moment leaves.
#[test]
fn a_kill_right_after_the_first_start_leaves_a_store_that_can_be_used() {
    let (killed, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ledger = open(killed.path()).ledger;
    let hold = Calls::new(clock()).hold("acme");
    let event = event(&hold, &[]);
    let reservation = ledger.reserve(hold).unwrap();
    ledger.settle(reservation, vec![event]).wait().unwrap();
    copy_all(killed.path(), after.path());
    let opened = open(after.path());
    assert_eq!((opened.recovery.rebuilt, opened.recovery.set_aside), (None, None));
    assert_eq!(opened.ledger.events(&Default::default()).unwrap().events.len(), 1);
}

#[test]
fn rule_35_a_write_cut_short_at_any_byte_is_cut_off_and_the_call_is_settled_as_abandoned() {
    let source = tempfile::tempdir().unwrap();
    let lengths = some_calls(source.path(), 3);
    let (begin, end) = (lengths[2], lengths[3]);
    let whole = fs::read(segment(source.path(), 1)).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for length in begin..end {
        let folder = tempfile::tempdir().unwrap();
        copy_journal(source.path(), folder.path());
        fs::write(segment(folder.path(), 1), &whole[..length as usize]).unwrap();
        let opened = open(folder.path());
        let stored = opened.ledger.events(&Default::default()).unwrap().events;
        let abandoned = opened.recovery.abandoned.len();
        assert_eq!(stored.len(), 2 + abandoned, "cut at {length}");
        assert!(stored[..2].iter().all(|stored| stored.event.status == EventStatus::Completed));
        if abandoned == 1 {
            let event = &stored[2].event;
            assert_eq!((event.status, event.id, stored[2].seq), (EventStatus::Abandoned, opened.recovery.abandoned[0], 3));
            assert_eq!(event.flags, ["abandoned_after_crash".into(), "usage_unknown".into()]);
            assert_eq!(event.charge.reason.as_deref(), Some("found held after a crash; what the call consumed is not known"));
        }
        // Whatever is left after the last whole record is cut, and said.
        seen.insert((abandoned, length - opened.recovery.cut_bytes));
        assert_eq!(opened.ledger.held(), []);
    }
    // Three ends are possible: before the mark, after it, after the hold.
    assert_eq!(seen.iter().map(|(abandoned, _)| *abandoned).collect::<Vec<_>>(), [0, 0, 1], "{seen:?}");
    assert_eq!(seen.first(), Some(&(0, begin)));
}

#[test]
fn a_flipped_byte_in_the_middle_is_refused_wherever_it_is() {
    let source = tempfile::tempdir().unwrap();
    let lengths = some_calls(source.path(), 4);
    let whole = fs::read(segment(source.path(), 1)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    copy_journal(source.path(), folder.path());
    let path = segment(folder.path(), 1);
    for at in lengths[1]..lengths[2] {
        let mut bytes = whole.clone();
        bytes[at as usize] ^= 0x40;
        fs::write(&path, &bytes).unwrap();
        let error = error_of(folder.path());
        assert!(matches!(&error, OpenError::Corrupt { offset, .. } if (lengths[1]..=at).contains(offset)), "byte {at}: {error}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "nothing is changed");
    }
    let mut bytes = whole.clone();
    bytes[lengths[1] as usize + 30] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert_eq!(
        error_of(folder.path()).to_string(),
        format!(
            "the journal is damaged: {} at byte {}: its checksum does not match; nothing was changed; restore this file from a backup or another copy, or move the data folder aside and keep it",
            path.display(),
            lengths[1] + 11
        )
    );
    // Zeros in the middle, as from a lost page, are damage too.
    let mut bytes = whole;
    bytes[lengths[1] as usize..lengths[2] as usize].fill(0);
    fs::write(&path, &bytes).unwrap();
    assert!(matches!(error_of(folder.path()), OpenError::Corrupt { offset, .. } if offset == lengths[1]));
}

#[test]
fn pages_of_an_unfinished_commit_may_be_missing_in_the_middle() {
    // The last group commit of a power cut: the system wrote its later pages and not its first.
    let source = tempfile::tempdir().unwrap();
    let lengths = some_calls(source.path(), 3);
    let mut bytes = fs::read(segment(source.path(), 1)).unwrap();
    bytes.truncate(lengths[3] as usize); // without the mark of an orderly end
    bytes[lengths[2] as usize..lengths[2] as usize + 40].fill(0);
    let folder = tempfile::tempdir().unwrap();
    copy_journal(source.path(), folder.path());
    fs::write(segment(folder.path(), 1), &bytes).unwrap();
    let opened = open(folder.path());
    // Zeros at its end cannot be told from space that was set aside.
    assert!((lengths[3] - lengths[2] - 8..=lengths[3] - lengths[2]).contains(&opened.recovery.cut_bytes));
    assert_eq!(opened.ledger.stats().events, 2);
}

#[test]
fn a_request_to_flush_is_no_proof_that_what_stands_before_it_was_ever_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path()).ledger;
    let calls = Calls::new(clock());
    let begin = ledger.stats().journal_bytes as usize;
    let reservation = ledger.reserve(calls.hold("acme")).unwrap();
    ledger.flush().unwrap(); // one commit: its mark, the hold, the mark that was asked for
    let crashed = tempfile::tempdir().unwrap();
    copy_journal(folder.path(), crashed.path());
    drop(reservation);
    let path = segment(crashed.path(), 1);
    let mut bytes = fs::read(&path).unwrap();
    bytes[begin + 11..begin + 60].fill(0);
    fs::write(&path, &bytes).unwrap();
    let opened = open(crashed.path());
    assert_eq!((opened.recovery.abandoned.len(), opened.recovery.cut_bytes > 0), (0, true));
}

fn several_segments(folder: &Path) -> Vec<PathBuf> {
    let options = LedgerOptions { segment_bytes: 2 << 10, ..options(folder) };
    let ledger = Ledger::open(options, clock()).unwrap().ledger;
    let calls = Calls::new(clock());
    let long = ledger.reserve(calls.hold("long")).unwrap();
    for _ in 0..20 {
        let hold = calls.hold("acme");
        let event = usual(&hold);
        let reservation = ledger.reserve(hold).unwrap();
        ledger.settle(reservation, vec![event]).wait().unwrap();
    }
    let event = usual(long.hold());
    ledger.settle(long, vec![event]).wait().unwrap();
    ledger.close();
    let mut paths: Vec<_> = fs::read_dir(folder.join("journal")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 4);
    paths
}

#[test]
fn a_changed_sealed_segment_is_noticed_by_the_one_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let paths = several_segments(folder.path());
    // Without the store every segment is read; with it, only what it has not seen.
    let error_of = |folder: &Path| {
        let _ = fs::remove_dir_all(folder.join("sled"));
        error_of(folder)
    };
    let sealed = &paths[1];
    let good = fs::read(sealed).unwrap();

    let mut bytes = good.clone();
    bytes[700] ^= 1;
    fs::write(sealed, &bytes).unwrap();
    assert!(matches!(error_of(folder.path()), OpenError::Corrupt { path, .. } if path == *sealed));

    // A header with another time in it and a right checksum: only the chain knows.
    let mut bytes = good.clone();
    bytes[80] ^= 1;
    let checksum = crc32fast::hash(&bytes[..124]);
    bytes[124..128].copy_from_slice(&checksum.to_le_bytes());
    fs::write(sealed, &bytes).unwrap();
    let error = error_of(folder.path());
    assert!(
        matches!(&error, OpenError::Corrupt { path, what, .. } if *path == paths[2] && what == "the segment before it is not what it was when it was sealed: its SHA-256 differs"),
        "{error}"
    );

    // Bytes after its end.
    let mut bytes = good.clone();
    bytes.extend([0; 8]);
    fs::write(sealed, &bytes).unwrap();
    assert!(matches!(error_of(folder.path()), OpenError::Corrupt { what, .. } if what == "a sealed segment has bytes after its last record"));

    // Gone.
    fs::remove_file(sealed).unwrap();
    assert!(
        matches!(error_of(folder.path()), OpenError::Corrupt { path, what, .. } if path == paths[2] && what.contains("but the segment before it ends before"))
    );

    fs::write(sealed, &good).unwrap();
    let ledger = open(folder.path()).ledger;
    assert_eq!(ledger.stats().events, 21);
    assert!(ledger.verify(&mut |_, _| {}).unwrap().is_clean());
}

#[test]
fn verification_finds_damage_in_segments_that_opening_has_no_need_to_read() {
    let folder = tempfile::tempdir().unwrap();
    let paths = several_segments(folder.path());
    let mut bytes = fs::read(&paths[1]).unwrap();
    bytes[700] ^= 1;
    fs::write(&paths[1], &bytes).unwrap();
    let ledger = open(folder.path()).ledger;
    let report = ledger.verify(&mut |_, _| {}).unwrap();
    assert!(report.problems.iter().any(|problem| problem.place == "journal" && problem.what.contains(&paths[1].display().to_string())), "{report:?}");
}

#[test]
fn a_long_call_survives_the_sealing_of_the_segment_it_began_in() {
    let folder = tempfile::tempdir().unwrap();
    let options = LedgerOptions { segment_bytes: 2 << 10, ..options(folder.path()) };
    let ledger = Ledger::open(options, clock()).unwrap().ledger;
    let calls = Calls::new(clock());
    let long = ledger.reserve(calls.hold("long")).unwrap();
    let id = long.id();
    for _ in 0..20 {
        let hold = calls.hold("acme");
        let event = usual(&hold);
        let reservation = ledger.reserve(hold).unwrap();
        ledger.settle(reservation, vec![event]).wait().unwrap();
    }
    // A crash: what is on the disk now, opened elsewhere. Only the last two segments are there to find the hold in.
    let crashed = tempfile::tempdir().unwrap();
    copy_journal(folder.path(), crashed.path());
    let opened = open(crashed.path());
    assert_eq!(opened.recovery.abandoned, [id]);
    assert_eq!(opened.ledger.stats().events, 21);
    assert!(opened.ledger.verify(&mut |_, _| {}).unwrap().is_clean());
    drop(long);
}

#[test]
fn a_segment_whose_making_was_cut_short_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    some_calls(folder.path(), 2);
    let records = open(folder.path()).ledger.stats().records + 1; // and the mark of the orderly end
    for bytes in [vec![], vec![0; 50], vec![0; 128]] {
        let unfinished = segment(folder.path(), records + 1);
        fs::write(&unfinished, &bytes).unwrap();
        let opened = open(folder.path());
        assert_eq!((opened.recovery.cut_bytes, opened.ledger.stats().events), (bytes.len() as u64, 2));
        assert!(!unfinished.exists());
    }
    fs::write(segment(folder.path(), 900), [1; 200]).unwrap();
    assert!(matches!(error_of(folder.path()), OpenError::Corrupt { what, .. } if what == "this is not a journal segment"));
}

#[test]
fn a_store_that_is_gone_garbled_or_anothers_is_rebuilt_to_the_same() {
    let folder = tempfile::tempdir().unwrap();
    several_segments(folder.path());
    let (rows, documents, events) = {
        let ledger = open(folder.path()).ledger;
        ledger.put(Document { kind: DocumentKind::Plan, id: "standard".into(), body: b"{}".to_vec(), archived: false }).wait().unwrap();
        (ledger.aggregates(&AggregateQuery::default()).unwrap(), ledger.documents(DocumentKind::Plan).unwrap(), ledger.events(&Default::default()).unwrap())
    };
    let sled = folder.path().join("sled");
    let check = |why: &str, aside: Option<&str>| {
        let opened = open(folder.path());
        let rebuilt = opened.recovery.rebuilt.clone().unwrap_or_default();
        assert!(rebuilt.starts_with(why), "{rebuilt}");
        assert_eq!(opened.recovery.set_aside, aside.map(|name| folder.path().join(name)));
        assert_eq!(opened.recovery.replayed_events, 21);
        assert_eq!(opened.ledger.aggregates(&AggregateQuery::default()).unwrap(), rows);
        assert_eq!(opened.ledger.documents(DocumentKind::Plan).unwrap(), documents);
        assert_eq!(opened.ledger.events(&Default::default()).unwrap(), events);
        assert!(opened.ledger.verify(&mut |_, _| {}).unwrap().is_clean());
    };

    fs::remove_dir_all(&sled).unwrap();
    check("it was missing", None);

    fs::write(sled.join("conf"), b"rubbish, and enough of it").unwrap();
    check("it does not open: ", Some("sled.aside-1"));

    let length = fs::metadata(sled.join("db")).unwrap().len() as usize;
    fs::write(sled.join("db"), vec![0xA5; length]).unwrap();
    check("", Some("sled.aside-2"));

    let other = tempfile::tempdir().unwrap();
    some_calls(other.path(), 1);
    fs::remove_dir_all(&sled).unwrap();
    fs::rename(other.path().join("sled"), &sled).unwrap();
    check("it belongs to another journal, or was never finished", Some("sled.aside-3"));
}

#[test]
fn a_store_that_the_machine_did_not_close_is_not_trusted_after_a_restart_of_the_machine() {
    let folder = tempfile::tempdir().unwrap();
    some_calls(folder.path(), 2);
    let session = folder.path().join("sled.session");
    assert_eq!(fs::read_to_string(&session).unwrap(), "closed\n");
    // The process was killed: the system still has all that it wrote.
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    fs::write(&session, format!("open {}\n", boot.trim())).unwrap();
    assert_eq!(open(folder.path()).recovery.rebuilt, None);
    // The machine went down with it.
    fs::write(&session, "open 00000000-0000-0000-0000-000000000000\n").unwrap();
    let opened = open(folder.path());
    assert_eq!(opened.recovery.rebuilt.as_deref(), Some("the machine went down while it was open: what it wrote last may be missing in parts"));
    assert_eq!((opened.recovery.replayed_events, opened.ledger.stats().events), (2, 2));
    assert!(fs::read_to_string(&session).unwrap().starts_with("open "));
}

#[test]
fn a_journal_that_lost_its_end_is_noticed_by_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let lengths = some_calls(folder.path(), 3);
    let path = segment(folder.path(), 1);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..lengths[1] as usize]).unwrap();
    let opened = open(folder.path());
    assert_eq!(opened.recovery.rebuilt.as_deref(), Some("it knows record 10, but the journal ends at 3: the journal lost its end"));
    assert!(folder.path().join("sled.aside-1").exists());
    assert_eq!(opened.ledger.stats().events, 1);
}

#[test]
fn a_newer_format_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    some_calls(folder.path(), 1);
    let path = segment(folder.path(), 1);
    let mut bytes = fs::read(&path).unwrap();
    bytes[8] = 3;
    fs::write(&path, &bytes).unwrap();
    assert_eq!(
        error_of(folder.path()).to_string(),
        format!("{} was written in journal format 3; this program reads formats up to 2; use the newer program", path.display())
    );
}

#[test]
fn a_folder_is_open_in_one_place_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path());
    assert_eq!(
        error_of(folder.path()).to_string(),
        format!(
            "the data folder {} is in use by another process; stop that process, or give this one a folder of its own ([store] path)",
            folder.path().display()
        )
    );
    first.ledger.close();
    open(folder.path());
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    let error = error_of(&file.join("data")).to_string();
    assert_eq!(
        error,
        format!(
            "cannot create {}: Not a directory (os error 20); check that the folder exists, is writable and has free space",
            file.join("data/journal").display()
        )
    );
}
