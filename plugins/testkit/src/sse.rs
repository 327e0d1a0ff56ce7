//! Server-sent events of a whole stream.

use weighbridge_plugin::adapter::Event;

/// The events that have data, in their order.
pub fn events(stream: &[u8]) -> Vec<Event> {
    let text = String::from_utf8_lossy(stream).replace("\r\n", "\n");
    text.split("\n\n").filter_map(event).collect()
}

fn event(block: &str) -> Option<Event> {
    let value = |line: &str, field: &str| Some(line.strip_prefix(field)?.strip_prefix(' ').unwrap_or(line.strip_prefix(field)?).to_owned());
    let data: Vec<String> = block.lines().filter_map(|line| value(line, "data:")).collect();
    let name = block.lines().find_map(|line| value(line, "event:"));
    (!data.is_empty()).then(|| Event { name, data: data.join("\n").into_bytes() })
}
