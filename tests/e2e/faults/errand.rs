//! One restore that meets a fault in one phase: how it is brought there, and what must hold afterwards.

use std::sync::atomic::{AtomicBool, Ordering};

use kubectl_openbao::drill::processes::script::{Script, Step};
use serde_json::Value;

use super::phase::{Phase, Seen};
use crate::harness::{AuditEvent, Cluster, ControlPlane, Kubectl, Ran, Turnstile, eventually, hold, let_go};
use crate::restore::{consent, stuck};

const ONCALL: &str = "oncall";

/// What happens to the control plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL, and a new start.
    ApiServerKilled,
    /// SIGSTOP, and SIGCONT.
    EtcdStopped,
}

/// A person who restores a cluster of their own, and will meet the fault.
pub struct Errand {
    /// Where the fault comes.
    pub phase: Phase,
    fault: Fault,
    cluster: Cluster,
    turnstile: Option<Turnstile>,
    args: Vec<String>,
    ended: AtomicBool,
}

impl Errand {
    /// A cluster under a dead lock, and the consent to restore it.
    pub fn prepare(plane: &ControlPlane, phase: Phase, fault: Fault) -> Errand {
        let cluster = stuck(plane, &phase.word(), None);
        let namespace = cluster.namespace.as_str();
        plane.range().world().set_script(namespace, "restore-", "restore", Script::Always(script(phase)));
        let args = consented(plane, &cluster, deadline(phase, fault));
        if let Some(what) = phase.hold() {
            hold(plane, namespace, what);
        }
        let turnstile = phase.stop().map(|stop| Turnstile::start(plane, ONCALL, namespace, stop));
        Errand { phase, fault, turnstile, args, ended: AtomicBool::new(false), cluster }
    }

    fn person(&self, plane: &ControlPlane) -> Kubectl {
        let namespace = &self.cluster.namespace;
        match &self.turnstile {
            Some(turnstile) => turnstile.kubectl(plane, ONCALL, namespace),
            None => plane.kubectl_as(ONCALL, namespace),
        }
    }

    /// The restore, to whatever end.
    pub fn run(&self, plane: &ControlPlane) -> Ran {
        let ran = self.person(plane).run(&self.args);
        self.ended.store(true, Ordering::SeqCst);
        ran
    }

    /// Whether the plugin has ended.
    pub fn ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// Waits until the restore is where the fault shall meet it.
    pub fn wait_for_its_phase(&self, plane: &ControlPlane) {
        let phase = self.phase;
        match &self.turnstile {
            Some(turnstile) => assert!(turnstile.wait(|| self.ended()), "{phase:?} was never reached"),
            None => eventually(&format!("{phase:?}"), || {
                let seen = self.seen(plane);
                assert!(!self.ended(), "{phase:?} was never reached: {seen:?}");
                if phase.is_reached(&seen) { Ok(()) } else { Err(format!("{seen:?}")) }
            }),
        }
    }

    fn seen(&self, plane: &ControlPlane) -> Seen {
        let asked = |verb: &str, resource: &str| {
            let theirs = plane.asked(|e| e.user() == ONCALL && e.namespace() == self.cluster.namespace);
            theirs.iter().any(|e| e.verb == verb && e.resource() == resource)
        };
        let restore = self.restores(plane).into_iter().next();
        let job = self.list(plane, "jobs").into_iter().next();
        let phase = restore.map(|restore| restore["status"]["phase"].as_str().unwrap_or_default().to_owned());
        Seen { phase, job, watched: asked("watch", "openbaorestores"), log_read: asked("get", "pods/log") }
    }

    fn list(&self, plane: &ControlPlane, resource: &str) -> Vec<Value> {
        let list = plane.kubectl().run(["get", resource, "--namespace", &self.cluster.namespace, "-o", "json"]).success();
        serde_json::from_str::<Value>(&list).unwrap()["items"].as_array().unwrap().clone()
    }

    fn restores(&self, plane: &ControlPlane) -> Vec<Value> {
        self.list(plane, "openbaorestores")
    }

    /// What is stopped at the turnstile goes on.
    pub fn release(&self) {
        self.turnstile.iter().for_each(Turnstile::release);
    }

    /// The API server is dead: what was on its way is lost.
    pub fn goes_down(&self) {
        self.turnstile.iter().for_each(Turnstile::down);
    }

    /// The API server is back.
    pub fn comes_up(&self) {
        self.turnstile.iter().for_each(Turnstile::up);
        self.release();
    }

    /// Whether it waits for one answer, so that its own deadline must end it.
    pub fn has_a_deadline(&self) -> bool {
        waits_for_one_answer(self.phase)
    }

    /// The fault is over: nothing is in the restore's way any more.
    pub fn let_go(&self, plane: &ControlPlane) {
        if self.phase.hold().is_some() {
            let_go(plane, &self.cluster.namespace);
        }
    }

    /// What must hold, by what the API server knows.
    pub fn judge(&self, plane: &ControlPlane, ran: &Ran) {
        let (phase, restores) = (self.phase, self.restores(plane));
        let said = format!("{phase:?} {:?}: {ran:#?}", self.fault);
        let _ =
            std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{:?}, {phase:?}: exit {:?}\n", self.fault, ran.code));
        assert!(restores.len() <= 1, "{} restores: {said}", restores.len());
        assert!(self.creates(plane) <= 1, "sent again: {said}");
        let allowed: &[i32] = match (restores.is_empty(), phase) {
            // Done, not seen to be well, or not known.
            (false, _) => &[0, 3, 11],
            (true, Phase::Looking | Phase::LookingAgain) => &[1, 4, 5, 8],
            (true, _) => &[1, 11],
        };
        let code = ran.code.unwrap_or_else(|| panic!("ended by a signal: {said}"));
        assert!(allowed.contains(&code), "{allowed:?} are documented: {said}");
        assert_eq!(ran.stdout.contains("and serving"), code == 0, "{said}");
        assert_eq!(ran.stderr.contains("nothing was written"), restores.is_empty() && code != 11, "{said}");
        if code == 0 {
            self.is_done(plane, &said);
        }
        if matches!(code, 0 | 3) {
            self.is_told_once(ran, &said);
        } else {
            assert!(ran.stderr.contains("hint: "), "{said}");
        }
        if phase > Phase::Created {
            // Nothing stood between the plugin and the end but the fault.
            assert!(matches!(code, 0 | 3), "{said}");
        }
    }

    /// Creates that reached the API server, also those of which it knows no end.
    fn creates(&self, plane: &ControlPlane) -> usize {
        let theirs = |e: &AuditEvent| e.user() == ONCALL && e.namespace() == self.cluster.namespace;
        plane.asked(|e| theirs(e) && e.verb == "create" && e.resource() == "openbaorestores" && !e.dry_run()).len()
    }

    /// Not what the plugin says: what is there.
    fn is_done(&self, plane: &ControlPlane, said: &str) {
        let restores = self.restores(plane);
        assert_eq!(restores.len(), 1, "{said}");
        assert_eq!(restores[0]["status"]["phase"], "Completed", "{said}");
        let get = ["get", "openbaocluster", "prod", "--namespace", &self.cluster.namespace, "-o", "json"];
        let cluster: Value = serde_json::from_str(&plane.kubectl().run(get).success()).unwrap();
        assert!(cluster["status"].get("operationLock").is_none_or(Value::is_null), "{said}: {cluster:#}");
    }

    /// Every line of the executor's log, once.
    fn is_told_once(&self, ran: &Ran, said: &str) {
        let told = format!("{}{}", ran.stdout, ran.stderr);
        for line in lines(self.phase) {
            assert_eq!(told.matches(&line).count(), 1, "{line}: {said}");
        }
    }

    /// The way that is told to whoever was left without an end leads to one, and to no second restore.
    pub fn go_on(&self, plane: &ControlPlane, ran: &Ran) {
        if ran.ok() {
            return;
        }
        let restores = self.restores(plane);
        let person = plane.kubectl_as(ONCALL, &self.cluster.namespace);
        let again = match restores.first() {
            Some(restore) => {
                let name = restore["metadata"]["name"].as_str().unwrap();
                person.run(["openbao", "follow", name, "--settle", "1s", "--timeout", "4m", "--deadline", UNHURRIED])
            }
            None => person.run(consented(plane, &self.cluster, UNHURRIED)),
        };
        assert_eq!(again.code, Some(0), "{:?}, the second time: {again:#?}\nafter {ran:#?}", self.phase);
        self.is_done(plane, &format!("{again:#?}"));
    }
}

/// No request is given up for being slow: a busy machine, or others that are waited for.
const UNHURRIED: &str = "120s";

fn waits_for_one_answer(phase: Phase) -> bool {
    phase <= Phase::Creating
}

/// How long a request may take.
fn deadline(phase: Phase, fault: Fault) -> &'static str {
    match fault {
        // Longer than a busy machine takes for any request before the fault, which must find the restore in its phase.
        Fault::EtcdStopped if waits_for_one_answer(phase) => "12s",
        Fault::EtcdStopped | Fault::ApiServerKilled => UNHURRIED,
    }
}

fn consented(plane: &ControlPlane, cluster: &Cluster, deadline: &str) -> Vec<String> {
    let words = ["openbao", "restore", "prod", "--key", &cluster.key, "--override-lock", "--deadline", UNHURRIED];
    let consent = consent(&plane.kubectl_as(ONCALL, &cluster.namespace), &words);
    let words = ["openbao", "restore", "prod", "--key", &cluster.key, "--override-lock", "--deadline", deadline];
    let more = ["--settle", "5s", "--timeout", "4m"];
    words.iter().chain(&more).map(|word| (*word).to_owned()).chain(consent).collect()
}

/// What the executor says.
fn lines(phase: Phase) -> Vec<String> {
    let count = if phase == Phase::Logs { 90 } else { 12 };
    (1..=count).map(|number| format!("log line {number:03} of {count}")).collect()
}

/// Where its log is to be followed, the executor goes on through the fault: a line every tenth of a second.
fn script(phase: Phase) -> Vec<Step> {
    let pause = if phase == Phase::Logs { 2_000 } else { 20 };
    lines(phase).into_iter().flat_map(|line| [Step::Say(line), Step::Wait(pause)]).collect()
}
