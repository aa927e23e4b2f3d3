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

use std::time::Duration;

use jiff::Timestamp;

use crate::api::text::age;

/// How long ago something was, as kubectl writes ages; `-` when it is not known.
pub fn ago(now: Timestamp, then: Option<Timestamp>) -> String {
    then.map_or_else(|| "-".into(), |then| age(Duration::try_from(now.duration_since(then)).unwrap_or_default()))
}
