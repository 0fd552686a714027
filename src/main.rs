//! The program `reception`: `serve` unless told otherwise.
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use rocket_reception::{
    commands::{self, Outcome},
    doctor, embedded,
    identity::Role,
    kernel::{config::Settings, telemetry},
    serve, server, simulate, understand,
};

/// A managed AI receptionist: calls, texts and web chats answered, recorded and billed.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// One object a line instead of text.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Serve everything (the default).
    Serve,
    /// Apply what is missing of the schema.
    Migrate {
        /// Say what is applied, pending or changed, and change nothing.
        #[arg(long)]
        status: bool,
    },
    /// Look for what is wrong, and say how to mend it.
    Doctor {
        /// Mend what can be mended.
        #[arg(long)]
        fix: bool,
    },
    /// Compare usage with ledger, balances and sums now.
    Reconcile,
    /// The audit log.
    #[command(subcommand)]
    Audit(Audit),
    /// Seal all secrets in the database with the first key of ENCRYPTION_KEY.
    RotateKeys,
    /// Play a texter or a caller through the real webhooks of the running server.
    #[command(subcommand)]
    Simulate(simulate::Play),
    /// Say what the built-in receptionist understands of utterances, one a line.
    Understand(understand::Utterances),
    /// Make accounts.
    #[command(subcommand)]
    User(User),
    /// Write the TwiML that answers each business's calls when we do not, for any other host.
    FallbackTwiml {
        /// The folder to write into; without it the documents are printed.
        #[arg(long)]
        out: Option<std::path::PathBuf>,
    },
    /// Show the mails that development did not send.
    Mails,
    /// Print our tools as an agent at Retell wants them.
    RetellTools {
        /// For tools that send their arguments alone: the connection of the account, or the subscriber's id.
        #[arg(long)]
        connection: Option<String>,
    },
    /// Print the OpenAPI document.
    Openapi,
}

#[derive(Subcommand)]
enum Audit {
    /// Walk every chain and list where one is broken.
    Verify,
}

/// Each reads the password of a new account from standard input.
#[derive(Subcommand)]
enum User {
    /// Somebody who runs the platform.
    CreateOperator {
        #[arg(long)]
        email: String,
    },
    /// Somebody of a business.
    Create {
        #[arg(long)]
        email: String,
        /// Its slug or id.
        #[arg(long)]
        subscriber: String,
        /// owner, admin or staff.
        #[arg(long, value_parser = role)]
        role: Role,
    },
}

fn role(text: &str) -> Result<Role, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "owner" => Ok(Role::Owner),
        "admin" => Ok(Role::Admin),
        "staff" => Ok(Role::Staff),
        _ => Err("a role is owner, admin or staff"),
    }
}

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    // Before anything else: a supervisor needs neither settings nor logs nor a runtime.
    if args
        .next()
        .is_some_and(|first| first == embedded::SUPERVISE)
    {
        return finish(embedded::supervise(args).map(|()| Outcome::Fine));
    }
    let arguments = Arguments::parse();
    if let Some(Command::Openapi) = arguments.command {
        return finish(commands::print_openapi(&server::document()));
    }
    if let Some(Command::Understand(utterances)) = &arguments.command {
        return finish(understand::run(utterances, arguments.json));
    }
    let settings = match Settings::of_process() {
        Ok(settings) => settings,
        Err(error) => return finish(Err(error)),
    };
    telemetry::init(settings.env, settings.log_filter.as_deref());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    finish(match runtime {
        Ok(runtime) => runtime.block_on(run(arguments, settings)),
        Err(error) => Err(error.into()),
    })
}

async fn run(arguments: Arguments, settings: Settings) -> anyhow::Result<Outcome> {
    let json = arguments.json;
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve(settings).await.map(|()| Outcome::Fine),
        Command::Migrate { status: true } => commands::migration_status(&settings, json).await,
        Command::Migrate { status: false } => commands::migrate(&settings, json).await,
        Command::Doctor { fix } => doctor::run(&settings, fix, json).await,
        Command::Reconcile => commands::reconcile(&settings, json).await,
        Command::Audit(Audit::Verify) => commands::verify_audit(&settings, json).await,
        Command::RotateKeys => commands::rotate_keys(&settings, json).await,
        Command::Understand(utterances) => understand::run(&utterances, json),
        Command::Simulate(play) => simulate::run(&settings, play, json).await,
        Command::User(User::CreateOperator { email }) => {
            commands::create_operator(&settings, &email, json).await
        }
        Command::User(User::Create {
            email,
            subscriber,
            role,
        }) => commands::create_member(&settings, &email, &subscriber, role, json).await,
        Command::FallbackTwiml { out } => {
            commands::write_fallbacks(&settings, out.as_deref(), json).await
        }
        Command::Mails => commands::show_mails(&settings, json).await,
        Command::RetellTools { connection } => {
            commands::print_retell_tools(&settings, connection.as_deref())
        }
        Command::Openapi => commands::print_openapi(&server::document()),
    }
}

/// 0 fine, 1 something failed; clap says 2 for wrong use.
fn finish(outcome: anyhow::Result<Outcome>) -> ExitCode {
    match outcome {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
