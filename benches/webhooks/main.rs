//! `cargo bench`: what one server does with the webhooks that everything begins with, beside what PostgreSQL alone does
//! with the very same statements; and what it does with turns of calls, dashboards, sign-ins and webhooks out.
//!
//! It starts a PostgreSQL of its own with default durability and 10,000 subscribers, and the release build on it; it
//! signs requests beforehand and posts them over loopback, first as fast as they are answered, then at half of that
//! rate. Then pgbench sends what the server sent: captured from PostgreSQL's log, not written down here.
mod world;
mod server;
mod requests;
mod driver;
mod capture;
mod script;
mod bare;
mod pgbench;
mod report;
mod reads;
mod sign_in;
mod sink;
mod deliveries;
mod voice;

use std::{path::PathBuf, str::FromStr, time::Duration};

use anyhow::{Context, Result, ensure};
use clap::Parser;

use crate::{
    capture::Capture,
    driver::{Load, closed_loop, open_loop},
    pgbench::Pgbench,
    report::{Figures, Report},
    requests::{Kind, Requests},
    script::Script,
    server::Server,
    world::World,
};

/// Measures the server's webhooks against PostgreSQL alone.
#[derive(Parser)]
struct Arguments {
    /// How long each of the four runs of a webhook takes.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// One measurement instead of all: retell-inbound, sms, call-ended, voice, reads (with sign-in) or deliveries.
    #[arg(long)]
    only: Option<Only>,
    /// Do not print the statements.
    #[arg(long)]
    brief: bool,
    /// Measure the server alone, without PostgreSQL's own rates.
    #[arg(long)]
    server_only: bool,
    /// Another build of the server, to compare it with this one.
    #[arg(long)]
    server: Option<PathBuf>,
    /// What cargo says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Only {
    Webhook(Kind),
    Reads,
    Deliveries,
    Voice,
}

impl FromStr for Only {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "voice" => Ok(Self::Voice),
            "reads" => Ok(Self::Reads),
            "deliveries" => Ok(Self::Deliveries),
            _ => text.parse().map(Self::Webhook),
        }
    }
}

/// As many as pgbench's clients have connections, twice: one half waits while the other is served.
const CLOSED_CONNECTIONS: usize = 32;
/// More than are ever busy, so that a slow answer delays no other request.
const OPEN_CONNECTIONS: usize = 64;
/// Long enough for every connection of the pool to have prepared its statements.
const WARM_UP: Duration = Duration::from_secs(2);

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    // One thread for the driver: it must leave the two cores to those that are measured.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("make a runtime")?;
    runtime.block_on(run(&arguments))
}

async fn run(arguments: &Arguments) -> Result<()> {
    let mut world = World::make().await?;
    let measured = measure(arguments, &mut world).await;
    world.leave().await?;
    measured?.print()
}

async fn measure(arguments: &Arguments, world: &mut World) -> Result<Report> {
    let pgbench = Pgbench::find();
    ensure!(arguments.server_only || pgbench.is_there(), pgbench::HELP);
    let server = Server::start(arguments.server.as_deref(), world).await?;
    let mut report = Report::default();
    let is_wanted = |what| arguments.only.is_none_or(|only| only == what);
    let kinds = Kind::ALL.into_iter();
    for kind in kinds.filter(|kind| is_wanted(Only::Webhook(*kind))) {
        let length = Duration::from_secs(arguments.seconds);
        let served = serve(kind, length, &server, world).await?;
        let capture = Capture::of_one(kind, &server, world).await?;
        let prepared_again = capture::prepared_again(kind, &server, world).await?;
        let script = Script::of(kind, &capture, world).await?;
        if !arguments.brief {
            report::print_statements(kind, &capture, &script);
        }
        let (postgres, bare) = if arguments.server_only {
            (None, None)
        } else {
            world.checkpoint().await?;
            let postgres = pgbench.run(world, &script.transaction(), length).await?;
            world.checkpoint().await?;
            let bare = pgbench.run_bare(world, &script.bare(), length).await?;
            (Some(postgres), Some(bare))
        };
        report.add(Figures {
            kind,
            closed: served.closed,
            open: served.open,
            memory_mb: served.memory_mb,
            statements: capture.inside.len(),
            prepared_again,
            postgres,
            bare,
        });
    }
    if is_wanted(Only::Voice) {
        report.add_voice(voice::measure(&server, world).await?);
    }
    server.stop().await?;
    // Later, because from then on every subscriber has an endpoint.
    if is_wanted(Only::Deliveries) {
        report.add_deliveries(deliveries::measure(world).await?);
    }
    // Last, because from then on there is a history.
    if is_wanted(Only::Reads) {
        let options = reads::Options {
            length: Duration::from_secs(arguments.seconds),
            is_brief: arguments.brief,
            is_server_only: arguments.server_only,
        };
        reads::measure(&options, &pgbench, world).await?;
    }
    Ok(report)
}

struct Served {
    closed: Load,
    open: Load,
    memory_mb: f64,
}

async fn serve(kind: Kind, length: Duration, server: &Server, world: &mut World) -> Result<Served> {
    let requests = Requests::of(kind);
    requests.borrow_mut().sign(40_000);
    let warm = closed_loop(server.port, &requests, CLOSED_CONNECTIONS, WARM_UP).await?;
    // More than can be answered, so that the end is the clock's.
    requests.borrow_mut().sign(warm.count_in(length) * 2);
    world.checkpoint().await?;
    let closed = closed_loop(server.port, &requests, CLOSED_CONNECTIONS, length).await?;
    let memory_mb = server.memory_mb()?;
    let rate = closed.per_second() / 2.0;
    let due = (rate * length.as_secs_f64()) as usize;
    requests.borrow_mut().sign(due + OPEN_CONNECTIONS);
    world.checkpoint().await?;
    let open = open_loop(server.port, &requests, OPEN_CONNECTIONS, rate, length).await?;
    Ok(Served {
        closed,
        open,
        memory_mb,
    })
}
