//! Two people at the same moment on one cluster: both agreed, both were checked again, and both writes stand before the API
//! server together. One is carried out, and the other is told of it; where both can be, each is told of the other.

use std::thread;

use kubectl_openbao::drill::Play;
use serde_json::Value;

use crate::breakglass::halted;
use crate::harness::{
    Cluster, ControlPlane, Generation, Kubectl, Ran, Side, Stop, Turnstile, bind, hold, install_holds, let_go, role,
};
use crate::restore::{consent, stuck};

/// Who wants something, and how it is asked for.
struct Racer {
    user: &'static str,
    turnstile: Turnstile,
    args: Vec<String>,
}

fn creates(line: &str) -> bool {
    line.starts_with("POST ") && line.contains("/openbaorestores?") && !line.contains("dryRun")
}

fn patches(line: &str) -> bool {
    line.starts_with("PATCH ") && !line.contains("dryRun")
}

impl Racer {
    fn new(plane: &ControlPlane, cluster: &Cluster, user: &'static str, fits: fn(&str) -> bool, args: Vec<String>) -> Racer {
        let stop = Stop { side: Side::Request, after: None, fits };
        let turnstile = Turnstile::start(plane, user, &cluster.namespace, stop);
        // One waits for the other, which is no fault of the API server.
        Racer { user, turnstile, args: [args, ["--deadline", "120s"].map(String::from).into()].concat() }
    }

    fn person(&self, plane: &ControlPlane, cluster: &Cluster) -> Kubectl {
        self.turnstile.kubectl(plane, self.user, &cluster.namespace)
    }
}

/// Both go until their writes stand at the turnstile; then `release` lets them through, and both go to their ends.
fn race(plane: &ControlPlane, cluster: &Cluster, racers: [Racer; 2], release: impl FnOnce(&[Racer; 2])) -> [Ran; 2] {
    thread::scope(|scope| {
        let running = racers.each_ref().map(|racer| scope.spawn(|| racer.person(plane, cluster).run(&racer.args)));
        for (racer, run) in racers.iter().zip(&running) {
            assert!(racer.turnstile.wait(|| run.is_finished()), "{} never came to write", racer.user);
        }
        release(&racers);
        running.map(|run| run.join().unwrap())
    })
}

fn both_at_once(racers: &[Racer; 2]) {
    racers.iter().for_each(|racer| racer.turnstile.release());
}

fn words(args: &[&str]) -> Vec<String> {
    args.iter().map(|word| (*word).to_owned()).collect()
}

/// A second person with the same Roles.
fn relieve(plane: &ControlPlane, cluster: &Cluster, roles: &[&str]) -> &'static str {
    for name in roles {
        bind(plane, "relief", &cluster.namespace, role(name));
    }
    bind(plane, "relief", "openbao-operator-system", role("operator"));
    bind(plane, "relief", "storage", role("object-store"));
    "relief"
}

fn names(plane: &ControlPlane, cluster: &Cluster) -> Vec<String> {
    let list = plane.kubectl().run(["get", "openbaorestores", "--namespace", &cluster.namespace, "-o", "name"]).success();
    list.lines().map(|line| line.rsplit('/').next().unwrap_or_default().to_owned()).collect()
}

fn restoring(plane: &ControlPlane, cluster: &Cluster, user: &'static str, how: &[&str]) -> Racer {
    let args = [&["openbao", "restore", "prod", "--key", &cluster.key][..], how].concat();
    let consent = consent(&plane.kubectl_as(user, &cluster.namespace), &args);
    Racer::new(plane, cluster, user, creates, [words(&args), words(&["--no-follow"]), consent].concat())
}

/// The names follow from what both saw, so that the API server takes one.
fn one_of_two_restores(plane: &ControlPlane, prefix: &str) {
    let cluster = stuck(plane, prefix, None);
    let relief = relieve(plane, &cluster, &["restore"]);
    let racers = ["oncall", relief].map(|user| restoring(plane, &cluster, user, &["--override-lock"]));
    let ran = race(plane, &cluster, racers, both_at_once);
    let mut codes = ran.each_ref().map(|ran| ran.code);
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(8)], "{ran:#?}");
    let names = names(plane, &cluster);
    assert_eq!(names.len(), 1, "{ran:#?}");
    let [winner, loser] = if ran[0].ok() { [&ran[0], &ran[1]] } else { [&ran[1], &ran[0]] };
    assert!(winner.stderr.contains(&format!("created openbaorestore/{}", names[0])), "{winner:#?}");
    assert!(loser.stderr.contains("nothing was written") && !loser.stderr.contains("created openbaorestore/"), "{loser:#?}");
    assert!(loser.stderr.contains(&format!("kubectl openbao follow {} -n {}", names[0], cluster.namespace)), "{loser:#?}");
}

#[test]
fn of_two_restores_at_the_same_moment_one_is_made() {
    one_of_two_restores(&ControlPlane::jan(), "race-jan");
    one_of_two_restores(&ControlPlane::p4(), "race-p4");
}

fn acknowledging(plane: &ControlPlane, cluster: &Cluster, user: &'static str) -> Racer {
    let consent = crate::breakglass::consent(&plane.kubectl_as(user, &cluster.namespace));
    Racer::new(plane, cluster, user, patches, [words(&["openbao", "breakglass", "ack", "--follow=false"]), consent].concat())
}

fn acknowledgement(plane: &ControlPlane, cluster: &Cluster) -> Value {
    let get = ["get", "openbaocluster", "prod", "--namespace", &cluster.namespace, "-o", "json"];
    serde_json::from_str::<Value>(&plane.kubectl().run(get).success()).unwrap()["spec"]["breakGlassAck"].take()
}

#[test]
fn of_two_acknowledgements_at_the_same_moment_one_is_written() {
    let plane = ControlPlane::jan();
    let cluster = halted(&plane, "race-acks");
    let relief = relieve(&plane, &cluster, &["acknowledge", "diagnose"]);
    let racers = ["oncall", relief].map(|user| acknowledging(&plane, &cluster, user));
    let ran = race(&plane, &cluster, racers, both_at_once);
    let mut codes = ran.each_ref().map(|ran| ran.code);
    codes.sort_unstable();
    assert_eq!(codes, [Some(0), Some(8)], "{ran:#?}");
    let loser = ran.iter().find(|ran| !ran.ok()).unwrap();
    assert!(
        loser.stderr.contains("nothing was written") && loser.stderr.contains("acknowledgement: was none, is now"),
        "{loser:#?}"
    );
    let written = plane.audit(|e| {
        e.namespace() == cluster.namespace
            && e.resource() == "openbaoclusters"
            && e.verb == "patch"
            && !e.dry_run()
            && e.code() == 200
            && ["oncall", "relief"].contains(&e.user())
    });
    assert_eq!(written.len(), 1, "{written:#?}");
}

/// They are writes of two objects: the API server takes both, in whatever order they come, before the operator has moved.
/// Neither is unseen.
#[test]
fn an_acknowledgement_and_a_restore_at_the_same_moment_are_told_of_each_other() {
    // JAN cannot restore a blue/green cluster at all.
    let plane = ControlPlane::start(Generation::Derived(Play::V05));
    install_holds(&plane);
    for (prefix, first) in [("race-restore-first", 0), ("race-ack-first", 1)] {
        let cluster = halted(&plane, prefix);
        let relief = relieve(&plane, &cluster, &["restore", "diagnose"]);
        let racers = [restoring(&plane, &cluster, relief, &["--force"]), acknowledging(&plane, &cluster, "oncall")];
        // The operator takes no notice of the restore for as long as the race lasts.
        hold(&plane, &cluster.namespace, "Validating");
        let ran = race(&plane, &cluster, racers, |racers| {
            racers[first].turnstile.release();
            crate::harness::eventually("the first write", || {
                let written = [!names(&plane, &cluster).is_empty(), !acknowledgement(&plane, &cluster).is_null()][first];
                if written { Ok(()) } else { Err("it is not there".into()) }
            });
            racers[1 - first].turnstile.release();
        });
        let_go(&plane, &cluster.namespace);
        let [restore, acknowledgement] = &ran;
        let name = names(&plane, &cluster).remove(0);
        let acknowledged = acknowledgement.stderr.contains("\nacknowledged ");
        let told_of_restore = acknowledgement.stderr.contains(&format!("restore {name} was asked for at the same moment"));
        let told_of_acknowledgement = restore.stderr.contains("break glass was acknowledged");
        let second_is_told = if first == 0 { told_of_restore } else { told_of_acknowledgement };
        // Where the first moved the cluster, the second was not written at all.
        let not_written = acknowledgement.code == Some(8) && acknowledgement.stderr.contains(&name) && !acknowledged;
        assert!(second_is_told || (first == 0 && not_written), "{prefix}: {ran:#?}");
        assert!(restore.ok() && (not_written || matches!(acknowledgement.code, Some(0 | 3))), "{prefix}: {ran:#?}");
        if told_of_restore {
            assert_eq!(acknowledgement.code, Some(3), "{prefix}: {ran:#?}");
        }
    }
}
