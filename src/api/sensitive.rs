//! Values that must never be seen: tokens, keys, Secret contents.

use std::fmt;

/// A secret text that cannot print itself. Only [`Sensitive::expose`] gives the value.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Sensitive(String);

impl Sensitive {
    /// Wraps a secret value.
    pub fn new(value: impl Into<String>) -> Self {
        Sensitive(value.into())
    }

    /// The value itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<sensitive>")
    }
}

/// Lets clap and others build one from an argument.
impl From<&str> for Sensitive {
    fn from(value: &str) -> Self {
        Sensitive::new(value)
    }
}
