//! The inputs that fuzzers found worth keeping, through the same checks: [the targets](../../fuzz) run them on inputs of their
//! own. A target without inputs is a failure.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "how many inputs there are is part of the answer")]

mod oracles;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// All kept inputs together stay small enough for a repository (bytes).
const ALL_OF_IT: u64 = 1 << 20;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn names(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

/// Runs one target's inputs; the first that fails is named.
fn replay(target: &str) {
    let (_, oracle) = oracles::ALL.iter().find(|(name, _)| *name == target).expect("a target");
    let inputs = names(&root().join("fuzz/corpus").join(target));
    assert!(!inputs.is_empty(), "{target} has no inputs");
    for input in &inputs {
        let bytes = std::fs::read(input).expect("readable");
        if let Err(why) = std::panic::catch_unwind(|| oracle(&bytes)) {
            eprintln!("{}", input.display());
            std::panic::resume_unwind(why);
        }
    }
    println!("{target}: {} inputs", inputs.len());
}

macro_rules! replayed {
    ($($target:ident)*) => {$(
        #[test]
        fn $target() {
            replay(stringify!($target));
        }
    )*

        const REPLAYED: &[&str] = &[$(stringify!($target)),*];
    };
}

replayed!(archive classify cluster from_file keys kubeconfig merge report restore workloads);

#[test]
fn every_target_is_replayed_and_fuzzed() {
    let known: BTreeSet<String> = oracles::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    let replayed: BTreeSet<String> = REPLAYED.iter().map(|name| (*name).to_owned()).collect();
    let stems = |folder: &str| -> BTreeSet<String> {
        let stem = |path: &PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
        names(&root().join(folder)).iter().map(stem).collect()
    };
    assert_eq!(replayed, known);
    assert_eq!(stems("fuzz/fuzz_targets"), known);
    assert_eq!(stems("fuzz/corpus"), known);
}

#[test]
fn the_inputs_stay_small() {
    let files = names(&root().join("fuzz/corpus")).into_iter().flat_map(|folder| names(&folder));
    let size: u64 = files.map(|file| file.metadata().expect("a file").len()).sum();
    assert!(size < ALL_OF_IT, "{size} bytes");
}
