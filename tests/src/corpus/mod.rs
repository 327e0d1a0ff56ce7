//! The recorded provider traffic of `../shared/corpus`, read in place.

mod call;
mod gateway;

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

pub use gateway::config;

use crate::{Framing, Reply, binary};

/// A folder of recorded cases.
#[derive(Debug)]
pub struct Corpus(PathBuf);

/// One recorded answer and what it consumed.
#[derive(Debug)]
pub struct Case {
    /// `openai.chat.s.05fe4eec`
    pub id: String,
    /// The case file as it is.
    pub json: Value,
    /// The bytes on the wire.
    pub body: Vec<u8>,
}

impl Corpus {
    /// The corpus, or `None` after saying that the test is skipped.
    pub fn open() -> Option<Self> {
        let folder = binary::project().join("../shared/corpus");
        if folder.join("index.jsonl").exists() {
            return Some(Self(folder));
        }
        eprintln!("skipped: there is no corpus at ../shared/corpus");
        None
    }
    /// All cases, by id.
    pub fn all(&self) -> Vec<Case> {
        self.chosen(|_| true)
    }
    /// All cases of these providers and endpoints, such as `openai.chat`, by id.
    pub fn cases(&self, families: &[&str]) -> Vec<Case> {
        self.chosen(|id| families.iter().any(|family| id.strip_prefix(family).is_some_and(|rest| rest.starts_with('.'))))
    }
    fn chosen(&self, wanted: impl Fn(&str) -> bool) -> Vec<Case> {
        let index = read(&self.0.join("index.jsonl"));
        let lines = index.lines().map(|line| serde_json::from_str::<Value>(line).expect("the index is JSON lines"));
        let ids = lines.map(|line| line["id"].as_str().expect("an id").to_owned());
        let mut ids: Vec<String> = ids.filter(|id| wanted(id)).collect();
        ids.sort();
        ids.into_iter().map(|id| self.case(&id)).collect()
    }
    /// One case.
    pub fn case(&self, id: &str) -> Case {
        let json: Value = serde_json::from_str(&read(&self.0.join(format!("cases/{id}.json")))).expect("a case is JSON");
        let body = self.0.join(json["body_file"].as_str().expect("a body"));
        Case { id: id.to_owned(), body: fs::read(body).expect("the body is there"), json }
    }
}

impl Case {
    /// Whose answer it is.
    pub fn provider(&self) -> &str {
        self.json["provider"].as_str().unwrap_or_default()
    }
    /// `chat`, `responses`, …
    pub fn endpoint(&self) -> &str {
        self.json["endpoint"].as_str().unwrap_or_default()
    }
    /// Whether the answer was streamed.
    pub fn streamed(&self) -> bool {
        self.json["streamed"] == true
    }
    /// `usage`, `no_usage`, `error`, …
    pub fn status(&self) -> &str {
        self.json["expected"]["status"].as_str().unwrap_or_default()
    }
    /// Whether it is to be compared strictly.
    pub fn is_certain(&self) -> bool {
        self.json["expected"]["confidence"] == "high"
    }
    /// Whether the case carries this flag.
    pub fn has_flag(&self, flag: &str) -> bool {
        self.json["expected"]["flags"].as_array().into_iter().flatten().any(|f| f == flag)
    }
    /// The answer to replay.
    pub fn reply(&self) -> Reply {
        let header = |name: &str| self.json["response_headers"][name].as_str();
        let status = self.json["http_status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(200);
        let reply = Reply::new(status, header("content-type").unwrap_or("application/json"), self.body.clone());
        let reply = Reply { framing: if self.json["framing"] == "json" { Framing::Length } else { Framing::Chunked }, ..reply };
        let headers = self.json["response_headers"].as_object().into_iter().flatten().filter(|(name, _)| *name != "content-type");
        headers.fold(reply, |reply, (name, value)| reply.header(name, value.as_str().unwrap_or_default()))
    }
    /// The recorded request, when it is whole.
    pub fn recorded_request(&self) -> Option<&Value> {
        let request = &self.json["request"]["json"];
        (request.is_object() && request["_truncated"] != true && request["messages"].is_array() && request["model"].is_string()).then_some(request)
    }
    /// The model that was asked for, or else the one that answered.
    pub fn model(&self) -> &str {
        let asked = self.json["request"]["json"]["model"].as_str();
        asked.or_else(|| self.json["expected"]["model"].as_str()).unwrap_or("some-model")
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
