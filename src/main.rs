//! The program `reception`.
use std::env;

use rocket_reception::embedded;

fn main() -> anyhow::Result<()> {
    let mut args = env::args_os().skip(1);
    // Before anything else: a supervisor needs neither settings nor logs nor a runtime.
    if args
        .next()
        .is_some_and(|first| first == embedded::SUPERVISE)
    {
        return embedded::supervise(args);
    }
    Ok(())
}
