//! A task done once with a Role and once without each of its rights: what is said then names the right that is missing.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::harness::{ControlPlane, Kubectl, Right, Words, eventually, rights, role, role_with_binding, take};

/// A file of `docs/rbac` and the namespace it is given in.
pub type Given<'a> = (&'a str, &'a str);

/// Which Roles' rights are taken away one by one, and those that the task makes no use of where it is tried.
pub struct Sweep {
    /// Names the task and the people who try it.
    pub name: &'static str,
    /// The Roles' files.
    pub files: &'static [&'static str],
    /// Which of their rights it makes no use of; another sweep does.
    pub unused: &'static [Words<'static>],
}

/// What only following uses, of restore.yaml.
const FOLLOWING: &[Words<'static>] = &[
    ("openbaorestores", "watch"),
    ("openbaoclusters", "list"),
    ("openbaoclusters", "watch"),
    ("jobs", "watch"),
    ("pods", "watch"),
    ("events", "list"),
    ("events", "watch"),
    ("secrets/prod-tls-ca", "get"),
    ("pods/portforward", "get"),
    ("pods/portforward", "create"),
];

/// Every sweep. A right that none of them takes away fails `no_right_is_left_out`.
pub const SWEEPS: &[Sweep] = &[
    Sweep { name: "status", files: &["status", "operator"], unused: &[] },
    Sweep { name: "snapshots", files: &["snapshots", "object-store"], unused: &[] },
    Sweep { name: "diagnose", files: &["diagnose"], unused: &[] },
    Sweep { name: "acknowledge", files: &["acknowledge"], unused: &[] },
    // JAN's operator has no such verb.
    Sweep { name: "restore", files: &["restore", "operator"], unused: &[("openbaoclusters/prod", "restore")] },
    Sweep { name: "restore-0.5", files: &["restore"], unused: FOLLOWING },
    Sweep { name: "follow", files: &["follow"], unused: &[] },
    Sweep { name: "resolve", files: &["resolve", "freeze-operator"], unused: &[] },
    // The decision of 0.5 is a deletion, that of NEXT an annotation.
    Sweep { name: "recover-next", files: &["recover"], unused: &[("openbaorestores", "delete")] },
    Sweep {
        name: "recover-0.5",
        files: &["recover"],
        unused: &[
            ("openbaorestores", "patch"),
            ("openbaorestores", "watch"),
            ("openbaoclusters/prod", "restore"),
            ("secrets/s3-creds", "get"),
            ("jobs", "list"),
        ],
    },
];

/// How many try at a time: each is a process, and they do not disturb one another.
const AT_A_TIME: usize = 4;

/// A task, who tries it, and what was said.
pub struct Crew<'a> {
    plane: &'a ControlPlane,
    sweep: &'static Sweep,
    namespace: &'a str,
    /// What each of them lacks, and where.
    lacking: Vec<(&'a str, Right)>,
    /// What each of them was told; last the one who lacks nothing.
    said: Vec<String>,
}

impl<'a> Crew<'a> {
    /// One person without each right of the sweep's Roles, and one who lacks none. All of them work in `namespace`;
    /// `tested` says where the sweep's Roles are given, `beside` what everybody has besides.
    pub fn employ(
        plane: &'a ControlPlane,
        name: &str,
        namespace: &'a str,
        tested: &[Given<'a>],
        beside: &[Given<'a>],
    ) -> Crew<'a> {
        let sweep = SWEEPS.iter().find(|sweep| sweep.name == name).expect("the sweep is listed");
        assert_eq!(tested.iter().map(|(file, _)| *file).collect::<Vec<_>>(), sweep.files);
        let of_file = |(file, place): &Given<'a>| {
            let place: &'a str = place;
            rights(&role(file)).into_iter().map(move |right| (place, right)).collect::<Vec<_>>()
        };
        let used = |(_, right): &(&str, Right)| !sweep.unused.iter().any(|words| right.is(*words));
        let lacking: Vec<(&str, Right)> = tested.iter().flat_map(of_file).filter(used).collect();
        let said = vec![String::new(); lacking.len() + 1];
        let crew = Crew { plane, sweep, namespace, lacking, said };
        crew.give(&[beside, tested].concat());
        crew
    }

    /// The last one's rights are bound last: once that one may act, so may all.
    fn give(&self, given: &[Given<'_>]) {
        let people = self.lacking.iter().map(Some).chain([None]).enumerate();
        let (roles, bindings): (Vec<Value>, Vec<Value>) = people
            .flat_map(|(number, without)| given.iter().map(move |given| grant(&self.user(number), *given, without)))
            .unzip();
        self.plane.apply(&[roles, bindings].concat());
        let (file, place) = given.last().expect("a task needs something");
        let right = rights(&role(file)).into_iter().next().expect("a Role gives something");
        let name = right.name.map(|name| format!("/{name}")).unwrap_or_default();
        let may = ["auth", "can-i", &right.verb, &format!("{}{name}", right.resource), "--namespace", place];
        eventually("the last binding to be in force", || {
            let ran = self.complete().run(may);
            if ran.ok() { Ok(()) } else { Err(format!("{ran:?}")) }
        });
    }

    /// Who lacks nothing.
    pub fn complete(&self) -> Kubectl {
        self.person(self.lacking.len())
    }

    /// The name of who lacks nothing.
    pub fn complete_user(&self) -> String {
        self.user(self.lacking.len())
    }

    /// The one who lacks this right does something more.
    pub fn without(&mut self, words: Words<'_>, act: impl FnOnce(&Kubectl) -> String) {
        let number = self.lacking.iter().position(|(_, right)| right.is(words)).expect("somebody lacks it");
        let said = act(&self.person(number));
        self.said[number].push_str(&said);
    }

    fn person(&self, number: usize) -> Kubectl {
        self.plane.kubectl_as(&self.user(number), self.namespace)
    }

    fn user(&self, number: usize) -> String {
        let who = if number == self.lacking.len() { "complete".to_owned() } else { number.to_string() };
        format!("{}-{who}", self.sweep.name)
    }

    /// Everybody tries something that changes nothing; `attempt` gives all that was said.
    pub fn each(&mut self, attempt: impl Fn(&Kubectl) -> String + Sync) {
        let (next, crew) = (AtomicUsize::new(0), &*self);
        let work = || {
            let mut told = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= crew.said.len() {
                    return told;
                }
                told.push((number, attempt(&crew.person(number))));
            }
        };
        let told: Vec<(usize, String)> = thread::scope(|scope| {
            let workers: Vec<_> = (0..AT_A_TIME).map(|_| scope.spawn(work)).collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
        });
        for (number, said) in told {
            self.said[number].push_str(&said);
        }
    }

    /// Everybody follows the same thing at the same time. Once each of them has begun to watch all of `kinds`, was
    /// refused something, or has ended, `end` lets the thing end.
    pub fn together(&mut self, kinds: &[&str], attempt: impl Fn(&Kubectl) -> String + Sync, end: impl FnOnce()) {
        let (crew, attempt) = (&*self, &attempt);
        let ended: Vec<AtomicBool> = self.said.iter().map(|_| AtomicBool::new(false)).collect();
        let told: Vec<String> = thread::scope(|scope| {
            let follow = |(number, ended): (usize, &'_ AtomicBool)| {
                let said = attempt(&crew.person(number));
                ended.store(true, Ordering::Relaxed);
                said
            };
            let followers: Vec<_> = ended.iter().enumerate().map(|one| scope.spawn(move || follow(one))).collect();
            eventually("everybody to look", || {
                let looking = crew.looking(kinds);
                let open = |number: &usize| !ended[*number].load(Ordering::Relaxed) && !looking.contains(&crew.user(*number));
                let open: Vec<String> = (0..crew.said.len()).filter(open).map(|number| crew.lacks(number)).collect();
                if open.is_empty() { Ok(()) } else { Err(format!("still looking, without: {}", open.join(", "))) }
            });
            end();
            followers.into_iter().map(|follower| follower.join().unwrap()).collect()
        });
        for (said, told) in self.said.iter_mut().zip(told) {
            said.push_str(&told);
        }
    }

    /// The people of whom the API server knows that they watch every kind, or that they may not do something.
    fn looking(&self, kinds: &[&str]) -> Vec<String> {
        let prefix = format!("{}-", self.sweep.name);
        let asked = self.plane.audit(|event| event.user().starts_with(&prefix) && event.namespace() == self.namespace);
        let watched = |user: &str, kind: &str| {
            asked.iter().any(|e| e.user() == user && e.resource() == kind && (e.verb == "watch" || kind == "pods/log"))
        };
        let refused = |user: &str| asked.iter().any(|e| e.user() == user && e.code() == 403);
        let people = (0..self.said.len()).map(|number| self.user(number));
        people.filter(|user| refused(user) || kinds.iter().all(|kind| watched(user, kind))).collect()
    }

    fn lacks(&self, number: usize) -> String {
        self.lacking.get(number).map_or_else(|| "nothing".to_owned(), |(place, right)| format!("{right} in {place}"))
    }

    /// Each missing right must have been named.
    pub fn judge(self) {
        let complete = &self.said[self.lacking.len()];
        let unnamed: Vec<String> = (0..self.lacking.len())
            .filter(|number| !names(complete, &self.said[*number], &self.lacking[*number].1))
            .map(|number| format!("{}; only then was said:\n{}", self.lacks(number), new_lines(complete, &self.said[number])))
            .collect();
        let (all, named) = (self.lacking.len(), self.lacking.len() - unnamed.len());
        // Straight to the stream: a test that passes shows nothing of what is printed.
        let _ = writeln!(std::io::stderr(), "docs/rbac, {}: {named} of {all} rights named when missing", self.sweep.name);
        assert!(unnamed.is_empty(), "missing, and not named:\n{}\nwith everything:\n{complete}", unnamed.join("\n"));
    }
}

/// A person's Role and its binding, without a right if it is of this namespace.
fn grant(user: &str, (file, namespace): Given<'_>, without: Option<&(&str, Right)>) -> (Value, Value) {
    let mut role = role(file);
    if let Some((_, right)) = without.filter(|(place, _)| *place == namespace) {
        take(&mut role, right);
    }
    let name = format!("{file}-{user}");
    role["metadata"]["name"] = json!(name);
    role_with_binding(user, namespace, role)
}

/// What is said only by somebody who lacks something.
fn new_lines(complete: &str, said: &str) -> String {
    let new = said.lines().filter(|line| !complete.contains(line.trim()));
    new.flat_map(|line| [line, "\n"]).collect()
}

/// Whether a line that is said only by somebody who lacks the right names it: a Secret, by its own name.
fn names(complete: &str, said: &str, right: &Right) -> bool {
    let words =
        |line: &str| line.split(|c: char| !c.is_alphanumeric() && !"/.-".contains(c)).map(str::to_owned).collect::<Vec<_>>();
    // With its group or the name of the object: `leases.coordination.k8s.io`, `secrets/prod-tls-ca`.
    let resource =
        |word: &str| word.strip_prefix(&*right.resource).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']));
    let secret = right.name.as_ref().filter(|_| right.resource == "secrets");
    let object = |words: &[String]| secret.is_none_or(|name| words.iter().any(|w| w.rsplit('/').next() == Some(name)));
    let line_names = |words: Vec<String>| words.iter().any(|w| resource(w)) && words.contains(&right.verb) && object(&words);
    new_lines(complete, said).lines().any(|line| line_names(words(line)))
}

/// Each right of each file in the folder, old or new, is taken away in at least one sweep.
#[test]
fn no_right_is_left_out() {
    let swept = |file: &str, right: &Right| {
        SWEEPS.iter().any(|s| s.files.contains(&file) && !s.unused.iter().any(|words| right.is(*words)))
    };
    let (mut all, mut left_out) = (0, Vec::new());
    for file in crate::harness::role_names() {
        let rights = rights(&role(&file));
        all += rights.len();
        left_out.extend(rights.into_iter().filter(|right| !swept(&file, right)).map(|right| format!("{right} of {file}.yaml")));
    }
    let _ =
        writeln!(std::io::stderr(), "docs/rbac: {} of {all} rights of its files are taken away in a test", all - left_out.len());
    assert_eq!(left_out, Vec::<String>::new(), "never taken away");
    let idle =
        |sweep: &Sweep, words: Words<'_>| !sweep.files.iter().any(|file| rights(&role(file)).iter().any(|right| right.is(words)));
    let stale: Vec<String> = SWEEPS
        .iter()
        .flat_map(|sweep| {
            sweep.unused.iter().filter(|words| idle(sweep, **words)).map(|words| format!("{}: {words:?}", sweep.name))
        })
        .collect();
    assert_eq!(stale, Vec::<String>::new(), "listed as unused, and in no file");
}
