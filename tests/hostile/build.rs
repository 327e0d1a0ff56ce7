//! Builds the hostile guests the way the first-party plugins are built, but without checking what they import.

#[path = "../../core/bundle/build/guests.rs"]
mod guests;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wit_component::ComponentEncoder;

const GUESTS: [&str; 3] = ["hostile-adapter", "hostile-escape", "hostile-pricing"];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("\nerror: the hostile guests could not be built\n{problem}\n");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    for path in ["build.rs", "guests", "../../sdk/wit", "../../sdk/rust/src", "../../core/bundle/build/guests.rs"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let built = guests::build(&Path::new(env!("CARGO_MANIFEST_DIR")).join("guests"), &GUESTS)?;
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?);
    for guest in GUESTS {
        let mut encoder = ComponentEncoder::default();
        let encoded = encoder.validate(true).module(&guests::module(&built, guest)?).and_then(ComponentEncoder::encode);
        let wasm = encoded.map_err(|error| format!("{guest}: {error:#}"))?;
        std::fs::write(out.join(format!("{guest}.wasm")), wasm).map_err(|error| error.to_string())?;
    }
    Ok(())
}
