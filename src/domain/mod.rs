//! Pure decisions over one `Evidence` value: no clock, environment, file, network or terminal in here.

pub mod archive;
pub mod breakglass;
pub mod bucket;
pub mod crossing;
pub mod diagnosis;
pub mod evidence;
pub mod hazards;
pub mod job_log;
pub mod jobs;
pub mod likeness;
pub mod lock;
pub mod progress;
pub mod recover;
pub mod resolve;
pub mod restore;
pub mod rollback;
pub mod snapshot;
pub mod status;
pub mod verify;
pub mod write;
