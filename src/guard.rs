//! The guard: the only place where a plan becomes a ticket to write.
//!
//! A write takes a [`Confirmed`], which cannot be made anywhere else: forgetting to ask does not compile. There is no
//! flag and no environment variable that means "yes to everything": the phrase differs per act and per facts.

use crate::domain::breakglass::{self, AckPlan, YES};
use crate::domain::recover::RecoverPlan;
use crate::domain::resolve::{ClaimsPlan, Path, Refusal, ResolvePlan};
use crate::domain::restore::{Consent, RestorePlan};
use crate::domain::write::{Act, Kind, Write};
use crate::exit::Exit;

/// A plan that consent can be asked for.
pub trait Plan {
    /// The consent it needs.
    fn consent(&self) -> &Consent;
    /// Why it is not allowed at all, with the exit code; `None` when it is.
    fn refused(&self) -> Option<Exit>;
    /// What changed against another plan for the same act.
    fn differences(&self, now: &Self) -> Vec<String>;
    /// Whether a person's answer is the consent asked for: the phrase, letter by letter.
    fn accepts(&self, typed: &str) -> bool {
        typed == self.consent().phrase
    }
    /// What a script must give in place of the phrase.
    fn script_word(&self) -> &str {
        &self.consent().phrase
    }
}

impl Plan for RestorePlan {
    fn consent(&self) -> &Consent {
        &self.consent
    }

    fn refused(&self) -> Option<Exit> {
        self.refusal_exit()
    }

    fn differences(&self, now: &Self) -> Vec<String> {
        crate::domain::restore::drift::differences(&self.rests_on, &now.rests_on)
    }
}

/// `y` where nothing dangerous is known, else a phrase; a script names the very event by its nonce.
impl Plan for AckPlan {
    fn consent(&self) -> &Consent {
        &self.consent
    }

    fn refused(&self) -> Option<Exit> {
        self.refusal_exit()
    }

    fn differences(&self, now: &Self) -> Vec<String> {
        crate::domain::restore::drift::differences(&self.rests_on, &now.rests_on)
    }

    fn accepts(&self, typed: &str) -> bool {
        match self.consent.phrase.as_str() {
            YES => matches!(typed.trim(), "y" | "Y" | "yes" | "Yes" | "YES"),
            phrase => typed == phrase,
        }
    }

    fn script_word(&self) -> &str {
        &self.nonce
    }
}

impl Course for AckPlan {
    fn covers(&self, write: &Write) -> bool {
        breakglass::changes_the_same(&self.write, write)
    }
}

impl Plan for RecoverPlan {
    fn consent(&self) -> &Consent {
        &self.consent
    }

    fn refused(&self) -> Option<Exit> {
        self.refusal_exit()
    }

    fn differences(&self, now: &Self) -> Vec<String> {
        crate::domain::restore::drift::differences(&self.rests_on, &now.rests_on)
    }
}

impl Course for RecoverPlan {
    fn covers(&self, write: &Write) -> bool {
        let same_act = |own: &Write| std::mem::discriminant(&own.act) == std::mem::discriminant(&write.act);
        let same = |own: &Write| (own.kind, &own.namespace, &own.name) == (write.kind, &write.namespace, &write.name);
        self.write.as_ref().is_some_and(|own| same(own) && same_act(own))
    }
}

impl Plan for ResolvePlan {
    fn consent(&self) -> &Consent {
        &self.consent
    }

    fn refused(&self) -> Option<Exit> {
        self.refusal.as_ref().map(Refusal::exit)
    }

    fn differences(&self, now: &Self) -> Vec<String> {
        crate::domain::restore::drift::differences(&self.rests_on, &now.rests_on)
    }
}

impl Course for ResolvePlan {
    /// The cluster itself and, on the way by restore, the operator: volumes need a consent of their own.
    fn covers(&self, write: &Write) -> bool {
        let patches = matches!(write.act, Act::Patch { .. });
        match write.kind {
            Kind::Cluster => patches && write.name == self.cluster && write.namespace == self.namespace,
            Kind::Operator => patches && self.path == Path::Restore,
            Kind::Claim | Kind::Restore => false,
        }
    }
}

impl Plan for ClaimsPlan {
    fn consent(&self) -> &Consent {
        &self.consent
    }

    fn refused(&self) -> Option<Exit> {
        None
    }

    fn differences(&self, now: &Self) -> Vec<String> {
        let same = self.revision == now.revision;
        if same { Vec::new() } else { vec![format!("revision: was {}, is now {}", self.revision, now.revision)] }
    }
}

impl Course for ClaimsPlan {
    fn covers(&self, write: &Write) -> bool {
        let same = |uid: &str| match &write.act {
            Act::Delete { uid: asked, .. } => asked == uid,
            Act::Patch { .. } => true,
        };
        write.kind == Kind::Claim && self.volumes.iter().any(|volume| volume.name == write.name && same(&volume.uid))
    }
}

/// A ticket to carry a plan out once. Neither cloned nor made outside this module.
#[derive(Debug)]
pub struct Confirmed<P> {
    plan: P,
}

/// A confirmed plan that was made again and found unchanged: only this can be sent.
#[derive(Debug)]
pub struct Rechecked<P> {
    plan: P,
}

/// What a script gives on the command line.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--confirm`.
    pub confirm: Option<String>,
    /// `--accept`, repeatable.
    pub accept: Vec<String>,
    /// `--reason`.
    pub reason: Option<String>,
}

/// Why there is no ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withheld {
    /// The plan itself is not allowed.
    Refused(Exit),
    /// Nothing was given to confirm with.
    NotGiven,
    /// Another phrase was given.
    WrongPhrase,
    /// These hazards were not accepted.
    NotAccepted(Vec<String>),
    /// A reason is needed and none was given.
    NoReason,
}

/// Consent by flags, for scripts: the exact phrase, every hazard by its code, and the reason where one is needed.
///
/// # Errors
/// Why it is withheld.
pub fn by_flags<P: Plan>(plan: P, given: &Flags) -> Result<Confirmed<P>, Withheld> {
    allowed(&plan)?;
    let consent = plan.consent();
    match given.confirm.as_deref() {
        None => return Err(Withheld::NotGiven),
        Some(phrase) if phrase != plan.script_word() => return Err(Withheld::WrongPhrase),
        Some(_) => {}
    }
    let missing: Vec<String> = consent.accept.iter().filter(|code| !given.accept.contains(code)).cloned().collect();
    if !missing.is_empty() {
        return Err(Withheld::NotAccepted(missing));
    }
    with_reason(plan, given.reason.as_deref())
}

/// Consent by a person who saw the plan and typed the phrase.
///
/// # Errors
/// Why it is withheld; the end of input is [`Withheld::NotGiven`].
pub fn by_typing<P: Plan>(plan: P, typed: Option<&str>, reason: Option<&str>) -> Result<Confirmed<P>, Withheld> {
    allowed(&plan)?;
    match typed {
        None => Err(Withheld::NotGiven),
        Some(typed) if !plan.accepts(typed) => Err(Withheld::WrongPhrase),
        Some(_) => with_reason(plan, reason),
    }
}

fn allowed<P: Plan>(plan: &P) -> Result<(), Withheld> {
    plan.refused().map_or(Ok(()), |exit| Err(Withheld::Refused(exit)))
}

fn with_reason<P: Plan>(plan: P, reason: Option<&str>) -> Result<Confirmed<P>, Withheld> {
    if plan.consent().reason_required && reason.is_none_or(|r| r.trim().is_empty()) {
        return Err(Withheld::NoReason);
    }
    Ok(Confirmed { plan })
}

impl<P: Plan> Confirmed<P> {
    /// What was confirmed.
    pub fn plan(&self) -> &P {
        &self.plan
    }

    /// What changed against a plan made from fresh evidence, one line each; also that it is not allowed any more.
    pub fn drift(&self, now: &P) -> Vec<String> {
        let mut differences = self.plan.differences(now);
        if differences.is_empty() && now.refused().is_some() {
            differences.push("the plan is no longer allowed".into());
        }
        differences
    }

    /// Compares with a plan made from fresh evidence; any change of what it rests on, or a refusal, takes the ticket.
    ///
    /// # Errors
    /// The differences, one line each.
    pub fn recheck(self, now: &P) -> Result<Rechecked<P>, Vec<String>> {
        let differences = self.drift(now);
        if differences.is_empty() { Ok(Rechecked { plan: self.plan }) } else { Err(differences) }
    }
}

/// A plan that is carried out in several writes, each decided anew from what is on the cluster.
pub trait Course: Plan {
    /// Whether the consent that was given covers this write.
    fn covers(&self, write: &Write) -> bool;
}

impl<P: Course> Confirmed<P> {
    /// A ticket for one write of the course, held against a plan made from fresh evidence.
    ///
    /// # Errors
    /// The differences, one line each; or that consent was given for something else.
    pub fn step(&self, now: &P, write: Write) -> Result<Rechecked<Write>, Vec<String>> {
        let mut differences = self.drift(now);
        if differences.is_empty() && !self.plan.covers(&write) {
            differences.push(format!("it was not agreed to: {} {}", write.kind.resource(), write.name));
        }
        if differences.is_empty() { Ok(Rechecked { plan: write }) } else { Err(differences) }
    }
}

impl<P> Rechecked<P> {
    /// What is to be carried out.
    pub fn plan(&self) -> &P {
        &self.plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sketch {
        consent: Consent,
        refused: Option<Exit>,
        facts: &'static str,
    }

    impl Plan for Sketch {
        fn consent(&self) -> &Consent {
            &self.consent
        }
        fn refused(&self) -> Option<Exit> {
            self.refused
        }
        fn differences(&self, now: &Self) -> Vec<String> {
            if self.facts == now.facts { vec![] } else { vec![now.facts.into()] }
        }
    }

    fn sketch(refused: Option<Exit>) -> Sketch {
        let consent = Consent {
            phrase: "restore a/b".into(),
            accept: vec!["x".into(), "y".into()],
            reason_required: true,
            command: String::new(),
        };
        Sketch { consent, refused, facts: "same" }
    }

    fn flags(confirm: Option<&str>, accept: &[&str], reason: Option<&str>) -> Flags {
        Flags {
            confirm: confirm.map(Into::into),
            accept: accept.iter().map(ToString::to_string).collect(),
            reason: reason.map(Into::into),
        }
    }

    #[test]
    fn scripts_need_phrase_hazards_and_reason() {
        let withheld = |given: Flags| by_flags(sketch(None), &given).err();
        assert_eq!(withheld(flags(None, &["x", "y"], Some("r"))), Some(Withheld::NotGiven));
        for wrong in ["", "restore a/b ", "Restore a/b", "yes", "y"] {
            assert_eq!(withheld(flags(Some(wrong), &["x", "y"], Some("r"))), Some(Withheld::WrongPhrase), "{wrong:?}");
        }
        assert_eq!(
            withheld(flags(Some("restore a/b"), &["y", "all", "*"], Some("r"))),
            Some(Withheld::NotAccepted(vec!["x".into()]))
        );
        assert_eq!(withheld(flags(Some("restore a/b"), &["x", "y"], Some(" "))), Some(Withheld::NoReason));
        assert_eq!(withheld(flags(Some("restore a/b"), &["x", "y"], Some("r"))), None);
    }

    #[test]
    fn a_refused_plan_gives_no_ticket_whatever_is_typed() {
        let given = flags(Some("restore a/b"), &["x", "y"], Some("r"));
        assert_eq!(by_flags(sketch(Some(Exit::Refused)), &given).err(), Some(Withheld::Refused(Exit::Refused)));
        assert_eq!(
            by_typing(sketch(Some(Exit::Refused)), Some("restore a/b"), Some("r")).err(),
            Some(Withheld::Refused(Exit::Refused))
        );
    }

    #[test]
    fn typing_is_matched_exactly_and_the_end_of_input_is_no_consent() {
        assert_eq!(by_typing(sketch(None), None, Some("r")).err(), Some(Withheld::NotGiven));
        assert_eq!(by_typing(sketch(None), Some(" restore a/b"), Some("r")).err(), Some(Withheld::WrongPhrase));
        assert!(by_typing(sketch(None), Some("restore a/b"), Some("r")).is_ok());
    }

    #[test]
    fn a_changed_world_takes_the_ticket() {
        let ticket = |facts| {
            let confirmed = by_typing(sketch(None), Some("restore a/b"), Some("r")).expect("confirmed");
            confirmed.recheck(&Sketch { facts, ..sketch(None) }).err()
        };
        assert_eq!((ticket("same"), ticket("other")), (None, Some(vec!["other".to_owned()])));
        let confirmed = by_typing(sketch(None), Some("restore a/b"), Some("r")).expect("confirmed");
        assert!(confirmed.recheck(&sketch(Some(Exit::Refused))).is_err());
    }

    fn acknowledgement(operator: &str) -> AckPlan {
        use crate::domain::breakglass::samples::{halted, jan, released};
        let generation = if operator == "jan" { jan() } else { released(operator) };
        let request = breakglass::AckRequest { namespace: "bao".into(), cluster: "bg".into(), ..Default::default() };
        breakglass::plan(&halted(generation), &request).expect("a plan")
    }

    #[test]
    fn an_acknowledgement_is_agreed_to_by_yes_or_by_the_phrase_where_there_is_danger() {
        let agreed = |operator: &str, typed: &str| by_typing(acknowledgement(operator), Some(typed), None).is_ok();
        assert!(["y", "Y", "yes"].into_iter().all(|typed| agreed("0.4.2", typed)));
        assert!(["", "n", "yess", "ack bao/bg"].into_iter().all(|typed| !agreed("0.4.2", typed)));
        assert!(agreed("jan", "ack bao/bg") && !agreed("jan", "y") && !agreed("jan", "ack bao/bg "));
    }

    #[test]
    fn a_script_acknowledges_by_the_nonce_and_nothing_else() {
        use crate::domain::breakglass::samples::NONCE;
        let given = |operator: &str, word: &str, accept: &[&str]| {
            by_flags(acknowledgement(operator), &flags(Some(word), accept, None)).err()
        };
        assert_eq!(given("0.4.2", NONCE, &[]), None);
        assert_eq!(given("0.4.2", "y", &[]), Some(Withheld::WrongPhrase));
        assert_eq!(given("jan", "ack bao/bg", &["ack-removes-blue-peers"]), Some(Withheld::WrongPhrase));
        assert_eq!(given("jan", NONCE, &[]), Some(Withheld::NotAccepted(vec!["ack-removes-blue-peers".into()])));
        assert_eq!(given("jan", NONCE, &["ack-removes-blue-peers"]), None);
    }

    #[test]
    fn a_consent_covers_the_very_object_and_the_very_act() {
        use crate::api::{cluster::Cluster, restore::Restore};
        use crate::domain::evidence::{Evidence, Item};
        use crate::domain::recover::{Decision, Request, plan};
        let restore = serde_json::json!({
            "metadata": {"name": "r1", "namespace": "bao", "uid": "ru"}, "spec": {"cluster": "prod"},
            "status": {"phase": "Unknown", "conditions": [{"type": "RecoveryReleased", "status": "False"}]},
        });
        let cluster = serde_json::json!({"metadata": {"name": "prod", "namespace": "bao", "uid": "cu"}});
        let evidence = Evidence {
            restores: Item::present(vec![Restore::read(&restore)]),
            cluster: Item::present(Cluster::read(&cluster)),
            ..Evidence::default()
        };
        let request = Request {
            namespace: "bao".into(),
            restore: "r1".into(),
            decision: Decision::Abandon,
            request_id: "q".into(),
            reason: None,
            tool_version: "0".into(),
        };
        let plan = plan(&evidence, &request).expect("a plan");
        let write = plan.write.clone().expect("a write");
        let deleted = Act::Delete { uid: "u".into(), resource_version: "1".into() };
        assert!(plan.covers(&write));
        assert!(!plan.covers(&Write { namespace: "elsewhere".into(), ..write.clone() }));
        assert!(!plan.covers(&Write { act: deleted, ..write }));
    }

    #[test]
    fn a_ticket_to_acknowledge_covers_no_other_change() {
        use crate::domain::write::{Kind, Patch, Write};
        let confirmed = by_typing(acknowledgement("0.4.2"), Some("y"), None).expect("confirmed");
        let now = acknowledgement("0.4.2");
        assert!(confirmed.step(&now, now.write.clone()).is_ok());
        let patch = Patch::of(&crate::api::read::Meta::default()).set("/spec/paused", serde_json::json!(true));
        let other = Write { kind: Kind::Cluster, act: patch.act(), ..now.write.clone() };
        assert!(confirmed.step(&now, other).is_err());
    }
}
