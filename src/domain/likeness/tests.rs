//! Each comparison by hand: a genuine snapshot, and facts as other seals and clusters would have them.

use serde_json::{Value, json};

use super::{CODES, Comparison, Likeness, compare, find};
use crate::api::cluster::Cluster;
use crate::api::workload::Pod;
use crate::domain::archive;
use crate::domain::archive::head::{Head, Looks};
use crate::domain::archive::meta::{Meta, Peer, Seal};
use crate::domain::archive::report::Facts;
use crate::domain::evidence::{Contents, Evidence, Item, ServerAnswer, ServerHealth, SnapshotObject, StoreAnswer};

const KEY: &str = "bao/prod/2026-11-21T00-41-19Z-b397e37b.snap";
const GENUINE: &[u8] = include_bytes!("../../../tests/data/snapshots/openbao-2.5.5-shamir.snap");

fn peer(id: &str, address: &str) -> Peer {
    Peer { id: id.into(), address: address.into(), voter: true }
}

/// What a snapshot of `bao/prod` tells: three members, a static seal, 2.5.5, index 74.
fn own() -> Facts {
    let member = |n: u8| peer(&format!("prod-{n}"), &format!("prod-{n}.prod.bao.svc:8201"));
    Facts {
        taken_at: Some("2026-11-21T00:41:20Z".parse().expect("a time")),
        meta: Some(Meta { version: 1, index: 74, term: 3, size: 1, peers: (0..3).map(member).collect() }),
        seal: Some(Seal { kind: Some("static".into()), shares: Some(1), threshold: Some(1), key_id: Some("k1".into()) }),
        openbao_version: Some("2.5.5".into()),
        versions_read: true,
        ..Facts::default()
    }
}

/// A cluster of three on 2.5.5 with this `spec.unseal`, against what a snapshot told.
fn evidence(facts: Facts, unseal: Value) -> Evidence {
    let cluster = json!({
        "metadata": {"namespace": "bao", "name": "prod", "creationTimestamp": "2026-11-20T00:00:00Z"},
        "spec": {"version": "2.5.5", "replicas": 3, "unseal": unseal},
        "status": {"backup": {"lastBackupName": KEY}},
    });
    let pod = |n: u8| {
        let labels = json!({"openbao-version": "2.5.5", "openbao.org/cluster": "prod"});
        Pod::read(&json!({"metadata": {"name": format!("prod-{n}"), "labels": labels}}))
    };
    let head = Head { looks: Looks::Complete, summary: "it begins like a snapshot".into(), facts };
    let contents = Some(Contents::Head { head: Box::new(head) });
    Evidence {
        observed_at: "2026-11-21T01:20:00Z".parse().expect("a time"),
        namespace: "bao".into(),
        name: "prod".into(),
        cluster: Item::present(Cluster::read(&cluster)),
        pods: Item::present((0..3).map(pod).collect()),
        snapshot: StoreAnswer::Found { object: SnapshotObject { size: 9_000, contents, ..SnapshotObject::default() } },
        ..Evidence::default()
    }
}

fn says(health: ServerHealth) -> Vec<ServerAnswer> {
    vec![ServerAnswer { pod: "prod-0".into(), health: Item::present(health), way_failed: false }]
}

fn verdict(evidence: &Evidence, what: &str) -> Option<Likeness> {
    find(&compare(evidence, KEY), what).map(|one| one.verdict)
}

fn with(change: impl FnOnce(&mut Facts), unseal: Value, what: &str) -> Option<Likeness> {
    let mut facts = own();
    change(&mut facts);
    verdict(&evidence(facts, unseal), what)
}

const SAME: Option<Likeness> = Some(Likeness::Same);
const DIFFERS: Option<Likeness> = Some(Likeness::Differs);
const UNKNOWN: Option<Likeness> = Some(Likeness::Unknown);

#[test]
fn a_snapshot_of_this_cluster_differs_in_nothing_and_comes_in_the_published_order() {
    let all = compare(&evidence(own(), json!(null)), KEY);
    assert!(all.iter().all(|one| one.verdict != Likeness::Differs), "{all:#?}");
    let unknown: Vec<&str> = all.iter().filter(|one| one.verdict == Likeness::Unknown).map(|one| one.what.as_str()).collect();
    assert_eq!(unknown, ["seal-key", "raft-index"], "the spec names no key, no server was asked");
    let order: Vec<usize> = all.iter().filter_map(|one| CODES.iter().position(|code| *code == one.what)).collect();
    assert!(order.is_sorted() && order.len() == 9, "no shares where the seal is static");
}

#[test]
fn nothing_is_compared_with_what_was_not_read() {
    let mut blind = evidence(own(), json!(null));
    blind.snapshot = StoreAnswer::Found { object: SnapshotObject::default() };
    assert_eq!(compare(&blind, KEY), []);
    let mut nowhere = evidence(own(), json!(null));
    nowhere.cluster = Item::Failed { why: "timed out".into() };
    assert_eq!(compare(&nowhere, KEY), []);
    // A head that ends before everything: each is unknown, none is fine.
    let empty = compare(&evidence(Facts::default(), json!(null)), KEY);
    for what in ["members", "seal-type", "seal-key", "version", "raft-index", "taken"] {
        assert_eq!(find(&empty, what).map(|one| one.verdict), UNKNOWN, "{what}");
    }
}

/// Shamir, one member `demo-0` at 127.0.0.1: of an OpenBao that no operator ran, and whose build called itself 2.0.0.
#[test]
fn the_genuine_snapshot_is_no_operators() {
    let facts = archive::verify([GENUINE]).facts;
    let all = compare(&evidence(facts, json!(null)), KEY);
    let of = |what| find(&all, what).map(|one| (one.verdict, one.snapshot.clone().unwrap_or_default()));
    assert_eq!(of("members"), Some((Likeness::Differs, "demo-0".into())));
    assert_eq!(of("seal-type"), Some((Likeness::Differs, "shamir".into())));
    assert_eq!(of("version"), Some((Likeness::Same, "2.0.0".into())));
    assert_eq!(of("seal-key").map(|(verdict, _)| verdict), UNKNOWN);
}

fn members(peers: Vec<Peer>) -> Comparison {
    let mut facts = own();
    facts.meta = Some(Meta { peers, ..Meta::default() });
    let all = compare(&evidence(facts, json!(null)), KEY);
    find(&all, "members").expect("always compared").clone()
}

#[test]
fn members_are_told_by_their_addresses_and_then_by_their_names() {
    let blue = "prod-89b324081ed019e8-0";
    let cases = [
        (vec![peer("prod-0", "prod-0.prod.bao.svc:8201")], Likeness::Same),
        (vec![peer("prod-0", "prod-0.prod.bao.svc.cluster.local:8201")], Likeness::Same),
        (vec![peer(blue, &format!("{blue}.prod.bao.svc:8201"))], Likeness::Same),
        (vec![peer("prod-0", "prod-0.prod.staging.svc:8201")], Likeness::Differs),
        (vec![peer("bg3-0", "bg3-0.bg3.bao.svc:8201")], Likeness::Differs),
        // Its name begins like this cluster's, and is another's.
        (vec![peer("prod-eu-0", "10.0.0.4:8201")], Likeness::Differs),
        (vec![peer("production-0", "")], Likeness::Differs),
        (vec![peer("prod-0", "10.0.0.4:8201")], Likeness::Unknown),
        (vec![peer("prod-0", "prod-0.prod:8201")], Likeness::Unknown),
        (vec![peer(blue, "")], Likeness::Unknown),
        (vec![peer("", "")], Likeness::Unknown),
        (vec![], Likeness::Unknown),
        // One of them is enough: it was a member then.
        (vec![peer("x-0", "x-0.x.bao.svc:8201"), peer("prod-1", "prod-1.prod.bao.svc:8201")], Likeness::Same),
    ];
    for (peers, expected) in cases {
        let found = members(peers.clone());
        assert_eq!(found.verdict, expected, "{peers:?}: {}", found.means);
    }
    let one = members(vec![peer("prod-0", "prod-0.prod.staging.svc:8201")]);
    assert_eq!(one.snapshot.as_deref(), Some("prod-0 of staging/prod"));
    assert_eq!(one.live.as_deref(), Some("prod-0, prod-1, prod-2"));
    let all: Vec<Peer> = (0..3).map(|n| peer(&format!("prod-{n}"), &format!("prod-{n}.prod.bao.svc:8201"))).collect();
    assert_eq!(members(all).means, "the same members");
}

#[test]
fn the_servers_own_word_on_the_seal_counts_over_the_spec() {
    let kms = json!({"type": "awskms", "awskms": {"kmsKeyID": "k", "region": "r"}});
    assert_eq!(with(|_| {}, json!(null), "seal-type"), SAME, "static is the default");
    assert_eq!(with(|_| {}, kms.clone(), "seal-type"), DIFFERS);
    assert_eq!(with(|_| {}, json!({"type": "kms"}), "seal-type"), UNKNOWN, "a plugin's seal has a type of its own");
    let mut asked = evidence(own(), kms);
    asked.servers = says(ServerHealth { seal_type: Some("static".into()), ..ServerHealth::default() });
    assert_eq!(verdict(&asked, "seal-type"), SAME);
    asked.servers.extend(says(ServerHealth { seal_type: Some("awskms".into()), ..ServerHealth::default() }));
    assert_eq!(verdict(&asked, "seal-type"), UNKNOWN, "they do not agree");
}

#[test]
fn shamir_is_compared_by_its_shares_and_its_keys_are_never_known() {
    let shamir = |facts: &mut Facts| {
        facts.seal = Some(Seal { kind: Some("shamir".into()), shares: Some(3), threshold: Some(2), key_id: None });
    };
    let mut facts = own();
    shamir(&mut facts);
    let told = |shares| {
        let mut asked = evidence(facts.clone(), json!(null));
        asked.servers = says(ServerHealth { seal_type: Some("shamir".into()), seal_shares: shares, ..ServerHealth::default() });
        asked
    };
    assert_eq!(verdict(&told(Some((2, 3))), "seal-shares"), SAME);
    assert_eq!(verdict(&told(Some((3, 5))), "seal-shares"), DIFFERS);
    assert_eq!(verdict(&told(None), "seal-shares"), UNKNOWN);
    assert_eq!(verdict(&told(Some((2, 3))), "seal-key"), UNKNOWN, "the same in everything, and still nobody knows");
    assert_eq!(with(shamir, json!(null), "seal-shares"), None, "the cluster is static: there is nothing to compare");
}

#[test]
fn key_ids_are_compared_where_they_name_one_thing() {
    let aws = |key: &str| json!({"type": "awskms", "awskms": {"kmsKeyID": key, "region": "eu"}});
    let gcp =
        |key: &str| json!({"type": "gcpckms", "gcpCloudKMS": {"project": "p", "region": "eu", "keyRing": "r", "cryptoKey": key}});
    let fixed = |key: &str| json!({"type": "static", "static": {"currentKeyID": key, "currentKey": "secret"}});
    let transit = json!({"type": "transit", "transit": {"address": "a", "keyName": "v1", "mountPath": "m"}});
    let arn = "arn:aws:kms:eu:123456789012:key/0b1c";
    let version = "projects/p/locations/eu/keyRings/r/cryptoKeys/k/cryptoKeyVersions/3";
    let cases = [
        ("awskms", arn, aws("0b1c"), SAME),
        ("awskms", arn, aws(arn), SAME),
        ("awskms", arn, aws("0b1d"), DIFFERS),
        ("awskms", arn, aws("alias/prod"), UNKNOWN),
        ("gcpckms", version, gcp("k"), SAME),
        ("gcpckms", version, gcp("k2"), DIFFERS),
        ("gcpckms", version, gcp("cryptoKey"), DIFFERS),
        ("static", "k1", fixed("k2"), DIFFERS),
        ("static", "k1", fixed("k1"), UNKNOWN),
        ("static", "k1", json!(null), UNKNOWN),
        ("transit", "v1", transit, UNKNOWN),
        ("awskms", arn, fixed("k1"), UNKNOWN),
    ];
    for (kind, id, unseal, expected) in cases {
        let under = |facts: &mut Facts| {
            facts.seal = Some(Seal { kind: Some(kind.into()), key_id: Some(id.into()), ..Seal::default() });
        };
        assert_eq!(with(under, unseal.clone(), "seal-key"), expected, "{kind} {id} {unseal}");
    }
    let only_in_the_sums = |facts: &mut Facts| {
        facts.seal = Some(Seal { kind: Some("awskms".into()), ..Seal::default() });
        facts.sums_key_id = Some(arn.into());
    };
    assert_eq!(with(only_in_the_sums, aws("0b1d"), "seal-key"), DIFFERS);
    let all = compare(&evidence(own(), fixed("k1")), KEY);
    assert!(!format!("{all:?}").contains("secret"), "the key itself is never read");
}

#[test]
fn a_version_is_fine_only_when_all_were_read() {
    let wrote = |version: &'static str, read| {
        move |facts: &mut Facts| {
            (facts.openbao_version, facts.versions_read) = (Some(version.into()), read);
        }
    };
    assert_eq!(with(wrote("2.5.4", true), json!(null), "version"), SAME);
    assert_eq!(with(wrote("2.5.6", true), json!(null), "version"), DIFFERS);
    assert_eq!(with(wrote("2.5.6", false), json!(null), "version"), DIFFERS, "newer is newer, whatever else is there");
    assert_eq!(with(wrote("2.5.4", false), json!(null), "version"), UNKNOWN);
    assert_eq!(with(wrote("nonsense", true), json!(null), "version"), UNKNOWN);
    let mut nobody = evidence(own(), json!(null));
    nobody.pods = Item::Failed { why: "timed out".into() };
    assert_eq!(verdict(&nobody, "version"), UNKNOWN);
}

#[test]
fn an_index_above_the_leaders_is_of_another_history() {
    let index = |leads, committed| {
        let mut asked = evidence(own(), json!(null));
        let health = ServerHealth { leads: Some(leads), raft_committed_index: Some(committed), ..ServerHealth::default() };
        asked.servers = says(health);
        verdict(&asked, "raft-index")
    };
    assert_eq!([index(true, 73), index(true, 74), index(false, 9_000)], [DIFFERS, SAME, UNKNOWN], "a standby may lag");
}

#[test]
fn the_times_of_archive_key_and_cluster_are_held_together() {
    let at = |text: &'static str| move |facts: &mut Facts| facts.taken_at = Some(text.parse().expect("a time"));
    let taken = |text| with(at(text), json!(null), "taken");
    assert_eq!(
        [taken("2026-11-21T00:41:19Z"), taken("2026-11-21T01:41:19Z"), taken("2026-11-21T00:36:19Z")],
        [SAME; 3],
        "a large snapshot takes a while, clocks differ"
    );
    assert_eq!([taken("2026-11-21T01:41:20Z"), taken("2026-11-21T00:36:18Z")], [DIFFERS; 2]);
    let mut young = evidence(own(), json!(null));
    if let Item::Present { value } = &mut young.cluster {
        value.meta.created_at = Some("2026-11-21T00:50:00Z".parse().expect("a time"));
        value.backup.last_name = Some("bao/prod/2026-11-21T01-00-00Z-00000000.snap".into());
    }
    assert_eq!((verdict(&young, "cluster-age"), verdict(&young, "newest-backup")), (DIFFERS, DIFFERS));
    // A key of another form: the archive's own time counts.
    let strange = compare(&young, "backups/last");
    let of = |what| find(&strange, what).map(|one| one.verdict);
    assert_eq!([of("origin"), of("taken"), of("cluster-age")], [UNKNOWN, UNKNOWN, DIFFERS]);
}
