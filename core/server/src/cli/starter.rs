//! The configuration that `init` writes, with examples out of what is built in.

use weighbridge_domain::{Decimal, time::SystemClock};
use weighbridge_plugin_api::{Kind, Manifest};
use weighbridge_pricing::PriceBook;

use crate::config::Environment;

/// A built-in provider that is on by a variable.
pub(super) struct UsualProvider {
    pub(super) name: String,
    /// The variable of its key.
    pub(super) variable: String,
    /// Whether that is set.
    pub(super) is_on: bool,
    /// A model to try it with: the one of the catalogue whose input is cheapest.
    pub(super) model: Option<String>,
}

/// The built-in providers; those that are on first.
pub(super) fn usual_providers(environment: &Environment) -> Vec<UsualProvider> {
    let catalogue = PriceBook::catalogue(weighbridge_bundle::catalogue()).unwrap_or_default();
    let manifests = weighbridge_bundle::first_party().iter().filter_map(|bundled| Manifest::parse(bundled.manifest).ok());
    let mut found: Vec<_> = manifests.filter_map(|manifest| usual(&manifest, environment, &catalogue)).collect();
    found.sort_by_key(|provider| !provider.is_on);
    found
}

fn usual(manifest: &Manifest, environment: &Environment, catalogue: &PriceBook) -> Option<UsualProvider> {
    let facts = manifest.provider.as_ref().filter(|_| manifest.kind == Kind::Adapter)?;
    let variable = facts.api_key_env.clone()?;
    let price_book = facts.price_book.as_deref().unwrap_or(&manifest.name);
    Some(UsualProvider { name: manifest.name.clone(), is_on: environment.get(&variable).is_some(), variable, model: cheapest(catalogue, price_book) })
}

fn cheapest(catalogue: &PriceBook, price_book: &str) -> Option<String> {
    use weighbridge_domain::{Clock as _, Meter};
    let now = SystemClock.now();
    let of_provider = catalogue.rows().filter(|row| *row.provider == *price_book && row.holds_at(now));
    // A model that writes: what has no price for output is for something else.
    let rated = of_provider.filter_map(|row| {
        let rates = &row.tiers.get("default")?.first()?.rates;
        rates.get(&Meter::OUTPUT)?;
        Some((rates.get(&Meter::INPUT)?.rate, row.model.to_string()))
    });
    rated.filter(|(rate, _)| !rate.is_zero()).min().map(|(_, model)| model)
}

/// The file's text.
pub(super) fn text(markup: Decimal, providers: &[UsualProvider]) -> String {
    let markup = markup.normalize();
    let variables = providers.iter().map(|provider| provider.variable.as_str()).collect::<Vec<_>>().join(", ");
    let example = providers.first();
    let (provider, model) = example.map_or(("mine", "some-model"), |provider| (provider.name.as_str(), provider.model.as_deref().unwrap_or("some-model")));
    format!(
        r#"# Weighbridge. Defaults < this file < WEIGHBRIDGE_SECTION__KEY in the environment < flags.
# A change is taken over at once; a mistake leaves the old configuration serving. `weighbridge doctor` checks it.

[server]
listen = "127.0.0.1:4000"          # where clients call
admin_listen = "127.0.0.1:4001"    # admin API and metrics

[store]
path = "./weighbridge-data"        # the books, and the admin token

# A built-in provider is on when its usual key variable is set ({variables}). Others, or other addresses:
# [providers.mine]
# plugin = "{provider}"             # an adapter
# base_url = "https://llm.example.com/v1"
# api_key_env = "MINE_API_KEY"

# What clients ask for by another name:
# [[models]]
# name = "fast"
# targets = [ {{ provider = "{provider}", model = "{model}" }} ]

# What customers pay: the plan of every customer that names no other.
[plans.standard]
rules = [ {{ rule = "cost-plus", markup_percent = "{markup}" }} ]
"#
    )
}
