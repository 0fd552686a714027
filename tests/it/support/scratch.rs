//! A folder that vanishes with its test.
use std::{
    fs,
    ops::Deref,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

pub struct Scratch(PathBuf);

impl Scratch {
    /// In memory where there is a folder for that: clusters are made several times faster there.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let parent = match Path::new("/dev/shm") {
            memory if memory.is_dir() => memory,
            _ => Path::new(env!("CARGO_TARGET_TMPDIR")),
        };
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = parent.join(format!("reception-{}-{number}", process::id()));
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Deref for Scratch {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // After a failed test its server may still be writing here; the test's own message matters more.
        let _ = fs::remove_dir_all(&self.0);
    }
}
