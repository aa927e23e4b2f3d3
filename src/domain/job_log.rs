//! What an executor's log lines mean.
