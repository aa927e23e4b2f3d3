//! The plugin as a process that sees nothing of the surrounding environment.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use super::{PATIENCE, tidy};

/// The plugin's surroundings.
#[derive(Debug, Clone)]
pub struct Plugin {
    environment: Vec<(OsString, OsString)>,
    home: PathBuf,
    stdin: Vec<u8>,
    program: PathBuf,
}

impl Plugin {
    /// The plugin with this home directory and neither kubeconfig nor proxy nor colour.
    pub fn new(home: &Path) -> Plugin {
        let fixed = [("HOME", home.as_os_str()), ("NO_COLOR", "1".as_ref()), ("TZ", "UTC".as_ref()), ("COLUMNS", "200".as_ref())];
        let environment = fixed.into_iter().map(|(name, value)| (name.into(), value.to_owned())).collect();
        Plugin { environment, home: home.to_owned(), stdin: Vec::new(), program: env!("CARGO_BIN_EXE_kubectl-openbao").into() }
    }

    /// Sets a variable, over an earlier value.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Plugin {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// What is piped in; nothing without this.
    #[must_use]
    pub fn stdin(mut self, text: impl Into<Vec<u8>>) -> Plugin {
        self.stdin = text.into();
        self
    }

    /// The same program by another path: it answers to the name it is called by.
    #[must_use]
    pub fn program(mut self, path: &Path) -> Plugin {
        self.program = path.to_owned();
        self
    }

    /// The variables it sees.
    pub fn environment(&self) -> &[(OsString, OsString)] {
        &self.environment
    }

    /// The directory it runs in.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Starts it with pipes on all three streams.
    pub fn start<S: AsRef<OsStr>>(&self, args: &[S]) -> Child {
        let mut command = Command::new(&self.program);
        command.args(args).env_clear().envs(self.environment.iter().cloned()).current_dir(&self.home);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command.spawn().expect("the plugin starts")
    }

    /// Runs it to its end.
    pub async fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Ran {
        let mut child = self.start(args);
        let mut stdin = child.stdin.take().expect("stdin is piped");
        // It may well end without reading.
        let _ = stdin.write_all(&self.stdin).await;
        drop(stdin);
        let command: Vec<String> = args.iter().map(|a| a.as_ref().to_string_lossy().into_owned()).collect();
        let ended = tokio::time::timeout(PATIENCE, child.wait_with_output()).await;
        let output = ended.unwrap_or_else(|_| panic!("never ended: {command:?}")).expect("its streams are readable");
        // Logs are passed on as they are; the conversation is ours.
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        let err = String::from_utf8(output.stderr).expect("what it says itself is UTF-8");
        let ran = Ran { command: command.join(" "), code: output.status.code(), out, err };
        super::document::assert_published(&ran);
        ran
    }
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Ran {
    /// The arguments.
    pub command: String,
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// The answer.
    pub out: String,
    /// The conversation.
    pub err: String,
}

impl Ran {
    /// Fails unless it ended with this exit code.
    #[track_caller]
    pub fn assert_exit(&self, code: i32) -> &Ran {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Fails unless the conversation has each of these texts.
    #[track_caller]
    pub fn assert_says(&self, texts: &[&str]) -> &Ran {
        for text in texts {
            assert!(self.err.contains(text), "does not say {text:?}:\n{self}");
        }
        self
    }

    /// The failure as a person sees it: everything from the only line that begins with `error:`, after the exit code.
    #[track_caller]
    pub fn failure(&self) -> String {
        let starts: Vec<usize> = self.err.match_indices("error: ").map(|(at, _)| at).filter(|at| self.begins_line(*at)).collect();
        let [at] = starts[..] else { panic!("not exactly one error:\n{self}") };
        tidy(&format!("exit {}\n{}", self.code.unwrap_or(-1), &self.err[at..]))
    }

    fn begins_line(&self, at: usize) -> bool {
        at == 0 || self.err.as_bytes()[at - 1] == b'\n'
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ran { command, code, out, err } = self;
        write!(f, "kubectl openbao {command}\nexit code {code:?}\n--- stdout\n{out}\n--- stderr\n{err}\n---")
    }
}
