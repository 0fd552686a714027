//! Joining the running cluster or starting it, and what a holder can do with it.
use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::{
    ClusterSpec, Durability,
    control::{Control, DONE, Request, StopMode},
    data_folder::{self, SUPERUSER},
    places::{Places, own_file},
    processes, programs, roles,
    server::Recipe,
    supervisor::{Orders, SUPERVISE},
};

/// With more than this the log begins anew and the old one is kept beside it.
const LONGEST_LOG: u64 = 8 << 20;

/// A hold on a running cluster. Letting go of it in any way, be it by `kill -9`, lets the server stop once nobody else
/// holds it; [`Cluster::leave`] waits for that.
#[derive(Debug)]
pub struct Cluster {
    places: Places,
    control: Arc<Mutex<Control>>,
    was_started_here: bool,
    opened_in: Duration,
    version: String,
}

impl Cluster {
    /// Joins the cluster of the folder if it runs, else starts it, making it first when there is none.
    pub async fn open(spec: ClusterSpec) -> Result<Self> {
        let begun = Instant::now();
        let entered = tokio::task::spawn_blocking(move || enter(&spec)).await??;
        let superuser = login(&entered.places, SUPERUSER, "postgres");
        let version = roles::prepare(&superuser).await?;
        drop(entered.turn);
        Ok(Self {
            places: entered.places,
            control: Arc::new(Mutex::new(entered.control)),
            was_started_here: entered.was_started_here,
            opened_in: begun.elapsed(),
            version,
        })
    }

    /// How the application logs in: as the owner of its database, never as the superuser.
    pub fn options(&self, database: &str) -> PgConnectOptions {
        login(&self.places, roles::APPLICATION, database)
    }

    /// For tests that make and drop databases.
    pub fn superuser_options(&self, database: &str) -> PgConnectOptions {
        login(&self.places, SUPERUSER, database)
    }

    /// Makes a database for the application unless it is there.
    pub async fn ensure_database(&self, name: &str) -> Result<()> {
        roles::ensure_database(&self.superuser_options("postgres"), name).await
    }

    /// The command to look inside. It logs in as the superuser, since the owner's eyes are bound to one subscriber.
    pub fn psql(&self, database: &str) -> String {
        let folder = self.places.server_socket_folder();
        format!("psql -h '{}' -U {SUPERUSER} {database}", folder.display())
    }

    /// The server's version, as it says it.
    pub fn version(&self) -> &str {
        &self.version
    }

    pub fn data_dir(&self) -> PathBuf {
        self.places.data()
    }

    /// Whether this call started the server; `false` when it joined.
    pub fn was_started_here(&self) -> bool {
        self.was_started_here
    }

    /// How long [`Cluster::open`] took.
    pub fn opened_in(&self) -> Duration {
        self.opened_in
    }

    /// Takes the server away from everybody until [`Cluster::start_server`]: for tests of an outage.
    pub async fn stop_server(&self, mode: StopMode) -> Result<()> {
        self.order(Request::Stop(mode)).await
    }

    /// Brings the server back, and waits until it is ready.
    pub async fn start_server(&self) -> Result<()> {
        self.order(Request::Start).await
    }

    /// Lets go in good order. The last one to leave waits until the server has stopped.
    pub async fn leave(self) -> Result<()> {
        // Either others stay, or the connection ended together with the server: both are what we came for.
        self.ask(Request::Leave).await.map(drop)
    }

    async fn order(&self, request: Request) -> Result<()> {
        match self.ask(request).await?.as_deref() {
            Some(DONE) => Ok(()),
            Some(answer) => bail!("the supervisor answered {answer} to {request}"),
            None => bail!(
                "the supervisor of PostgreSQL has ended, see {}",
                self.places.log().display()
            ),
        }
    }

    async fn ask(&self, request: Request) -> Result<Option<String>> {
        let control = Arc::clone(&self.control);
        tokio::task::spawn_blocking(move || {
            control
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .ask(request)
        })
        .await?
    }
}

/// The environment can add to these options only what is harmless: every other default of theirs is overwritten.
fn login(places: &Places, user: &str, database: &str) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .socket(places.server_socket_folder())
        .port(5432)
        .username(user)
        .database(database)
        .ssl_mode(PgSslMode::Disable)
        .application_name("reception")
}

struct Entered {
    places: Places,
    control: Control,
    was_started_here: bool,
    /// The locked file that makes the others wait; kept until the roles are made as well.
    turn: File,
}

/// Joins or starts. All who come wait for each other, so the first starts and the others find it running.
fn enter(spec: &ClusterSpec) -> Result<Entered> {
    let places = Places::of(&spec.dir, spec.durability)?;
    let turn = own_file(&places.start_lock())?;
    turn.lock()
        .context("wait for our turn to start PostgreSQL")?;
    let joined = join(&places)?;
    let was_started_here = joined.is_none();
    let control = joined.map_or_else(|| start(spec, &places), Ok)?;
    Ok(Entered {
        places,
        control,
        was_started_here,
        turn,
    })
}

/// `None` when nobody supervises the cluster, or when its supervisor was just about to end.
fn join(places: &Places) -> Result<Option<Control>> {
    let Some(mut control) = Control::knock(&places.control_socket())? else {
        return Ok(None);
    };
    Ok(control.is_welcome()?.then_some(control))
}

fn start(spec: &ClusterSpec, places: &Places) -> Result<Control> {
    // A supervisor that is stopping its server holds this lock to the end. We let go of it at once: its successor needs
    // it, and competitors wait for our turn to end.
    let last_supervisor = own_file(&places.supervisor_lock())?;
    last_supervisor
        .lock()
        .context("wait for the last server to stop")?;
    let data_major = data_folder::major_version(&places.data())?;
    let programs = programs::find(spec.pg_bin.as_deref(), data_major)?;
    places.make_folders()?;
    data_folder::evict(places)?;
    data_folder::prepare(places, &programs, spec.durability)?;
    last_supervisor.unlock()?;

    let orders = Orders {
        recipe: Recipe {
            postgres: programs.bin.join("postgres"),
            data: places.data(),
            socket_folder: places.server_socket_folder(),
            account: places.account,
            settings: settings(spec),
        },
        control_socket: places.control_socket(),
        lock: places.supervisor_lock(),
        linger: spec.linger,
        revives: spec.durability == Durability::Durable,
    };
    let mut supervisor = spawn_supervisor(spec, &orders, places)?;
    let control = greet(&mut supervisor, places);
    // The connection holds the cluster from here on; the pipe closes, and the thread only spares us a zombie.
    drop(supervisor.stdin.take());
    thread::spawn(move || supervisor.wait());
    control
}

/// No other machine may come in, and no value of a row gets into the log: details and statements would carry them.
fn settings(spec: &ClusterSpec) -> Vec<String> {
    let always = [
        "listen_addresses=",
        "unix_socket_permissions=0700",
        "timezone=UTC",
        "log_timezone=UTC",
        "log_min_error_statement=panic",
        "log_error_verbosity=terse",
    ];
    always
        .iter()
        .chain(spec.durability.settings())
        .map(|setting| (*setting).to_owned())
        .chain(spec.settings.iter().cloned())
        .collect()
}

fn spawn_supervisor(spec: &ClusterSpec, orders: &Orders, places: &Places) -> Result<Child> {
    if fs::metadata(places.log()).is_ok_and(|log| log.len() > LONGEST_LOG) {
        fs::rename(places.log(), places.dir.join("server.log.old"))
            .context("put the old log aside")?;
    }
    let log = own_file(&places.log())?;
    processes::command(&spec.supervisor)
        .arg(SUPERVISE)
        .arg(serde_json::to_string(orders).context("write the orders (are all paths UTF-8?)")?)
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("start the supervisor {}", spec.supervisor.display()))
}

/// Waits until the new supervisor lets us in.
fn greet(supervisor: &mut Child, places: &Places) -> Result<Control> {
    const PATIENCE: Duration = Duration::from_secs(10);
    let mut control = Ok(None);
    let mut end = None;
    processes::wait_for(PATIENCE, || {
        control = Control::knock(&places.control_socket());
        end = supervisor.try_wait().ok().flatten();
        !matches!(control, Ok(None)) || end.is_some()
    });
    if let Some(mut control) = control?
        && control.is_welcome()?
    {
        return Ok(control);
    }
    let log = places.log();
    bail!(
        "PostgreSQL did not start; the end of {}:\n{}",
        log.display(),
        tail(&log)
    )
}

fn tail(log: &std::path::Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}
