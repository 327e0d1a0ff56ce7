//! Every example's script runs to its end, as its README says.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::{path::Path, process::Command};

use weighbridge_tests::binary;

#[test]
fn every_example_runs_as_its_readme_says() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut folders: Vec<_> = std::fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    assert!(!folders.is_empty());
    for folder in folders {
        assert!(folder.join("README.md").exists(), "{} has no README.md", folder.display());
        let run = Command::new(folder.join("run.sh")).env("WEIGHBRIDGE_BINARY", binary::weighbridge()).output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
        assert!(run.status.success(), "{}: {}\n{out}\n{err}", folder.display(), run.status);
        assert!(out.trim_end().ends_with("Everything adds up."), "{}\n{out}\n{err}", folder.display());
    }
}
