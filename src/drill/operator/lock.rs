//! The operation lock: who may take it, from whom, and what it then says (F§4.5).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::values::{name, namespace, present, text, time};

/// Who asks for a cluster's operation lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// `Upgrade`, `Backup` or `Restore`.
    pub operation: &'static str,
    /// The holder string; a restore's carries its name but no uid.
    pub holder: String,
    /// What the lock's message will say.
    pub message: String,
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It was free, or already the claimant's: the value to write.
    Yes(Value),
    /// It was another operation's and was forced: the value to write, and who lost it.
    Overridden {
        /// The lock to write.
        lock: Value,
        /// The operation that held it.
        operation: String,
        /// Its holder.
        holder: String,
    },
    /// It is held by another.
    Blocked {
        /// The operation that holds it.
        operation: String,
        /// Its holder.
        holder: String,
    },
}

impl Claim {
    /// The claim of an OpenBaoRestore.
    pub fn restore(restore: &Value) -> Self {
        Claim {
            operation: "Restore",
            holder: format!("openbaorestore/{}", name(restore)),
            message: format!("restore {}/{}", namespace(restore), name(restore)),
        }
    }

    /// The claim of a backup Job.
    pub fn backup(job: &str) -> Self {
        Claim { operation: "Backup", holder: "openbaocluster/backup".into(), message: format!("backup job {job}") }
    }

    /// The claim of a blue/green upgrade in a phase.
    pub fn upgrade(phase: &str) -> Self {
        let message = format!("blue/green upgrade phase {phase}");
        Claim { operation: "Upgrade", holder: "openbaocluster/upgrade".into(), message }
    }

    /// Whether this lock is the claimant's: same operation and same holder string.
    pub fn holds(&self, lock: &Value) -> bool {
        text(lock, "/operation") == self.operation && text(lock, "/holder") == self.holder
    }

    /// Tries to take `lock` (the cluster's present one, `null` when free).
    ///
    /// `force` takes it from `Upgrade` and `Backup`, never from another `Restore`.
    pub fn take(&self, lock: &Value, force: bool, now: Timestamp) -> Taken {
        if !present(lock, "/holder") {
            return Taken::Yes(self.value(&time(now), now));
        }
        if self.holds(lock) {
            return Taken::Yes(self.value(text(lock, "/acquiredAt"), now));
        }
        let (operation, holder) = (text(lock, "/operation").to_owned(), text(lock, "/holder").to_owned());
        if force && matches!(operation.as_str(), "Upgrade" | "Backup") {
            return Taken::Overridden { lock: self.value(&time(now), now), operation, holder };
        }
        Taken::Blocked { operation, holder }
    }

    fn value(&self, acquired: &str, now: Timestamp) -> Value {
        json!({
            "acquiredAt": acquired,
            "holder": self.holder,
            "message": self.message,
            "operation": self.operation,
            "renewedAt": time(now),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim() -> Claim {
        Claim::restore(&json!({"metadata": {"name": "r1", "namespace": "bao"}}))
    }

    fn held(operation: &str, holder: &str) -> Value {
        json!({"operation": operation, "holder": holder, "message": "m", "acquiredAt": "2026-11-21T00:00:00Z", "renewedAt": "2026-11-21T00:00:00Z"})
    }

    fn now() -> Timestamp {
        "2026-11-21T00:41:50Z".parse().unwrap()
    }

    #[test]
    fn a_free_lock_is_taken_with_the_operators_texts() {
        let Taken::Yes(lock) = claim().take(&Value::Null, false, now()) else { panic!("blocked") };
        let expected = json!({
            "acquiredAt": "2026-11-21T00:41:50Z", "holder": "openbaorestore/r1", "message": "restore bao/r1",
            "operation": "Restore", "renewedAt": "2026-11-21T00:41:50Z",
        });
        assert_eq!(lock, expected);
    }

    #[test]
    fn the_holder_refreshes_and_keeps_the_time_it_got_it() {
        let Taken::Yes(lock) = claim().take(&held("Restore", "openbaorestore/r1"), false, now()) else { panic!("blocked") };
        assert_eq!((text(&lock, "/acquiredAt"), text(&lock, "/renewedAt")), ("2026-11-21T00:00:00Z", "2026-11-21T00:41:50Z"));
    }

    #[test]
    fn force_clears_upgrade_and_backup_but_never_a_restore() {
        let outcome = |operation, force| match claim().take(&held(operation, "somebody/else"), force, now()) {
            Taken::Yes(_) => "taken",
            Taken::Overridden { .. } => "overridden",
            Taken::Blocked { .. } => "blocked",
        };
        assert_eq!(["Upgrade", "Backup", "Restore"].map(|op| outcome(op, false)), ["blocked"; 3]);
        assert_eq!(["Upgrade", "Backup", "Restore"].map(|op| outcome(op, true)), ["overridden", "overridden", "blocked"]);
    }
}
