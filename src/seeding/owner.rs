//! Who signs in to the demo: in development only, as everybody knows the password.
use anyhow::Context;

use super::{
    Seeding, businesses,
    report::{Change, Report, Table},
};
use crate::{
    identity::accounts::{self, Made},
    kernel::config::AppEnv,
    tenancy::directory::{self, Key},
};

/// As the README and the first lines of `cargo run` have it.
pub const EMAIL: &str = "owner@demohvac.com";
pub const PASSWORD: &str = "demo123";

pub async fn seed(seeding: &Seeding<'_>, report: &mut Report) -> anyhow::Result<()> {
    if seeding.settings.env == AppEnv::Production {
        report.note(format!(
            "{EMAIL} is not made in production: everybody knows its password"
        ));
        return Ok(());
    }
    let slug = businesses::DEMO_LINE_DEFAULT;
    let found = directory::find(seeding.db, &[Key::Slug(slug)]).await?;
    let entry = found.into_iter().flatten().next();
    let subscriber = entry.and_then(|entry| entry.subscriber);
    let subscriber = subscriber.with_context(|| format!("there is no {slug}"))?;
    let email = EMAIL.parse().context("the demo's address")?;
    let password = PASSWORD.to_owned().into();
    let made = accounts::put_demo_owner(seeding.db, &email, password, subscriber, seeding.now)
        .await
        .context("make the demo's owner")?;
    let change = match made {
        Made::Created(_) => Change::Created,
        Made::Promoted(_) => Change::Updated,
        Made::Unchanged(_) => Change::Unchanged,
    };
    report.count(Table::Users, change);
    Ok(())
}
