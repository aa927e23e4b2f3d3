//! One function for each kind of input that comes from outside. Each takes any bytes at all and panics when what the program
//! makes of them is wrong by a measure that does not come from the code under test.
//!
//! `fuzz/` runs them on inputs that libFuzzer makes up; `tests/fuzz` runs them on the inputs that are kept.

pub mod archive;
pub mod classify;
pub mod cluster;
mod decisions;
pub mod from_file;
pub mod keys;
pub mod kubeconfig;
pub mod merge;
pub mod report;
pub mod restore;
pub mod workloads;

/// Takes any bytes, and panics where the program is wrong.
type Oracle = fn(&[u8]);

/// All of them, by the names of the targets in `fuzz/fuzz_targets`.
pub const ALL: [(&str, Oracle); 10] = [
    ("archive", archive::check),
    ("classify", classify::check),
    ("cluster", cluster::check),
    ("from_file", from_file::check),
    ("keys", keys::check),
    ("kubeconfig", kubeconfig::check),
    ("merge", merge::check),
    ("report", report::check),
    ("restore", restore::check),
    ("workloads", workloads::check),
];

/// That a terminal would show this text and not obey it: what Unicode calls a control character (line breaks between our
/// own lines apart), and the marks that reorder text.
fn assert_safe(what: &str, text: &str) {
    let bad = text.chars().find(|c| match c {
        '\n' => false,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => false,
    });
    assert!(bad.is_none(), "{what} shows {bad:?}: {text:?}");
}

/// The same of a text that is one line.
fn assert_safe_line(what: &str, text: &str) {
    assert_safe(what, text);
    assert!(!text.contains('\n'), "{what} is more than a line: {text:?}");
}

/// A file of this process with this content, for what reads files by name.
fn file(name: &str, content: &[u8]) -> std::path::PathBuf {
    use std::sync::LazyLock;
    static FOLDER: LazyLock<std::path::PathBuf> = LazyLock::new(|| {
        let folder = std::env::temp_dir().join(format!("kubectl-openbao-oracles-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    });
    // Tests of one process run side by side.
    let thread = format!("{:?}", std::thread::current().id());
    let thread: String = thread.chars().filter(char::is_ascii_digit).collect();
    let path = FOLDER.join(format!("{thread}-{name}"));
    std::fs::write(&path, content).expect("it is written");
    path
}

/// Numbers out of the bytes that steer a case, zeros when there are no more.
struct Dice<'a>(&'a [u8]);

impl Dice<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// A number below a limit.
    fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit.max(1)
    }
}
