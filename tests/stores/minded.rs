//! Server programs on loopback that end with their test, however that ends.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::PATIENCE;

/// The shell ends its server, by the server's own id, when the shell's input ends; that ends with the test. `$1` is where
/// its log goes.
const MIND: &str = "log=$1; shift; exec 3<&0; \"$@\" </dev/null >\"$log\" 2>&1 3<&- & server=$!; \
                    { read -r _ <&3; kill $server; } 2>/dev/null & wait $server";

/// A running server; dropping it ends it.
pub struct Minded {
    /// Where it listens.
    pub address: SocketAddr,
    shell: Child,
}

impl Minded {
    /// Starts the program of this command line, made for a free port, and waits until it takes connections.
    pub fn start(log: &Path, command: impl Fn(SocketAddr) -> Command) -> Minded {
        // Between the choice of a port and its use somebody else may take it.
        for _ in 0..5 {
            let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap();
            let mut shell = spawn(log, &command(address));
            if answers(address, &mut shell) {
                return Minded { address, shell };
            }
        }
        panic!("it does not start: {}", std::fs::read_to_string(log).unwrap_or_default());
    }
}

impl Drop for Minded {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

fn spawn(log: &Path, command: &Command) -> Child {
    let mut shell = Command::new("sh");
    shell.args(["-c", MIND, "sh"]).arg(log).arg(command.get_program()).args(command.get_args());
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("sh(1) is there")
}

fn answers(address: SocketAddr, shell: &mut Child) -> bool {
    let give_up = Instant::now() + PATIENCE;
    while Instant::now() < give_up {
        if shell.try_wait().unwrap().is_some() {
            return false;
        }
        if TcpStream::connect(address).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}
