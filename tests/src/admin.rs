//! The admin API as a scenario uses it. An answer other than 2xx fails the test, with its text.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{Answer, Request};

/// A client of `/admin/v1`.
#[derive(Clone, Debug)]
pub struct Admin {
    address: SocketAddr,
    token: String,
}

impl Admin {
    /// With this bearer token.
    pub fn new(address: SocketAddr, token: &str) -> Self {
        Self { address, token: token.into() }
    }
    /// Any request below `/admin/v1/`, whatever the answer.
    pub fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let mut request = Request::new(method, &format!("/admin/v1/{path}")).bearer(&self.token);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        request.send(self.address).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }
    fn expect(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let answer = self.request(method, path, body);
        assert!((200..300).contains(&answer.status), "{method} {path}: HTTP {} {}", answer.status, answer.text());
        answer.json()
    }
    /// `GET`
    pub fn get(&self, path: &str) -> Value {
        self.expect("GET", path, None)
    }
    /// `POST`
    pub fn post(&self, path: &str, body: &Value) -> Value {
        self.expect("POST", path, Some(body))
    }
    /// Creates a customer, on this plan or the default one, and a key that bills it; returns the key's secret.
    pub fn customer_with_key(&self, id: &str, plan: Option<&str>) -> String {
        self.post("customers", &json!({ "id": id, "name": id, "plan": plan }));
        let key = self.post("keys", &json!({ "customer": id, "name": format!("key of {id}") }));
        key["secret"].as_str().unwrap_or_else(|| panic!("a new key shows its secret once: {key}")).to_owned()
    }
    /// All usage events that match, in commit order, over all pages.
    pub fn events(&self, query: &str) -> Vec<Value> {
        let mut events = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("usage-events?limit=500&{query}{cursor}"));
            let Value::Array(data) = &page["data"] else { panic!("no data in {page}") };
            events.extend(data.iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return events,
            }
        }
    }
    /// Waits until there are `count` usage events and returns them; more than that fails the test.
    pub fn wait_for_events(&self, count: usize) -> Vec<Value> {
        let start = Instant::now();
        loop {
            let events = self.events("");
            assert!(events.len() <= count, "there should be {count} usage events: {events:#?}");
            if events.len() == count {
                return events;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "there should be {count} usage events, there are {}: {events:#?}", events.len());
            thread::sleep(Duration::from_millis(10));
        }
    }
    /// The event of an answered call, by `x-weighbridge-id`.
    pub fn event_of(&self, answer: &Answer) -> Value {
        let id = answer.header("x-weighbridge-id").unwrap_or_else(|| panic!("no x-weighbridge-id in {:?}", answer.headers));
        self.get(&format!("usage-events/{id}"))
    }
}
