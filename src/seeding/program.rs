//! What the four programs share: arguments, settings, the database, the printed report.
use std::{
    env,
    io::{self, Write},
    process::ExitCode,
};

use anyhow::Context;
use clap::{Arg, ArgAction, Command};

use super::{Report, Seed, Seeding};
use crate::{
    database::Database,
    embedded,
    kernel::{clock::Clock, config::Settings, telemetry},
};

/// The whole of a seed program. Ends with 0 when all is well, 1 when something failed, 2 when it was used wrongly.
pub fn main(seed: Seed) -> ExitCode {
    match run(seed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error:#}", seed.name());
            ExitCode::FAILURE
        }
    }
}

fn run(seed: Seed) -> anyhow::Result<()> {
    let mut args = env::args_os().skip(1);
    // Before anything else: the embedded server is supervised by this same program.
    if args
        .next()
        .is_some_and(|first| first == embedded::SUPERVISE)
    {
        return embedded::supervise(args);
    }
    // clap itself ends a wrong use, with 2.
    let matches = command(seed).get_matches();
    let report = tokio::runtime::Runtime::new()
        .context("start the runtime")?
        .block_on(seed_database(seed))?;
    print(&report, matches.get_flag("json"));
    Ok(())
}

fn command(seed: Seed) -> Command {
    Command::new(seed.name())
        .about(seed.about())
        .after_help("Creates what is missing and leaves alone what people decide: a second run changes nothing.")
        .version(env!("CARGO_PKG_VERSION"))
        .arg(
            Arg::new("json")
                .long("json")
                .help("Print one JSON object a line")
                .action(ArgAction::SetTrue),
        )
}

async fn seed_database(seed: Seed) -> anyhow::Result<Report> {
    let settings = Settings::of_process()?;
    telemetry::init(settings.env, settings.log_filter.as_deref());
    let clock = Clock::System;
    let database = Database::open(&settings, clock.clone()).await?;
    let result = seed_checked(seed, &database, &settings, &clock).await;
    // The server stops in good order after a failure, too; the failure itself is the news.
    let closed = database.close().await;
    let report = result?;
    closed.context("let go of the database")?;
    Ok(report)
}

async fn seed_checked(
    seed: Seed,
    database: &Database,
    settings: &Settings,
    clock: &Clock,
) -> anyhow::Result<Report> {
    database.require_schema().await?;
    let seeding = Seeding {
        db: &database.db,
        settings,
        now: clock.now(),
    };
    seed.run(&seeding).await
}

fn print(report: &Report, as_json: bool) {
    // Standard output holds the report alone, so that a program can read it.
    for note in report.notes() {
        eprintln!("{note}");
    }
    let lines = if as_json {
        report.json_lines()
    } else {
        report.lines()
    };
    for line in lines {
        // Whoever reads us may have gone, like `head` after its lines; the work is done all the same.
        let _ = writeln!(io::stdout(), "{line}");
    }
}
