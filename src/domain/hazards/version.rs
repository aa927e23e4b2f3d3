//! Order of OpenBao versions, as far as "older" and "newer" need it.

use std::cmp::Ordering;

/// Compares by the numbers; `2.5.5-HEAD` counts as `2.5.5`, a leading `v` is passed over.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    numbers(a).cmp(&numbers(b))
}

/// Whether `a` is older than `b` for certain: false when one of them is no version.
pub(crate) fn older(a: &str, b: &str) -> bool {
    matches!((numbers(a), numbers(b)), (Some(a), Some(b)) if a < b)
}

/// Whether it is a version at all.
pub(crate) fn is_one(version: &str) -> bool {
    numbers(version).is_some()
}

fn numbers(version: &str) -> Option<[u64; 3]> {
    let core = version.trim_start_matches('v').split(['-', '+', '_']).next()?;
    let mut parts = core.split('.').map(str::parse::<u64>);
    let mut next = || parts.next().transpose().ok();
    Some([next()??, next()?.unwrap_or(0), next()?.unwrap_or(0)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_and_not_letters() {
        assert!(older("2.5.4", "2.5.5") && older("2.9.0", "2.10.0") && older("v2.5", "2.5.1-rc1"));
        assert!(!older("2.5.5", "2.5.5-HEAD") && !older("2.6.0", "2.5.5"));
        for nonsense in ["", "latest", "x.y.z", "2.x"] {
            assert!(!older(nonsense, "2.5.5") && !older("2.5.5", nonsense), "{nonsense}");
        }
    }
}
