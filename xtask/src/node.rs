//! The JavaScript clients' environment: a folder in target/, filled by npm with the pinned versions of tests/clients/js/package.json.

use std::{fs, path::PathBuf};

use crate::process::{self, Failure, output_of, program, root, run};

/// The folder with the clients and a fresh copy of the tests: they find what they import beside themselves.
pub(crate) fn environment() -> Result<PathBuf, Failure> {
    let folder = process::target().join("js-env");
    let source = root().join("tests/clients/js");
    let cannot = |error: std::io::Error| Failure::failed(format!("{}: {error}", folder.display()));
    let wanted = fs::read_to_string(source.join("package.json")).map_err(cannot)?;
    let stamp = folder.join("installed.json");
    check()?;
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        for old in fs::read_dir(&folder).map_err(cannot)?.flatten().filter(|entry| entry.path().extension().is_some_and(|end| end == "js")) {
            fs::remove_file(old.path()).map_err(cannot)?;
        }
    } else {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(cannot)?;
    }
    for file in fs::read_dir(&source).map_err(cannot)?.flatten().filter(|entry| entry.path().is_file()) {
        fs::copy(file.path(), folder.join(file.file_name())).map_err(cannot)?;
    }
    if !stamp.exists() {
        install(&folder.display().to_string())?;
        fs::write(&stamp, wanted).map_err(cannot)?;
    }
    Ok(folder)
}

fn check() -> Result<(), Failure> {
    for (name, package) in [("node", "nodejs"), ("npm", "npm")] {
        if output_of(program(name, &["--version"])).is_none() {
            let what = format!("{name} is missing; the tests of the JavaScript clients need node 20 or newer and npm");
            return Err(Failure::failed(format!("{what}: install it by your system's packages (on Debian: apt-get install {package})")));
        }
    }
    Ok(())
}

fn install(folder: &str) -> Result<(), Failure> {
    let npm = program("npm", &["install", "--prefix", folder, "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]);
    run(npm).map_err(|failure| {
        Failure::failed(format!("the JavaScript clients could not be installed ({failure}); npm needs a package registry that it can reach"))
    })
}
