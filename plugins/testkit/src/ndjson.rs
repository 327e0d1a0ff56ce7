//! Newline-delimited JSON of a whole stream.

use weighbridge_plugin::adapter::Event;

/// Each line that is not blank, in its order. A last line without its newline is a line.
pub fn events(stream: &[u8]) -> Vec<Event> {
    let lines = stream.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    lines.map(|line| Event { name: None, data: line.to_vec() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_any_way() {
        let lines: Vec<Vec<u8>> = events(b"{\"a\":1}\r\n\n{\"b\":2}\n{\"c\":3}").into_iter().map(|event| event.data).collect();
        assert_eq!(lines, [b"{\"a\":1}".to_vec(), b"{\"b\":2}".to_vec(), b"{\"c\":3}".to_vec()]);
    }
}
