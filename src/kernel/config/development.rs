//! What development makes once and keeps: keys that sign and seal, secrets to check webhooks with.
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{AppEnv, Settings};
use crate::kernel::{random, secrets::Keyring, signing::SigningKeys};

/// The keys, and a verification secret per provider, so that webhooks are checked in development too and `simulate`
/// can sign.
#[derive(Clone, Debug)]
pub struct DevelopmentSecrets {
    pub signing: SecretString,
    pub encryption: SecretString,
    pub twilio: SecretString,
    pub retell: SecretString,
    pub calcom: SecretString,
    pub vapi: SecretString,
}

impl DevelopmentSecrets {
    /// Reads them from the data folder, making them when they are not there.
    pub fn load_or_make(data_dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(data_dir)?;
        Ok(Self {
            signing: load_or_make(&data_dir.join("jwt-private-key"), SigningKeys::generate)?,
            encryption: load_or_make(&data_dir.join("encryption-key"), Keyring::generate)?,
            twilio: load_or_make(&data_dir.join("twilio-webhook-secret"), webhook_secret)?,
            retell: load_or_make(&data_dir.join("retell-webhook-secret"), webhook_secret)?,
            calcom: load_or_make(&data_dir.join("calcom-webhook-secret"), webhook_secret)?,
            vapi: load_or_make(&data_dir.join("vapi-webhook-secret"), webhook_secret)?,
        })
    }
}

impl Settings {
    /// In development, fills in what is missing. In production a provider without settings stays off.
    pub fn with_development_secrets(mut self) -> io::Result<Self> {
        if self.env == AppEnv::Development {
            let made = DevelopmentSecrets::load_or_make(&self.data_dir)?;
            if self.keys.signing.is_none() {
                let read = SigningKeys::parse(made.signing.expose_secret());
                self.keys.signing = Some(read.map_err(io::Error::other)?);
            }
            if self.keys.encryption.is_none() {
                let read = Keyring::parse(made.encryption.expose_secret());
                self.keys.encryption = Some(read.map_err(io::Error::other)?);
            }
            if self.twilio.auth_tokens.is_empty() {
                self.twilio.auth_tokens.push(made.twilio);
            }
            if self.retell.webhook_secrets.is_empty() {
                self.retell.webhook_secrets.push(made.retell);
            }
            if self.calcom.webhook_secrets.is_empty() {
                self.calcom.webhook_secrets.push(made.calcom);
            }
            if self.vapi.webhook_secrets.is_empty() {
                self.vapi.webhook_secrets.push(made.vapi);
            }
        }
        Ok(self)
    }
}

fn webhook_secret() -> SecretString {
    format!("dev_{}", random::base62(64)).into()
}

/// Two programs may start at once: the one that creates the file decides, the other reads it.
fn load_or_make(path: &Path, make: fn() -> SecretString) -> io::Result<SecretString> {
    if let Ok(secret) = fs::read_to_string(path) {
        return Ok(secret.trim().to_owned().into());
    }
    let secret = make();
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
