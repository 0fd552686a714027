//! The program `seed-agents`. Makes known the platform's agents at Retell.
use std::process::ExitCode;

use rocket_reception::seeding::{Seed, program};

fn main() -> ExitCode {
    program::main(Seed::Agents)
}
