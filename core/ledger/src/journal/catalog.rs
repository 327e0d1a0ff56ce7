//! Which segments there are, and whether they follow each other.

use std::path::{Path, PathBuf};

use super::reader;
use crate::{
    error::OpenError,
    format::header::{BadHeader, Header},
};

/// A segment on the disk.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    pub(crate) header: Header,
    pub(crate) bytes: u64,
}

/// The segments in order. A last one that was never finished being created (no header, nothing in it) is left out
/// and named, so that recovery can remove it.
pub(crate) fn list(folder: &Path) -> Result<(Vec<Segment>, Option<PathBuf>), OpenError> {
    let mut paths = files(folder)?;
    paths.sort();
    let mut segments: Vec<Segment> = Vec::with_capacity(paths.len());
    let mut unfinished = None;
    let last = paths.len().saturating_sub(1);
    for (index, path) in paths.into_iter().enumerate() {
        let io = |source| OpenError::Io { doing: "read", path: path.clone(), source };
        let bytes = std::fs::metadata(&path).map_err(io)?.len();
        match reader::read_header(&path)? {
            Ok(header) => {
                check_order(&path, segments.last(), &header)?;
                segments.push(Segment { path, header, bytes });
            }
            Err(BadHeader::Newer(found)) => return Err(OpenError::Format { path, found, newest: crate::format::FORMAT }),
            Err(BadHeader::Damaged(_)) if index == last && holds_nothing(&path)? => unfinished = Some(path),
            Err(BadHeader::Damaged(what)) => return Err(OpenError::Corrupt { path, offset: 0, what: what.into() }),
        }
    }
    Ok((segments, unfinished))
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, OpenError> {
    let io = |source| OpenError::Io { doing: "list", path: folder.into(), source };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if path.extension().is_some_and(|extension| extension == "wbj") {
            paths.push(path);
        }
    }
    Ok(paths)
}

fn check_order(path: &Path, before: Option<&Segment>, header: &Header) -> Result<(), OpenError> {
    let corrupt = |what: String| Err(OpenError::Corrupt { path: path.into(), offset: 0, what });
    if path.file_stem().is_none_or(|stem| *stem != *format!("{:016}", header.first_lsn)) {
        return corrupt(format!("its header says that it begins with record {}, its name says otherwise", header.first_lsn));
    }
    match before {
        None if header.first_lsn != 1 => corrupt(format!("the journal begins with record {}; the segments before it are missing", header.first_lsn)),
        Some(before) if before.header.identity != header.identity => corrupt("it belongs to another journal than the segment before it".into()),
        _ => Ok(()),
    }
}

/// Nothing beyond the space of a header: it was being created when the process died.
fn holds_nothing(path: &Path) -> Result<bool, OpenError> {
    let io = |source| OpenError::Io { doing: "read", path: path.into(), source };
    let bytes = std::fs::metadata(path).map_err(io)?.len();
    Ok(bytes <= crate::format::header::LENGTH as u64)
}
