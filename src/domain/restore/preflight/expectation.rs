//! Whether the object is the one that the file names, and what the operator is told of it.

use super::{Check, Grade, Subject, check};
use crate::api::text::clean;
use crate::domain::evidence::{Evidence, StoreAnswer};

const CODE: &str = "snapshot-expected";

/// None where neither the file nor the operator expects anything.
pub(super) fn snapshot_expected(evidence: &Evidence, subject: &Subject<'_>) -> Option<Check> {
    let (wanted, told) = (&subject.request.expected, subject.expected);
    if wanted.digest.is_none() && wanted.size.is_none() {
        return Some(check(CODE, Grade::Pass, telling(subject)?));
    }
    let StoreAnswer::Found { object } = &evidence.snapshot else {
        return Some(check(CODE, Grade::Unknown, "whether the object is the one the file names was not checked"));
    };
    let read = object.sha256().map(|sum| format!("sha256:{sum}"));
    let found = match (wanted.size, &wanted.digest, read) {
        (Some(size), ..) if size != object.size => Err(format!("{size} bytes, and the object has {}", object.size)),
        (_, Some(digest), Some(read)) if !digest.eq_ignore_ascii_case(&read) => {
            Err(format!("{}, and the object is {read}", clean(digest)))
        }
        (_, Some(_), None) => Ok(false),
        _ => Ok(true),
    };
    Some(match found {
        Err(what) => check(CODE, Grade::Fail, format!("the file expects {what}: the operator would refuse it"))
            .hint("--key KEY takes another snapshot; or leave expectedDigest and expectedSize out of the file"),
        Ok(true) => check(CODE, Grade::Pass, "the object is the one that the file names, as far as it names it"),
        Ok(false) => check(
            CODE,
            Grade::Unknown,
            format!(
                "its digest was not compared with the file's ({}): only --verify=full reads it",
                clean(told.digest.as_deref().unwrap_or("?"))
            ),
        ),
    })
}

/// What the operator is told by itself, on generations that take it.
fn telling(subject: &Subject<'_>) -> Option<String> {
    match (&subject.expected.digest, subject.expected.size) {
        (Some(digest), _) => Some(format!("the operator is told to restore exactly these bytes ({digest})")),
        (None, Some(size)) => {
            Some(format!("the operator is told the size, {size} bytes; its digest is not known without reading it whole"))
        }
        (None, None) => None,
    }
}
