//! The Python clients' environments: made with `venv`, filled by pip with the pinned versions of tests/clients/*.txt.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::process::{self, Failure, output_of, program, root, run};

/// An environment for each requirements file: the newest clients and what `litellm` demands do not agree on one.
pub(crate) const ENVIRONMENTS: &[&str] = &["official", "providers", "litellm"];

/// The Python of an environment, which is made or renewed if need be.
pub(crate) fn environment(name: &str) -> Result<PathBuf, Failure> {
    let folder = process::target().join("python-env").join(name);
    let python = folder.join("bin/python");
    let requirements = root().join(format!("tests/clients/requirements-{name}.txt"));
    let wanted = fs::read_to_string(&requirements).map_err(|error| Failure::failed(format!("{}: {error}", requirements.display())))?;
    let stamp = folder.join("installed.txt");
    if python.exists() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    make(&folder)?;
    install(&python, &requirements)?;
    fs::write(&stamp, wanted).map_err(|error| Failure::failed(format!("{}: {error}", stamp.display())))?;
    Ok(python)
}

fn make(folder: &Path) -> Result<(), Failure> {
    if output_of(program("python3", &["--version"])).is_none() {
        return Err(Failure::failed("python3 is missing; the tests of the Python clients need it (3.9 or newer): install it by your system's packages"));
    }
    if output_of(program("python3", &["-c", "import venv, ensurepip"])).is_none() {
        return Err(Failure::failed("python3 has no venv or no pip; install them (on Debian: apt-get install python3-venv)"));
    }
    run(program("python3", &["-m", "venv", "--clear", &folder.display().to_string()]))
}

fn install(python: &Path, requirements: &Path) -> Result<(), Failure> {
    let requirements = requirements.display().to_string();
    let pip = program(python, &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", &requirements]);
    run(pip).map_err(|failure| Failure::failed(format!("the Python clients could not be installed ({failure}); pip needs a package index that it can reach")))
}
