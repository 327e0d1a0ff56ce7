//! The store on sled, and the care that sled 0.34 needs: it syncs neither its configuration nor its folder, leaves a
//! half-written snapshot behind when it is killed, and panics on some damage.

use std::{
    fs::File,
    ops::ControlFlow,
    panic::AssertUnwindSafe,
    path::{Path, PathBuf},
};

use sled::{Batch, Config, Db, Mode};

use super::{Change, Entry, Store, StoreError, Visit};

/// A store in sled's own tree.
pub(crate) struct SledStore {
    db: Db,
    folder: PathBuf,
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError(error.to_string())
}

/// Opens or creates the store in this folder. An error, or a panic turned into one, means that it cannot be used as it is.
pub(crate) fn open(folder: &Path, cache_bytes: u64) -> Result<SledStore, StoreError> {
    let is_new = !folder.exists();
    remove_stale_snapshots(folder)?;
    // The journal is the truth and says what is missing, so nothing here needs to be flushed on a timer.
    let config = Config::new().path(folder).cache_capacity(cache_bytes).flush_every_ms(None).mode(Mode::HighThroughput);
    let db = std::panic::catch_unwind(AssertUnwindSafe(|| config.open())).map_err(|_| failed("it panicked while opening"))?.map_err(failed)?;
    if is_new {
        sync(&folder.join("conf"))?;
        sync(folder)?;
    }
    Ok(SledStore { db, folder: folder.into() })
}

fn remove_stale_snapshots(folder: &Path) -> Result<(), StoreError> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            std::fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

fn sync(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(failed)
}

/// sled may also panic on damage that it meets later.
fn caught<T>(work: impl FnOnce() -> Result<T, sled::Error>) -> Result<T, StoreError> {
    std::panic::catch_unwind(AssertUnwindSafe(work)).map_err(|_| failed("it panicked"))?.map_err(failed)
}

impl Store for SledStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        caught(|| Ok(self.db.get(key)?.map(|value| value.to_vec())))
    }

    fn scan(&self, from: &[u8], to: &[u8], visit: Visit<'_>) -> Result<(), StoreError> {
        caught(|| {
            for entry in self.db.range(from..to) {
                let (key, value) = entry?;
                if visit(&key, &value) == ControlFlow::Break(()) {
                    break;
                }
            }
            Ok(())
        })
    }

    fn at_or_before(&self, key: &[u8]) -> Result<Option<Entry>, StoreError> {
        caught(|| Ok(self.db.range(..=key).next_back().transpose()?.map(|(key, value)| (key.to_vec(), value.to_vec()))))
    }

    fn apply(&self, changes: &mut Vec<Change>) -> Result<(), StoreError> {
        caught(|| {
            let mut batch = Batch::default();
            for (key, value) in changes.drain(..) {
                match value {
                    Some(value) => batch.insert(key, value),
                    None => batch.remove(key),
                }
            }
            self.db.apply_batch(batch)
        })
    }

    fn flush(&self) -> Result<(), StoreError> {
        caught(|| self.db.flush().map(drop))?;
        sync(&self.folder.join("db")) // sled's own flush does not ask the disk to
    }

    fn bytes(&self) -> u64 {
        caught(|| self.db.size_on_disk()).unwrap_or(0)
    }
}
