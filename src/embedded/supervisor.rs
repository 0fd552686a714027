//! The supervisor: starts the server, keeps count of its holders, and stops it when nobody is left.
//!
//! One thread decides, in the order of the events; the others only listen (`holders`). It runs in a process group of
//! its own, so that a Ctrl-C in the terminal reaches the programs first and the server goes last.
use std::{
    collections::HashMap,
    ffi::OsString,
    fs,
    io::Write,
    mem,
    os::unix::net::{UnixListener, UnixStream},
    path::PathBuf,
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::{
    control::{DONE, OTHERS, Request, StopMode, WELCOME},
    holders::{Event, HolderId, watch_door, watch_pipe},
    places::own_file,
    server::{Recipe, Server},
};

/// The hidden first argument that makes a program the supervisor.
pub const SUPERVISE: &str = "__supervise-postgres";

/// The pause before a server that died is started again.
const RESTART_PAUSE: Duration = Duration::from_millis(500);
/// How long the processes of a killed server may need to notice and to let go of their shared memory.
const SURVIVORS_NEED: Duration = Duration::from_secs(10);
/// How often we look while something is under way.
const TICK: Duration = Duration::from_millis(5);
const LONG: Duration = Duration::from_secs(3600);

/// What the one who starts a supervisor tells it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Orders {
    pub recipe: Recipe,
    pub control_socket: PathBuf,
    pub lock: PathBuf,
    pub linger: Duration,
    /// Whether a server that dies while somebody holds it is started again.
    pub revives: bool,
}

/// The supervisor's `main`: to be called with the arguments after [`SUPERVISE`], before anything else in the program.
/// Returns when the server has stopped.
pub fn supervise(mut args: impl Iterator<Item = OsString>) -> Result<()> {
    let orders = args.next().and_then(|text| text.into_string().ok());
    let orders: Orders = serde_json::from_str(&orders.context("the supervisor got no orders")?)
        .context("read the orders of the supervisor")?;

    // Gone with this process, whatever ends it: whoever gets the lock knows that no supervisor is alive.
    let lock = own_file(&orders.lock)?;
    lock.lock().context("lock out other supervisors")?;
    remove_socket(&orders)?;
    let door = UnixListener::bind(&orders.control_socket)
        .with_context(|| format!("listen on {}", orders.control_socket.display()))?;
    let (tell, events) = mpsc::channel();
    watch_pipe(tell.clone());
    watch_door(door, tell.clone());
    Supervisor::new(orders, tell, events).run()
}

fn remove_socket(orders: &Orders) -> Result<()> {
    match fs::remove_file(&orders.control_socket) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context("remove the old control socket")
        }
        _ => Ok(()),
    }
}

struct Supervisor {
    orders: Orders,
    tell: Sender<Event>,
    events: Receiver<Event>,
    holders: HashMap<HolderId, UnixStream>,
    /// Those who left and wait to hear what becomes of the server.
    leaving: HashMap<HolderId, UnixStream>,
    /// The starter counts by its pipe until the first connection, which is its own, has come.
    starter_is_coming: bool,
    empty_since: Option<Instant>,
    server: Option<Server>,
    /// Whether the server ought to run.
    is_wanted: bool,
    /// Not before this moment is it started (again).
    start_at: Instant,
    /// Whether it has been ready once: until then an early end is the starter's problem, and not for us to repeat.
    was_ready: bool,
    /// Until then a first start may fail, because the last server left survivors.
    forgives_until: Option<Instant>,
    waiting_for_ready: Vec<(HolderId, &'static str)>,
    waiting_for_stop: Vec<HolderId>,
}

impl Supervisor {
    fn new(orders: Orders, tell: Sender<Event>, events: Receiver<Event>) -> Self {
        let now = Instant::now();
        Self {
            forgives_until: orders.recipe.has_claim().then(|| now + SURVIVORS_NEED),
            orders,
            tell,
            events,
            holders: HashMap::new(),
            leaving: HashMap::new(),
            starter_is_coming: true,
            empty_since: None,
            server: None,
            is_wanted: true,
            start_at: now,
            was_ready: false,
            waiting_for_ready: Vec::new(),
            waiting_for_stop: Vec::new(),
        }
    }

    fn run(mut self) -> Result<()> {
        let outcome = loop {
            if let Err(error) = self.look_after_server() {
                break Err(error);
            }
            if self.is_over() {
                break Ok(());
            }
            if let Some(event) = self.next_event()
                && let Err(error) = self.take(event)
            {
                break Err(error);
            }
        };
        // First the door, so that whoever comes now waits for our lock instead of for an answer.
        let closed = remove_socket(&self.orders);
        self.stop_for_good();
        outcome.and(closed)
    }

    /// Starts the server when it is due, and notices when it is ready.
    fn look_after_server(&mut self) -> Result<()> {
        let Some(server) = &mut self.server else {
            if self.is_wanted && Instant::now() >= self.start_at {
                self.server = Some(self.orders.recipe.start(self.tell.clone())?);
            }
            return Ok(());
        };
        report(server.press());
        if server.has_become_ready() {
            self.was_ready = true;
            for (id, word) in mem::take(&mut self.waiting_for_ready) {
                self.say(id, word);
            }
        }
        Ok(())
    }

    /// Whether the last holder left longer ago than we linger.
    fn is_over(&mut self) -> bool {
        if self.starter_is_coming || !self.holders.is_empty() {
            self.empty_since = None;
            return false;
        }
        let since = self.empty_since.get_or_insert_with(Instant::now);
        since.elapsed() >= self.orders.linger
    }

    fn next_event(&self) -> Option<Event> {
        let is_under_way = match &self.server {
            Some(server) => !server.is_ready || server.is_stopping(),
            None => self.is_wanted,
        };
        let patience = if is_under_way || self.empty_since.is_some() {
            TICK
        } else {
            LONG
        };
        match self.events.recv_timeout(patience) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => unreachable!("we hold a sender ourselves"),
        }
    }

    fn take(&mut self, event: Event) -> Result<()> {
        match event {
            Event::PipeClosed => self.starter_is_coming = false,
            Event::Joined(id, stream) => {
                self.starter_is_coming = false;
                self.holders.insert(id, stream);
                for (_, mut gone) in self.leaving.drain() {
                    tell(&mut gone, OTHERS);
                }
                self.when_ready(id, WELCOME);
            }
            Event::Asked(id, request) => self.serve(id, request),
            Event::Gone(id) => {
                self.holders.remove(&id);
                self.leaving.remove(&id);
            }
            Event::ServerEnded(status) => {
                let status = status.context("wait for PostgreSQL")?;
                let was_asked = self
                    .server
                    .take()
                    .is_some_and(|server| server.is_stopping());
                for id in mem::take(&mut self.waiting_for_stop) {
                    self.say(id, DONE);
                }
                if !was_asked {
                    self.revive_or_give_up()
                        .with_context(|| format!("PostgreSQL ended with {status}"))?;
                }
            }
        }
        Ok(())
    }

    fn serve(&mut self, id: HolderId, request: Request) {
        match request {
            Request::Stop(mode) => {
                self.is_wanted = false;
                match &mut self.server {
                    Some(server) => {
                        report(server.stop(mode));
                        self.waiting_for_stop.push(id);
                    }
                    None => self.say(id, DONE),
                }
            }
            Request::Start => {
                self.is_wanted = true;
                self.start_at = Instant::now();
                self.when_ready(id, DONE);
            }
            Request::Leave => {
                let Some(mut stream) = self.holders.remove(&id) else {
                    return;
                };
                if self.holders.is_empty() {
                    self.leaving.insert(id, stream);
                } else {
                    tell(&mut stream, OTHERS);
                }
            }
        }
    }

    fn revive_or_give_up(&mut self) -> Result<()> {
        let is_held = self.starter_is_coming || !self.holders.is_empty();
        let is_forgiven = match self.was_ready {
            true => self.orders.revives,
            false => self.forgives_until.is_some_and(|end| Instant::now() < end),
        };
        if !is_held || !is_forgiven {
            bail!("it is not started again");
        }
        eprintln!("supervisor: PostgreSQL has ended, starting it again");
        self.start_at = Instant::now() + RESTART_PAUSE;
        Ok(())
    }

    fn when_ready(&mut self, id: HolderId, word: &'static str) {
        match &self.server {
            Some(server) if server.is_ready && !server.is_stopping() => self.say(id, word),
            _ => self.waiting_for_ready.push((id, word)),
        }
    }

    fn say(&mut self, id: HolderId, word: &str) {
        if let Some(stream) = self.holders.get_mut(&id) {
            tell(stream, word);
        }
    }

    /// Stops the server and waits for its end. Connections stay open until we end: that tells whoever is leaving.
    fn stop_for_good(&mut self) {
        if let Some(server) = &mut self.server {
            report(server.stop(StopMode::Fast));
        }
        while let Some(server) = &mut self.server {
            if let Ok(Event::ServerEnded(_)) = self.events.recv_timeout(TICK) {
                self.server = None;
            } else {
                report(server.press());
            }
        }
    }
}

/// A holder that died is not to be told anything; its end arrives as an event.
fn tell(stream: &mut UnixStream, word: &str) {
    let _ = writeln!(stream, "{word}");
}

/// A signal that found nobody is no reason to end: the server's end is on its way as an event.
fn report(sent: Result<()>) {
    if let Err(error) = sent {
        eprintln!("supervisor: {error:#}");
    }
}
