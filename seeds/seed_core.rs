//! The program `seed-core`. Makes the canonical subscribers.
use std::process::ExitCode;

use rocket_reception::seeding::{Seed, program};

fn main() -> ExitCode {
    program::main(Seed::Core)
}
