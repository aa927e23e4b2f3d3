//! The plugin against a real control plane.
