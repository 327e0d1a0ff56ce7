//! Whether the store's last changes can be trusted. The store is never synced while it is open, the journal being the
//! truth: a killed process loses nothing by that, the system has what it wrote. A machine that goes down may lose any
//! part of it, and then the store is rebuilt. So a file beside it says whether it is open, and since which boot.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::StoreError;

fn file(data: &Path) -> PathBuf {
    data.join("sled.session")
}

/// Which boot of the machine this is; absent where the system does not say, and then no unclosed store is trusted.
fn boot() -> Option<String> {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok().map(|id| id.trim().to_owned())
}

/// Whether the store there is as it was left.
pub(crate) fn check(data: &Path) -> Result<(), StoreError> {
    let says = std::fs::read_to_string(file(data)).unwrap_or_default();
    let closed = says.trim() == "closed";
    let this_boot = boot().is_some_and(|boot| says.trim() == format!("open {boot}"));
    if closed || this_boot { Ok(()) } else { Err(StoreError("the machine went down while it was open: what it wrote last may be missing in parts".into())) }
}

/// It is about to be changed.
pub(crate) fn begin(data: &Path) -> io::Result<()> {
    write(data, &format!("open {}\n", boot().unwrap_or_else(|| "unknown".into())))
}

/// Everything in it is on the disk.
pub(crate) fn end(data: &Path) -> io::Result<()> {
    write(data, "closed\n")
}

/// The old content or the new one, whatever happens meanwhile.
fn write(data: &Path, says: &str) -> io::Result<()> {
    let (path, new) = (file(data), data.join("sled.session.new"));
    let mut file = File::create(&new)?;
    file.write_all(says.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, &path)?;
    File::open(data)?.sync_all()
}
