//! What development makes once and keeps: secrets to sign and check webhooks with.
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{AppEnv, Settings};

/// A verification secret per provider, so that webhooks are checked in development too and `simulate` can sign.
#[derive(Clone, Debug)]
pub struct DevelopmentSecrets {
    pub twilio: SecretString,
    pub retell: SecretString,
}

impl DevelopmentSecrets {
    /// Reads them from the data folder, making them when they are not there.
    pub fn load_or_make(data_dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(data_dir)?;
        Ok(Self {
            twilio: load_or_make(&data_dir.join("twilio-webhook-secret"))?,
            retell: load_or_make(&data_dir.join("retell-webhook-secret"))?,
        })
    }
}

impl Settings {
    /// In development, fills in what is missing. In production a provider without settings stays off.
    pub fn with_development_secrets(mut self) -> io::Result<Self> {
        if self.env == AppEnv::Development {
            let made = DevelopmentSecrets::load_or_make(&self.data_dir)?;
            if self.twilio.auth_tokens.is_empty() {
                self.twilio.auth_tokens.push(made.twilio);
            }
            if self.retell.webhook_secrets.is_empty() {
                self.retell.webhook_secrets.push(made.retell);
            }
        }
        Ok(self)
    }
}

/// Two programs may start at once: the one that creates the file decides, the other reads it.
fn load_or_make(path: &Path) -> io::Result<SecretString> {
    let secret = SecretString::from(format!(
        "dev_{}{}",
        Uuid::new_v4().simple(),
        Uuid::new_v4().simple()
    ));
    let temporary = path.with_extension(Uuid::new_v4().simple().to_string());
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)?;
    file.write_all(secret.expose_secret().as_bytes())?;
    let linked = fs::hard_link(&temporary, path);
    fs::remove_file(&temporary)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(fs::read_to_string(path)?.trim().to_owned().into()),
    }
}
