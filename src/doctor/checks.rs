//! The checks, one function each.
use super::{Check, State, store};
use crate::{
    app::AppState,
    commands::FOREIGN_KEYS,
    jobs::{housekeeping::measure_lanes, schedule::last_runs},
    kernel::{
        config::AppEnv,
        db::{
            MigrationState, OperatorToken, OperatorTx, login_bypasses_policies, migration_status,
            sealed::{self, KeyCheck},
        },
    },
    providers::elevenlabs,
    safety::audit::verify_all,
    worker,
};

/// Twilio would not wait longer for a file.
const FALLBACK_DEADLINE: std::time::Duration = std::time::Duration::from_secs(5);

/// The oldest major version of PostgreSQL that we run on, as the server numbers it.
const OLDEST_SERVER: i32 = 150_000;

async fn operator(app: &AppState) -> sqlx::Result<OperatorTx> {
    OperatorTx::begin(&app.db, OperatorToken::Command).await
}

pub fn settings(app: &AppState) -> Check {
    let settings = &app.settings;
    let env = match settings.env {
        AppEnv::Development => "development",
        AppEnv::Production => "production",
    };
    if settings.ignored.is_empty() {
        return Check::ok(
            "settings",
            format!("{env}, public URL {}", settings.public_url),
        );
    }
    let names = settings.ignored.join(", ");
    Check::new(
        "settings",
        State::Warn,
        format!("{names} set, and not used any more"),
    )
    .repair("remove them")
}

pub async fn database(app: &AppState) -> sqlx::Result<Check> {
    let mut tx = operator(app).await?;
    let version = store::server_version(&mut tx).await?;
    let detail = format!("PostgreSQL {}.{}", version / 10_000, version % 10_000);
    Ok(if version < OLDEST_SERVER {
        Check::new("database", State::Fail, detail).repair("PostgreSQL 15 or newer is needed")
    } else {
        Check::ok("database", detail)
    })
}

pub async fn migrations(app: &AppState) -> sqlx::Result<Check> {
    let all = migration_status(app.db.pool()).await?;
    let count = |state| all.iter().filter(|(_, _, found)| *found == state).count();
    let (pending, changed) = (
        count(MigrationState::Pending),
        count(MigrationState::Changed),
    );
    Ok(if pending + changed == 0 {
        Check::ok("migrations", format!("{} applied", all.len()))
    } else {
        Check::new(
            "migrations",
            State::Fail,
            format!("{pending} pending, {changed} changed"),
        )
        .repair("reception migrate; what changed after it was applied needs a person")
    })
}

pub async fn login(app: &AppState) -> sqlx::Result<Check> {
    if login_bypasses_policies(app.db.pool()).await? {
        let check = Check::new(
            "login",
            State::Fail,
            "the login is bound by no row-level security",
        );
        return Ok(check.repair("log in as an ordinary role that owns the database"));
    }
    Ok(if app.db.has_app_role() {
        Check::ok(
            "login",
            "ordinary; transactions take the role reception_app",
        )
    } else {
        Check::new(
            "login",
            State::Warn,
            "the role reception_app cannot be taken; policies bind the owner",
        )
        .repair("create role reception_app nologin; grant reception_app to the login")
    })
}

pub async fn keys(app: &AppState) -> sqlx::Result<Check> {
    Ok(match sealed::check_keys(&app.db, &app.keyring).await? {
        KeyCheck::Fits => Check::ok("keys", "ENCRYPTION_KEY opens what is sealed here"),
        KeyCheck::Unmade => Check::ok("keys", "nothing is sealed here yet"),
        KeyCheck::Foreign => Check::new("keys", State::Fail, FOREIGN_KEYS)
            .repair("find the key: without it the secrets have to be entered again"),
    })
}

pub async fn directory(app: &AppState, fix: bool) -> sqlx::Result<Check> {
    let mut tx = operator(app).await?;
    let unlisted = store::count_unlisted(&mut tx).await?;
    if unlisted == 0 {
        return Ok(Check::ok(
            "directory",
            "every number and subscriber can be found",
        ));
    }
    if fix {
        let listed = store::list_unlisted(&mut tx).await?;
        tx.commit().await?;
        return Ok(Check::ok(
            "directory",
            format!("{listed} entries were missing and are written"),
        ));
    }
    let check = Check::new(
        "directory",
        State::Fail,
        format!("{unlisted} cannot be found from outside"),
    );
    Ok(check.repair("reception doctor --fix"))
}

pub async fn channels(app: &AppState) -> sqlx::Result<Check> {
    let mut tx = operator(app).await?;
    let incomplete = store::count_incomplete(&mut tx).await?;
    Ok(if incomplete == 0 {
        Check::ok("channels", "every subscriber has its profile and channels")
    } else {
        let detail = format!("{incomplete} subscribers lack a profile or a channel");
        Check::new("channels", State::Warn, detail).repair("seed-channels")
    })
}

pub async fn balances(app: &AppState) -> sqlx::Result<Check> {
    let mut tx = operator(app).await?;
    let drifted = store::count_drifted_balances(&mut tx).await?;
    Ok(if drifted == 0 {
        Check::ok("balances", "every balance is the sum of its ledger")
    } else {
        let detail = format!("{drifted} balances differ from their ledger");
        Check::new("balances", State::Fail, detail).repair("reception reconcile")
    })
}

pub async fn audit(app: &AppState) -> sqlx::Result<Check> {
    let report = verify_all(app).await?;
    let rows = report.rows;
    Ok(match report.broken.first() {
        None => Check::ok("audit log", format!("{rows} rows, every chain is whole")),
        Some(broken) => {
            let detail = format!(
                "{} broken places, such as row {} of {}: {}",
                report.broken.len(),
                broken.seq,
                broken.subscriber_id,
                broken.what
            );
            Check::new("audit log", State::Fail, detail)
                .repair("reception audit verify lists them; somebody changed the database by hand")
        }
    })
}

pub async fn jobs(app: &AppState) -> sqlx::Result<Check> {
    let lanes = measure_lanes(app).await?;
    let dead: i64 = lanes.iter().map(|lane| lane.dead).sum();
    let ready: i64 = lanes.iter().map(|lane| lane.ready).sum();
    Ok(if dead == 0 {
        Check::ok("jobs", format!("{ready} due, none dead"))
    } else {
        Check::new("jobs", State::Warn, format!("{ready} due, {dead} dead"))
            .repair("see their last_error in the table jobs")
    })
}

pub async fn schedules(app: &AppState) -> sqlx::Result<Check> {
    let runs = last_runs(app, &worker::schedules()).await?;
    let never: Vec<&str> = runs
        .iter()
        .filter(|run| run.last_run_at.is_none())
        .map(|run| run.name.as_str())
        .collect();
    Ok(if never.is_empty() {
        Check::ok("schedules", format!("{} have run", runs.len()))
    } else {
        let detail = format!("not yet run: {}", never.join(", "));
        Check::new("schedules", State::Warn, detail).repair("they run while the server does")
    })
}

pub async fn kept_events(app: &AppState) -> sqlx::Result<Check> {
    let mut tx = operator(app).await?;
    let (unrouted, failed) = store::count_kept_events(&mut tx).await?;
    let detail = format!("{unrouted} belong to nobody here, {failed} failed");
    Ok(match (unrouted, failed) {
        (0, 0) => Check::ok("events", "all webhooks found their subscriber"),
        (_, 0) => Check::new("events", State::Warn, detail)
            .repair("whose number was called? see inbound_events in state UNROUTED"),
        _ => Check::new("events", State::Fail, detail).repair("see the log; they are tried again"),
    })
}

pub async fn alerts(app: &AppState) -> sqlx::Result<Check> {
    let mut tx = operator(app).await?;
    let open = store::list_open_alerts(&mut tx).await?;
    let Some((kind, detail)) = open.first() else {
        return Ok(Check::ok("alerts", "none open"));
    };
    let detail = format!("{} open, such as {kind}: {detail}", open.len());
    Ok(Check::new("alerts", State::Warn, detail).repair("mend the cause, then set resolved_at"))
}

pub async fn twilio(app: &AppState) -> Check {
    let Some(client) = &app.twilio else {
        return Check::new("twilio", State::Off, "texts go to the sandbox")
            .repair("TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN turn it on");
    };
    match client.fetch_account().await {
        Ok(account) if account.status == "active" => Check::ok("twilio", "the account is active"),
        Ok(account) => Check::new(
            "twilio",
            State::Fail,
            format!("the account is {}", account.status),
        )
        .repair("see the account at Twilio"),
        Err(error) => Check::new("twilio", State::Fail, error.to_string())
            .repair("see TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and the network"),
    }
}

pub async fn retell(app: &AppState) -> Check {
    let Some(client) = &app.retell else {
        return Check::new("retell", State::Off, "the built-in brain answers")
            .repair("RETELL_API_KEY turns it on");
    };
    match client.ping().await {
        Ok(usage) if usage.current * 5 >= usage.limit * 4 => {
            let detail = format!(
                "{} of {} calls at once are in use",
                usage.current, usage.limit
            );
            Check::new("retell", State::Warn, detail).repair("raise the limit at Retell")
        }
        Ok(usage) => Check::ok(
            "retell",
            format!("{} of {} calls in use", usage.current, usage.limit),
        ),
        Err(error) => Check::new("retell", State::Fail, error.to_string())
            .repair("see RETELL_API_KEY and the network"),
    }
}

pub async fn vapi(app: &AppState) -> Check {
    let Some(client) = &app.vapi else {
        return Check::new("vapi", State::Off, "no key").repair("VAPI_API_KEY turns it on");
    };
    match client.ping().await {
        Ok(()) if app.settings.vapi.webhook_secrets.is_empty() => {
            Check::new("vapi", State::Fail, "its webhooks cannot be checked")
                .repair("set VAPI_WEBHOOK_SECRET")
        }
        Ok(()) => Check::ok("vapi", "it takes our key"),
        Err(error) => Check::new("vapi", State::Fail, error.to_string())
            .repair("see VAPI_API_KEY and the network"),
    }
}

pub async fn elevenlabs(app: &AppState) -> Check {
    let Some(client) = &app.elevenlabs else {
        return Check::new(
            "elevenlabs",
            State::Off,
            "calls are spoken by the carrier's voice",
        )
        .repair("ELEVENLABS_API_KEY turns it on");
    };
    match client.has_voice(&app.settings.elevenlabs.voice_id).await {
        Ok(true) => Check::ok("elevenlabs", "it knows the usual voice"),
        Ok(false) => Check::new(
            "elevenlabs",
            State::Fail,
            "it does not know the usual voice",
        )
        .repair("see ELEVENLABS_VOICE_ID"),
        Err(elevenlabs::Error::KeyRefused {
            is_permission: true,
        }) => Check::new(
            "elevenlabs",
            State::Warn,
            "the key may not look at voices, so they are not checked when they are chosen",
        )
        .repair("give the key the permission to read voices"),
        Err(error) => Check::new("elevenlabs", State::Fail, error.to_string())
            .repair("see ELEVENLABS_API_KEY and the network"),
    }
}

/// Where Twilio asks when we do not answer: the one URL that must work when nothing else does.
pub async fn voice_fallback(app: &AppState) -> Check {
    const NAME: &str = "fallback";
    let settings = &app.settings;
    let is_own = settings.voice_fallback_url.is_none();
    if is_own && settings.env == AppEnv::Development {
        return Check::new(
            NAME,
            State::Off,
            "calls that fail end at this program itself",
        );
    }
    // Of the business that comes first: where each has a document, that one stands for all.
    let url = match operator(app).await {
        Ok(mut tx) => match store::find_first_subscriber(&mut tx).await {
            Ok(first) => settings.fallback_url_of(&first.unwrap_or_default().to_string()),
            Err(error) => return Check::new(NAME, State::Fail, error.to_string()),
        },
        Err(error) => return Check::new(NAME, State::Fail, error.to_string()),
    };
    let request = match is_own {
        true => app.http.post(&url),
        false => app.http.get(&url),
    };
    let answered = request.timeout(FALLBACK_DEADLINE).send().await;
    let found = match answered {
        Ok(answer) if answer.status().is_success() => match answer.text().await {
            Ok(text) if text.trim_start().starts_with("<?xml") && text.contains("<Response>") => {
                Ok(())
            }
            Ok(_) => Err("it answers, and not with TwiML".to_owned()),
            Err(error) => Err(error.without_url().to_string()),
        },
        Ok(answer) => Err(format!("it answers {}", answer.status())),
        Err(error) => Err(error.without_url().to_string()),
    };
    match found {
        Ok(()) if is_own => Check::ok(NAME, "calls that fail end at our own /voice/fallback"),
        Ok(()) => Check::ok(NAME, "calls that fail end at VOICE_FALLBACK_URL"),
        Err(error) => Check::new(NAME, State::Fail, error).repair(
            "reception fallback-twiml --out DIR writes what must stand at VOICE_FALLBACK_URL",
        ),
    }
}

/// Those whose rooms are not furnished yet.
pub fn later_providers(app: &AppState) -> Check {
    let set = app.settings.is_configured;
    let named = [
        ("stripe", set.stripe),
        ("calcom", app.calcom.is_some()),
        ("resend", app.settings.mail.api_key.is_some()),
        ("llm", app.llm.is_some()),
    ];
    let off: Vec<&str> = named
        .iter()
        .filter(|(_, is_set)| !is_set)
        .map(|(name, _)| *name)
        .collect();
    Check::new("others", State::Off, format!("no key: {}", off.join(", ")))
}
