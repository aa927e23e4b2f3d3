//! Values that must never be seen: tokens, keys, Secret contents.

use std::fmt;

use zeroize::Zeroizing;

use super::redact;

/// A secret text that cannot print itself, overwritten in memory when it is dropped. Only [`Sensitive::expose`] gives the value.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Sensitive(Zeroizing<String>);

impl Sensitive {
    /// Wraps a secret value.
    pub fn new(value: impl Into<String>) -> Self {
        Sensitive(Zeroizing::new(value.into()))
    }

    /// Wraps a secret that is in use: from now on it is masked in everything that is said, whoever says it.
    pub fn held(value: impl Into<String>) -> Self {
        let secret = Sensitive::new(value);
        redact::remember(secret.expose());
        secret
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
