//! `kubectl openbao`: emergency restore and break-glass on OpenBao clusters run by the OpenBao Operator.
//!
//! Layers, arrows one way: `commands → gather → remote → guard → domain → api` and `commands → ui → guard`.
//! `domain` decides and touches nothing; `remote` talks to the network; `ui` talks to the terminal; the two never meet.
//! `drill` is the embedded practice range, which is also the fast test double of the tests.

pub mod api;
pub mod cli;
pub mod commands;
pub mod domain;
pub mod drill;
pub mod error;
pub mod exit;
pub mod gather;
pub mod guard;
pub mod process;
pub mod remote;
pub mod session;
pub mod ui;
