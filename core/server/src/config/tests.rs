//! Each mistake in a configuration, with the exact text that the operator reads.

use weighbridge_plugin_api::Manifest;

use super::{ConfigError, Environment, Flags, Loaded, check, load, providers};

fn read_with(text: &str, environment: &Environment, flags: &Flags) -> Result<Loaded, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("weighbridge.toml"), text).unwrap();
    load(None, folder.path(), environment, flags).map_err(|error| {
        let prefix = format!("{}/", folder.path().display());
        ConfigError(
            error
                .0
                .into_iter()
                .map(|mut p| {
                    p.origin = p.origin.replace(&prefix, "");
                    p.message = p.message.replace(&prefix, "");
                    p
                })
                .collect(),
        )
    })
}

fn read(text: &str) -> Result<Loaded, ConfigError> {
    read_with(text, &Environment::default(), &Flags::default())
}

fn refusal(text: &str) -> String {
    read(text).map(|loaded| loaded.config).expect_err("a refusal").to_string()
}

fn manifests() -> Vec<Manifest> {
    let adapter = |name: &str, rest: &str| {
        Manifest::parse(&format!("name = \"{name}\"\nversion = \"1.0.0\"\nkind = \"adapter\"\ncontract = \"0.1.0\"\ndescription = \"\"\n[provider]\n{rest}"))
            .unwrap()
    };
    vec![adapter("acme-ai", "base_url = \"https://api.acme.example/v1\"\napi_key_env = \"ACME_API_KEY\"\n"), adapter("local", "")]
}

fn refusals(text: &str, environment: &Environment) -> String {
    let loaded = read(text).expect("a well-formed file");
    let problems = match providers::resolve(&loaded, &manifests(), environment) {
        Err(problems) => problems,
        Ok(providers) => check::check(&loaded, &providers),
    };
    problems
        .into_iter()
        .map(|mut p| {
            p.origin = p.origin.rsplit('/').next().unwrap_or_default().into();
            p.to_string()
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn without_a_file_the_defaults_hold() {
    let folder = tempfile::tempdir().unwrap();
    let loaded = load(None, folder.path(), &Environment::default(), &Flags::default()).unwrap();
    assert_eq!(loaded.file, None);
    assert_eq!(loaded.config, super::Config::default());
    assert_eq!(loaded.config.server.listen.to_string(), "127.0.0.1:4000");
}

#[test]
fn the_sections_of_the_manual_are_read() {
    let text = r#"
        [server]
        listen = "127.0.0.1:5000"
        [store]
        engine = "sled"
        path = "/srv/books"
        [admin]
        token_env = "TOKEN"
        [ledger]
        hold = "relaxed"
        [providers.main]
        plugin = "acme-ai"
        base_url = "https://api.acme.example/v1"
        api_key_env = "ACME_API_KEY"
        [[models]]
        name = "fast"
        targets = [ { provider = "main", model = "small", weight = 1 }, { provider = "main", model = "large", fallback = true } ]
        [[plugins]]
        path = "my-pricing.wasm"
        grant = { http = [] }
        [plugins.config]
        floor = "0.1"
        [plans.standard]
        rules = [ { rule = "cost-plus", markup_percent = "30", per_model = { "main/large" = "20" } } ]
    "#;
    let loaded = read(text).unwrap();
    let config = &loaded.config;
    assert_eq!(config.models[0].targets[1], super::Target { provider: "main".into(), model: "large".into(), weight: 1, fallback: true });
    assert_eq!(config.plugins[0].config["floor"], toml::Value::from("0.1"));
    assert_eq!(config.plans["standard"].rules[0].rule, "cost-plus");
    let resolved = providers::resolve(&loaded, &manifests(), &Environment::of([("ACME_API_KEY", "s3cret")])).unwrap();
    assert_eq!(resolved.iter().map(|p| (p.name.as_str(), p.automatic)).collect::<Vec<_>>(), [("main", false), ("acme-ai", true)]);
    assert!(!format!("{resolved:?}").contains("s3cret"));
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let environment = Environment::of([
        ("WEIGHBRIDGE_SERVER__LISTEN", "127.0.0.1:5001"),
        ("WEIGHBRIDGE_LIMITS__MAX_BODY_BYTES", "77"),
        ("WEIGHBRIDGE_URL", "http://elsewhere"),
    ]);
    let flags = Flags { admin_listen: Some("127.0.0.1:5003".into()), ..Flags::default() };
    let loaded =
        read_with("[server]\nlisten = \"127.0.0.1:5000\"\nadmin_listen = \"127.0.0.1:5002\"\n[limits]\nmax_body_bytes = 5\n", &environment, &flags).unwrap();
    assert_eq!(loaded.config.server.listen.port(), 5001);
    assert_eq!(loaded.config.server.admin_listen.port(), 5003);
    assert_eq!(loaded.config.limits.max_body_bytes, 77);
}

#[test]
fn every_mistake_names_its_file_its_key_and_what_was_expected() {
    insta::assert_snapshot!(refusal("[server]\nlisten = 4000\n"), @r#"weighbridge.toml: server.listen: found 4000, expected an address and a port such as "127.0.0.1:4000""#);
    insta::assert_snapshot!(refusal("[server]\nlisten = \"localhost\"\n"), @r#"weighbridge.toml: server.listen: found "localhost", expected an address and a port such as "127.0.0.1:4000""#);
    insta::assert_snapshot!(refusal("[server]\nlisten_on = \"127.0.0.1:1\"\n"), @"weighbridge.toml: server.listen_on: unknown key; expected one of: listen, admin_listen");
    insta::assert_snapshot!(refusal("[sever]\n"), @"weighbridge.toml: sever: unknown key; expected one of: server, store, ledger, admin, limits, routing, jobs, log, providers, models, plugins, plans");
    insta::assert_snapshot!(refusal("[limits]\nmax_body_bytes = \"big\"\n"), @r#"weighbridge.toml: limits.max_body_bytes: found "big", expected a whole number, zero or more"#);
    insta::assert_snapshot!(refusal("[limits]\nmax_body_bytes = -1\n"), @"weighbridge.toml: limits.max_body_bytes: found -1, expected a whole number, zero or more");
    insta::assert_snapshot!(refusal("[store]\nengine = \"postgres\"\nurl = \"postgres://x\"\n"), @r#"weighbridge.toml: store.engine: "postgres" is not yet in this version; use "sled", which keeps everything in the data folder"#);
    insta::assert_snapshot!(refusal("[store]\nengine = \"mysql\"\n"), @r#"weighbridge.toml: store.engine: found "mysql", expected one of: "sled", "postgres""#);
    insta::assert_snapshot!(refusal("[ledger]\nhold = \"never\"\n"), @r#"weighbridge.toml: ledger.hold: found "never", expected one of: "durable", "relaxed""#);
    insta::assert_snapshot!(refusal("[providers.main]\nbase_url = \"https://x\"\n"), @"weighbridge.toml: providers.main.plugin: missing; it has to be given");
    insta::assert_snapshot!(refusal("[providers.main]\nplugin = \"acme-ai\"\nurl = \"https://x\"\n"), @"weighbridge.toml: providers.main.url: unknown key; expected one of: plugin, base_url, api_key_env, price_book, config");
    insta::assert_snapshot!(refusal("[[models]]\nname = \"fast\"\ntargets = [ { provider = \"main\" } ]\n"), @"weighbridge.toml: models[0].targets[0].model: missing; it has to be given");
    insta::assert_snapshot!(refusal("[[models]]\nname = \"fast\"\ntargets = \"main\"\n"), @r#"weighbridge.toml: models[0].targets: found "main", expected a list"#);
    insta::assert_snapshot!(refusal("[[models]]\nname = \"fast\"\nstrategy = \"best\"\ntargets = []\n"), @r#"weighbridge.toml: models[0].strategy: found "best", expected one of: "weighted", "cheapest", "order""#);
    insta::assert_snapshot!(refusal("[[models]]\nname = \"fast\"\nretry = 1\ntargets = []\n"), @"weighbridge.toml: models[0].retry: unknown key; expected one of: name, strategy, retries, targets");
    insta::assert_snapshot!(refusal("[routing]\nretry = 1\n"), @"weighbridge.toml: routing.retry: unknown key; expected one of: retries, back_off_ms, longest_back_off_ms, give_up_after_ms, retry_sent, retry_budget_percent, retry_budget_floor, window_ms, circuit_failures, circuit_percent, circuit_open_ms, circuit_longest_open_ms, bare_names");
    insta::assert_snapshot!(refusal("[routing]\nretries = -1\n"), @"weighbridge.toml: routing.retries: found -1, expected a whole number, zero or more");
    insta::assert_snapshot!(refusal("[routing]\nretry_budget_percent = 120\n"), @"weighbridge.toml: routing.retry_budget_percent: found 120, expected a percentage from 0 to 100");
    insta::assert_snapshot!(refusal("[routing]\nbare_names = \"any\"\n"), @r#"weighbridge.toml: routing.bare_names: found "any", expected one of: "first", "cheapest""#);
    insta::assert_snapshot!(refusal("[plans.standard]\nrules = [ { rule = \"cost-plus\", markup_percent = 12.5 } ]\n"), @r#"weighbridge.toml: plans.standard.rules[0]: a value in a rule is not possible there; write decimals as text such as "12.5", so that no digit is lost"#);
    insta::assert_snapshot!(refusal("[plans.standard]\nrule = 1\n"), @"weighbridge.toml: plans.standard.rule: unknown key; expected one of: name, currency, rules, unpriced");
    insta::assert_snapshot!(refusal("[plans.standard]\ncurrency = \"usd\"\nrules = []\n"), @r#"weighbridge.toml: plans.standard.currency: "usd" is not a currency code such as "USD""#);
    insta::assert_snapshot!(refusal("[server\n"), @r##"
    weighbridge.toml: TOML parse error at line 1, column 8
      |
    1 | [server
      |        ^
    invalid table header
    expected `.`, `]`
    "##);
}

#[test]
fn a_mistake_in_the_environment_or_a_flag_is_named_as_such() {
    let environment = Environment::of([("WEIGHBRIDGE_LIMITS__MAX_BODY_BYTES", "lots")]);
    insta::assert_snapshot!(read_with("", &environment, &Flags::default()).unwrap_err(), @r#"WEIGHBRIDGE_LIMITS__MAX_BODY_BYTES (environment): limits.max_body_bytes: found "lots", expected a whole number, zero or more"#);
    let environment = Environment::of([("WEIGHBRIDGE_LIMITS__MAX_BODY", "1")]);
    insta::assert_snapshot!(read_with("", &environment, &Flags::default()).unwrap_err(), @"WEIGHBRIDGE_LIMITS__MAX_BODY (environment): limits.max_body: unknown key; expected one of: max_body_bytes, body_timeout_ms, connect_timeout_ms, first_byte_timeout_ms, idle_timeout_ms, shutdown_grace_ms");
    let flags = Flags { listen: Some("4000".into()), ..Flags::default() };
    insta::assert_snapshot!(read_with("", &Environment::default(), &flags).unwrap_err(), @r#"command line: server.listen: found "4000", expected an address and a port such as "127.0.0.1:4000""#);
}

#[test]
fn a_file_that_was_asked_for_must_exist() {
    let error = load(Some("no-such-file.toml".as_ref()), ".".as_ref(), &Environment::default(), &Flags::default()).unwrap_err();
    insta::assert_snapshot!(error, @"no-such-file.toml: cannot be read: No such file or directory (os error 2)");
}

#[test]
fn what_only_makes_sense_together_is_checked_too() {
    let none = Environment::default();
    let main = "[providers.main]\nplugin = \"local\"\nbase_url = \"http://127.0.0.1:9\"\n";
    insta::assert_snapshot!(refusals("[providers.main]\nplugin = \"nobody\"\n", &none), @r#"weighbridge.toml: providers.main.plugin: there is no adapter named "nobody"; there is: acme-ai, local"#);
    insta::assert_snapshot!(refusals("[providers.main]\nplugin = \"acme-ai\"\n", &none), @r#"weighbridge.toml: providers.main.api_key_env: the environment variable ACME_API_KEY is not set; set it to the provider's key, or write api_key_env = "" if it takes none"#);
    insta::assert_snapshot!(refusals("[providers.main]\nplugin = \"local\"\n", &none), @r#"weighbridge.toml: providers.main.base_url: missing; the adapter "local" has no usual one, so it has to be given"#);
    insta::assert_snapshot!(refusals("[providers.main]\nplugin = \"local\"\nbase_url = \"api.example.com\"\n", &none), @r#"weighbridge.toml: providers.main.base_url: found "api.example.com", expected an address such as "https://api.example.com/v1""#);
    insta::assert_snapshot!(refusals("[[models]]\nname = \"fast\"\ntargets = [ { provider = \"main\", model = \"m\" } ]\n", &none), @r#"weighbridge.toml: models[0].targets[0].provider: there is no provider named "main"; none is on"#);
    insta::assert_snapshot!(refusals(&format!("{main}[[models]]\nname = \"fast\"\ntargets = [ {{ provider = \"other\", model = \"m\", fallback = true }} ]\n[[models]]\nname = \"fast\"\ntargets = []\n"), &none), @r##"
    weighbridge.toml: models[0].targets: every target is a fallback or has weight 0; at least one has to be tried first
    weighbridge.toml: models[0].targets[0].provider: there is no provider named "other"; there is: main
    weighbridge.toml: models[1].name: "fast" is there already; give each model one entry with all its targets
    weighbridge.toml: models[1].targets: empty; a model needs at least one target
    "##);
    insta::assert_snapshot!(refusals(&format!("{main}[[models]]\nname = \"fast\"\nstrategy = \"cheapest\"\ntargets = [ {{ provider = \"main\", model = \"m\", weight = 3 }} ]\n"), &none), @r#"weighbridge.toml: models[0].targets[0].weight: a weight says nothing to this model's strategy; leave it out, or take the strategy "weighted""#);
    insta::assert_snapshot!(refusals("[plans.\"../x\"]\nrules = []\n", &none), @r##"
    weighbridge.toml: plans.../x: "../x" is not a valid id: use 1 to 128 letters, digits, and . _ - : @, beginning with a letter or digit
    weighbridge.toml: plans.../x.rules: empty; a plan needs at least one rule such as { rule = "cost-plus", markup_percent = "30" }
    "##);
}

#[test]
fn a_key_is_not_sent_to_an_address_it_was_not_meant_for() {
    let loaded = read("[providers.acme-ai]\nplugin = \"acme-ai\"\nbase_url = \"https://elsewhere.example\"\n").unwrap();
    let resolved = providers::resolve(&loaded, &manifests(), &Environment::of([("ACME_API_KEY", "s3cret")])).unwrap();
    assert_eq!(resolved[0].key, None);
}
