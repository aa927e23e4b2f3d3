//! What the targets run: the same checks as `tests/fuzz`.

#[path = "../../tests/fuzz/oracles/mod.rs"]
pub mod oracles;
