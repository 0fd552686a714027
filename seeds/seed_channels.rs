//! The program `seed-channels`. Gives every subscriber its channels.
use std::process::ExitCode;

use rocket_reception::seeding::{Seed, program};

fn main() -> ExitCode {
    program::main(Seed::Channels)
}
