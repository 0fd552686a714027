//! The control socket: lines between a holder and the supervisor. To hold the cluster is to keep a connection open.
use std::{
    fmt,
    io::{BufRead, BufReader, ErrorKind, Write},
    os::unix::net::UnixStream,
    path::Path,
    str::FromStr,
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail};

/// The server is ready for a holder that has just come.
pub(super) const WELCOME: &str = "welcome";
/// What was asked has happened.
pub(super) const DONE: &str = "done";
/// You have left; others stay.
pub(super) const OTHERS: &str = "others";

/// Longer than a server needs to recover after a crash, shorter than a person waits without a word.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a server is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopMode {
    /// Sessions are ended, everything is written.
    Fast,
    /// As if it had crashed: the next start recovers.
    Immediate,
}

/// What a holder may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// Stop the server, and keep it stopped until somebody asks for a start.
    Stop(StopMode),
    Start,
    /// Let me go, and tell me whether others stay. The end of the connection says that the server has stopped.
    Leave,
}

impl fmt::Display for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Stop(StopMode::Fast) => "stop fast",
            Self::Stop(StopMode::Immediate) => "stop immediate",
            Self::Start => "start",
            Self::Leave => "leave",
        })
    }
}

impl FromStr for Request {
    type Err = anyhow::Error;

    fn from_str(line: &str) -> Result<Self> {
        let known = [
            Self::Stop(StopMode::Fast),
            Self::Stop(StopMode::Immediate),
            Self::Start,
            Self::Leave,
        ];
        let found = known
            .into_iter()
            .find(|request| request.to_string() == line);
        found.ok_or_else(|| anyhow!("unknown request {line}"))
    }
}

/// A holder's end of the control socket. Every call blocks.
#[derive(Debug)]
pub(super) struct Control(BufReader<UnixStream>);

impl Control {
    /// Knocks at the supervisor's door; `None` when nobody opens.
    pub fn knock(socket: &Path) -> Result<Option<Self>> {
        match UnixStream::connect(socket) {
            Ok(stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                Ok(Some(Self(BufReader::new(stream))))
            }
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::NotFound | ErrorKind::ConnectionRefused
                ) =>
            {
                Ok(None)
            }
            Err(error) if error.kind() == ErrorKind::PermissionDenied => bail!(
                "the embedded PostgreSQL behind {} belongs to another account: run as that account, or choose another DATA_DIR",
                socket.display()
            ),
            Err(error) => Err(error).with_context(|| format!("connect to {}", socket.display())),
        }
    }

    /// Waits until the server is ready; `false` when the supervisor ends instead.
    pub fn is_welcome(&mut self) -> Result<bool> {
        Ok(self.listen()?.as_deref() == Some(WELCOME))
    }

    /// Asks for something and waits for the answer; `None` when the supervisor ends instead.
    pub fn ask(&mut self, request: Request) -> Result<Option<String>> {
        match writeln!(self.0.get_mut(), "{request}") {
            Err(error) if is_end(&error) => Ok(None),
            Err(error) => Err(error).context("speak to the supervisor of PostgreSQL"),
            Ok(()) => self.listen(),
        }
    }

    fn listen(&mut self) -> Result<Option<String>> {
        let mut line = String::new();
        match self.0.read_line(&mut line) {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(line.trim_end().to_owned())),
            Err(error) if is_end(&error) => Ok(None),
            Err(error) => Err(error).with_context(|| {
                format!(
                    "no word from the supervisor of PostgreSQL within {} s",
                    PATIENCE.as_secs()
                )
            }),
        }
    }
}

fn is_end(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
    )
}
