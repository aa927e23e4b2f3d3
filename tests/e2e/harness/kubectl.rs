//! `kubectl`, and through it the plugin, as a person would run it.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use super::pty::Pty;

/// A `kubectl` that sees nothing of the surrounding environment: its PATH holds the control plane's programs and the
/// plugin, its HOME is the directory of the run.
#[derive(Debug, Clone)]
pub struct Kubectl {
    program: PathBuf,
    environment: Vec<(OsString, OsString)>,
    stdin: Vec<u8>,
}

/// A `kubectl` that serves (`kubectl proxy`).
pub struct Serving {
    child: Child,
    /// Where: `127.0.0.1:PORT`.
    pub address: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        // By the process we started, and no other.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a command ended. Panicking methods show all of it.
#[derive(Debug, Clone)]
pub struct Ran {
    /// What was run: it stands in every failed assertion's text.
    #[expect(dead_code, reason = "read by Debug only")]
    pub command: String,
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Its answer.
    pub stdout: String,
    /// Its conversation.
    pub stderr: String,
}

impl Kubectl {
    pub(super) fn new(assets: &Path, home: &Path, kubeconfig: PathBuf) -> Kubectl {
        let plugin = Path::new(env!("CARGO_BIN_EXE_kubectl-openbao")).parent().expect("a file is in a directory");
        let path = std::env::join_paths([assets, plugin]).expect("no separator in the directories of the tests");
        let environment = [("PATH", path), ("HOME", home.into()), ("KUBECONFIG", kubeconfig.into())];
        let environment = environment.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Kubectl { program: assets.join("kubectl"), environment, stdin: Vec::new() }
    }

    /// What is piped in; nothing without this.
    #[must_use]
    pub fn stdin(mut self, text: impl Into<Vec<u8>>) -> Kubectl {
        self.stdin = text.into();
        self
    }

    /// With a directory more on the PATH.
    #[must_use]
    pub fn also_on_path(mut self, directory: &Path) -> Kubectl {
        for (_, value) in self.environment.iter_mut().filter(|(name, _)| name == "PATH") {
            let before: Vec<PathBuf> = std::env::split_paths(value).collect();
            *value = std::env::join_paths(before.iter().map(PathBuf::as_path).chain([directory])).expect("no separator in it");
        }
        self
    }

    /// With a variable more.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Kubectl {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// The same with another kubeconfig file.
    #[must_use]
    pub fn kubeconfig(mut self, file: &Path) -> Kubectl {
        for (name, value) in &mut self.environment {
            if name == "KUBECONFIG" {
                *value = file.into();
            }
        }
        self
    }

    /// Starts it on a terminal.
    pub fn on_terminal(&self, args: &[&str]) -> Pty {
        let home = self.environment.iter().find(|(name, _)| name == "HOME").map(|(_, value)| PathBuf::from(value));
        // What is waited for and read is words.
        let environment = [&self.environment[..], &[("NO_COLOR".into(), "1".into())]].concat();
        Pty::start(&self.program, args, &environment, &home.expect("it is set"))
    }

    /// Starts a server that says on its first line where it serves; ends it when dropped.
    pub fn serve(&self, args: &[&str]) -> Serving {
        let mut command = Command::new(&self.program);
        command.args(args).env_clear().envs(self.environment.clone()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("kubectl starts");
        let mut first = String::new();
        let stdout = child.stdout.take().expect("stdout is piped");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut first).expect("it says where it serves");
        let address = first.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        Serving { child, address }
    }

    /// Starts it, to be killed: nobody listens to it. `kubectl` makes itself the plugin, so this is the plugin's own process.
    pub fn start(&self, args: &[String]) -> Child {
        let mut command = Command::new(&self.program);
        command.args(args).env_clear().envs(self.environment.clone());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("kubectl starts")
    }

    /// What was shown, as a person pastes it into a shell.
    pub fn pasted(mut self, line: &str) -> Ran {
        self.program = PathBuf::from("/bin/sh");
        self.run(["-c", line])
    }

    /// Runs it to its end, blocking.
    pub fn run<I: IntoIterator<Item: AsRef<OsStr>>>(self, args: I) -> Ran {
        let mut command = Command::new(&self.program);
        command.args(args).env_clear().envs(self.environment);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let shown = format!("{:?}", command.get_args().collect::<Vec<_>>());
        let mut child = command.spawn().expect("kubectl starts");
        let mut pipe = child.stdin.take().expect("stdin is piped");
        let stdin = self.stdin;
        // On a thread: a program that answers before it has read everything must not block us.
        let writer = std::thread::spawn(move || drop(pipe.write_all(&stdin)));
        let output = child.wait_with_output().expect("kubectl ends");
        writer.join().expect("the writing thread does not panic");
        Ran::new(shown, &output)
    }
}

impl Ran {
    fn new(command: String, output: &Output) -> Ran {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { command, code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Whether it ended with 0.
    pub fn ok(&self) -> bool {
        self.code == Some(0)
    }

    /// The answer of a command that must have worked.
    #[track_caller]
    pub fn success(self) -> String {
        assert!(self.ok(), "{self:#?}");
        self.stdout
    }

    /// Answer and conversation of a command that must have ended with this code.
    #[track_caller]
    pub fn everything(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self.stdout + &self.stderr
    }

    /// What a command said that must have ended with this code.
    #[track_caller]
    pub fn failure(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self.stderr
    }
}
