//! `--accept CODE`: the codes of hazards, and the near one for a code that is none.

use crate::api::text::clean_cut;
use crate::domain::hazards::CODES;

/// How alike two codes must be for one to be offered for the other.
const NEAR: f64 = 0.8;

/// A hazard's code as it was given.
///
/// # Errors
/// There is no such hazard: the near ones, else all of them.
pub fn code(given: &str) -> Result<String, String> {
    if CODES.contains(&given) {
        return Ok(given.to_owned());
    }
    let mut near: Vec<(f64, &str)> = CODES.iter().map(|code| (strsim::jaro_winkler(code, given), *code)).collect();
    near.retain(|(alike, _)| *alike > NEAR);
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let given = clean_cut(given, 60);
    Err(match near.first() {
        Some((_, code)) => format!("no hazard is called {given}; did you mean {code}?"),
        None => format!("no hazard is called {given}; there are: {}", CODES.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_taken_and_another_word_leads_to_one() {
        assert_eq!(code("seal-mismatch").as_deref(), Ok("seal-mismatch"));
        assert_eq!(code("seal-mismach"), Err("no hazard is called seal-mismach; did you mean seal-mismatch?".into()));
        let none = code("qqq\u{1b}[2J").expect_err("no hazard");
        assert!(none.starts_with("no hazard is called qqq\u{fffd}[2J; there are: ack-removes-blue-peers, "), "{none}");
        assert!(CODES.iter().all(|code| none.contains(code)));
    }
}
