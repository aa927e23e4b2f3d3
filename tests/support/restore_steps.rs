//! What happens in one restore, from the command to the verified end, in its order. Drawn in `docs/pictures/restore.svg`;
//! a test in `it` compares the steps that are requests with those of a restore on the range.

/// Who sends and who receives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    /// Whoever runs the command.
    Person,
    /// `kubectl openbao`.
    Plugin,
    /// The API server.
    Api,
    /// The OpenBao Operator.
    Operator,
    /// The executor's Job.
    Job,
    /// The object store.
    Store,
    /// The servers.
    OpenBao,
}

impl Who {
    /// From left to right.
    pub const ALL: [Who; 7] = [Who::Person, Who::Plugin, Who::Api, Who::Operator, Who::Job, Who::Store, Who::OpenBao];

    /// The word above its line.
    pub fn name(self) -> &'static str {
        match self {
            Who::Person => "person",
            Who::Plugin => "plugin",
            Who::Api => "API server",
            Who::Operator => "operator",
            Who::Job => "restore Job",
            Who::Store => "object store",
            Who::OpenBao => "OpenBao",
        }
    }
}

/// A request of the plugin that the API server sees: method, part of the path, part of the query.
pub type Seen = (&'static str, &'static str, &'static str);

/// One step.
pub struct Step {
    /// Who begins it.
    pub from: Who,
    /// Who takes it.
    pub to: Who,
    /// What it is.
    pub text: &'static str,
    /// The request to look for, when it is one of the plugin to the API server.
    pub seen: Option<Seen>,
}

const fn step(from: Who, to: Who, text: &'static str) -> Step {
    Step { from, to, text, seen: None }
}

const fn request(text: &'static str, seen: Seen) -> Step {
    Step { from: Who::Plugin, to: Who::Api, text, seen: Some(seen) }
}

/// All of them.
pub const STEPS: &[Step] = &[
    step(Who::Person, Who::Plugin, "restore --key …"),
    request("look: cluster, lock, Jobs, pods", ("GET", "/openbaoclusters", "")),
    step(Who::Plugin, Who::Store, "read the snapshot, or its beginning"),
    step(Who::Plugin, Who::Person, "plan, checks, hazards"),
    step(Who::Person, Who::Plugin, "types the phrase"),
    request("look again", ("GET", "/openbaoclusters", "")),
    request("beside it: dry run", ("POST", "/openbaorestores", "dryRun=All")),
    request("create: sent once", ("POST", "/openbaorestores", "fieldValidation=Strict")),
    step(Who::Plugin, Who::Person, "name, how to follow"),
    request("follow: restore, Job, log", ("GET", "/openbaorestores", "fieldSelector=metadata.name")),
    step(Who::Api, Who::Operator, "sees the restore"),
    step(Who::Operator, Who::Api, "clears and takes the lock"),
    step(Who::Operator, Who::Job, "creates the Job"),
    step(Who::Job, Who::Store, "fetches the snapshot"),
    step(Who::Job, Who::OpenBao, "submits it to the leader"),
    step(Who::Operator, Who::Api, "Completed, lock released"),
    request("verify: lock, labels", ("GET", "/pods", "labelSelector=")),
    request("ask the servers themselves", ("GET", "/portforward", "")),
    step(Who::Api, Who::OpenBao, "health, seal status, leader (by port-forward)"),
    step(Who::Plugin, Who::Person, "what was verified, exit code"),
];
