//! The Unicode classes that the splitter asks for, as a two-stage table: a block number for every 128 characters, then the
//! distinct blocks.

use std::{collections::HashMap, error::Error, fs, path::Path};

use regex_syntax::hir::{Class as HirClass, HirKind};

use crate::layout::Class;

const BLOCK: usize = 128;

/// Writes `class_index.bin` and `class_blocks.bin`.
pub fn write(out: &Path) -> Result<(), Box<dyn Error>> {
    let mut classes = vec![Class::Other as u8; 0x11_0000];
    let sets = [
        (r"[\p{Lu}\p{Lt}]", Class::Upper),
        (r"\p{Ll}", Class::Lower),
        (r"[\p{Lm}\p{Lo}]", Class::Letter),
        (r"\p{M}", Class::Mark),
        (r"\p{N}", Class::Number),
        (r"\s", Class::Space),
    ];
    for (set, class) in sets {
        let hir = regex_syntax::parse(set)?;
        let HirKind::Class(HirClass::Unicode(ranges)) = hir.kind() else { return Err(format!("{set} is not a class").into()) };
        for range in ranges.iter() {
            classes[range.start() as usize..=range.end() as usize].fill(class as u8);
        }
    }
    let (mut index, mut blocks, mut known) = (Vec::new(), Vec::new(), HashMap::new());
    for block in classes.chunks(BLOCK) {
        let next = u8::try_from(known.len()).map_err(|_| "more than 256 distinct blocks")?;
        let number = *known.entry(block.to_vec()).or_insert_with(|| {
            blocks.extend_from_slice(block);
            next
        });
        index.push(number);
    }
    fs::write(out.join("class_index.bin"), index)?;
    fs::write(out.join("class_blocks.bin"), blocks)?;
    Ok(())
}
