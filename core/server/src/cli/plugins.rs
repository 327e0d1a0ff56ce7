//! `weighbridge plugins`

use clap::Subcommand;

use super::{
    CliError, Context,
    output::{self, Left},
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the installed plugins
    List,
}

pub(super) async fn run(command: Command, context: &Context) -> Result<(), CliError> {
    let client = context.client()?;
    match command {
        Command::List => {
            let list = client.list("/plugins", &[], None).await?;
            if context.json() {
                output::print_json(&list);
                return Ok(());
            }
            let columns = [("NAME", Left), ("KIND", Left), ("VERSION", Left), ("DIGEST", Left), ("DESCRIPTION", Left)];
            let rows = list["data"].as_array().into_iter().flatten().map(|plugin| {
                let digest: String = output::text(&plugin["digest"]).chars().take("sha256:".len() + 12).collect();
                vec![
                    output::text(&plugin["name"]),
                    output::text(&plugin["kind"]),
                    output::text(&plugin["version"]),
                    digest,
                    output::text(&plugin["description"]),
                ]
            });
            output::print(&output::table(&columns, rows));
        }
    }
    Ok(())
}
