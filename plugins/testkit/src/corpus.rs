//! The corpus of recorded answers beside the project (`../shared/corpus`): real bytes, with what they are known to have used.
//! It is not part of the project: a test skips, saying so, where it is absent.

use std::path::PathBuf;

use serde_json::Value;
use weighbridge_plugin::{
    adapter::{Event, Fact, Plan, UsageReading},
    exact,
};

use crate::{aws, evaluate, json_array, ndjson, sse};

/// A recorded answer.
#[derive(Debug)]
pub struct Case {
    /// `<provider>.<endpoint>.<s|n>.<hash>`.
    pub id: String,
    /// Whether it is a stream.
    pub streamed: bool,
    /// How it is framed: `json` (not at all), `json-array`, `sse`, `ndjson`, `aws`.
    pub framing: String,
    /// The request's address.
    pub url: String,
    /// The answer's status.
    pub status: u64,
    /// The answer's headers, as far as they were kept; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The request's body, as far as it was kept.
    pub request: Value,
    /// The bytes on the wire.
    pub body: Vec<u8>,
    /// What it is known to have used.
    pub expected: Value,
}

/// The cases whose id begins so; none, with a word on standard error, where there is no corpus.
pub fn cases(prefix: &str) -> Vec<Case> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let Ok(index) = std::fs::read_to_string(root.join("index.jsonl")) else {
        eprintln!("skipped: there is no corpus of recorded answers at ../shared/corpus");
        return Vec::new();
    };
    let ids = index.lines().filter_map(|line| Some(serde_json::from_str::<Value>(line).ok()?["id"].as_str()?.to_owned()));
    ids.filter(|id| id.starts_with(prefix)).filter_map(|id| read(&root, id)).collect()
}

fn read(root: &std::path::Path, id: String) -> Option<Case> {
    let case: Value = serde_json::from_slice(&std::fs::read(root.join("cases").join(format!("{id}.json"))).ok()?).ok()?;
    let body = std::fs::read(root.join(case["body_file"].as_str()?)).ok()?;
    let framing = match case["framing"].as_str()? {
        "json" if case["streamed"] == true && body.starts_with(b"[") => "json-array",
        framing => framing,
    };
    let headers = case["response_headers"].as_object().into_iter().flatten();
    Some(Case {
        streamed: framing != "json",
        framing: framing.to_owned(),
        url: case["request"]["url"].as_str().unwrap_or_default().to_owned(),
        headers: headers.filter_map(|(name, value)| Some((name.to_ascii_lowercase(), value.as_str()?.to_owned()))).collect(),
        request: case["request"]["json"].clone(),
        status: case["http_status"].as_u64()?,
        body,
        expected: case["expected"].clone(),
        id,
    })
}

impl Case {
    /// Its events; `None`: it is one whole answer.
    pub fn events(&self) -> Option<Vec<Event>> {
        match self.framing.as_str() {
            "json" => None,
            "json-array" => Some(json_array::events(&self.body)),
            "ndjson" => Some(ndjson::events(&self.body)),
            "aws" => Some(aws::events(&self.body)),
            _ => Some(sse::events(&self.body)),
        }
    }
    /// Its facts by a plan: those of the answer, of its headers, and of the request.
    pub fn facts(&self, plan: &Plan) -> Vec<Fact> {
        let mut facts = self.events().map_or_else(|| evaluate::body_facts(plan, &self.body), |events| evaluate::event_facts(plan, &events));
        facts.extend(evaluate::header_facts(plan, &self.headers));
        facts.extend(evaluate::request_facts(plan, self.request.to_string().as_bytes()));
        facts
    }
    /// Whether the reading must be exactly as expected.
    pub fn is_certain(&self) -> bool {
        self.expected["confidence"] == "high"
    }
    /// A known number of tokens; `None`: not reported.
    pub fn tokens(&self, name: &str) -> Option<u64> {
        self.expected["tokens"][name].as_u64()
    }
    /// Whether the known parts of the output fit into it. Some recorded answers are made up, and theirs overlap: no disjoint
    /// meters can have them all.
    fn output_is_disjoint(&self) -> bool {
        let parts = ["reasoning", "output_audio", "output_image", "output_video"].iter().filter_map(|part| self.tokens(part));
        self.tokens("output").is_none_or(|output| parts.sum::<u64>() <= output)
    }
    /// Searches of the web that are paid for. Where the provider's fee is for the prompt or for the query, by the model, both are
    /// known, and the adapter's own test says which is due.
    fn searches(&self) -> Option<u64> {
        let calls = &self.expected["calls"];
        if calls.get("grounded_prompt").is_some() {
            return None;
        }
        calls["web_search"].as_u64().or(calls["google_search"].as_u64()).or(Some(0))
    }
    /// Whether the reading names the model that is known to have answered, or the answer names none and the address does.
    fn is_model(&self, read: Option<&str>) -> bool {
        let known = self.expected["model"].as_str();
        known == read || read.is_none() && known.is_some_and(|known| self.url.contains(&format!("/{known}:")))
    }
    /// How the reading differs from what is known; empty: it does not.
    pub fn differences(&self, reading: &UsageReading) -> Vec<String> {
        let broken_off = self.expected["status"] == "stream_error" && self.tokens("output").is_some();
        if self.expected["status"] != "usage" && !broken_off {
            let read = !reading.quantities.is_empty();
            return if read { vec![format!("{} should have no usage, but has {:?}", self.id, reading.quantities)] } else { Vec::new() };
        }
        let mut differences = Vec::new();
        let mut check = |what: &str, meters: &[&str], known: Option<u64>| {
            let read: u64 = meters.iter().map(|meter| amount(reading, meter).unwrap_or(0)).sum();
            if known.is_some_and(|known| known != read) {
                differences.push(format!("{}: {what} is {read}, known {known:?}", self.id));
            }
        };
        check("fresh input", &["input", "input_audio", "input_image", "input_video", "input_grounding"], self.tokens("input_uncached"));
        check("cache_read", &["cache_read", "cache_read_audio", "cache_read_image", "cache_read_video"], self.tokens("cache_read"));
        check("cache_write_5m", &["cache_write_5m"], self.tokens("cache_write_5m"));
        check("cache_write_1h", &["cache_write_1h"], self.tokens("cache_write_1h"));
        check("cache_write_other", &["cache_write", "cache_write_30m", "cache_write_12h"], self.tokens("cache_write_other"));
        check("output", &["output", "reasoning", "output_audio", "output_image", "output_video"], self.tokens("output"));
        // Reasoning beyond all output is a contradiction of the answer's: as a part of it, it can only be all.
        check("reasoning", &["reasoning"], self.tokens("reasoning").map(|reasoning| reasoning.min(self.tokens("output").unwrap_or(reasoning))));
        for modality in ["audio", "image", "video"] {
            let (input, read) = (format!("input_{modality}"), format!("cache_read_{modality}"));
            // Where the cache is not told apart, the fresh part alone is known of a modality, and how much that is is an assumption.
            let is_told = self.tokens("cache_read").is_none_or(|cached| cached == 0) || amount(reading, &read).is_some();
            check(&input, &[&input, &read], self.tokens(&input).filter(|_| is_told));
            let output = format!("output_{modality}");
            check(&output, &[&output], self.tokens(&output).filter(|_| self.output_is_disjoint()));
        }
        check("cache_read_audio", &["cache_read_audio"], self.tokens("cache_read_audio"));
        check("web_searches", &["web_searches"], self.searches());
        check("file_searches", &["file_searches"], Some(self.expected["calls"]["file_search"].as_u64().unwrap_or(0)));
        differences.extend(self.other_differences(reading));
        // Answers of the other endpoints need not name a model, and what is known is then the request's.
        let names_model = [".images.", ".audio.", ".rerank.", ".ocr."].iter().all(|endpoint| !self.id.contains(endpoint));
        // Nor has one that leaves the name empty.
        let unnamed = reading.served_model.is_none() && self.body.windows(10).any(|window| window == br#""model":"""#);
        if names_model && !unnamed && !self.is_model(reading.served_model.as_deref()) {
            differences.push(format!("{}: the served model is {:?}, known {}", self.id, reading.served_model, self.expected["model"]));
        }
        // `auto` is what a request says; an answer that repeats it has not named its tier (metering rule 16).
        let tier = self.expected["meta"]["service_tier"].as_str().or(self.expected["meta"]["traffic_type"].as_str()).filter(|tier| *tier != "auto");
        if tier.is_some() && tier != reading.service_tier.as_deref() {
            differences.push(format!("{}: the service tier is {:?}, known {tier:?}", self.id, reading.service_tier));
        }
        differences
    }

    /// Units beside tokens, and the provider's own statement of cost.
    fn other_differences(&self, reading: &UsageReading) -> Vec<String> {
        let mut differences = Vec::new();
        let all = || reading.quantities.iter().chain(&reading.counted);
        for unit in ["images", "audio_seconds", "pages", "search_units", "characters"] {
            let known = self.expected["units"].get(unit).and_then(|known| exact::parse(&known.to_string()));
            let read = all().find(|quantity| quantity.meter == unit).map(|quantity| quantity.value);
            if known != read {
                differences.push(format!("{}: {unit} is {read:?}, known {known:?}", self.id));
            }
        }
        let known = self.expected["provider_cost"]["amount"].as_str().and_then(exact::parse);
        let read = reading.stated_cost.as_ref().map(|cost| cost.amount);
        if known != read {
            differences.push(format!("{}: the stated cost is {read:?}, known {known:?}", self.id));
        }
        differences
    }
}

/// A reading's amount of a meter, in whole units.
pub fn amount(reading: &UsageReading, meter: &str) -> Option<u64> {
    let quantity = reading.quantities.iter().find(|quantity| quantity.meter == meter)?;
    quantity.value.to_string().parse().ok()
}
