//! A program on a terminal: what it shows is waited for, what a person types is sent. Shared by `it` and `e2e`.

use std::ffi::OsString;
use std::io::{Read as _, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long anything may take before a test gives up: far more than it ever does.
const PATIENCE: Duration = Duration::from_secs(90);

/// A running program and its terminal.
pub struct Pty {
    screen: Arc<Screen>,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    /// How far the screen was read by `expect`.
    read: usize,
    // The terminal lives as long as this.
    _terminal: Box<dyn MasterPty + Send>,
}

#[derive(Default)]
struct Screen {
    shown: Mutex<Shown>,
    changed: Condvar,
}

#[derive(Default)]
struct Shown {
    text: String,
    ended: bool,
}

impl Pty {
    /// Starts a program on a terminal of 120 columns, an `xterm` unless this environment names another, and nothing of the
    /// surrounding one.
    pub fn start(program: &Path, args: &[&str], environment: &[(OsString, OsString)], directory: &Path) -> Pty {
        Pty::start_wide(120, program, args, environment, directory)
    }

    /// [`Pty::start`] on a terminal of so many columns.
    pub fn start_wide(
        columns: u16,
        program: &Path,
        args: &[&str],
        environment: &[(OsString, OsString)],
        directory: &Path,
    ) -> Pty {
        let size = PtySize { rows: 50, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a terminal can be opened");
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.env_clear();
        command.env("TERM", "xterm");
        environment.iter().for_each(|(name, value)| command.env(name, value));
        command.cwd(directory);
        let child = pair.slave.spawn_command(command).expect("the program starts");
        // Else the terminal never ends: this process would hold it open.
        drop(pair.slave);
        let screen = Arc::new(Screen::default());
        let mut reader = pair.master.try_clone_reader().expect("the terminal can be read");
        let keyboard = pair.master.take_writer().expect("the terminal can be written");
        let watched = screen.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // At its end Linux answers a read with an error.
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                watched.add(&bytes[..count]);
            }
            watched.end();
        });
        Pty { screen, keyboard, child, read: 0, _terminal: pair.master }
    }

    /// Waits until the terminal shows this text after what was last waited for; gives what came up to its end.
    #[track_caller]
    pub fn expect(&mut self, text: &str) -> String {
        self.until(text, |unread| unread.find(text).map(|at| at + text.len()))
    }

    /// Waits until this says how far what came after the last wait is to be read; gives it. `what` names it in a failure.
    #[track_caller]
    pub fn until(&mut self, what: &str, found: impl Fn(&str) -> Option<usize>) -> String {
        let give_up = Instant::now() + PATIENCE;
        let mut shown = self.screen.shown.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(length) = found(&shown.text[self.read..]) {
                let end = self.read + length;
                let part = shown.text[self.read..end].to_owned();
                self.read = end;
                return part;
            }
            let left = give_up.saturating_duration_since(Instant::now());
            assert!(!shown.ended && !left.is_zero(), "never showed {what:?}:\n{}", shown.text);
            shown = self.screen.changed.wait_timeout(shown, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for the question of a plan; gives the phrase it asks for, as it is shown.
    #[track_caller]
    pub fn phrase(&mut self) -> String {
        self.expect("To go on, type exactly:  ");
        let line = self.expect("\r\n");
        self.expect("> ");
        line.trim_end().to_owned()
    }

    /// Types a line.
    pub fn line(&mut self, text: &str) {
        self.keys(&format!("{text}\n"));
    }

    /// Types keys as they are: `\u{3}` is Ctrl-C, `\u{4}` Ctrl-D.
    pub fn keys(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).and_then(|()| self.keyboard.flush()).expect("the terminal takes keys");
    }

    /// Waits for the end; gives the exit code and all that was shown.
    pub fn end(mut self) -> (u32, String) {
        self.read = 0;
        let (code, text) = self.rest();
        (code, text.replace("\r\n", "\n"))
    }

    /// Waits for the end; gives the exit code and what came after the last wait, as it came.
    pub fn rest(mut self) -> (u32, String) {
        let give_up = Instant::now() + PATIENCE;
        let mut shown = self.screen.shown.lock().unwrap_or_else(PoisonError::into_inner);
        while !shown.ended {
            let left = give_up.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "never ended:\n{}", shown.text);
            shown = self.screen.changed.wait_timeout(shown, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let text = shown.text[self.read..].to_owned();
        drop(shown);
        // A closed terminal of a process that lives on would make this wait for ever; none does that.
        let status = self.child.wait().expect("it can be waited for");
        (status.exit_code(), text)
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // Ended already, in every test that passes.
        let _ = self.child.kill();
    }
}

impl Screen {
    fn add(&self, bytes: &[u8]) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.text.push_str(&String::from_utf8_lossy(bytes));
        self.changed.notify_all();
    }

    fn end(&self) {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        self.changed.notify_all();
    }
}
