//! `snapshots`: which cluster, what lies in its bucket, what is in it, and the servers to compare it with.

use jiff::Timestamp;
use kubectl_openbao::domain::evidence::StoreAnswer;
use kubectl_openbao::gather::bucket;

use super::*;
use crate::support::Person;

async fn snapshots(kube: &Kube, key: &str) -> Sight {
    let Ok(mut evidence) = live::cluster_and_servers(kube, "bao", "prod", kube.deadline()).await else { return Sight::new() };
    let answered = evidence.servers.iter().filter(|a| present(&a.health)).count();
    let mut all = seen(&[
        ("cluster", present(&evidence.cluster)),
        ("the only cluster", find_cluster(kube, "bao").await.is_ok()),
        ("pods", present(&evidence.pods)),
        ("three answers", answered == 3),
    ]);
    let target = evidence.cluster.value().and_then(|c| c.spec.backup.as_ref()?.target.clone());
    let Some(target) = target else { return all };
    if let Ok(bucket) = bucket::open(kube, &mut evidence, &target, CredentialsFrom::Secret).await {
        let newest = bucket.newest(Timestamp::now()).await;
        let looked = bucket.look(key).await;
        all.extend(seen(&[
            ("newest", newest.is_ok_and(|newest| newest.is_some_and(|listed| listed.key == key))),
            ("object", matches!(looked, StoreAnswer::Found { .. })),
        ]));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_need_each_of_their_rules() {
    let range = range(Play::V04).await;
    let key = range.key(Which::Last);
    let look = async |grants: &[Grant]| snapshots(&person(&range, grants).await, &key).await;
    let grants = grants(&["snapshots", "object-store"]);
    let expected: Sight = ["cluster", "newest", "object", "pods", "the only cluster", "three answers"].map(str::to_owned).into();
    let mut all = look(&grants).await;
    // A server that is slow to answer on a busy machine is asked again; what is not granted never answers.
    for _ in 0..4 {
        if all != expected {
            all = look(&grants).await;
        }
    }
    assert_eq!(all, expected);
    no_rule_can_go(&grants, &all, look).await;

    for Grant { namespace, rule } in &grants {
        range.server().allow_in(namespace, "reader", json!([rule]));
    }
    let person = Person::new(range);
    for args in [&["snapshots", "list"][..], &["snapshots", "list", "prod"], &["snapshots", "verify", "prod", &key]] {
        person.as_person("reader").run(args).await.assert_exit(0);
    }
    let range = person.range;
    range.shutdown().await;
}
