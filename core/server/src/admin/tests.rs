//! The admin API in process, over a temporary ledger and a simulated provider.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};
use weighbridge_domain::Secret;

use super::AdminToken;
use crate::{
    app::App,
    config::{Environment, Flags, load},
    http_client::{Answer, HttpClient},
    serve::{self, Listeners, Running},
    simulator::Simulator,
    wiring::{self, Sources},
};

const TOKEN: &str = "a-token-for-the-tests";

/// A running server over a folder of its own; it verifies its books when it is stopped.
struct Stage {
    running: Option<Running>,
    app: Arc<App>,
    http: HttpClient,
    _folder: tempfile::TempDir,
    _simulator: Simulator,
}

impl Stage {
    async fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let simulator = Simulator::start(Duration::ZERO).await.unwrap();
        let file = folder.path().join("weighbridge.toml");
        let text = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n[store]\npath = '{}'\n[providers.sim]\nplugin = \"simulated\"\nbase_url = \"{}\"\n[[models]]\nname = \"fast\"\ntargets = [ {{ provider = \"sim\", model = \"sim-small\" }} ]\n[plans.standard]\nrules = [ {{ rule = \"cost-plus\", markup_percent = \"30\" }} ]\n",
            folder.path().join("data").display(),
            simulator.base_url()
        );
        std::fs::write(&file, text).unwrap();
        let loaded = load(Some(&file), folder.path(), &Environment::default(), &Flags::default()).unwrap();
        let (app, _) = wiring::open(loaded, &Environment::default(), Sources::of_system()).await.unwrap();
        let server = app.settings.load().loaded.config.server.clone();
        let listeners = Listeners::bind(server.listen, server.admin_listen).await.unwrap();
        let running = serve::start(app.clone(), listeners, AdminToken::new(&Secret::new(TOKEN))).unwrap();
        Self { running: Some(running), app, http: HttpClient::new(1 << 24, Duration::from_secs(30)), _folder: folder, _simulator: simulator }
    }
    fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }
    async fn send(&self, method: Method, path: &str, token: Option<&str>, body: Option<&str>) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.running().admin));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = Full::new(Bytes::from(body.unwrap_or_default().to_owned()));
        self.http.send(request.body(body).unwrap()).await.unwrap()
    }
    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let body = body.map(|body| body.to_string());
        let answer = self.send(method, &format!("/admin/v1{path}"), Some(TOKEN), body.as_deref()).await;
        (answer.status.as_u16(), serde_json::from_slice(&answer.body).unwrap_or_default())
    }
    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask(Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }
    async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(Method::POST, path, Some(body)).await;
        assert!(status == 200 || status == 201, "{path}: {status} {answer}");
        answer
    }
    /// What is refused, as `status code: detail`.
    async fn refusal(&self, method: Method, path: &str, body: Value) -> String {
        let (status, answer) = self.ask(method, path, Some(body)).await;
        format!("{status} {}: {}", answer["code"].as_str().unwrap_or_default(), answer["detail"].as_str().unwrap_or_default())
    }
    async fn call(&self, key: &str, model: &str) -> Answer {
        let body = json!({"model": model, "messages": [{"role": "user", "content": "How heavy is it?"}]});
        let request = Request::post(format!("http://{}/v1/chat/completions", self.running().data))
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", "application/json");
        self.http.send(request.body(Full::new(Bytes::from(body.to_string()))).unwrap()).await.unwrap()
    }
    async fn strike(mut self) {
        let report = self.app.blocking(|app| app.office.ledger.verify(&mut |_, _| {})).await.unwrap();
        assert!(report.is_clean(), "{:?}", report.problems);
        assert_eq!(report.held, 0);
        self.running.take().unwrap().stop().await;
    }
}

#[tokio::test]
async fn without_the_token_nothing_is_told() {
    let stage = Stage::set().await;
    let mut told = std::collections::BTreeSet::new();
    for token in [None, Some("another-token-for-tests"), Some("")] {
        let answer = stage.send(Method::GET, "/admin/v1/customers", token, None).await;
        assert_eq!((answer.status.as_u16(), answer.headers["content-type"].to_str().unwrap()), (401, "application/problem+json"));
        told.insert(String::from_utf8_lossy(&answer.body).into_owned());
    }
    assert_eq!(told.len(), 1, "the same to everybody");
    insta::assert_snapshot!(told.into_iter().collect::<String>(), @r#"{"status":401,"code":"invalid_admin_token","title":"Unauthorized","detail":"the admin token is missing or wrong; send it as \"Authorization: Bearer …\" (it is in the variable that [admin] token_env names, or in admin-token in the data folder)"}"#);
    for path in ["/", "/metrics", "/health", "/admin/v1/openapi.json"] {
        assert_eq!(stage.send(Method::GET, path, None, None).await.status.as_u16(), 200, "{path}");
    }
    stage.strike().await;
}

#[tokio::test]
async fn customers_are_created_changed_listed_and_archived() {
    let stage = Stage::set().await;
    let created = stage.post("/customers", json!({"id": "acme", "name": "Acme", "external_ids": {"stripe": "cus_1"}, "bill_to": {"city": "Berlin"}})).await;
    assert_eq!((&created["currency"], &created["plan"], &created["archived"]), (&json!("USD"), &Value::Null, &json!(false)));
    insta::assert_snapshot!(stage.refusal(Method::POST, "/customers", json!({"id": "acme"})).await, @r#"409 already_exists: there is a customer "acme" already; change it, or choose another id"#);
    insta::assert_snapshot!(stage.refusal(Method::POST, "/customers", json!({"id": "a b"})).await, @r#"422 invalid: id: "a b" is not a valid id: use 1 to 128 letters, digits, and . _ - : @, beginning with a letter or digit"#);
    insta::assert_snapshot!(stage.refusal(Method::POST, "/customers", json!({"id": "x", "plan": "gold"})).await, @r#"422 invalid: plan: there is no plan "gold"; there is: standard"#);
    insta::assert_snapshot!(stage.refusal(Method::POST, "/customers", json!({"id": "x", "currency": "usd"})).await, @r#"422 invalid: currency: found "usd", expected three capital letters such as "USD""#);
    insta::assert_snapshot!(stage.refusal(Method::POST, "/customers", json!({"id": "x", "colour": "red"})).await, @"422 invalid: colour: unknown field `colour`, expected one of `id`, `name`, `plan`, `currency`, `external_ids`, `bill_to` at line 1 column 9");
    insta::assert_snapshot!(stage.refusal(Method::POST, "/customers", json!({"name": "x"})).await, @"422 invalid: missing field `id` at line 1 column 12");
    insta::assert_snapshot!(stage.refusal(Method::PATCH, "/customers/nobody", json!({"name": "x"})).await, @r#"404 not_found: there is no customer "nobody""#);

    let (_, changed) = stage.ask(Method::PATCH, "/customers/acme", Some(json!({"plan": "standard", "bill_to": null}))).await;
    assert_eq!((&changed["name"], &changed["plan"], &changed["bill_to"]), (&json!("Acme"), &json!("standard"), &Value::Null));
    for _ in 0..2 {
        let (status, archived) = stage.ask(Method::DELETE, "/customers/acme", None).await;
        assert_eq!((status, &archived["archived"]), (200, &json!(true)));
    }
    assert_eq!(stage.get("/customers").await, json!({"data": [], "next_cursor": null}));
    insta::assert_snapshot!(stage.refusal(Method::POST, "/keys", json!({"name": "k", "customer": "acme"})).await, @r#"422 invalid: customer: the customer "acme" is archived"#);
    assert_eq!(stage.get("/customers?archived=true").await["data"][0]["id"], "acme");
    stage.strike().await;
}

#[tokio::test]
async fn a_list_goes_on_where_its_cursor_says() {
    let stage = Stage::set().await;
    for id in ["c", "a", "b"] {
        stage.post("/customers", json!({"id": id})).await;
    }
    let first = stage.get("/customers?limit=2").await;
    assert_eq!((&first["data"][0]["id"], &first["data"][1]["id"], &first["next_cursor"]), (&json!("a"), &json!("b"), &json!("b")));
    let second = stage.get("/customers?limit=2&cursor=b").await;
    assert_eq!((&second["data"][0]["id"], &second["next_cursor"]), (&json!("c"), &Value::Null));
    insta::assert_snapshot!(stage.refusal(Method::GET, "/customers?limit=0", Value::Null).await, @"422 invalid: limit: found 0, expected 1 to 1000");
    insta::assert_snapshot!(stage.refusal(Method::GET, "/customers?limit=many", Value::Null).await, @"422 invalid: limit: expected a whole number");
    insta::assert_snapshot!(stage.refusal(Method::GET, "/usage-events?cursor=nonsense", Value::Null).await, @r#"400 bad_cursor: "nonsense" is not a cursor of this ledger; use next_cursor of the page before, or none for the first page"#);
    stage.strike().await;
}

#[tokio::test]
async fn a_key_shows_its_secret_once_and_is_refused_when_revoked() {
    let stage = Stage::set().await;
    stage.post("/customers", json!({"id": "acme"})).await;
    let issued = stage.post("/keys", json!({"customer": "acme", "name": "production"})).await;
    let secret = issued["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("wb-") && secret.len() == 43, "{secret}");
    let listed = stage.get("/keys").await;
    assert!(!listed.to_string().contains(&secret) && !listed.to_string().contains("sha256"), "{listed}");
    assert_eq!(stage.call(&secret, "fast").await.status.as_u16(), 200);
    let (status, _) = stage.ask(Method::DELETE, &format!("/keys/{}", issued["id"].as_str().unwrap()), None).await;
    assert_eq!(status, 200);
    assert_eq!(stage.call(&secret, "fast").await.status.as_u16(), 401);
    insta::assert_snapshot!(stage.refusal(Method::POST, "/keys", json!({"name": "x"})).await, @"422 invalid: customer: missing; name the customer whom the key bills, or set may_bill_others to let each call name one");
    insta::assert_snapshot!(stage.refusal(Method::POST, "/keys", json!({"name": "x", "customer": "nobody"})).await, @r#"422 invalid: customer: there is no customer "nobody"; create it first"#);
    insta::assert_snapshot!(stage.refusal(Method::POST, "/keys", json!({"name": "", "customer": "acme"})).await, @"422 invalid: name: empty; give the key a name to recognise it by");
    insta::assert_snapshot!(stage.refusal(Method::POST, "/keys", json!({"name": "x", "customer": "acme", "may_create_customers": true})).await, @"422 invalid: may_create_customers: needs may_bill_others: only such a key can name a customer");
    insta::assert_snapshot!(stage.refusal(Method::POST, "/keys", json!({"name": "x", "customer": "acme", "expires_at": "soon"})).await, @r#"422 invalid: expires_at: "soon" is not an RFC 3339 time such as 2026-11-23T12:00:00Z at line 1 column 38"#);
    stage.strike().await;
}

#[tokio::test]
async fn a_plan_gets_a_new_version_with_each_change() {
    let stage = Stage::set().await;
    let created = stage.post("/plans", json!({"id": "gold", "rules": [{"rule": "cost-plus", "markup_percent": "12.5"}]})).await;
    assert_eq!((&created["version"], &created["configured"], &created["default"]), (&json!(1), &json!(false), &json!(false)));
    let (_, changed) = stage.ask(Method::PATCH, "/plans/gold", Some(json!({"rules": [{"rule": "cost-plus", "markup_percent": "15"}]}))).await;
    assert_eq!(changed["version"], 2);
    let (_, same) = stage.ask(Method::PATCH, "/plans/gold", Some(json!({"rules": [{"rule": "cost-plus", "markup_percent": "15"}]}))).await;
    assert_eq!(same["version"], 2);
    insta::assert_snapshot!(stage.refusal(Method::PATCH, "/plans/standard", json!({"name": "x"})).await, @r#"409 configured: the plan "standard" is written in the configuration ([plans.standard]); change it there"#);
    insta::assert_snapshot!(stage.refusal(Method::POST, "/plans", json!({"id": "p", "rules": []})).await, @r#"422 invalid: rules: a plan needs at least one rule, such as { rule = "cost-plus", markup_percent = "30" }"#);
    insta::assert_snapshot!(stage.refusal(Method::POST, "/plans", json!({"id": "p", "rules": [{"rule": "no-such-rule"}]})).await, @r#"422 invalid: rules[0].rule: there is no pricing plugin named "no-such-rule"; there is: blended-margin, contract, cost-plus, coupon, expression, free-tier, graduated, included-allowance, minimum-commitment, package, per-request, per-token, percentage-discount, prepaid-commit, session-cap, volume"#);
    insta::assert_snapshot!(stage.refusal(Method::POST, "/plans", json!({"id": "p", "rules": [{"rule": "cost-plus", "markup_percent": "thirty"}]})).await, @r#"422 invalid: rules[0].markup_percent: "thirty" is not a decimal number: write a percentage such as "30" or "12.5""#);
    insta::assert_snapshot!(stage.refusal(Method::POST, "/plans", json!({"id": "p", "rules": [{"rule": "cost-plus", "markup_percent": 12.5}]})).await, @r#"422 invalid: rules[0]: a value in it is not possible there; write decimals as text such as "12.5", so that no digit is lost at line 1 column 61"#);
    stage.strike().await;
}

#[tokio::test]
async fn a_call_is_a_record_a_summary_an_explanation_and_an_invoice_line() {
    let stage = Stage::set().await;
    stage.post("/customers", json!({"id": "acme"})).await;
    let key = stage.post("/keys", json!({"customer": "acme", "name": "k"})).await["secret"].as_str().unwrap().to_owned();
    for _ in 0..3 {
        assert_eq!(stage.call(&key, "fast").await.status.as_u16(), 200);
    }
    let events = stage.get("/usage-events?customer=acme").await;
    let event = &events["data"][0];
    assert_eq!((events["data"].as_array().unwrap().len(), &event["cost"]["status"], &event["charge"]["status"]), (3, &json!("priced"), &json!("rated")));
    assert_eq!(event["charge"]["lines"][0]["rule"], "cost-plus");
    assert!(event["charge"]["lines"][0]["plugin_digest"].as_str().unwrap().starts_with("sha256:"));

    let id = event["id"].as_str().unwrap();
    assert_eq!(stage.get(&format!("/usage-events/{id}")).await, *event);
    let explained = stage.get(&format!("/usage-events/{id}/explain")).await;
    assert_eq!((&explained["adds_up"], &explained["record"]), (&json!(true), event));

    // From the aggregates and from the events, the same sums.
    let (by_model, by_session) = (stage.get("/usage-summary?group_by=model").await, stage.get("/usage-summary?group_by=session").await);
    for field in ["events", "usage", "cost", "charge", "margin", "currency"] {
        assert_eq!(by_model["data"][0][field], by_session["data"][0][field], "{field}");
    }
    assert_eq!((&by_model["data"][0]["model"], &by_session["data"][0]["session"]), (&json!("sim-small"), &Value::Null));
    let by_meter = stage.get("/usage-summary?group_by=meter").await;
    let meters: Vec<&str> = by_meter["data"].as_array().unwrap().iter().map(|row| row["meter"].as_str().unwrap()).collect();
    // A reported zero is a quantity; what was not reported is not there.
    assert_eq!(meters, ["cache_read", "input", "output", "reasoning"]);

    let invoice = stage.post("/invoices/preview", json!({"customer": "acme"})).await;
    assert_eq!(invoice["total_exact"], by_model["data"][0]["charge"]);
    let id = invoice["id"].as_str().unwrap();
    assert_eq!(stage.get(&format!("/invoices/{id}.json")).await, invoice);
    let csv = stage.send(Method::GET, &format!("/admin/v1/invoices/{id}.csv"), Some(TOKEN), None).await;
    assert!(csv.body.starts_with(b"record,invoice,"));
    assert_eq!(stage.post("/ledger/verify", json!({})).await["clean"], true);
    assert_eq!(stage.get("/ledger/stats").await["events"], 3);
    let metrics = stage.send(Method::GET, "/metrics", None, None).await;
    let metrics = String::from_utf8_lossy(&metrics.body).into_owned();
    assert!(metrics.contains("weighbridge_calls_total{status=\"completed\",dialect=\"openai.chat\",provider=\"sim\"} 3"), "{metrics}");
    assert!(!metrics.contains("acme"), "no customer label");
    stage.strike().await;
}

#[tokio::test]
async fn what_has_no_price_is_an_alert_until_it_has_one() {
    let stage = Stage::set().await;
    stage.post("/customers", json!({"id": "acme"})).await;
    let key = stage.post("/keys", json!({"customer": "acme", "name": "k"})).await["secret"].as_str().unwrap().to_owned();
    assert_eq!(stage.get("/alerts").await["data"], json!([]));
    stage.post("/customers", json!({"id": "lutetia", "currency": "EUR"})).await;
    let alerts = stage.get("/alerts").await;
    assert_eq!((alerts["data"].as_array().unwrap().len(), &alerts["data"][0]["code"]), (1, &json!("other_currency")));
    assert_eq!(
        alerts["data"][0]["message"],
        "the customer lutetia is billed in EUR, and its plan \"standard\" charges in USD: its charges are on no invoice; change its currency or its plan"
    );
    stage.ask(Method::PATCH, "/customers/lutetia", Some(json!({"currency": "USD"}))).await;
    assert_eq!(stage.get("/alerts").await["data"], json!([]));
    let quote = |model: &'static str| json!({"provider": "sim", "model": model, "usage": {"input": 1000, "output": "50"}});
    let quoted = stage.post("/prices/quote", quote("sim-small")).await;
    assert_eq!((&quoted["cost"]["amount"], &quoted["charge"]["amount"]), (&json!("0.00018"), &json!("0.000234")));
    let unpriced = stage.post("/prices/quote", quote("brand-new")).await;
    assert_eq!((&unpriced["cost"]["amount"], &unpriced["charge"]["status"]), (&Value::Null, &json!("unrated")));

    assert_eq!(stage.call(&key, "sim/brand-new").await.status.as_u16(), 404, "the simulator has no such model");
    let row = json!([{"id": "simulated/brand-new", "provider": "simulated", "model": "brand-new", "version": 1, "source": {"name": "test"},
        "tiers": {"default": [{"rates": {"input": {"rate": "2", "per": "1000000"}, "output": {"rate": "4", "per": "1000000"}}}]}}]);
    let imported = stage.post("/prices/import", json!({"format": "weighbridge", "content": row.to_string()})).await;
    assert_eq!((&imported["added"], &imported["unchanged"]), (&json!(["simulated/brand-new"]), &json!(0)));
    assert_eq!(stage.post("/prices/quote", quote("brand-new")).await["cost"]["amount"], "0.0022");
    assert_eq!(stage.get("/prices/simulated/brand-new").await["version"], 1);
    insta::assert_snapshot!(stage.refusal(Method::POST, "/prices/quote", json!({"provider": "sim", "model": "m", "usage": {"Input": 1}})).await, @r#"422 invalid: usage.Input: this is not a meter; use snake_case such as "input" or "cache_read""#);
    insta::assert_snapshot!(stage.refusal(Method::POST, "/prices/quote", json!({"provider": "sim", "model": "m", "usage": {"input": 1.5}})).await, @r#"422 invalid: usage.input: found 1.5, expected a whole number, or a decimal as text such as "12.5""#);
    insta::assert_snapshot!(stage.refusal(Method::POST, "/prices/import", json!({"format": "weighbridge"})).await, @r#"422 invalid: content: give the file's text in "content", or its address in "url", not both"#);
    insta::assert_snapshot!(stage.refusal(Method::POST, "/prices/import", json!({"format": "litellm", "content": "[]"})).await, @"422 import_failed: this is not a litellm price file: invalid type: sequence, expected a map at line 1 column 0");
    insta::assert_snapshot!(stage.refusal(Method::POST, "/prices/import", json!({"format": "litellm", "url": "file:///etc/passwd"})).await, @r#"422 invalid: url: "file:///etc/passwd" is not an address that can be fetched: expected http:// or https:// and a host"#);
    stage.strike().await;
}

#[tokio::test]
async fn a_price_that_jumps_is_taken_once_it_is_confirmed() {
    let stage = Stage::set().await;
    let import = |rate: &str, confirm: &[&str]| {
        let row = json!([{"id": "simulated/odd", "provider": "simulated", "model": "odd", "version": 1, "source": {"name": "test"},
            "tiers": {"default": [{"rates": {"input": {"rate": rate, "per": "1000000"}}}]}}]);
        json!({"format": "weighbridge", "content": row.to_string(), "confirm": confirm})
    };
    stage.post("/prices/import", import("2", &[])).await;
    for confirm in [&[] as &[&str], &["simulated/another"]] {
        let asked = stage.post("/prices/import", import("20", confirm)).await;
        assert_eq!((&asked["changed"], &asked["quarantined"][0]["id"]), (&json!([]), &json!("simulated/odd")));
        assert_eq!(stage.get("/prices/simulated/odd").await["version"], 1);
    }
    let taken = stage.post("/prices/import", import("20", &["simulated/odd"])).await;
    assert_eq!((&taken["changed"], &taken["quarantined"]), (&json!(["simulated/odd"]), &json!([])));
    let row = stage.get("/prices/simulated/odd").await;
    assert_eq!((&row["version"], &row["tiers"]["default"][0]["rates"]["input"]["rate"]), (&json!(2), &json!("20")));
    stage.strike().await;
}

#[tokio::test]
async fn what_is_unrated_for_its_currency_is_counted_alike_from_aggregates_and_from_events() {
    let stage = Stage::set().await;
    stage.post("/customers", json!({"id": "acme"})).await;
    let key = stage.post("/keys", json!({"customer": "acme", "name": "k"})).await["secret"].as_str().unwrap().to_owned();
    assert_eq!(stage.call(&key, "fast").await.status.as_u16(), 200);
    let mut row = stage.get("/prices/simulated/sim-small").await;
    row["currency"] = json!("EUR");
    let import = json!({"format": "weighbridge", "content": json!([row]).to_string(), "confirm": ["simulated/sim-small"]});
    assert_eq!(stage.post("/prices/import", import).await["changed"], json!(["simulated/sim-small"]));
    assert_eq!(stage.call(&key, "fast").await.status.as_u16(), 200);
    let (by_model, by_status) = (stage.get("/usage-summary?group_by=model").await, stage.get("/usage-summary?group_by=status").await);
    assert_eq!(by_model["data"].as_array().unwrap().len(), 2);
    for (at, unrated) in [(0, 0), (1, 1)] {
        let (model, status) = (&by_model["data"][at], &by_status["data"][at]);
        for field in ["currency", "events", "unpriced", "unrated", "usage", "cost", "charge", "margin"] {
            assert_eq!(model[field], status[field], "{field}");
        }
        assert_eq!(model["unrated"], unrated, "it is missing in the plan's currency: {by_model}");
    }
    stage.strike().await;
}

#[tokio::test]
async fn what_would_be_read_wrongly_is_refused() {
    let stage = Stage::set().await;
    stage.post("/customers", json!({"id": "acme", "name": "Acme"})).await;
    insta::assert_snapshot!(stage.refusal(Method::GET, "/usage-summary?session=s1", Value::Null).await, @"422 invalid: session: unknown field `session`, expected one of `group_by`, `customer`, `from`, `to`, `limit`, `cursor`");
    for path in ["/usage-events", "/customers", "/keys", "/plans", "/prices", "/invoices/preview-acme-2026-11.json"] {
        assert_eq!(stage.ask(Method::GET, &format!("{path}?colour=red"), None).await.0, 422, "{path}");
    }
    insta::assert_snapshot!(stage.refusal(Method::GET, "/usage-summary?cursor=nonsense", Value::Null).await, @r#"400 bad_cursor: "nonsense" is not a cursor of this ledger; use next_cursor of the page before, or none for the first page"#);
    let long = json!({"id": "x", "name": "x".repeat(super::MAX_BODY)});
    insta::assert_snapshot!(stage.refusal(Method::POST, "/customers", long).await, @"413 too_large: the body is longer than 64 MiB");
    let row = json!([{"id": "simulated/other", "provider": "simulated", "model": "odd", "version": 1, "source": {"name": "test"},
        "tiers": {"default": [{"rates": {"input": {"rate": "2", "per": "1000000"}}}]}}]);
    insta::assert_snapshot!(stage.refusal(Method::POST, "/prices/import", json!({"format": "weighbridge", "content": row.to_string()})).await, @r#"422 import_failed: price simulated/other: id: expected provider/model, "simulated/odd""#);
    let (_, renamed) = stage.ask(Method::PATCH, "/customers/acme", Some(json!({"name": ""}))).await;
    assert_eq!(renamed["name"], "acme", "as at its creation");
    let half_up = stage.post("/invoices/preview", json!({"customer": "acme", "period": "2026-11", "rounding": "half_up"})).await;
    assert_eq!(stage.get("/invoices/preview-acme-2026-11.json?rounding=half_up").await, half_up);
    stage.strike().await;
}

#[tokio::test]
async fn what_is_not_there_says_so() {
    let stage = Stage::set().await;
    insta::assert_snapshot!(stage.refusal(Method::GET, "/nothing", Value::Null).await, @"404 not_found: there is nothing at /admin/v1/nothing; the API is described at /admin/v1/openapi.json");
    insta::assert_snapshot!(stage.refusal(Method::PUT, "/customers", json!({})).await, @"405 method_not_allowed: this method is not possible at /admin/v1/customers; see /admin/v1/openapi.json");
    insta::assert_snapshot!(stage.refusal(Method::GET, "/usage-events/not-an-id", Value::Null).await, @r#"404 not_found: there is no event "not-an-id""#);
    insta::assert_snapshot!(stage.refusal(Method::GET, "/usage-summary?group_by=colour", Value::Null).await, @r#"422 invalid: group_by: found "colour", expected some of: customer, provider, model, meter, day, session, workflow, step, key, status"#);
    insta::assert_snapshot!(stage.refusal(Method::GET, "/invoices/preview-acme-2026-11.pdf", Value::Null).await, @"422 invalid: file: invoices as .pdf are not in this version; expected the invoice's id with .json or .csv at its end");
    insta::assert_snapshot!(stage.refusal(Method::GET, "/invoices/preview-acme-2026-11.json", Value::Null).await, @r#"404 not_found: there is no customer "acme""#);
    insta::assert_snapshot!(stage.refusal(Method::POST, "/invoices/preview", json!({"customer": "acme", "period": "soon"})).await, @r#"422 invalid: period: "soon" is not a period: use a month such as 2026-11, or two days such as 2026-11-01..2026-11-16 (the second one is not included)"#);
    let answer = stage.send(Method::POST, "/admin/v1/customers", Some(TOKEN), Some("{")).await;
    insta::assert_snapshot!(String::from_utf8_lossy(&answer.body), @r#"{"status":400,"code":"invalid_json","title":"Bad Request","detail":"EOF while parsing an object at line 1 column 1"}"#);
    stage.strike().await;
}

/// The description is made from the same routes: what is served is described.
#[test]
fn every_resource_is_described() {
    let description = serde_json::to_value(super::openapi()).unwrap();
    let paths: Vec<&String> = description["paths"].as_object().unwrap().keys().collect();
    insta::assert_snapshot!(paths.into_iter().map(String::as_str).collect::<Vec<_>>().join("\n"), @r##"
    /alerts
    /customers
    /customers/{id}
    /invoices/preview
    /invoices/{file}
    /jobs
    /keys
    /keys/{id}
    /ledger/stats
    /ledger/verify
    /models
    /plans
    /plans/{id}
    /plugins
    /prices
    /prices/import
    /prices/quote
    /prices/{provider}/{model}
    /providers
    /usage-events
    /usage-events/{id}
    /usage-events/{id}/explain
    /usage-summary
    "##);
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path} says nothing of itself");
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{method} {path}: its id is another's");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.values().all(|response| response["description"].is_string()), "{method} {path}: OpenAPI requires a description of each response");
        }
    }
}
