//! Decisions over small hand-written evidence.
