//! Somebody in front of a range: runs the plugin with the range's kubeconfig and sees what it did there.

use std::ffi::OsStr;

use kubectl_openbao::drill::scenarios::{Range, Which};
use kubectl_openbao::drill::server::{Request, User};
use serde_json::Value;

use super::{Plugin, Pty, Ran, reviewed};

/// A range and the plugin's surroundings.
pub struct Person {
    /// The range.
    pub range: Range,
}

impl Person {
    /// Somebody with this range's kubeconfig.
    pub fn new(range: Range) -> Person {
        Person { range }
    }

    /// The plugin with this range's kubeconfig and no arguments yet.
    pub fn plugin(&self) -> Plugin {
        Plugin::new(self.range.directory()).env("KUBECONFIG", self.range.kubeconfig_file())
    }

    /// Runs the plugin to its end.
    pub async fn run(&self, args: &[&str]) -> Ran {
        self.plugin().run(args).await
    }

    /// The plugin for somebody else, who may do only what these rules say, in this namespace.
    pub fn as_somebody_with(&self, rules: Value) -> Plugin {
        let server = self.range.server();
        server.allow_in("bao", "viewer", rules);
        let file = self.range.directory().join("viewer");
        std::fs::write(&file, server.kubeconfig(&User::named("viewer"), "bao")).expect("the range's directory can be written");
        self.plugin().env("KUBECONFIG", file)
    }

    /// The plugin for a person of this name, who may do only what was granted.
    pub fn as_person(&self, name: &str) -> Plugin {
        let file = self.range.directory().join(name);
        let kubeconfig = self.range.server().kubeconfig(&User::named(name), "bao");
        std::fs::write(&file, kubeconfig).expect("the range's directory can be written");
        self.plugin().env("KUBECONFIG", file)
    }

    /// Runs the plugin on a terminal.
    pub fn on_terminal(&self, args: &[&str]) -> Pty {
        let plugin = self.plugin();
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_kubectl-openbao"));
        Pty::start(program, args, plugin.environment(), plugin.home())
    }

    /// Runs the plugin to its end on a terminal of so many columns, with these variables besides; who is asked says nothing.
    pub async fn shown(&self, columns: u16, besides: &[(&str, &str)], args: &[&str]) -> String {
        let plugin = besides.iter().fold(self.plugin(), |plugin, (name, value)| plugin.env(name, value));
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        let shown = tokio::task::spawn_blocking(move || {
            let program = std::path::Path::new(env!("CARGO_BIN_EXE_kubectl-openbao"));
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let mut terminal = Pty::start_wide(columns, program, &args, plugin.environment(), plugin.home());
            // Ctrl-D: the answer of somebody who leaves.
            terminal.keys("\u{4}");
            terminal.rest().1
        });
        shown.await.expect("it ends")
    }

    /// The key of the last backup.
    pub fn key(&self) -> String {
        self.range.key(Which::Last)
    }

    /// `restore prod --key <last backup>` with further arguments.
    pub fn restore(&self, more: &[&str]) -> Vec<String> {
        let key = self.key();
        let all = ["restore", "prod", "--key", &key].into_iter().chain(more.iter().copied());
        all.map(str::to_owned).collect()
    }

    /// [`Person::restore`] with everything its plan asks of a script, returning once the object exists.
    pub async fn consented(&self, more: &[&str]) -> Vec<String> {
        let mut args = self.agreed(more).await;
        args.push("--no-follow".into());
        args
    }

    /// [`Person::restore`] with everything its plan asks of a script, followed to its end.
    pub async fn agreed(&self, more: &[&str]) -> Vec<String> {
        let plan = self.plan(more).await;
        let text = |pointer: &str| plan.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut args = self.restore(more);
        args.extend(["--confirm".to_owned(), text("/consent/phrase")]);
        for code in plan["consent"]["accept"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            args.extend(["--accept".to_owned(), code.to_owned()]);
        }
        if plan["consent"]["reasonRequired"] == true {
            args.extend(["--reason".to_owned(), "INC-1234".to_owned()]);
        }
        args
    }

    /// The plan of [`Person::restore`], as the document says it.
    pub async fn plan(&self, more: &[&str]) -> Value {
        let mut args = self.restore(more);
        args.extend(["--dry-run".to_owned(), "-o".into(), "json".into()]);
        let ran = self.plugin().run(&args).await;
        let plan = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("no plan: {e}\n{ran}"));
        self.range.server().clear_requests();
        plan
    }

    /// What the plugin asked of the API server.
    pub fn requests(&self) -> Vec<Request> {
        let ours = |r: &Request| r.user_agent.as_deref().is_some_and(|agent| agent.starts_with("kubectl-openbao/"));
        self.range.server().requests().into_iter().filter(ours).collect()
    }

    /// What the plugin asked to have changed: no reads, no dry runs, no questions about rights.
    pub fn writes(&self) -> Vec<Request> {
        self.requests().into_iter().filter(Request::is_write).collect()
    }

    /// Fails when the plugin asked for any change.
    pub fn assert_nothing_written(&self, ran: &dyn std::fmt::Display) {
        let writes: Vec<String> = self.writes().iter().map(|r| format!("{} {}", r.method, r.path)).collect();
        assert!(writes.is_empty(), "written: {writes:?}\n{ran}");
    }

    /// Names of the restores that this tool made.
    pub fn created(&self) -> Vec<String> {
        let annotated = |r: &Value| r.pointer("/metadata/annotations/cli.openbao.org~1request-id").is_some();
        let restores = self.range.server().store().list("openbaorestores", None);
        restores.iter().filter(|r| annotated(r)).map(|r| r["metadata"]["name"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Runs the plugin and fails unless it refuses: the reviewed words, exit code and hint, and nothing written.
    pub async fn refused<S: AsRef<OsStr>>(&self, args: &[S], name: &str) -> Ran {
        let ran = self.plugin().run(args).await;
        self.assert_nothing_written(&ran);
        reviewed(name, &ran.failure());
        ran
    }

    /// Changes the cluster in the store, past every rule.
    pub fn edit_cluster(&self, change: impl FnOnce(&mut Value)) {
        assert!(self.range.server().store().edit("openbaoclusters", "bao", "prod", change), "the cluster is there");
    }
}
