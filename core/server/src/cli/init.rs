//! `weighbridge init`: from an empty folder to a first call, without a running gateway.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::json;
use weighbridge_domain::{Decimal, Secret, exact};

use super::{
    CliError, Context, output,
    starter::{self, UsualProvider},
};
use crate::{
    config::{self, Flags, Loaded, load::FILE_NAME},
    office::{DEFAULT_PLAN, NewCustomer, NewKey, Office},
    token::{self, Origin},
    wiring::{self, Plugins, Sources},
};

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// What the default plan adds to the cost, in percent
    #[arg(long, value_name = "PERCENT", default_value = "30", value_parser = percent)]
    markup: Decimal,
}

const FIRST_CUSTOMER: &str = "first-customer";

fn percent(text: &str) -> Result<Decimal, String> {
    let percent = exact::parse(text).ok().filter(|percent| !percent.is_sign_negative());
    percent.ok_or_else(|| "expected a number of percent, zero or more, such as 30 or 12.5".into())
}

pub(super) async fn run(args: InitArgs, context: &Context) -> Result<(), CliError> {
    let file = context.common.config.clone().unwrap_or_else(|| PathBuf::from(FILE_NAME));
    let providers = starter::usual_providers(&context.environment);
    write_new(&file, &starter::text(args.markup, &providers))?;
    match set_up(&file, context, providers).await {
        Ok(done) => {
            if context.json() {
                output::print_json(&done.json(&file))
            } else {
                output::print(&done.text(&file, args.markup))
            }
            Ok(())
        }
        Err(error) => {
            // Half a set-up would stand in the way of the next attempt.
            let _ = std::fs::remove_file(&file);
            Err(error)
        }
    }
}

fn write_new(file: &Path, text: &str) -> Result<(), CliError> {
    let written = std::fs::OpenOptions::new().write(true).create_new(true).open(file).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            CliError::failed(format!("{} is there already; init does not overwrite it. Run this in another folder, or move the file away.", file.display()))
        }
        _ => CliError::failed(format!("{} cannot be written: {error}", file.display())),
    })
}

struct Done {
    loaded: Loaded,
    token: Origin,
    key: Secret,
    providers: Vec<UsualProvider>,
}

async fn set_up(file: &Path, context: &Context, providers: Vec<UsualProvider>) -> Result<Done, CliError> {
    let loaded = config::load(Some(file), Path::new(""), &context.environment, &Flags::default())?;
    let sources = Sources::of_system();
    // The token first: it makes the data folder, for its owner only.
    let token = token::find_or_make(&loaded.config, &context.environment)?.origin;
    let plugins = Plugins::start(&loaded, &sources.clock)?;
    let (office, _) = wiring::open_office(&loaded.config, &plugins, &sources)?;
    let key = first_customer(&office, &loaded).await;
    office.ledger.close();
    Ok(Done { loaded, token, key: key?, providers })
}

async fn first_customer(office: &Office, loaded: &Loaded) -> Result<Secret, CliError> {
    office.read()?;
    wiring::adopt_plans(office, loaded).await?;
    if office.directory.customer(FIRST_CUSTOMER).is_some() {
        return Err(CliError::failed(format!(
            "the data folder {} has a {FIRST_CUSTOMER} already: it was set up before. Give [store] path another folder, or go on with `weighbridge serve`.",
            loaded.config.store.path.display()
        )));
    }
    office.create_customer(NewCustomer { id: FIRST_CUSTOMER.into(), name: Some("First customer".into()), ..NewCustomer::default() }).await?;
    let (_, secret) = office.create_key(NewKey { name: "first key".into(), customer: Some(FIRST_CUSTOMER.into()), ..NewKey::default() }).await?;
    Ok(secret)
}

impl Done {
    fn token_place(&self) -> String {
        match &self.token {
            Origin::Variable(name) => format!("in the variable {name}"),
            Origin::File(path) => format!("in {}", path.display()),
        }
    }
    fn json(&self, file: &Path) -> serde_json::Value {
        let config = &self.loaded.config;
        let providers: Vec<_> =
            self.providers.iter().map(|provider| json!({"name": provider.name, "api_key_env": provider.variable, "on": provider.is_on})).collect();
        json!({
            "config": file.display().to_string(), "data": config.store.path.display().to_string(), "plan": DEFAULT_PLAN, "customer": FIRST_CUSTOMER,
            "key": self.key.expose(), "admin_token": self.token_place(), "listen": config.server.listen.to_string(), "providers": providers,
        })
    }
    fn text(&self, file: &Path, markup: Decimal) -> String {
        let config = &self.loaded.config;
        let on: Vec<String> =
            self.providers.iter().filter(|provider| provider.is_on).map(|provider| format!("{} ({})", provider.name, provider.variable)).collect();
        let provider = match on.is_empty() {
            false => format!("  ✓ providers          {}\n", on.join(", ")),
            true => format!(
                "  • providers          none yet: export {}\n",
                self.providers.iter().map(|provider| format!("{}=…", provider.variable)).collect::<Vec<_>>().join(" or ")
            ),
        };
        let mut text = String::from("Weighbridge is set up.\n\n");
        text.push_str(&format!("  ✓ configuration      {}\n", file.display()));
        text.push_str(&format!("  ✓ data folder        {}\n", config.store.path.display()));
        text.push_str(&format!("  ✓ plan {DEFAULT_PLAN}      cost plus {} %\n", markup.normalize()));
        text.push_str(&format!("  ✓ admin token        {}\n", self.token_place()));
        text.push_str(&format!("  ✓ customer           {FIRST_CUSTOMER}\n"));
        text.push_str(&format!("  ✓ its key            {}   (shown this once)\n", self.key.expose()));
        text.push_str(&provider);
        let model =
            self.providers.first().and_then(|provider| Some(format!("{}/{}", provider.name, provider.model.as_ref()?))).unwrap_or_else(|| "MODEL".into());
        text.push_str(&format!(
            "\nNext:\n  1. weighbridge serve\n  2. curl http://{}/v1/chat/completions -H \"Authorization: Bearer {}\" -H \"Content-Type: application/json\" \\\n       -d '{{\"model\": \"{model}\", \"messages\": [{{\"role\": \"user\", \"content\": \"Hello\"}}]}}'\n  3. weighbridge usage summary, weighbridge invoices preview {FIRST_CUSTOMER}\n\n`weighbridge doctor` says what is wrong and how to mend it.\n",
            config.server.listen,
            self.key.expose()
        ));
        text
    }
}
