//! Break glass: what state it is in, what an acknowledgement will do on this generation, and the plan of one.

mod consequences;
mod patch;
mod plan;
mod state;

pub use consequences::{Consequences, Course, consequences};
pub(crate) use patch::changes_the_same;
pub use plan::{AckPlan, AckRequest, Refusal, plan};
pub(crate) use plan::{YES, permission};
pub use state::{State, state};

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
