//! The response object.

use serde_json::{Value, json};

use super::state::State;
use crate::{
    config::Config,
    translate::{answer::Finish, said::Said},
};

impl State {
    /// The response while it is in progress.
    pub fn in_progress(&self) -> Value {
        self.response("in_progress", Value::Null, Value::Null)
    }
    /// The response at its end.
    pub fn ended(&self, config: &Config) -> Value {
        let incomplete = self.incomplete();
        let status = if incomplete.is_null() { "completed" } else { "incomplete" };
        self.response(status, incomplete, self.usage(config))
    }
    /// The response when it failed.
    pub fn failed(&self, said: &Said) -> Value {
        let mut response = self.response("failed", Value::Null, Value::Null);
        response["error"] = json!({"code": "server_error", "message": said.message});
        response
    }
    /// Why it is not whole; null where it is.
    pub fn incomplete(&self) -> Value {
        match self.finish {
            Some(Finish::Length) => json!({"reason": "max_output_tokens"}),
            Some(Finish::Filter) => json!({"reason": "content_filter"}),
            _ => Value::Null,
        }
    }
    /// The status of an item that is done: the last one of an answer that was cut off is not whole.
    pub fn item_status(&self, index: usize) -> &'static str {
        if index + 1 == self.items.len() && !self.incomplete().is_null() { "incomplete" } else { "completed" }
    }

    fn response(&self, status: &str, incomplete: Value, usage: Value) -> Value {
        let id = self.id.as_deref().unwrap_or_default();
        let whole = matches!(status, "completed" | "incomplete");
        let item = |(index, item): (usize, &super::items::Item)| item.json(&item.id(id, index), false, self.item_status(index));
        let output: Vec<Value> = if whole { self.items.iter().enumerate().map(item).collect() } else { Vec::new() };
        json!({
            "id": format!("resp_{id}"), "object": "response", "created_at": self.created, "status": status, "background": false,
            "error": null, "incomplete_details": incomplete, "instructions": null, "previous_response_id": null, "store": false,
            "model": self.model, "output": output, "tools": [], "truncation": "disabled",
            "max_output_tokens": self.echo.get("max_output_tokens", Value::Null),
            "metadata": self.echo.get("metadata", json!({})),
            "parallel_tool_calls": self.echo.get("parallel_tool_calls", true.into()),
            "reasoning": self.echo.get("reasoning", json!({"effort": null, "summary": null})),
            "temperature": self.echo.get("temperature", Value::Null),
            "text": self.echo.get("text", json!({"format": {"type": "text"}})),
            "tool_choice": self.echo.get("tool_choice", "auto".into()),
            "top_p": self.echo.get("top_p", Value::Null),
            "user": self.echo.get("user", Value::Null),
            "service_tier": self.tier, "usage": usage,
        })
    }

    fn usage(&self, config: &Config) -> Value {
        let Some(totals) = self.tally.totals(config) else { return Value::Null };
        let mut input = json!({"cached_tokens": totals.cache_read.unwrap_or(0)});
        if let Some(written) = totals.cache_write {
            input["cache_write_tokens"] = written.into();
        }
        json!({
            "input_tokens": totals.input(), "input_tokens_details": input,
            "output_tokens": totals.output, "output_tokens_details": {"reasoning_tokens": totals.reasoning.unwrap_or(0)},
            "total_tokens": totals.input().saturating_add(totals.output),
        })
    }
}
