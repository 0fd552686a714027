//! Saving an account, and opening it for use.
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{
    model::{
        Account, Change, Error, OwnAccount, Provider, Saved, SecretChange, SecretShown, Unopened,
    },
    store::{self, Row, SealedSecret},
};
use crate::{
    kernel::{
        db::{OnConstraint, SystemTx, TenantTx},
        ids::SubscriberId,
        phone::E164,
        secrets::{Keyring, Place},
    },
    tenancy::directory::{self, Key},
};

/// A secret shorter than this is shown without its end.
const LONG_ENOUGH_TO_SHOW: usize = 16;

/// The account, without its secrets.
pub async fn find(tx: &mut TenantTx, provider: Provider) -> sqlx::Result<Option<Account>> {
    let row = store::find(tx, provider).await?;
    Ok(row.map(|row| shown(provider, row)))
}

/// Makes the account or changes it, with its place in the directory: whose webhooks it proves is known to everybody
/// from the commit on.
pub async fn save(
    tx: &mut TenantTx,
    keyring: &Keyring,
    provider: Provider,
    change: Change,
    now: DateTime<Utc>,
) -> Result<Saved, Error> {
    let before = store::lock(tx, provider).await?;
    let is_new = before.is_none();
    let mut changed = Vec::new();
    let mut row = match before {
        Some(row) => row,
        None => Row::new(Uuid::now_v7(), tx.subscriber(), now),
    };
    let account_id = change.account_id.unwrap_or_else(|| row.account_id.clone());
    if account_id.is_empty() {
        return Err(Error::AccountIdMissing);
    }
    if account_id != row.account_id {
        if !is_new {
            directory::give_up(tx, &Key::Account(provider, &row.account_id)).await?;
        }
        row.account_id = account_id;
        changed.push("account_id");
    }
    // Also when nothing changed: a row that somebody removed by hand is mended.
    if !directory::claim(tx, &Key::Account(provider, &row.account_id), row.id).await? {
        return Err(Error::Taken);
    }
    let connection = Key::Connection(row.id);
    if !directory::claim(tx, &connection, row.id).await? {
        return Err(Error::Taken);
    }
    if let Some(is_enabled) = change.is_enabled
        && is_enabled != row.is_enabled
    {
        row.is_enabled = is_enabled;
        changed.push("is_enabled");
    }
    let place = |column| row_place(&row, column);
    let (key_place, secret_place) = (place("api_key_sealed"), place("webhook_secret_sealed"));
    if apply(&mut row.api_key, change.api_key, keyring, &key_place, now) {
        changed.push("api_key");
    }
    if apply(
        &mut row.webhook_secret,
        change.webhook_secret,
        keyring,
        &secret_place,
        now,
    ) {
        changed.push("webhook_secret");
    }
    if let Some(scheme) = change.webhook_scheme
        && scheme != row.webhook_scheme
    {
        row.webhook_scheme = scheme;
        changed.push("webhook_scheme");
    }
    if is_new || !changed.is_empty() {
        row.updated_at = now;
        store::upsert(tx, provider, &row)
            .await
            .on_constraint("provider_accounts_subscriber_provider_key", Error::Raced)?;
    }
    Ok(Saved {
        account: shown(provider, row),
        is_new,
        changed,
    })
}

/// Removes the account and its place in the directory; None when there was none.
pub async fn delete(tx: &mut TenantTx, provider: Provider) -> sqlx::Result<Option<Account>> {
    let Some(row) = store::lock(tx, provider).await? else {
        return Ok(None);
    };
    directory::give_up(tx, &Key::Account(provider, &row.account_id)).await?;
    directory::give_up(tx, &Key::Connection(row.id)).await?;
    store::delete(tx, provider).await?;
    Ok(Some(shown(provider, row)))
}

/// The account with which a text from this number is sent: the subscriber's own, unless the number is one that several
/// share, which only the platform's account holds.
pub async fn own_account_for_number(
    tx: &mut TenantTx,
    keyring: &Keyring,
    number: &E164,
) -> Result<Option<OwnAccount>, Error> {
    let key = Key::Number(number);
    let row = store::find_for(tx, Provider::Twilio, key.kind(), &key.text()).await?;
    open(keyring, row)
}

/// The account in which this agent of Retell's answers: the subscriber's own, unless the agent is the platform's.
pub async fn own_account_for_agent(
    tx: &mut TenantTx,
    keyring: &Keyring,
    agent: &str,
) -> Result<Option<OwnAccount>, Error> {
    let key = Key::RetellAgent(agent);
    let row = store::find_unless_platforms(tx, Provider::Retell, key.kind(), &key.text()).await?;
    open(keyring, row)
}

/// The account in which this assistant of Vapi's answers: the subscriber's own, unless the assistant is the platform's.
pub async fn own_account_for_assistant(
    tx: &mut TenantTx,
    keyring: &Keyring,
    assistant: &str,
) -> Result<Option<OwnAccount>, Error> {
    let key = Key::VapiAgent(assistant);
    let row = store::find_unless_platforms(tx, Provider::Vapi, key.kind(), &key.text()).await?;
    open(keyring, row)
}

/// The subscriber's own account of this id, for what was begun with it. Also when it was switched off meanwhile.
pub async fn own_account_named(
    tx: &mut TenantTx,
    keyring: &Keyring,
    provider: Provider,
    account_id: &str,
) -> Result<Option<OwnAccount>, Error> {
    let row = store::find(tx, provider).await?;
    open(keyring, row.filter(|row| row.account_id == account_id))
}

/// The enabled accounts of these subscribers, in one read: whose signature is it? One that cannot be opened proves
/// nothing, and says so in the log.
pub async fn own_accounts(
    tx: &mut SystemTx,
    keyring: &Keyring,
    provider: Provider,
    subscribers: &[SubscriberId],
) -> sqlx::Result<Vec<OwnAccount>> {
    let rows = store::list_enabled(tx, provider, subscribers).await?;
    let mut accounts = Vec::new();
    for row in rows {
        let subscriber = row.subscriber_id;
        match opened(keyring, row) {
            Ok(account) => accounts.push(account),
            Err(error) => {
                tracing::error!(subscriber.id = %subscriber, provider = provider.as_str(), "{error}");
            }
        }
    }
    Ok(accounts)
}

/// Who has an account of its own at this provider.
pub async fn list_holders(
    tx: &mut SystemTx,
    provider: Provider,
) -> sqlx::Result<Vec<SubscriberId>> {
    store::list_holders(tx, provider).await
}

fn open(keyring: &Keyring, row: Option<Row>) -> Result<Option<OwnAccount>, Error> {
    Ok(row.map(|row| opened(keyring, row)).transpose()?)
}

fn opened(keyring: &Keyring, row: Row) -> Result<OwnAccount, Unopened> {
    let open = |secret: &Option<SealedSecret>, column| {
        let place = row_place(&row, column);
        let open = |secret: &SealedSecret| keyring.open(&place, &secret.sealed);
        secret.as_ref().map(open).transpose().map_err(|_| Unopened)
    };
    let api_key = open(&row.api_key, "api_key_sealed")?;
    let webhook_secret = open(&row.webhook_secret, "webhook_secret_sealed")?;
    // As the platform's settings have it: who names no secret for webhooks is signed for with the API key.
    let webhook_secrets = match &webhook_secret {
        Some(listed) => split(listed),
        None => api_key.clone().into_iter().collect(),
    };
    Ok(OwnAccount {
        subscriber: row.subscriber_id,
        account_id: row.account_id,
        api_key,
        webhook_secrets,
        webhook_scheme: row.webhook_scheme,
    })
}

fn split(listed: &SecretString) -> Vec<SecretString> {
    let one = |text: &str| SecretString::from(text.trim().to_owned());
    let all = listed.expose_secret().split(',');
    all.filter(|text| !text.trim().is_empty())
        .map(one)
        .collect()
}

fn row_place(row: &Row, column: &'static str) -> Place {
    Place {
        table: "provider_accounts",
        column,
        subscriber: Some(row.subscriber_id),
        row: row.id,
    }
}

/// Whether something changed. The same secret again counts as one: nobody can see that it was the same.
fn apply(
    secret: &mut Option<SealedSecret>,
    change: SecretChange,
    keyring: &Keyring,
    place: &Place,
    now: DateTime<Utc>,
) -> bool {
    match change {
        SecretChange::Keep => false,
        SecretChange::Remove => secret.take().is_some(),
        SecretChange::Set(plain) => {
            *secret = Some(SealedSecret {
                sealed: keyring.seal(place, &plain),
                last_four: last_four(&plain),
                set_at: now,
            });
            true
        }
    }
}

fn last_four(plain: &SecretString) -> Option<String> {
    let letters: Vec<char> = plain.expose_secret().chars().collect();
    let is_long = letters.len() >= LONG_ENOUGH_TO_SHOW;
    is_long.then(|| letters[letters.len() - 4..].iter().collect())
}

fn shown(provider: Provider, row: Row) -> Account {
    let show = |secret: Option<SealedSecret>| {
        secret.map(|secret| SecretShown {
            last_four: secret.last_four,
            set_at: secret.set_at,
        })
    };
    Account {
        id: row.id,
        provider,
        account_id: row.account_id,
        is_enabled: row.is_enabled,
        api_key: show(row.api_key),
        webhook_secret: show(row.webhook_secret),
        webhook_scheme: row.webhook_scheme,
        created_at: row.created_at,
        updated_at: row.updated_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_short_secret_is_not_shown() {
        let end = |text: &str| last_four(&SecretString::from(text));
        assert_eq!(end("fifteen-letters"), None);
        assert_eq!(end("sixteen--letters").as_deref(), Some("ters"));
    }

    #[test]
    fn several_secrets_are_several() {
        let all = split(&SecretString::from(" one , two,,"));
        let all: Vec<_> = all.iter().map(ExposeSecret::expose_secret).collect();
        assert_eq!(all, ["one", "two"]);
    }
}
