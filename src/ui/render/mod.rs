//! Views of results: text and tables. Every one is a function from data to text.

pub mod breakglass;
pub mod diagnosis;
pub mod document;
pub mod plan;
pub mod recover;
pub mod resolve;
pub mod snapshots;
pub mod status;
pub mod table;

use jiff::Timestamp;

use crate::api::text;

/// How long ago something was, as kubectl writes ages; `-` when it is not known.
pub fn ago(now: Timestamp, then: Option<Timestamp>) -> String {
    then.map_or_else(|| "-".into(), |then| text::ago(now, then))
}
