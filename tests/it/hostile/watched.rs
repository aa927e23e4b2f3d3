//! A run of the plugin whose memory is looked at.

use std::fmt;
use std::time::Duration;

use kubectl_openbao::api::text::is_unsafe;
use kubectl_openbao::exit::Exit;

use crate::support::{PATIENCE, Plugin, Ran};

/// The most memory that a run may take, whatever is sent to it.
const MOST_MEMORY_KB: u64 = 200_000;

/// A run and the most memory it took.
pub struct Watched {
    pub ran: Ran,
    /// Resident, in kB, as the kernel counted.
    peak: u64,
}

/// Runs the plugin to its end, which must come within the tests' patience.
pub async fn watched(plugin: &Plugin, args: &[&str]) -> Watched {
    let mut child = plugin.start(args);
    drop(child.stdin.take());
    let status = format!("/proc/{}/status", child.id().expect("it runs"));
    let mut peak = 0;
    let output = {
        let mut ended = std::pin::pin!(tokio::time::timeout(PATIENCE, child.wait_with_output()));
        loop {
            tokio::select! {
                output = &mut ended => break output,
                () = tokio::time::sleep(Duration::from_millis(5)) => peak = high_water(&status).unwrap_or(peak),
            }
        }
    };
    let output = output.unwrap_or_else(|_| panic!("never ended: {args:?}")).expect("its streams are readable");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("what it says is UTF-8");
    let ran = Ran { command: args.join(" "), code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    Watched { ran, peak }
}

/// The kernel's own mark of the most memory a process ever had; `None` once it is gone.
fn high_water(status: &str) -> Option<u64> {
    let status = std::fs::read_to_string(status).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

impl Watched {
    /// Fails unless it took little memory, ended with a documented code, and said nothing that a terminal acts on.
    #[track_caller]
    pub fn assert_held(&self) -> &Watched {
        assert!(self.peak <= MOST_MEMORY_KB, "took {} MB\n{self}", self.peak / 1000);
        let code = self.ran.code.and_then(|code| u8::try_from(code).ok());
        assert!(code.and_then(Exit::of_code).is_some(), "no documented exit code\n{self}");
        for said in [&self.ran.out, &self.ran.err] {
            let acted_on = said.chars().find(|c| *c != '\n' && is_unsafe(*c));
            assert!(acted_on.is_none(), "says {acted_on:?}\n{self}");
        }
        self
    }

    /// Fails unless it ended with one error, short and with a hint, whose words have one of these texts.
    #[track_caller]
    pub fn assert_one_clear_line(&self, any_of: &[&str]) -> &Watched {
        self.assert_held();
        let failure = self.ran.failure();
        assert!(self.ran.code != Some(0) && failure.contains("hint: "), "no hint\n{self}");
        assert!(failure.len() < 4_000, "too long\n{self}");
        assert!(any_of.iter().any(|text| failure.contains(text)), "says none of {any_of:?}\n{self}");
        self
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |text: &str| text.chars().take(4_000).collect::<String>();
        let ran = Ran { out: short(&self.ran.out), err: short(&self.ran.err), ..self.ran.clone() };
        write!(f, "peak {} MB\n{ran}", self.peak / 1000)
    }
}
