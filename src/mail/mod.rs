//! Mails: sent by Resend, or in development without its key stored and shown.
//!
//! A mail is sent by a job, which makes its words at that moment: what it holds may be a secret (a link that resets a
//! password), and stands nowhere but in the mail. Of a mail that went out we keep when and what for; of one in the
//! sandbox all of it, sealed. Owns `outgoing_mails`. Promise: a mail is never sent from inside a transaction, and the
//! same order sends it once.
mod letter;
mod notice;
mod sandbox;
mod store;

pub use letter::{Mail, send};
pub use notice::{Notice, TellOwner, tell_owner};
pub use sandbox::{SandboxMail, read_sandbox};
