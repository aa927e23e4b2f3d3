//! Names the operator makes, and names we make: restore objects, Jobs, snapshot keys.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use super::text::hex;

/// API group of the operator.
pub const GROUP: &str = "openbao.org";
/// The only served version in every generation.
pub const VERSION: &str = "v1alpha1";
/// Label that names the cluster on everything the operator makes.
pub const CLUSTER_LABEL: &str = "openbao.org/cluster";
/// Label that tells Jobs and their pods apart from servers.
pub const COMPONENT_LABEL: &str = "openbao.org/component";
/// Selects the operator's controller Deployment in every install form (F§5.4).
pub const OPERATOR_SELECTOR: &str = "app.kubernetes.io/name=openbao-operator,app.kubernetes.io/component=controller";
/// Name of the controller's leader-election Lease (F§5.5).
pub const OPERATOR_LEASE: &str = "openbao-controller-leader.openbao.org";
/// The role self-init creates for restores; used by the operator when the restore names none and OIDC is on.
pub const DEFAULT_RESTORE_ROLE: &str = "openbao-operator-restore";
/// Label that tells a blue/green cluster's sides apart, on pods, StatefulSets and claims.
pub const REVISION_LABEL: &str = "openbao.org/revision";
/// Annotation of an executor's Job: what it does (`bluegreen-repair-consensus`, …). Not on its pods (F§15.2.12).
pub const UPGRADE_ACTION: &str = "openbao.org/upgrade-action";
/// Annotation of an executor's Job: which try it is (`retry-1`, `rollback`, `rollback-retry-2`).
pub const UPGRADE_RUN_ID: &str = "openbao.org/upgrade-run-id";
/// Annotation of a backup's Job: the object key it writes.
pub const BACKUP_KEY: &str = "openbao.org/backup-key";
/// Annotation that lets people who may do maintenance delete what the operator manages (F§8.4).
pub const MAINTENANCE: &str = "openbao.org/maintenance";
/// NEXT: annotation on an OpenBaoRestore that settles its unknown outcome: `UID/Resume` or `UID/Abandon`.
pub const ACKNOWLEDGE_ANNOTATION: &str = "openbao.org/restore-acknowledge";
/// NEXT: annotation on the cluster that keeps a committed restore's hold.
pub const HOLD_ANNOTATION: &str = "openbao.org/restore-hold";

/// The annotations every object we write carries.
pub mod audit {
    /// Why, in the person's words.
    pub const REASON: &str = "cli.openbao.org/reason";
    /// Who, by SelfSubjectReview.
    pub const REQUESTED_BY: &str = "cli.openbao.org/requested-by";
    /// One id per invocation; settles a lost answer.
    pub const REQUEST_ID: &str = "cli.openbao.org/request-id";
    /// The lock that the request overrides.
    pub const OVERRIDDEN_LOCK: &str = "cli.openbao.org/overridden-lock";
    /// Codes of the hazards that were accepted.
    pub const ACCEPTED_HAZARDS: &str = "cli.openbao.org/accepted-hazards";
    /// Version of this tool.
    pub const VERSION: &str = "cli.openbao.org/version";
    /// On a restore that `recover` settled: who, why and with what, as JSON.
    pub const RECOVERED: &str = "cli.openbao.org/recovered";
    /// On a cluster: the resolution under way, as JSON; gone when it is over.
    pub const RESOLVE: &str = "cli.openbao.org/resolve";
    /// On the operator's Deployment while `resolve` has stopped it: how many replicas it had.
    pub const REPLICAS: &str = "cli.openbao.org/replicas-before-freeze";
}

/// Longest name of an OpenBaoRestore we make: `restore-<name>` must stay a valid Job name on every generation, with
/// room for the pod's suffix (F§5.1).
pub const RESTORE_NAME_LIMIT: usize = 55;

/// The name of a resolution's restore: `<cluster>-<YYYYMMDD-HHMMSS>-<4 hex>`, the cluster part cut to fit.
///
/// Never reuses a name: a predecessor's Job would be taken for the new restore's own on JAN (F§15.1, `name-reuse`).
pub fn restore_name(cluster: &str, now: Timestamp, random: u16) -> String {
    let suffix = format!("-{}-{random:04x}", now.strftime("%Y%m%d-%H%M%S"));
    fitted(cluster, &suffix)
}

/// The name of a restore that nobody chose: `<cluster>-<YYYYMMDD>-<8 hex>`, the cluster part cut to fit.
///
/// The hex follows from `state`: two people who ask for a restore of one cluster in one state at the same moment make the same
/// name, and the API server takes one of them. Another state gives another name (`name-reuse`, F§15.1).
pub fn restore_name_of(cluster: &str, day: Timestamp, state: &str) -> String {
    let digest = sha2::Sha256::digest(state.as_bytes());
    let suffix = format!("-{}-{}", day.strftime("%Y%m%d"), hex(&digest[..4]));
    fitted(cluster, &suffix)
}

/// A cluster's name, cut so that the suffix fits behind it.
fn fitted(cluster: &str, suffix: &str) -> String {
    let room = RESTORE_NAME_LIMIT - suffix.len();
    let stem: String = cluster.chars().take(room).collect();
    format!("{}{suffix}", stem.trim_end_matches(['-', '.']))
}

/// Why a restore name given by a person cannot be used.
pub fn check_restore_name(name: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.len() > RESTORE_NAME_LIMIT {
        return Err(format!(
            "{} characters: the Job restore-{name} would not get a valid name; at most {RESTORE_NAME_LIMIT}",
            name.len()
        ));
    }
    if name.is_empty() || !name.chars().all(fits) || name.starts_with('-') || name.ends_with('-') {
        return Err("only lower-case letters, digits and inner dashes are allowed".into());
    }
    Ok(())
}

/// What a snapshot's object key says (F§7.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotKey {
    /// When the backup was started, from the name.
    pub taken_at: Timestamp,
    /// Scheduled (or manual), or before an upgrade.
    pub kind: SnapshotKind,
    /// `NAMESPACE/CLUSTER` of the path, when the key has the operator's form.
    pub origin: Option<(String, String)>,
}

/// Which backup made a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SnapshotKind {
    /// Scheduled or manual: the operator does not tell them apart in the key.
    Scheduled,
    /// Before an upgrade.
    PreUpgrade,
}

impl SnapshotKind {
    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            SnapshotKind::Scheduled => "scheduled",
            SnapshotKind::PreUpgrade => "pre-upgrade",
        }
    }
}

impl SnapshotKey {
    /// Reads `[prefix/]NS/CLUSTER/[pre-upgrade-]YYYY-MM-DDTHH-MM-SSZ-XXXXXXXX.snap`; `None` for any other form.
    pub fn parse(key: &str) -> Option<SnapshotKey> {
        let (path, file) = key.rsplit_once('/').unwrap_or(("", key));
        let stem = file.strip_suffix(".snap")?;
        let (kind, stem) = match stem.strip_prefix("pre-upgrade-") {
            Some(rest) => (SnapshotKind::PreUpgrade, rest),
            None => (SnapshotKind::Scheduled, stem),
        };
        let (stamp, random) = stem.rsplit_once('-')?;
        if random.len() != 8 || !random.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let mut parts = path.rsplit('/');
        let (cluster, namespace) = (parts.next().filter(|p| !p.is_empty()), parts.next());
        let origin = namespace.zip(cluster).map(|(n, c)| (n.to_owned(), c.to_owned()));
        Some(SnapshotKey { taken_at: timestamp(stamp)?, kind, origin })
    }
}

/// `2026-11-21T00-41-19Z`, RFC 3339 with `-` for `:`, and no other of its many forms: where a snapshot is looked for by its
/// day, its key begins with that day.
fn timestamp(stamp: &str) -> Option<Timestamp> {
    const FORM: &[u8] = b"0000-00-00T00-00-00Z";
    let fits = |(byte, form): (u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == *form };
    if stamp.len() != FORM.len() || !stamp.bytes().zip(FORM).all(fits) {
        return None;
    }
    let (date, time) = stamp.split_once('T')?;
    format!("{date}T{}", time.replace('-', ":")).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn keys_of_the_real_operator_are_read() {
        let key = SnapshotKey::parse("bao/prod/2026-11-21T00-41-19Z-b397e37b.snap").expect("a key");
        assert_eq!((key.taken_at, key.kind), (at("2026-11-21T00:41:19Z"), SnapshotKind::Scheduled));
        assert_eq!(key.origin, Some(("bao".into(), "prod".into())));
        let key = SnapshotKey::parse("a/b/bao/bg3/pre-upgrade-2026-11-21T01-11-38Z-352597d6.snap").expect("a key");
        assert_eq!((key.kind, key.origin), (SnapshotKind::PreUpgrade, Some(("bao".into(), "bg3".into()))));
    }

    #[test]
    fn other_keys_have_no_time() {
        for key in [
            "",
            "x",
            "bao/prod/nothing-here.snap",
            "2026-13-41T00-41-19Z-b397e37b.snap",
            "a/b/2026-11-21T00-41-19Z-zzzz.snap",
            "a/b/2026-11-21T00-41-19+02-00-b397e37b.snap",
            "a/b/2026-11-21T00-41-19.5Z-b397e37b.snap",
            "a/b/20261121T004119Z-b397e37b.snap",
            "é-é.snap",
        ] {
            assert_eq!(SnapshotKey::parse(key), None, "{key}");
        }
    }

    #[test]
    fn one_state_gives_one_name_and_another_state_another() {
        let name = |cluster: &str, state: &str| restore_name_of(cluster, at("2026-11-21T01:23:45Z"), state);
        assert_eq!(name("prod", "a b"), name("prod", "a b"));
        assert_ne!(name("prod", "a b"), name("prod", "a b c"));
        assert!(name("prod", "").starts_with("prod-20261121-"), "{}", name("prod", ""));
        for cluster in ["a".repeat(253), format!("{}.b", "a".repeat(37))] {
            let name = name(&cluster, "");
            assert!(name.len() <= RESTORE_NAME_LIMIT && check_restore_name(&name).is_ok(), "{name}");
        }
    }

    #[test]
    fn made_names_fit_and_are_valid() {
        let now = at("2026-11-21T01:23:45Z");
        assert_eq!(restore_name("prod", now, 0x7f3a), "prod-20261121-012345-7f3a");
        for cluster in ["a".repeat(63), "x-".repeat(30), "prod".into()] {
            let name = restore_name(&cluster, now, 7);
            assert!(name.len() <= RESTORE_NAME_LIMIT && check_restore_name(&name).is_ok(), "{name}");
        }
    }

    #[test]
    fn bad_names_are_refused() {
        for name in ["", "-a", "a-", "A", "a.b", "a_b", &"a".repeat(56)] {
            assert!(check_restore_name(name).is_err(), "{name}");
        }
    }
}
