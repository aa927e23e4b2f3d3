//! Break glass: what state it is in, what an acknowledgement will do on this generation, and the plan of one.

mod aftermath;
mod consequences;
mod denial;
mod ending;
mod patch;
mod plan;
mod state;
mod view;

pub use aftermath::{Aftermath, End};
pub use consequences::{Consequences, Course, consequences};
pub use denial::{MissingRight, missing_right};
pub use ending::{Again, begins_again, left_over, nobody_leads};
pub(crate) use patch::changes_the_same;
pub use plan::{AckPlan, AckRequest, Refusal, plan};
pub(crate) use plan::{YES, permission};
pub use state::{State, state};
pub use view::{NextStep, View, pause_first, steps, view, withdrawal};

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
