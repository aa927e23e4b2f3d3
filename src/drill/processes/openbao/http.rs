//! The endpoints of OpenBao 2.5 and 2.6 that a person on call asks, with their status codes and bodies (O§3.1–3.5).

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::io::DuplexStream;
use tokio_rustls::TlsAcceptor;

use super::Server;
use crate::drill::world::{ClusterView, ServerView};

mod raft;

/// Serves one connection until it is closed.
pub(super) async fn connection(server: Arc<Server>, tls: TlsAcceptor, stream: DuplexStream) {
    // A client that gives up during the handshake or a request is its own business.
    let Ok(stream) = tls.accept(stream).await else { return };
    let service = service_fn(|request| respond(server.clone(), request));
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(server: Arc<Server>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let view = server.view();
    let Some(state) = view.servers.get(&server.pod).filter(|state| !state.hanging) else {
        // A removed leader accepts and never answers (F§15.2.5).
        return std::future::pending().await;
    };
    let given = request.headers().get(TOKEN).map(http::HeaderValue::as_bytes);
    let known = server.process.world.root_token().expose().as_bytes();
    let host = format!("{}.{}.svc", server.cluster, server.namespace);
    let seen = Seen { view: &view, state, pod: &server.pod, host: &host, authorized: view.own_data && given == Some(known) };
    let (status, body) = seen.answer(request.method(), request.uri().path(), request.uri().query().unwrap_or_default());
    let mut text = body.to_string();
    text.push('\n');
    let body = if request.method() == Method::HEAD { Full::default() } else { Full::from(text) };
    let response =
        Response::builder().status(status).header("content-type", "application/json").header("cache-control", "no-store");
    Ok(response.body(body).expect("fixed header names and values"))
}

/// The header a token is given in.
const TOKEN: &str = "x-vault-token";

struct Seen<'a> {
    view: &'a ClusterView,
    state: &'a ServerView,
    pod: &'a str,
    /// The domain of the servers: `<cluster>.<namespace>.svc`.
    host: &'a str,
    /// Whether a token came along that the data knows.
    authorized: bool,
}

impl Seen<'_> {
    fn answer(&self, method: &Method, path: &str, query: &str) -> (StatusCode, Value) {
        let reading = method == Method::GET || method == Method::HEAD;
        match path {
            "/v1/sys/health" | "/v1/sys/seal-status" | "/v1/sys/leader" | "/v1/sys/init" if !reading => {
                (StatusCode::METHOD_NOT_ALLOWED, json!({ "errors": [] }))
            }
            "/v1/sys/health" => (self.health_status(query), self.health()),
            "/v1/sys/seal-status" => (StatusCode::OK, self.seal_status()),
            "/v1/sys/init" => (StatusCode::OK, json!({ "initialized": true })),
            _ if self.state.sealed => (StatusCode::SERVICE_UNAVAILABLE, json!({ "errors": ["Vault is sealed"] })),
            "/v1/sys/leader" => (StatusCode::OK, self.leader()),
            raft::CONFIGURATION | raft::AUTOPILOT if reading => self.raft(path),
            _ => (StatusCode::FORBIDDEN, json!({ "errors": ["permission denied"] })),
        }
    }

    fn leads(&self) -> bool {
        self.view.leader.as_deref() == Some(self.pod)
    }

    /// From 2.6 on empty and false fields are left out and some are gone or renamed.
    fn is_lean(&self) -> bool {
        let mut parts = self.view.version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (2, 6)
    }

    /// 503 sealed, 429 standby, 200 active, unless the query asks for other numbers.
    fn health_status(&self, query: &str) -> StatusCode {
        let asked: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let code = |name: &str, default: u16| {
            let value = asked.iter().find(|(asked, _)| asked == name).map(|(_, value)| value.parse());
            value.unwrap_or(Ok(default)).ok().and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::BAD_REQUEST)
        };
        let standby_ok = asked.iter().any(|(name, value)| name == "standbyok" && matches!(value.as_str(), "" | "true" | "1"));
        match () {
            () if self.state.sealed => code("sealedcode", 503),
            () if self.leads() || standby_ok => code("activecode", 200),
            () => code("standbycode", 429),
        }
    }

    fn health(&self) -> Value {
        let mode = if self.state.sealed { "unknown" } else { "disabled" };
        let mut body = json!({
            "initialized": true,
            "sealed": self.state.sealed,
            "standby": !self.leads(),
            "performance_standby": false,
            "replication_performance_mode": mode,
            "replication_dr_mode": mode,
            "server_time_utc": Timestamp::now().as_second(),
            "version": self.view.version,
        });
        let fields = body.as_object_mut().expect("built as an object");
        if self.is_lean() {
            fields.shift_remove("performance_standby");
        }
        self.identify(fields);
        body
    }

    /// The identity of the data is told only when unsealed.
    fn identify(&self, fields: &mut Map<String, Value>) {
        if !self.state.sealed {
            fields.insert("cluster_name".into(), format!("vault-cluster-{}", &self.view.cluster_id[..8]).into());
            fields.insert("cluster_id".into(), self.view.cluster_id.clone().into());
        }
    }

    fn seal_status(&self) -> Value {
        let built = if self.is_lean() { "commit_date" } else { "build_date" };
        let mut body = json!({
            "type": "static",
            "initialized": true,
            "sealed": self.state.sealed,
            "t": 1,
            "n": 1,
            "progress": 0,
            "nonce": "",
            "version": self.view.version,
            built: "2026-09-02T12:00:00Z",
            "migration": false,
            "recovery_seal": true,
            "storage_type": "raft",
        });
        self.identify(body.as_object_mut().expect("built as an object"));
        body
    }

    /// A standby goes on naming the last leader after it is gone (O§3.4); a leader deposed in favour of nobody names none.
    fn leader(&self) -> Value {
        let view = self.view;
        // A removed server hears of nobody any more (F§15.2.5).
        let hears = !view.removed.contains(self.pod);
        let named = view.last_leader.as_deref().filter(|name| hears && (self.leads() || *name != self.pod));
        let address = named.and_then(|name| view.servers.get(name)).map_or("", |server| server.api_address.as_str());
        let cluster_address = if address.is_empty() { String::new() } else { address.replace(":8200", ":8201") };
        let since = if self.leads() { format!("{:.9}", view.leads_since) } else { "0001-01-01T00:00:00Z".into() };
        let mut body = json!({
            "ha_enabled": true,
            "is_self": self.leads(),
            "active_time": since,
            "leader_address": address,
            "leader_cluster_address": cluster_address,
            "performance_standby": false,
            "performance_standby_last_remote_wal": 0,
            "raft_committed_index": view.index,
            "raft_applied_index": view.index,
        });
        if self.is_lean() {
            let fields = body.as_object_mut().expect("built as an object");
            fields.retain(|_, value| {
                !matches!(value, Value::Bool(false)) && value != "" && value != "0001-01-01T00:00:00Z" && *value != 0
            });
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::Play;
    use crate::drill::world::{ClusterSpec, World};

    fn view(version: &str) -> ClusterView {
        let world = World::new(Play::Jan);
        world.add_cluster(&ClusterSpec { namespace: "bao".into(), name: "prod".into(), version: version.into() });
        for pod in ["prod-0", "prod-1", "prod-2"] {
            world.server_started("bao", "prod", pod, format!("https://10.0.0.{}:8200", &pod[5..]));
        }
        world.set_sealed("bao", "prod", "prod-0", false);
        world.set_sealed("bao", "prod", "prod-1", false);
        world.cluster("bao", "prod").expect("added")
    }

    fn get(view: &ClusterView, pod: &str, path: &str, query: &str) -> (u16, Value) {
        let seen = Seen { view, state: &view.servers[pod], pod, host: "prod.bao.svc", authorized: query == "token" };
        let (status, body) = seen.answer(&Method::GET, path, query);
        (status.as_u16(), body)
    }

    #[test]
    fn health_is_by_seal_then_leadership() {
        let view = view("2.5.5");
        let statuses = |query| ["prod-0", "prod-1", "prod-2"].map(|pod| get(&view, pod, "/v1/sys/health", query).0);
        assert_eq!(statuses(""), [200, 429, 503]);
        assert_eq!(statuses("standbycode=200&sealedcode=200&uninitcode=200"), [200, 200, 200]);
        assert_eq!(statuses("standbyok=true&sealedcode=x"), [200, 200, 400]);
        let sealed = get(&view, "prod-2", "/v1/sys/health", "").1;
        assert_eq!((&sealed["replication_performance_mode"], sealed.get("cluster_id")), (&json!("unknown"), None));
        assert_eq!(get(&view, "prod-1", "/v1/sys/health", "").1["cluster_id"], view.cluster_id);
    }

    #[test]
    fn a_sealed_server_tells_only_its_seal() {
        let view = view("2.5.5");
        assert_eq!(get(&view, "prod-2", "/v1/sys/leader", ""), (503, json!({ "errors": ["Vault is sealed"] })));
        let (status, seal) = get(&view, "prod-2", "/v1/sys/seal-status", "");
        assert_eq!((status, &seal["sealed"], seal.get("cluster_id")), (200, &json!(true), None));
    }

    #[test]
    fn version_2_6_leaves_out_what_is_false_or_empty() {
        let (old, new) = (view("2.5.5"), view("2.6.0"));
        assert_eq!(get(&old, "prod-1", "/v1/sys/leader", "").1["is_self"], false);
        let lean = get(&new, "prod-1", "/v1/sys/leader", "").1;
        assert_eq!((lean.get("is_self"), &lean["leader_address"]), (None, &json!("https://10.0.0.0:8200")));
        assert!(get(&old, "prod-0", "/v1/sys/health", "").1.get("performance_standby").is_some());
        assert!(get(&new, "prod-0", "/v1/sys/health", "").1.get("performance_standby").is_none());
        assert!(get(&new, "prod-0", "/v1/sys/seal-status", "").1.get("commit_date").is_some());
    }

    #[test]
    fn the_raft_configuration_needs_a_token_and_a_leader() {
        let mut view = view("2.5.5");
        assert_eq!(get(&view, "prod-1", raft::CONFIGURATION, ""), (403, json!({ "errors": ["permission denied"] })));
        let (status, body) = get(&view, "prod-1", raft::CONFIGURATION, "token");
        let first = json!({
            "node_id": "prod-0", "address": "prod-0.prod.bao.svc:8201", "leader": true, "protocol_version": "3", "voter": true,
        });
        assert_eq!((status, &body["data"]["config"]["servers"][0]), (200, &first));
        assert_eq!(body["data"]["config"]["servers"].as_array().map(Vec::len), Some(2));
        assert_eq!(get(&view, "prod-2", raft::CONFIGURATION, "token").0, 503, "sealed");
        view.leader = None;
        let nobody = json!({ "errors": ["local node not active but active cluster node not found"] });
        assert_eq!(get(&view, "prod-0", raft::CONFIGURATION, "token"), (500, nobody));
    }

    #[test]
    fn autopilot_tells_who_is_healthy_and_how_many_may_fail() {
        let world = World::new(Play::Jan);
        world.add_cluster(&ClusterSpec { namespace: "bao".into(), name: "prod".into(), version: "2.5.5".into() });
        for pod in ["prod-0", "prod-1", "prod-2"] {
            world.server_started("bao", "prod", pod, String::new());
            world.set_sealed("bao", "prod", pod, false);
        }
        let state = |world: &World| {
            let view = world.cluster("bao", "prod").expect("added");
            get(&view, "prod-0", raft::AUTOPILOT, "token").1["data"].clone()
        };
        let all = state(&world);
        assert_eq!((&all["healthy"], &all["failure_tolerance"], &all["leader"]), (&json!(true), &json!(1), &json!("prod-0")));
        assert!(all.get("non_voters").is_none(), "left out when empty");
        world.set_hanging("bao", "prod", "prod-2", true);
        let fewer = state(&world);
        assert_eq!((&fewer["healthy"], &fewer["failure_tolerance"]), (&json!(false), &json!(0)));
        assert_eq!(fewer["servers"]["prod-2"]["healthy"], false);
    }
}
