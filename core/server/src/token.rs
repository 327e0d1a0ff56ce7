//! The admin token: from the environment, or from a file in the data folder that only its owner can read.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use weighbridge_domain::Secret;

use crate::config::{Config, Environment};

/// The token and where it is.
#[derive(Debug, Clone)]
pub struct FoundToken {
    /// The token.
    pub token: Secret,
    /// Where it came from, for people.
    pub origin: Origin,
}

/// Where the token came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// This environment variable.
    Variable(String),
    /// This file.
    File(PathBuf),
}

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The file system refused.
    #[error("{}: cannot be {doing}: {error}; set the variable {variable} to a token of your own instead", path.display())]
    File {
        /// read, written.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
        /// What could be set instead.
        variable: String,
    },
    /// Too short to be a secret.
    #[error("the admin token in {0} is shorter than 16 characters; use a longer one, such as 32 random hexadecimal digits")]
    Short(String),
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Randomness(getrandom::Error),
}

/// The token's file in a data folder.
pub fn file(config: &Config) -> PathBuf {
    config.store.path.join("admin-token")
}

/// The token, without making one.
pub fn find(config: &Config, environment: &Environment) -> Result<Option<FoundToken>, TokenError> {
    let variable = &config.admin.token_env;
    if let Some(token) = environment.secret(variable) {
        return checked(token, Origin::Variable(variable.clone())).map(Some);
    }
    let path = file(config);
    match fs::read_to_string(&path) {
        Ok(token) => checked(Secret::new(token.trim()), Origin::File(path)).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TokenError::File { doing: "read", path, error, variable: variable.clone() }),
    }
}

/// The token; if there is none, one is made and kept in the data folder.
pub fn find_or_make(config: &Config, environment: &Environment) -> Result<FoundToken, TokenError> {
    if let Some(found) = find(config, environment)? {
        return Ok(found);
    }
    let mut random = [0; 24];
    getrandom::fill(&mut random).map_err(TokenError::Randomness)?;
    let token = Secret::new(format!("wba-{}", hex::encode(random)));
    let path = file(config);
    write(&path, &token).map_err(|error| TokenError::File { doing: "written", path: path.clone(), error, variable: config.admin.token_env.clone() })?;
    Ok(FoundToken { token, origin: Origin::File(path) })
}

fn checked(token: Secret, origin: Origin) -> Result<FoundToken, TokenError> {
    if token.expose().len() < 16 {
        let origin = match origin {
            Origin::Variable(name) => format!("the variable {name}"),
            Origin::File(path) => path.display().to_string(),
        };
        return Err(TokenError::Short(origin));
    }
    Ok(FoundToken { token, origin })
}

/// Never open to others, not even for a moment: the mode is set when the file is made.
fn write(path: &Path, token: &Secret) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        // The books are nobody else's business either. A folder that is there stays as its owner made it.
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{}", token.expose())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(folder: &Path) -> Config {
        let mut config = Config::default();
        config.store.path = folder.join("data");
        config
    }

    #[test]
    fn a_token_is_made_once_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let made = find_or_make(&config, &Environment::default()).unwrap();
        let again = find_or_make(&config, &Environment::default()).unwrap();
        assert_eq!(made.token, again.token);
        assert!(made.token.expose().len() >= 52);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(file(&config)).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::metadata(&config.store.path).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }

    #[test]
    fn the_variable_wins_and_a_short_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let found = find_or_make(&config, &Environment::of([("WEIGHBRIDGE_ADMIN_TOKEN", "0123456789abcdef")])).unwrap();
        assert_eq!(found.origin, Origin::Variable("WEIGHBRIDGE_ADMIN_TOKEN".into()));
        let refused = find_or_make(&config, &Environment::of([("WEIGHBRIDGE_ADMIN_TOKEN", "short")])).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the admin token in the variable WEIGHBRIDGE_ADMIN_TOKEN is shorter than 16 characters; use a longer one, such as 32 random hexadecimal digits"
        );
    }
}
