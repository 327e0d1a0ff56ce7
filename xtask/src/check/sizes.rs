//! Files that outgrow their concept: a warning, not an error.

use super::sources;

/// Lines of code above which a concept is probably hiding in a file. Its tests do not count.
const MOST_LINES: usize = 300;

/// A warning for each.
pub(super) fn check() -> Vec<String> {
    let folders = ["core", "plugins", "sdk", "tests", "xtask"];
    let sources = folders.iter().flat_map(|folder| sources::below(folder, &[".rs"]));
    let sizes = sources.map(|source| (code_lines(&source.text), source.path));
    sizes.filter(|(lines, _)| *lines > MOST_LINES).map(|(lines, path)| format!("{path} has {lines} lines of code; is a concept hiding in it?")).collect()
}

fn code_lines(text: &str) -> usize {
    text.lines().take_while(|line| *line != "#[cfg(test)]").count()
}
