//! Fills the plugin sockets with sandboxed WebAssembly components. The only crate that names wasmtime.
