//! Compiled plugins, kept between starts: by the component's digest and the engine's version and settings.

use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;
use weighbridge_domain::Digest;

/// Compiles a component, or takes what was compiled before. A cache that cannot be read or written costs time, not the plugin.
pub(crate) fn component(engine: &Engine, folder: Option<&Path>, wasm: &[u8], digest: Digest) -> wasmtime::Result<Component> {
    let Some(folder) = folder else { return Component::from_binary(engine, wasm) };
    let key = key(engine, digest);
    if let Some(component) = find(folder, &key).and_then(|path| load(engine, &path)) {
        return Ok(component);
    }
    let component = Component::from_binary(engine, wasm)?;
    match store(folder, &key, &component) {
        // From the file its pages are shared and read when they are needed.
        Ok(path) => Ok(load(engine, &path).unwrap_or(component)),
        Err(error) => {
            tracing::warn!("the compiled plugin could not be kept in {}, it will be compiled again at the next start: {error}", folder.display());
            Ok(component)
        }
    }
}

/// A file's name is `<key>.<SHA-256 of its bytes>.cwasm`: a torn or changed file does not bear its own name.
fn find(folder: &Path, key: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let mut paths = entries.map(|entry| entry.path());
    paths.find(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(key) && name.ends_with(".cwasm")))
}

fn load(engine: &Engine, path: &Path) -> Option<Component> {
    let bytes = std::fs::read(path).ok()?;
    let name = path.file_name()?.to_str()?;
    if name.split('.').nth(1) != Some(&sha256(&bytes)) {
        tracing::warn!("{} is damaged and is compiled again", path.display());
        let _ = std::fs::remove_file(path);
        return None;
    }
    drop(bytes);
    #[expect(unsafe_code, reason = "the file was written by `store` below for this engine, and its bytes are those that were written")]
    let component = unsafe { Component::deserialize_file(engine, path) };
    component.ok()
}

fn store(folder: &Path, key: &str, component: &Component) -> std::io::Result<PathBuf> {
    let bytes = component.serialize().map_err(|error| std::io::Error::other(format!("{error:#}")))?;
    std::fs::create_dir_all(folder)?;
    let path = folder.join(format!("{key}.{}.cwasm", sha256(&bytes)));
    let torn = folder.join(format!("{key}.{}.part", std::process::id()));
    std::fs::write(&torn, &bytes)?;
    std::fs::rename(&torn, &path)?;
    Ok(path)
}

fn key(engine: &Engine, digest: Digest) -> String {
    let mut hasher = ShaHasher(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{}-{}", hex::encode(&digest.0[..16]), hex::encode(&hasher.0.finalize()[..8]))
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A hasher whose result does not change with the standard library's version.
struct ShaHasher(Sha256);

impl Hasher for ShaHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    fn finish(&self) -> u64 {
        let hash: [u8; 32] = self.0.clone().finalize().into();
        u64::from_be_bytes([hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7]])
    }
}
