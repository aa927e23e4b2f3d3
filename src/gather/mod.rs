//! Fills `Evidence` from a live cluster.
