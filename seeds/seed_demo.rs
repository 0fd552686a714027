//! The program `seed-demo`. Makes the demo businesses and the line that shows them.
use std::process::ExitCode;

use rocket_reception::seeding::{Seed, program};

fn main() -> ExitCode {
    program::main(Seed::Demo)
}
