//! Lays out the o200k_base vocabulary and the Unicode classes as tables that the component reads in place.
//!
//! The vocabulary comes out of the `tiktoken` crate at build time; none of its code or data is in the component except the
//! tokens' bytes and merges, in our own layout (see `src/layout.rs`).
#![allow(dead_code, reason = "layout.rs is shared with the component, which uses the rest of it")]

#[path = "build/classes.rs"]
mod classes;
#[path = "build/cuckoo.rs"]
mod cuckoo;
#[path = "src/layout.rs"]
mod layout;
#[path = "build/merges.rs"]
mod merges;

use std::{collections::HashMap, env, error::Error, fs, path::Path};

use layout::{OFFSET_BITS, fingerprint, hash_bytes, mix, pair_key};

/// Ordinary tokens of o200k_base.
const TOKENS: u32 = 199_998;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/layout.rs");
    let out = env::var("OUT_DIR")?;
    let out = Path::new(&out);

    let encoding = tiktoken::get_encoding("o200k_base").ok_or("tiktoken has no o200k_base")?;
    let tokens: Vec<Vec<u8>> = (0..TOKENS).map(|id| encoding.decode(&[id])).collect();
    let ids: HashMap<&[u8], u32> = tokens.iter().zip(0..).map(|(bytes, id)| (bytes.as_slice(), id)).collect();
    if ids.len() != TOKENS as usize {
        return Err("o200k_base has repeated tokens".into());
    }

    let mut single = Vec::with_capacity(256 * 4);
    for byte in 0..=255u8 {
        let id = ids.get([byte].as_slice()).ok_or("a byte is not a token")?;
        single.extend_from_slice(&id.to_le_bytes());
    }
    fs::write(out.join("bytes.bin"), single)?;

    let pairs = merges::merges(&tokens, &ids)?;
    let entries = pairs.iter().map(|&(left, right, merged)| {
        let key = pair_key(left, right);
        (mix(key), (key << layout::ID_BITS) | u64::from(merged))
    });
    fs::write(out.join("pairs.bin"), cuckoo::table(entries, layout::NO_PAIR)?)?;

    let mut text = Vec::new();
    let mut slots = Vec::with_capacity(tokens.len());
    for bytes in &tokens {
        let hash = hash_bytes(bytes);
        slots.push((hash, text.len() as u32 | (fingerprint(hash) << OFFSET_BITS)));
        text.push(u8::try_from(bytes.len())?);
        text.extend_from_slice(bytes);
    }
    if text.len() >= 1 << OFFSET_BITS {
        return Err("the tokens' bytes do not fit the offset's bits".into());
    }
    fs::write(out.join("text.bin"), text)?;
    fs::write(out.join("tokens.bin"), cuckoo::table(slots.into_iter(), layout::NO_TOKEN)?)?;

    classes::write(out)
}
