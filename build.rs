//! A migration is embedded at compile time; without this line a new file in the folder would not be noticed.
fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
