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
    insta::assert_snapshot!(refusal(Config::new().toml("[providers.up]\nplugin = \"openai\"\nbaseurl = \"http://127.0.0.1:9\"")), @"");
}

#[test]
fn an_unknown_section() {
    insta::assert_snapshot!(refusal(Config::new().toml("[server2]\nlisten = \"127.0.0.1:4000\"")), @"");
}

#[test]
fn a_wrong_type() {
    insta::assert_snapshot!(refusal(Config::new().toml("[[models]]\nname = \"fast\"\ntargets = \"gpt-4o\"")), @"");
}

#[test]
fn not_toml() {
    insta::assert_snapshot!(refusal(Config::new().toml("[providers.up\nplugin = ")), @"");
}

#[test]
fn a_missing_adapter() {
    insta::assert_snapshot!(refusal(Config::new().toml("[providers.up]\nplugin = \"nobody\"\nbase_url = \"http://127.0.0.1:9\"\napi_key_env = \"\"")), @"");
}

#[test]
fn a_missing_rule() {
    insta::assert_snapshot!(refusal(Config::new().plan("odd", "{ rule = \"no-such-rule\" }")), @"");
}

#[test]
fn a_sheet_that_its_rule_refuses() {
    insta::assert_snapshot!(refusal(Config::new().plan("odd", "{ rule = \"cost-plus\", markup_percent = \"thirty\" }")), @"");
}

#[test]
fn money_as_a_float() {
    insta::assert_snapshot!(refusal(Config::new().plan("odd", "{ rule = \"cost-plus\", markup_percent = 12.5 }")), @"");
}

#[test]
fn a_provider_without_its_key() {
    insta::assert_snapshot!(refusal(Config::new().toml("[providers.up]\nplugin = \"openai\"\nbase_url = \"http://127.0.0.1:9/v1\"\napi_key_env = \"UP_KEY\"")), @"");
}

#[test]
fn a_target_that_is_not_there() {
    insta::assert_snapshot!(refusal(Config::new().model("fast", "nobody", "gpt-4o")), @"");
}

#[test]
fn a_missing_plugin_file() {
    insta::assert_snapshot!(refusal(Config::new().toml("[[plugins]]\npath = \"my-pricing.wasm\"")), @"");
}

#[test]
fn a_bad_variable_in_the_environment() {
    insta::assert_snapshot!(refusal(Config::new().environment("WEIGHBRIDGE_LEDGER__HOLD", "sometimes")), @"");
}
