//! The elements of a stream that is one JSON array.

use weighbridge_plugin::adapter::Event;

/// The whole elements, in their order; one that is cut off is none.
pub fn events(stream: &[u8]) -> Vec<Event> {
    let (mut events, mut start, mut depth) = (Vec::new(), None, 0u32);
    let (mut in_string, mut escaped) = (false, false);
    for (at, byte) in stream.iter().enumerate() {
        if in_string {
            in_string = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth == 2 {
                    start = Some(at);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                let element = start.filter(|_| depth == 1).map(|start| stream[start..=at].to_vec());
                events.extend(element.map(|data| Event { name: None, data }));
            }
            _ => {}
        }
    }
    events
}

#[cfg(test)]
mod tests {
    use super::events;

    #[test]
    fn elements_are_split_and_a_torn_one_is_none() {
        let texts = |stream: &str| events(stream.as_bytes()).into_iter().map(|event| String::from_utf8(event.data).expect("UTF-8")).collect::<Vec<_>>();
        assert_eq!(texts("[{\"a\": [1, {}]}\n,\r\n{\"b\": \"}\\\"],[{\"}]\n"), [r#"{"a": [1, {}]}"#, r#"{"b": "}\"],[{"}"#]);
        assert_eq!(texts("[{\"a\":1},{\"b\":"), [r#"{"a":1}"#]);
        assert_eq!(texts("[]"), Vec::<String>::new());
    }
}
