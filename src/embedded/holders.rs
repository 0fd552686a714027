//! Who holds the cluster: the ears of the supervisor, which turn pipes, sockets and a child's end into [`Event`]s.
use std::{
    io::{self, BufRead, BufReader, Read},
    os::unix::net::{UnixListener, UnixStream},
    process::{Child, ExitStatus},
    sync::mpsc::Sender,
    thread,
};

use super::control::Request;

/// One connection, as long as the supervisor lives.
pub(super) type HolderId = u64;

/// What the supervisor may learn.
#[derive(Debug)]
pub(super) enum Event {
    /// The program that started us has ended, or needs its pipe no more.
    PipeClosed,
    Joined(HolderId, UnixStream),
    Asked(HolderId, Request),
    Gone(HolderId),
    ServerEnded(io::Result<ExitStatus>),
}

/// Reads the pipe on our standard input until its other end is closed.
pub(super) fn watch_pipe(events: Sender<Event>) {
    thread::spawn(move || {
        // Whatever ends the reading, the starter is no longer there.
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        events.send(Event::PipeClosed)
    });
}

/// Waits for the end of the server.
pub(super) fn watch_server(mut server: Child, events: Sender<Event>) {
    thread::spawn(move || events.send(Event::ServerEnded(server.wait())));
}

/// Takes in whoever connects.
pub(super) fn watch_door(door: UnixListener, events: Sender<Event>) {
    thread::spawn(move || {
        for (id, connection) in (0..).zip(door.incoming()) {
            let Ok(stream) = connection else { continue };
            let Ok(ear) = stream.try_clone() else {
                continue;
            };
            if events.send(Event::Joined(id, stream)).is_err() {
                return;
            }
            let events = events.clone();
            thread::spawn(move || {
                for request in requests(ear) {
                    events.send(Event::Asked(id, request))?;
                }
                events.send(Event::Gone(id))
            });
        }
    });
}

/// The requests of one holder, until its connection ends or it talks nonsense.
fn requests(ear: impl Read) -> impl Iterator<Item = Request> {
    BufReader::new(ear)
        .lines()
        .map_while(|line| line.ok()?.parse().ok())
}
