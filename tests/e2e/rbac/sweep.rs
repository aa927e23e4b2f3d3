//! A task done once with a Role and once without each of its rights: what is said then names the right that is missing.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{ControlPlane, Kubectl, Right, eventually, rights, role, role_with_binding};

/// A file of `docs/rbac` and the namespace it is given in.
pub type Given<'a> = (&'a str, &'a str);

/// A task and what it is said to need.
pub struct Task<'a> {
    pub plane: &'a ControlPlane,
    /// Names the people who try it.
    pub name: &'a str,
    /// Where they work.
    pub namespace: &'a str,
    /// Roles that everybody has.
    pub beside: &'a [Given<'a>],
    /// The Roles of which each right is left out once.
    pub tested: &'a [Given<'a>],
}

/// `(resource, verb)`.
pub type Words<'a> = (&'a str, &'a str);

impl Task<'_> {
    /// Tries the task with everything and then without each single right, except those of which it makes no use;
    /// `attempt` does it and gives all that was said. Each missing right must be named.
    pub fn sweep(&self, unused: &[Words<'_>], attempt: impl Fn(&Kubectl) -> String) {
        let all: BTreeSet<(&str, Right)> = self
            .tested
            .iter()
            .flat_map(|(file, namespace)| rights(&role(file)).into_iter().map(move |right| (*namespace, right)))
            .collect();
        let wanted: Vec<&(&str, Right)> =
            all.iter().filter(|(_, (resource, verb))| !unused.contains(&(resource, verb))).collect();
        self.employ(&wanted);
        let complete = attempt(&self.complete());
        let mut unnamed = Vec::new();
        for (number, (namespace, (resource, verb))) in wanted.iter().enumerate() {
            let said = attempt(&self.person(&number.to_string()));
            if !names(&complete, &said, resource, verb) {
                let new = new_lines(&complete, &said);
                unnamed.push(format!("{verb} {resource} in {namespace}; only then was said:\n{new}"));
            }
        }
        assert!(unnamed.is_empty(), "missing, and not named:\n{}\nwith everything:\n{complete}", unnamed.join("\n"));
    }

    /// Who lacks nothing.
    pub fn complete(&self) -> Kubectl {
        self.person("complete")
    }

    fn person(&self, who: &str) -> Kubectl {
        self.plane.kubectl_as(&self.user(who), self.namespace)
    }

    fn given(&self) -> impl Iterator<Item = Given<'_>> {
        self.beside.iter().chain(self.tested).copied()
    }

    /// The user's name.
    pub fn user(&self, who: &str) -> String {
        format!("{}-{who}", self.name)
    }

    /// One person without each right, and last one who lacks none: once that one may act, so may all.
    fn employ(&self, wanted: &[&(&str, Right)]) {
        let without = wanted.iter().enumerate().map(|(number, right)| (self.user(&number.to_string()), Some(*right)));
        let people = without.chain([(self.user("complete"), None)]);
        let (roles, bindings): (Vec<Value>, Vec<Value>) =
            people.flat_map(|(user, without)| self.given().map(move |given| grant(&user, given, without))).unzip();
        self.plane.apply(&[roles, bindings].concat());
        let (file, namespace) = self.given().last().expect("a task needs something");
        let (resource, verb) = rights(&role(file)).into_iter().next().expect("a Role gives something");
        let group = role(file)["rules"].as_array().into_iter().flatten().find(|r| r["resources"] == json!([resource])).cloned();
        let name = group.as_ref().and_then(|r| r["resourceNames"][0].as_str()).map(|n| format!("/{n}")).unwrap_or_default();
        eventually("the last binding to be in force", || {
            let may = ["auth", "can-i", &verb, &format!("{resource}{name}"), "--namespace", namespace];
            let ran = self.person("complete").run(may);
            if ran.ok() { Ok(()) } else { Err(format!("{ran:?}")) }
        });
    }
}

/// A person's Role and its binding, without a right if it is of this namespace.
fn grant(user: &str, (file, namespace): Given<'_>, without: Option<&(&str, Right)>) -> (Value, Value) {
    let mut role = role(file);
    if let Some((_, (resource, verb))) = without.filter(|(place, _)| *place == namespace) {
        take(&mut role, resource, verb);
    }
    let name = format!("{file}-{user}");
    role["metadata"]["name"] = json!(name);
    role_with_binding(user, namespace, role)
}

/// Takes a right out of a Role; a rule that then gives nothing goes with it.
pub fn take(role: &mut Value, resource: &str, verb: &str) {
    let rules = role["rules"].as_array_mut().expect("a Role has rules");
    for rule in rules.iter_mut().filter(|rule| rule["resources"].as_array().is_some_and(|all| all.contains(&json!(resource)))) {
        rule["verbs"].as_array_mut().expect("a rule has verbs").retain(|given| given != verb);
    }
    rules.retain(|rule| rule["verbs"] != json!([]));
}

/// What is said only by somebody who lacks something.
fn new_lines(complete: &str, said: &str) -> String {
    let new = said.lines().filter(|line| !complete.contains(line.trim()));
    new.flat_map(|line| [line, "\n"]).collect()
}

/// Whether a line that is said only by somebody who lacks the right names it.
fn names(complete: &str, said: &str, resource: &str, verb: &str) -> bool {
    let words =
        |line: &str| line.split(|c: char| !c.is_alphanumeric() && !"/.-".contains(c)).map(str::to_owned).collect::<Vec<_>>();
    // With its group or the name of the object: `leases.coordination.k8s.io`, `secrets/prod-tls-ca`.
    let is = |word: &str| word.strip_prefix(resource).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']));
    let line_names = |words: Vec<String>| words.iter().any(|word| is(word)) && words.iter().any(|word| word == verb);
    new_lines(complete, said).lines().any(|line| line_names(words(line)))
}
