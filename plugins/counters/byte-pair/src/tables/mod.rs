//! For build scripts: lays out a vocabulary and the Unicode classes as tables that the component reads in place.
//!
//! The vocabulary comes out of the `tiktoken` crate at build time; none of its code or data is in the component except the
//! tokens' bytes and merges, in our own layout (see `layout.rs`).

mod classes;
mod cuckoo;
mod merges;

use std::{collections::HashMap, env, error::Error, fs, path::Path};

use crate::layout::{self, OFFSET_BITS, fingerprint, hash_bytes, mix, pair_key};

/// Writes the tables of the ordinary tokens `0..count` of an encoding into `OUT_DIR`, where [`vocabulary!`](crate::vocabulary) finds them.
pub fn write(encoding: &str, count: u32) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = env::var("OUT_DIR")?;
    let out = Path::new(&out);
    let known = tiktoken::get_encoding(encoding).ok_or_else(|| format!("tiktoken has no {encoding}"))?;
    let tokens: Vec<Vec<u8>> = (0..count).map(|id| known.decode(&[id])).collect();
    let ids: HashMap<&[u8], u32> = tokens.iter().zip(0..).map(|(bytes, id)| (bytes.as_slice(), id)).collect();
    if ids.len() != tokens.len() {
        return Err(format!("{encoding} has repeated tokens").into());
    }
    bytes(out, &ids)?;
    pairs(out, &merges::merges(&tokens, &ids)?)?;
    texts(out, &tokens)?;
    classes::write(out)
}

/// `bytes.bin`: the token of each single byte.
fn bytes(out: &Path, ids: &HashMap<&[u8], u32>) -> Result<(), Box<dyn Error>> {
    let mut single = Vec::with_capacity(256 * 4);
    for byte in 0..=255u8 {
        let id = ids.get([byte].as_slice()).ok_or("a byte is not a token")?;
        single.extend_from_slice(&id.to_le_bytes());
    }
    Ok(fs::write(out.join("bytes.bin"), single)?)
}

/// `pairs.bin`: which two tokens merge into which.
fn pairs(out: &Path, pairs: &[(u32, u32, u32)]) -> Result<(), Box<dyn Error>> {
    let entries = pairs.iter().map(|&(left, right, merged)| {
        let key = pair_key(left, right);
        (mix(key), (key << layout::ID_BITS) | u64::from(merged))
    });
    Ok(fs::write(out.join("pairs.bin"), cuckoo::table(entries, layout::NO_PAIR)?)?)
}

/// `text.bin` and `tokens.bin`: the tokens' bytes, and where each is.
fn texts(out: &Path, tokens: &[Vec<u8>]) -> Result<(), Box<dyn Error>> {
    let mut text = Vec::new();
    let mut slots = Vec::with_capacity(tokens.len());
    for bytes in tokens {
        let hash = hash_bytes(bytes);
        slots.push((hash, text.len() as u32 | (fingerprint(hash) << OFFSET_BITS)));
        text.push(u8::try_from(bytes.len())?);
        text.extend_from_slice(bytes);
    }
    if text.len() >= 1 << OFFSET_BITS {
        return Err("the tokens' bytes do not fit the offset's bits".into());
    }
    fs::write(out.join("text.bin"), text)?;
    Ok(fs::write(out.join("tokens.bin"), cuckoo::table(slots.into_iter(), layout::NO_TOKEN)?)?)
}
