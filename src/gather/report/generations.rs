//! Schemas by the name of their generation: a report says `schema: {generation: JAN}` instead of carrying one.

use crate::api::generation::SchemaFacts;

const TABLE: &str = include_str!("generations.txt");

/// The names that are known, oldest first.
pub(super) fn names() -> Vec<&'static str> {
    TABLE.lines().filter_map(|line| line.strip_prefix("generation ")).collect()
}

/// What the schema of a generation says; `None` for a name that is not known. `0.2` and `0.3` have the schema of `0.1`.
pub(super) fn facts(name: &str) -> Option<SchemaFacts> {
    let wanted = if matches!(name, "0.2" | "0.3") { "0.1" } else { name };
    let mut facts = SchemaFacts::default();
    let mut generation = "";
    for line in TABLE.lines() {
        if let Some(next) = line.strip_prefix("generation ") {
            if generation == wanted {
                break;
            }
            generation = next;
        } else {
            apply(line, &mut facts);
        }
    }
    (generation == wanted && !generation.is_empty()).then_some(facts)
}

/// One line of the table: `+ restore.spec: image force`.
fn apply(line: &str, facts: &mut SchemaFacts) {
    let Some((sign, rest)) = line.split_once(' ').filter(|(sign, _)| matches!(*sign, "+" | "-")) else { return };
    let Some((place, words)) = rest.split_once(':') else { return };
    let set = match place {
        "restore.spec" => &mut facts.restore_spec,
        "restore.status" => &mut facts.restore_status,
        "cluster.spec" => &mut facts.cluster_spec,
        "cluster.status" => &mut facts.cluster_status,
        "required" => &mut facts.required,
        "phase" => &mut facts.phases,
        _ => {
            facts.break_glass_reasons = words.trim().parse().unwrap_or(facts.break_glass_reasons);
            return;
        }
    };
    for word in words.split_whitespace() {
        if sign == "+" {
            set.insert(word.to_owned());
        } else {
            set.remove(word);
        }
    }
}
