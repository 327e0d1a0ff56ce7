//! The sources in a folder, in a stable order.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::process::root;

/// A text file of ours.
pub(super) struct Source {
    /// From the root folder on.
    pub(super) path: String,
    /// What it says.
    pub(super) text: String,
}

/// Every file below a folder of the project that ends in one of these.
pub(super) fn below(folder: &str, endings: &[&str]) -> Vec<Source> {
    let mut paths = Vec::new();
    collect(&root().join(folder), endings, &mut paths);
    paths.sort();
    paths
        .into_iter()
        .filter_map(|path| Some(Source { text: fs::read_to_string(&path).ok()?, path: path.strip_prefix(root()).ok()?.display().to_string() }))
        .collect()
}

fn collect(folder: &Path, endings: &[&str], paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && name != "node_modules" {
                collect(&path, endings, paths);
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            paths.push(path);
        }
    }
}
