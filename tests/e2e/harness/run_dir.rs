//! The directory of one control plane, and the tidying of those that no process removed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// A directory that exists as long as this value; when the process dies first, the next run removes it.
pub struct RunDir {
    // The lock says that the owner lives; declared first so that it is released before the removal of `dir`.
    _lock: File,
    dir: tempfile::TempDir,
}

const PREFIX: &str = "kubectl-openbao-e2e-";
const LOCK: &str = "lock";

impl RunDir {
    /// A new directory in the system's place for temporary files.
    pub fn new() -> RunDir {
        remove_abandoned(&std::env::temp_dir());
        let dir = tempfile::Builder::new().prefix(PREFIX).tempdir().expect("a temporary directory");
        let lock = File::create(dir.path().join(LOCK)).unwrap();
        lock.lock().expect("the lock of a directory made just now");
        RunDir { _lock: lock, dir }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// Shared control planes live in statics, which are never dropped: their directories are found here next time.
fn remove_abandoned(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for dir in entries.filter_map(Result::ok).map(|entry| entry.path()).filter(|path: &PathBuf| is_ours(path)) {
        // Without a lock file the directory is being made just now, or is not ours.
        let Ok(lock) = File::open(dir.join(LOCK)) else { continue };
        if lock.try_lock().is_ok() {
            let _ = fs::remove_dir_all(dir);
        }
    }
}

fn is_ours(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX))
}

#[test]
fn only_directories_without_an_owner_are_removed() {
    let parent = tempfile::tempdir().unwrap();
    let [owned, abandoned, foreign] = ["owned", "abandoned", "foreign"].map(|name| {
        let prefix = if name == "foreign" { "" } else { PREFIX };
        let dir = parent.path().join(format!("{prefix}{name}"));
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join(LOCK), "").unwrap();
        dir
    });
    let lock = File::open(owned.join(LOCK)).unwrap();
    lock.lock().unwrap();
    remove_abandoned(parent.path());
    assert_eq!([owned, abandoned, foreign].map(|dir| dir.exists()), [true, false, true]);
}
