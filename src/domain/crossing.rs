//! What somebody else wrote between our last look and our own write, where the two writes are to different objects and the
//! API server cannot know of one by the other: a restore and an acknowledgement.
//!
//! Both sides look once more after they wrote, so at least one of them sees the other.

use std::collections::BTreeMap;

use crate::api::text::clean;
use crate::domain::evidence::Evidence;

/// The restores that are not over and that an acknowledgement's plan did not know of; `facts` is what that plan rests on.
pub fn restores_unseen(facts: &BTreeMap<String, String>, now: &Evidence) -> Vec<String> {
    let known = facts.get("restores in flight").map_or("", String::as_str);
    let known: Vec<&str> = known.split(", ").filter_map(|restore| restore.split(' ').next()).collect();
    let open = now.unfinished_restores().into_iter().map(|restore| clean(&restore.meta.name).into_owned());
    open.filter(|name| !known.contains(&name.as_str())).collect()
}

/// The nonce of an acknowledgement that a restore's plan did not know of; `facts` is what that plan rests on.
pub fn acknowledgement_unseen(facts: &BTreeMap<String, String>, now: &Evidence) -> Option<String> {
    let nonce = clean(now.cluster.value()?.spec.break_glass_ack.as_deref()?).into_owned();
    (facts.get("acknowledgement") != Some(&nonce)).then_some(nonce)
}

/// The restores that are not over, beside our own, and that its plan did not know of.
pub fn other_restores_unseen(facts: &BTreeMap<String, String>, ours: &str, now: &Evidence) -> Vec<String> {
    let known = facts.get("other restores").map_or("", String::as_str);
    let known: Vec<&str> = known.split(", ").filter_map(|restore| restore.split(' ').next()).collect();
    let open = now.unfinished_restores().into_iter().map(|restore| clean(&restore.meta.name).into_owned());
    open.filter(|name| name != ours && !known.contains(&name.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::cluster::Cluster;
    use crate::api::restore::Restore;
    use crate::domain::evidence::Item;

    fn restore(name: &str, phase: &str) -> Restore {
        Restore::read(&json!({"metadata": {"name": name}, "spec": {"cluster": "prod"}, "status": {"phase": phase}}))
    }

    fn facts(name: &str, value: &str) -> BTreeMap<String, String> {
        BTreeMap::from([(name.to_owned(), value.to_owned())])
    }

    fn seen(restores: Vec<Restore>, acknowledged: Option<&str>) -> Evidence {
        let cluster = Cluster::read(&json!({"metadata": {"name": "prod"}, "spec": {"breakGlassAck": acknowledged}}));
        Evidence { restores: Item::present(restores), cluster: Item::present(cluster), ..Evidence::default() }
    }

    #[test]
    fn restores_that_came_meanwhile_are_told_and_those_known_or_over_are_not() {
        let now = seen(vec![restore("a", "Running"), restore("b", ""), restore("c", "Completed")], None);
        assert_eq!(restores_unseen(&facts("restores in flight", "none"), &now), ["a", "b"]);
        assert_eq!(restores_unseen(&facts("restores in flight", "a Pending, x Running"), &now), ["b"]);
        assert_eq!(other_restores_unseen(&facts("other restores", "none"), "b", &now), ["a"]);
        assert_eq!(other_restores_unseen(&facts("other restores", "a Running"), "b", &now), Vec::<String>::new());
    }

    #[test]
    fn an_acknowledgement_that_came_meanwhile_is_told_and_an_old_one_is_not() {
        let unseen =
            |known: &str, now: Option<&str>| acknowledgement_unseen(&facts("acknowledgement", known), &seen(vec![], now));
        assert_eq!(unseen("none", Some("n1")), Some("n1".to_owned()));
        assert_eq!((unseen("n1", Some("n1")), unseen("none", None)), (None, None));
    }
}
