//! Recorded situations, run through every reading command; and what must hold over all of them.

mod claims;
mod fragments;
mod removal;
mod replan;
#[path = "../generated/shape.rs"]
mod shape;
mod shown;
mod situation;
mod wrong;
