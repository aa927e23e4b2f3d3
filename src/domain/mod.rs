//! Pure decisions over one `Evidence` value: no clock, environment, file, network or terminal in here.

pub mod job_log;
