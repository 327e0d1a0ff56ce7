//! The file: its size, whether it is a tokenizer.json at all, and loading it.

use std::{
    fs::File,
    io::{BufReader, Read},
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::IgnoredAny};
use tokenizers::Tokenizer;

/// The largest file: the largest that are published have about half of it.
const MAX_MIB: u64 = 64;

/// Why a file is not used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Not there, or not ours to read.
    #[error("{} cannot be read: {error}", .path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Larger than any tokenizer.
    #[error("{} has more than {MAX_MIB} MiB", .path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
    },
    /// Something else.
    #[error("{} is no tokenizer.json: {reason}", .path.display())]
    NotATokenizer {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// The one member that every tokenizer.json has.
#[derive(Deserialize)]
struct Outline {
    #[serde(rename = "model")]
    _model: IgnoredAny,
}

/// Looks at a file without keeping anything of it.
pub(crate) fn check(path: &Path) -> Result<(), FileError> {
    let unreadable = |error| FileError::Unreadable { path: path.to_owned(), error };
    let file = open(path)?;
    serde_json::from_reader::<_, Outline>(BufReader::with_capacity(256 * 1024, file))
        .map(|_| ())
        .map_err(|error| if error.is_io() { unreadable(error.into()) } else { FileError::NotATokenizer { path: path.to_owned(), reason: error.to_string() } })
}

/// Loads it.
pub(crate) fn load(path: &Path) -> Result<Tokenizer, FileError> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes).map_err(|error| FileError::Unreadable { path: path.to_owned(), error })?;
    let tokenizer = Tokenizer::from_bytes(&bytes).map_err(|error| FileError::NotATokenizer { path: path.to_owned(), reason: error.to_string() });
    tokenizer.map(|mut tokenizer| {
        // Set for training and batches: a count is of the whole text, and no longer than it.
        let _ = tokenizer.with_truncation(None);
        tokenizer.with_padding(None);
        tokenizer
    })
}

/// Opens a file of an acceptable size; what grows after that is not read.
fn open(path: &Path) -> Result<std::io::Take<File>, FileError> {
    let unreadable = |error| FileError::Unreadable { path: path.to_owned(), error };
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    if length > MAX_MIB << 20 {
        return Err(FileError::TooLarge { path: path.to_owned() });
    }
    Ok(file.take(MAX_MIB << 20))
}
