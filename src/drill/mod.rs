//! The embedded practice range: API server, simulated operator, simulated kubelet, S3 endpoint.
//!
//! Three separate parts, so that operator and kubelet also run against a real kube-apiserver:
//! - `server`: HTTP over TLS on loopback, an in-memory store with the Kubernetes API's semantics (and the little of
//!   the controller manager that a Job needs, in `jobs`).
//! - `kubelet`: a Node that runs pods as scripted processes (`processes`, over the shared `world`) and serves their
//!   logs and port-forwards.
//! - `operator`: the OpenBao Operator's documented state machines, per generation.
//!
//! `s3` is the object store the executors and the plugin read; `scenarios` put it all together.

pub mod events;
pub mod feed;
pub mod jobs;
pub mod kubelet;
pub mod operator;
pub mod pki;
pub mod processes;
pub mod s3;
pub mod scenarios;
pub mod schema;
pub mod server;
pub mod snapshot;
pub mod world;

use std::time::Duration;

/// A generation the range can play: which CRDs it serves and how its operator behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Play {
    /// Main on 2026-01-29, the last state before the release candidates.
    Jan,
    /// Release line 0.4 (0.4.2).
    V04,
    /// Release line 0.5 (0.5.x).
    V05,
    /// Main, late September 2026, unreleased.
    Next,
}

impl Play {
    /// All of them, oldest first.
    pub const ALL: [Play; 4] = [Play::Jan, Play::V04, Play::V05, Play::Next];

    /// The name used for `--operator`.
    pub fn name(self) -> &'static str {
        match self {
            Play::Jan => "jan",
            Play::V04 => "0.4",
            Play::V05 => "0.5",
            Play::Next => "next",
        }
    }
}

/// How fast the range lives: 1.0 is the real operator's pace, 0.05 is twenty times as fast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace(pub f64);

impl Pace {
    /// The real duration scaled to this pace, never below 5 ms.
    pub fn of(self, real: Duration) -> Duration {
        real.mul_f64(self.0).max(Duration::from_millis(5))
    }
}
