//! The commands of `reception` that are a question to the database and an answer to a person.
use std::{fs, io::Write, path::Path};

use anyhow::{Context, ensure};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;
use utoipa::openapi::OpenApi;

use crate::{
    app::App,
    billing::reconcile,
    database::Database,
    identity::{
        Role,
        accounts::{self, Made},
    },
    kernel::{
        clock::Clock,
        config::Settings,
        db::{
            MigrationState, catalogue_differences, migrate as apply, migration_status as status_of,
            sealed,
        },
        email::Email,
        secrets::Keyring,
    },
    mail, safety,
    voice::{
        self,
        retell::definition::{Bodies, tool_list},
    },
};

/// How a command ended: exit 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Fine,
    Failed,
}

/// Prints a line of the program's answer.
pub(crate) fn say(line: &str) {
    // Whoever reads us may have gone, like `head` after its lines; that is no failure of ours.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints one object on a line.
pub(crate) fn say_json(value: &impl Serialize) -> anyhow::Result<()> {
    say(&serde_json::to_string(value).context("write the answer")?);
    Ok(())
}

/// Applies what is missing; the one command that changes the schema of a database of one's own.
pub async fn migrate(settings: &Settings, json: bool) -> anyhow::Result<Outcome> {
    let database = Database::open(settings, Clock::System).await?;
    let before = pending(&database).await?;
    let mut conn = database.db.pool().acquire().await?;
    apply(&mut conn).await.context("apply the migrations")?;
    drop(conn);
    for (version, name) in &before {
        if json {
            say_json(&json!({"version": version, "name": name, "state": "APPLIED"}))?;
        } else {
            say(&format!("applied {version} {name}"));
        }
    }
    if before.is_empty() && !json {
        say("nothing to apply");
    }
    database.close().await?;
    Ok(Outcome::Fine)
}

async fn pending(database: &Database) -> anyhow::Result<Vec<(i64, String)>> {
    let all = status_of(database.db.pool()).await?;
    let pending = all
        .into_iter()
        .filter(|(_, _, state)| *state == MigrationState::Pending);
    Ok(pending.map(|(version, name, _)| (version, name)).collect())
}

/// Lists applied, pending and changed migrations, and where the catalogue differs from what this program expects.
/// Changes nothing; fails when something is not as it should be.
pub async fn migration_status(settings: &Settings, json: bool) -> anyhow::Result<Outcome> {
    let database = Database::open_as_it_is(settings, Clock::System).await?;
    let all = status_of(database.db.pool()).await?;
    let is_current = all
        .iter()
        .all(|(_, _, state)| *state == MigrationState::Applied);
    let differences = if is_current {
        catalogue_differences(database.db.pool()).await?
    } else {
        Vec::new()
    };
    for (version, name, state) in &all {
        if json {
            say_json(&json!({"version": version, "name": name, "state": state}))?;
        } else {
            say(&format!(
                "{state:<8} {version} {name}",
                state = format!("{state:?}").to_uppercase()
            ));
        }
    }
    for difference in &differences {
        if json {
            say_json(&json!({"difference": difference}))?;
        } else {
            say(&format!("differs  {difference}"));
        }
    }
    database.close().await?;
    Ok(if is_current && differences.is_empty() {
        Outcome::Fine
    } else {
        Outcome::Failed
    })
}

/// Runs the reconciliation now.
pub async fn reconcile(settings: &Settings, json: bool) -> anyhow::Result<Outcome> {
    let database = Database::open(settings, Clock::System).await?;
    let app = App::new(database.db.clone(), Clock::System, settings.clone())?;
    let report = reconcile::run(&app, reconcile::Cause::Command).await?;
    if json {
        say_json(&report)?;
    } else {
        say(&format!(
            "run {}: checked {}, differences {}, corrected {}",
            report.run_id, report.checked, report.differences, report.corrected
        ));
    }
    database.close().await?;
    Ok(if report.differences == report.corrected {
        Outcome::Fine
    } else {
        Outcome::Failed
    })
}

/// Walks the audit log and lists where it is broken.
pub async fn verify_audit(settings: &Settings, json: bool) -> anyhow::Result<Outcome> {
    let database = Database::open(settings, Clock::System).await?;
    let app = App::new(database.db.clone(), Clock::System, settings.clone())?;
    let report = safety::audit::verify_all(&app).await?;
    if json {
        say_json(&report)?;
    } else {
        for broken in &report.broken {
            say(&format!(
                "broken {} row {}: {}",
                broken.subscriber_id, broken.seq, broken.what
            ));
        }
        say(&format!(
            "{} chains, {} rows, {} broken",
            report.chains,
            report.rows,
            report.broken.len()
        ));
    }
    database.close().await?;
    Ok(if report.broken.is_empty() {
        Outcome::Fine
    } else {
        Outcome::Failed
    })
}

/// Seals everything that is sealed with the first key of `ENCRYPTION_KEY`. Fails when something cannot be opened.
pub async fn rotate_keys(settings: &Settings, json: bool) -> anyhow::Result<Outcome> {
    let database = Database::open(settings, Clock::System).await?;
    let keyring = keyring_of(settings)?;
    let report = sealed::rotate(&database.db, &keyring)
        .await
        .context("seal with the first key")?;
    for column in &report {
        if json {
            say_json(column)?;
            continue;
        }
        say(&format!(
            "{}.{}: sealed anew {}, still with another key {}, cannot be opened {}",
            column.table, column.column, column.resealed, column.still_old, column.unopenable
        ));
    }
    database.close().await?;
    Ok(if report.iter().all(|column| column.unopenable == 0) {
        Outcome::Fine
    } else {
        Outcome::Failed
    })
}

fn keyring_of(settings: &Settings) -> anyhow::Result<Keyring> {
    settings
        .keys
        .encryption
        .clone()
        .context("ENCRYPTION_KEY is not set")
}

/// What a start says whose keys are not those of the database.
pub(crate) const FOREIGN_KEYS: &str = "ENCRYPTION_KEY does not hold the key that the secrets of this database are \
    sealed with: add that key to it again (the first one seals, all open)";

/// Makes somebody an operator. The password is the first line of standard input, so that it stands in no history.
pub async fn create_operator(
    settings: &Settings,
    email: &str,
    json: bool,
) -> anyhow::Result<Outcome> {
    let email: Email = email.parse().context("--email")?;
    if let Some(admin) = &settings.admin_email {
        let may = admin.trim().eq_ignore_ascii_case(email.as_str());
        ensure!(
            may,
            "ADMIN_EMAIL names somebody else: only that address may be made operator"
        );
    }
    let password = read_password()?;
    let database = Database::open(settings, Clock::System).await?;
    let now = Clock::System.now();
    let made = accounts::create_operator(&database.db, &email, password, now).await?;
    say_account(made, json)?;
    database.close().await?;
    Ok(Outcome::Fine)
}

/// Makes somebody a member of a business.
pub async fn create_member(
    settings: &Settings,
    email: &str,
    subscriber: &str,
    role: Role,
    json: bool,
) -> anyhow::Result<Outcome> {
    let email = email.parse().context("--email")?;
    let password = read_password()?;
    let database = Database::open(settings, Clock::System).await?;
    let now = Clock::System.now();
    let made =
        accounts::create_member(&database.db, &email, password, subscriber, role, now).await?;
    say_account(made, json)?;
    database.close().await?;
    Ok(Outcome::Fine)
}

fn read_password() -> anyhow::Result<SecretString> {
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .context("read the password")?;
    let password = line.trim_end_matches(['\r', '\n']);
    ensure!(!password.is_empty(), "give the password on standard input");
    Ok(password.to_owned().into())
}

fn say_account(made: Made, json: bool) -> anyhow::Result<()> {
    let (user, state) = match made {
        Made::Created(user) => (user, "CREATED"),
        Made::Promoted(user) => (user, "PROMOTED"),
        Made::Unchanged(user) => (user, "UNCHANGED"),
    };
    if json {
        say_json(&json!({"user_id": user, "state": state}))?;
    } else {
        say(&format!("user {user}: {}", state.to_lowercase()));
        if state != "CREATED" {
            say("the account was there: it keeps its password");
        }
    }
    Ok(())
}

/// Writes the documents that answer calls on another host: one for each business, and the file beside them.
pub async fn write_fallbacks(
    settings: &Settings,
    out: Option<&Path>,
    json: bool,
) -> anyhow::Result<Outcome> {
    let database = Database::open(settings, Clock::System).await?;
    let app = App::new(database.db.clone(), Clock::System, settings.clone())?;
    let documents = voice::standing_documents(&app).await?;
    if let Some(folder) = out {
        fs::create_dir_all(folder).with_context(|| format!("make {}", folder.display()))?;
    }
    for written in documents {
        if let Some(folder) = out {
            let path = folder.join(&written.file);
            fs::write(&path, &written.document)
                .with_context(|| format!("write {}", path.display()))?;
        }
        match (json, out) {
            (true, _) => say_json(&json!({
                "subscriber_id": written.subscriber,
                "file": written.file,
                "document": written.document,
            }))?,
            (false, Some(_)) => say(&written.file),
            (false, None) => say(&format!("{}\n{}\n", written.file, written.document)),
        }
    }
    drop(app);
    database.close().await?;
    Ok(Outcome::Fine)
}

/// Prints the mails that development did not send.
pub async fn show_mails(settings: &Settings, json: bool) -> anyhow::Result<Outcome> {
    let database = Database::open(settings, Clock::System).await?;
    let app = App::new(database.db.clone(), Clock::System, settings.clone())?;
    let mails = mail::read_sandbox(&app).await?;
    if mails.is_empty() && !json {
        say("no mails");
    }
    for mail in mails {
        if json {
            say_json(&mail)?;
        } else {
            say(&format!(
                "{} to {}: {}\n\n{}",
                mail.at, mail.to, mail.subject, mail.text
            ));
        }
    }
    database.close().await?;
    Ok(Outcome::Fine)
}

/// Prints the OpenAPI document.
pub fn print_openapi(document: &OpenApi) -> anyhow::Result<Outcome> {
    say(&serde_json::to_string_pretty(document).context("write the document")?);
    Ok(Outcome::Fine)
}

/// What an operator pastes into an agent at Retell.
pub fn print_retell_tools(
    settings: &Settings,
    connection: Option<&str>,
) -> anyhow::Result<Outcome> {
    let bodies = match connection {
        Some(connection) => Bodies::ArgumentsAlone { connection },
        None => Bodies::Whole,
    };
    let tools = tool_list(&settings.public_url, bodies);
    say(&serde_json::to_string_pretty(&tools).context("write the tools")?);
    Ok(Outcome::Fine)
}
