//! The edges of the server: what every answer carries, and what nobody may take of us.
mod browsers;
mod docs;
mod document;
mod floods;
mod pacing;
mod sockets;
mod tags;
