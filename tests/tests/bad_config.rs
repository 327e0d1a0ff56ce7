//! A start that is refused: the file, the key, what was found and what was expected, pinned on the exact text.
#![allow(clippy::unwrap_used, reason = "a test")]

use weighbridge_tests::{Config, Weighbridge};

/// What it says on its way out; it has to end with 1.
fn refusal(config: Config) -> String {
    let Err(refused) = Weighbridge::try_start(config) else { panic!("it started") };
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    refused.stderr
}

#[test]
fn an_unknown_key() {
    insta::assert_snapshot!(refusal(Config::new().toml("[providers.up]\nplugin = \"openai\"\nbaseurl = \"http://127.0.0.1:9\"")), @"error: weighbridge.toml: providers.up.baseurl: unknown key; expected one of: plugin, base_url, api_key_env, price_book, config");
}

#[test]
fn an_unknown_section() {
    insta::assert_snapshot!(refusal(Config::new().toml("[server2]\nlisten = \"127.0.0.1:4000\"")), @"error: weighbridge.toml: server2: unknown key; expected one of: server, store, ledger, admin, limits, routing, jobs, log, providers, models, plugins, plans");
}

#[test]
fn a_wrong_type() {
    insta::assert_snapshot!(refusal(Config::new().toml("[[models]]\nname = \"fast\"\ntargets = \"gpt-4o\"")), @r#"error: weighbridge.toml: models[0].targets: found "gpt-4o", expected a list"#);
}

#[test]
fn not_toml() {
    insta::assert_snapshot!(refusal(Config::new().toml("[providers.up\nplugin = ")), @r"
    error: weighbridge.toml: TOML parse error at line 13, column 14
    error:    |
    error: 13 | [providers.up
    error:    |              ^
    error: invalid table header
    error: expected `.`, `]`
    ");
}

#[test]
fn a_missing_adapter() {
    let said = refusal(Config::new().toml("[providers.up]\nplugin = \"nobody\"\nbase_url = \"http://127.0.0.1:9\"\napi_key_env = \"\""));
    let (said, known) = said.split_once(" there is: ").unwrap();
    insta::assert_snapshot!(said, @r#"error: weighbridge.toml: providers.up.plugin: there is no adapter named "nobody";"#);
    let known: Vec<_> = known.trim().split(", ").collect();
    assert!(known.is_sorted() && ["anthropic", "openai", "simulated"].iter().all(|name| known.contains(name)), "{known:?}");
}

#[test]
fn a_missing_rule() {
    insta::assert_snapshot!(refusal(Config::new().plan("odd", "{ rule = \"no-such-rule\" }")), @r#"error: weighbridge.toml: plans.odd.rules[0].rule: there is no pricing plugin named "no-such-rule"; there is: blended-margin, contract, cost-plus, coupon, expression, free-tier, graduated, included-allowance, minimum-commitment, package, per-request, per-token, percentage-discount, prepaid-commit, session-cap, volume"#);
}

#[test]
fn a_sheet_that_its_rule_refuses() {
    insta::assert_snapshot!(refusal(Config::new().plan("odd", "{ rule = \"cost-plus\", markup_percent = \"thirty\" }")), @r#"error: weighbridge.toml: plans.odd.rules[0].markup_percent: "thirty" is not a decimal number: write a percentage such as "30" or "12.5""#);
}

#[test]
fn money_as_a_float() {
    insta::assert_snapshot!(refusal(Config::new().plan("odd", "{ rule = \"cost-plus\", markup_percent = 12.5 }")), @r#"error: weighbridge.toml: plans.odd.rules[0]: a value in a rule is not possible there; write decimals as text such as "12.5", so that no digit is lost"#);
}

#[test]
fn a_provider_without_its_key() {
    insta::assert_snapshot!(refusal(Config::new().toml("[providers.up]\nplugin = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\napi_key_env = \"UP_KEY\"")), @r#"error: weighbridge.toml: providers.up.api_key_env: the environment variable UP_KEY is not set; set it to the provider's key, or write api_key_env = "" if it takes none"#);
}

#[test]
fn a_target_that_is_not_there() {
    insta::assert_snapshot!(refusal(Config::new().model("fast", "nobody", "gpt-4o")), @r#"error: weighbridge.toml: models[0].targets[0].provider: there is no provider named "nobody"; none is on"#);
}

#[test]
fn a_missing_plugin_file() {
    insta::assert_snapshot!(refusal(Config::new().toml("[[plugins]]\npath = \"my-pricing.wasm\"")), @"error: weighbridge.toml: plugins[0].path: my-pricing.wasm cannot be read: No such file or directory (os error 2)");
}

#[test]
fn a_plugin_that_is_neither_built_in_nor_a_folder() {
    let said = refusal(Config::new().toml("[[plugins]]\npath = \"acme\""));
    let (said, known) = said.split_once(" one of: ").unwrap();
    insta::assert_snapshot!(said, @r#"error: weighbridge.toml: plugins[0].path: there is no built-in plugin named "acme"; expected the path of a .wasm file, of a folder with a plugin.toml, or"#);
    assert!(known.split(", ").any(|name| name.trim() == "cost-plus"), "{known}");
}

#[test]
fn a_folder_that_holds_no_plugin_of_data() {
    const CODE: &str = "name = \"acme\"\nversion = \"0.1.0\"\nkind = \"adapter\"\ncontract = \"0.1.0\"\ndescription = \"Acme.\"\n";
    let folder = |file: &str, text: &str| refusal(Config::new().toml("[[plugins]]\npath = \"acme\"").file(&format!("acme/{file}"), text));
    insta::assert_snapshot!(folder("README.md", "Acme."), @"error: weighbridge.toml: plugins[0].path: acme/plugin.toml cannot be read: No such file or directory (os error 2)");
    insta::assert_snapshot!(folder("plugin.toml", CODE), @"error: weighbridge.toml: plugins[0].path: acme/plugin.toml: without a .wasm file a plugin is data and names in `component` the plugin it configures; one of code is given by the path of its .wasm file");
    let over = |component: &str| folder("plugin.toml", &format!("{CODE}component = \"{component}\"\n"));
    let said = over("nobody");
    let (said, known) = said.split_once("there is: ").unwrap();
    insta::assert_snapshot!(said, @r#"error: weighbridge.toml: plugins[0].path: plugin "acme" uses the component of "nobody", but no adapter of that name is installed;"#);
    assert!(known.contains("openai"), "{known}");
    let taken = CODE.replace("acme", "groq") + "component = \"openai\"\n";
    insta::assert_snapshot!(folder("plugin.toml", &taken), @r#"error: weighbridge.toml: plugins[0].path: there is a plugin named "groq" already; choose another name in its plugin.toml"#);
}

#[test]
fn a_bad_variable_in_the_environment() {
    insta::assert_snapshot!(refusal(Config::new().environment("WEIGHBRIDGE_LEDGER__HOLD", "sometimes")), @r#"error: WEIGHBRIDGE_LEDGER__HOLD (environment): ledger.hold: found "sometimes", expected one of: "durable", "relaxed""#);
}
